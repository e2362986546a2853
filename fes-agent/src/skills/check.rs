//! Whether a skill fits its own front matter and the operations that there are.

use std::collections::{BTreeMap, BTreeSet};

use sisense_core::Result;

use super::compile::{fill, parameters};
use super::file::wrong;
use super::{Role, SkillFile};
use crate::host::Tools;
use crate::plan::{Plan, Step, check as check_plan};
use crate::policy::Policy;

/// Everything that is wrong, in one error.
pub(super) fn check(folder: &str, file: &SkillFile, tools: &dyn Tools) -> Result<()> {
    let mut faults = Vec::new();
    let front = &file.front;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if front.name != folder {
        faults.push(format!("its name is {}, and its folder {folder}", front.name));
    }
    if front.name.is_empty() || !front.name.chars().all(plain) {
        faults.push("its name is not lower-case words with hyphens".to_owned());
    }
    let listed: BTreeSet<&str> = front.tools.iter().map(String::as_str).collect();
    for id in &listed {
        if tools.find(id).is_none_or(|operation| operation.id != **id) {
            faults.push(format!("there is no operation {id}"));
        }
    }
    let plan = Plan { goal: String::new(), steps: file.steps.clone() };
    for call in plan.calls() {
        if !listed.contains(call.tool.as_str()) {
            faults.push(format!("step {}: {} is not listed in tools", call.id, call.tool));
        }
    }
    for word in file.body.split(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c))) {
        let word = word.trim_matches('.');
        if word.contains('.') && tools.find(word).is_some() && !listed.contains(word) {
            faults.push(format!("its text names {word}, which is not listed in tools"));
        }
    }
    let used = parameters(&file.steps);
    for name in &used {
        if !front.parameters.contains_key(name) {
            faults.push(format!("its plan uses params.{name}, which is no parameter"));
        }
    }
    for name in front.parameters.keys().filter(|name| !used.contains(*name)) {
        faults.push(format!("its plan does not use the parameter {name}"));
    }
    let writes = plan
        .calls()
        .iter()
        .any(|call| tools.find(&call.tool).is_some_and(|operation| operation.effect.writes()));
    if writes && front.requires_role.is_none_or(|role| role == Role::Viewer) {
        faults.push("it changes something and says no role that may".to_owned());
    }
    // With any text for a parameter the plan is one that may run.
    let some: BTreeMap<String, String> =
        used.iter().map(|name| (name.clone(), "some".to_owned())).collect();
    let steps: Vec<Step> = fill(&file.steps, &some);
    let problems = check_plan(&Plan { goal: String::new(), steps }, tools, &Policy::default());
    faults.extend(problems.iter().map(ToString::to_string));
    if faults.is_empty() { Ok(()) } else { Err(wrong(faults.join("; "))) }
}
