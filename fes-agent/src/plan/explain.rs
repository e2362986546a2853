//! A plan in plain words.

use serde_json::Value;

use super::{Plan, Step};
use crate::approval::seal_args;
use crate::host::{Tools, clip};

/// Say what a plan does, one line per step. Secrets are shown as `***`.
#[must_use]
pub fn explain(plan: &Plan, tools: &dyn Tools) -> String {
    let mut lines = Vec::new();
    walk(&plan.steps, tools, "", &mut lines);
    lines.join("\n")
}

fn walk(steps: &[Step], tools: &dyn Tools, indent: &str, lines: &mut Vec<String>) {
    for (index, step) in steps.iter().enumerate() {
        let number = index + 1;
        match step {
            Step::Call(call) => {
                let operation = tools.find(&call.tool);
                let what = operation
                    .map_or("an operation that is not known", |o| o.summary.trim_end_matches('.'));
                let (args, _) = seal_args(operation, &call.args);
                let args: Vec<String> =
                    args.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect();
                let mut line = format!("{indent}{number}. {what} ({})", call.tool);
                if !args.is_empty() {
                    line.push_str(": ");
                    line.push_str(&args.join(", "));
                }
                if let Some(when) = &call.when {
                    line.push_str(&format!(", only if {when}"));
                }
                lines.push(line);
            }
            Step::Loop(inner) => {
                let mut line =
                    format!("{indent}{number}. For each {} of {}", inner.item, inner.for_each);
                if let Some(when) = &inner.when {
                    line.push_str(&format!(", only if {when}"));
                }
                lines.push(line + ":");
                walk(&inner.steps, tools, &format!("{indent}   "), lines);
            }
        }
    }
}

/// A value in few words.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => clip(text, 80),
        Value::Array(items) => {
            let few: Vec<String> = items.iter().take(5).map(shown).collect();
            let more = items.len().saturating_sub(few.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("[{}{more}]", few.join(", "))
        }
        Value::Object(map) if map.len() == 1 && map.contains_key("secret") => "***".to_owned(),
        Value::Object(map) if map.len() == 1 && map.contains_key("$") => {
            format!("the value of {}", map.get("$").map_or_else(String::new, shown))
        }
        Value::Object(map) => {
            let parts: Vec<String> =
                map.iter().map(|(key, value)| format!("{key} {}", shown(value))).collect();
            clip(&format!("({})", parts.join(", ")), 200)
        }
        other => other.to_string(),
    }
}
