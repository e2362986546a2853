//! What a client gets back: data in `structuredContent`, and a short text for those who read only
//! text. A part is never shown as the whole, in neither.

use fes_agent::Pending;
use fes_agent::approval::StepPreview;
use fes_agent::report::StepReport;
use fes_agent::runner::Denial;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};
use sisense_core::run::Missing;
use sisense_core::{Change, ErrorKind, ErrorReport};

use crate::preview;

/// Longest copy of a result as text, in bytes; the data itself is whole.
const LONGEST_TEXT: usize = 12_000;
/// Longest before or after of a change in a preview, in bytes.
const LONGEST_SIDE: usize = 4_000;
/// Most changes of one migration as data; its rows tell of all.
const MOST_CHANGES: usize = 200;
/// Most rows of one migration's preview as data, those in trouble first.
const MOST_ROWS: usize = 100;
/// How many missing things are named in the text.
const MISSING_NAMED: usize = 5;

/// A call that ran.
pub fn ran(step: &StepReport, writes: bool) -> CallToolResult {
    if let Some(error) = &step.error {
        return broke(step, error);
    }
    let result = step.result.as_ref().unwrap_or(&Value::Null);
    let mut data = Map::new();
    if writes {
        let status = match () {
            () if !step.ok => "incomplete",
            () if step.changes.is_empty() => "already_so",
            () => "done",
        };
        data.insert("status".to_owned(), json!(status));
    }
    data.insert("result".to_owned(), result.clone());
    let mut text = step.summary.clone();
    if !step.missing.is_empty() {
        data.insert("missing".to_owned(), json!(step.missing));
        text.push_str("\n\n");
        text.push_str(&part(&step.missing));
    }
    if !result.is_null() {
        text.push_str("\n\n");
        text.push_str(&copy(result));
    }
    let mut answer = CallToolResult::structured(Value::Object(data));
    answer.content = vec![ContentBlock::text(text)];
    // Changes that did not all end well are an error, with what is known of each.
    if !step.ok {
        answer.is_error = Some(true);
    }
    answer
}

/// A call that failed, with how each of its changes ended.
fn broke(step: &StepReport, error: &ErrorReport) -> CallToolResult {
    let mut answer = failed(error);
    if let (false, Some(data)) = (step.changes.is_empty(), &mut answer.structured_content) {
        data["changes"] = json!(step.changes);
        answer.content = vec![ContentBlock::text(format!("{}\n\n{error}", step.summary))];
    }
    answer
}

/// A change that waits for a person. Nothing was changed.
pub fn waits(
    pending: &Pending,
    link: Option<&str>,
    drifted: Option<&ErrorReport>,
) -> CallToolResult {
    let mut data = asks(pending, link);
    data["status"] = json!("needs_approval");
    let first = match drifted {
        None => "Nothing was changed yet: a person has to approve this first.".to_owned(),
        Some(error) => format!(
            "Nothing was changed: {}. This is the new preview, and a person has to approve it.",
            error.message
        ),
    };
    let text = format!("{first}\n\n{}\n\n{}", preview::plain(pending), how(pending, link));
    let mut answer = CallToolResult::structured(data);
    answer.content = vec![ContentBlock::text(text)];
    answer
}

/// A migration that was done but for what had changed there, which waits for a person again.
pub fn left(step: &StepReport, pending: &Pending, link: Option<&str>) -> CallToolResult {
    let mut answer = ran(step, true);
    if let Some(Value::Object(data)) = &mut answer.structured_content
        && let Value::Object(asks) = asks(pending, link)
    {
        data.extend(asks);
    }
    let text = format!(
        "What had changed there was left as it is. This is the new preview, of what is left, and a \
         person has to approve it.\n\n{}\n\n{}",
        preview::plain(pending),
        how(pending, link)
    );
    answer.content.push(ContentBlock::text(text));
    answer
}

/// What waits for a person, as data: a bounded part of it. The page shows the whole.
fn asks(pending: &Pending, link: Option<&str>) -> Value {
    let (changes, left_out) = preview::changes(pending, MOST_CHANGES);
    let mut data = json!({
        "approval": pending.id,
        "preview": changes.map(short).collect::<Vec<_>>(),
        "expires": pending.expires,
    });
    if left_out > 0 {
        data["left_out"] = json!(left_out);
    }
    if pending.previews.iter().any(StepPreview::is_migration) {
        data["steps"] = preview::steps_json(pending, MOST_ROWS);
    }
    if let Some(link) = link {
        data["approve_url"] = json!(link);
    }
    data
}

/// How the person decides, and what comes then.
fn how(pending: &Pending, link: Option<&str>) -> String {
    let where_ = match link {
        Some(link) => format!("Ask the person to look at it and decide here: {link}"),
        None => "The approval page does not start; ask the person to decide on the machine where \
                 fes-mcp runs."
            .to_owned(),
    };
    format!(
        "{where_}\nAfter the approval, repeat exactly this call: it then goes through once. The \
         approval ends at {expires}.",
        expires = pending.expires.strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
}

/// A change as data. Large before-images, such as whole documents, stay on the page: a client needs
/// to know what changes, not to carry it.
fn short(change: &Change) -> Value {
    let mut data = json!(change);
    for side in ["before", "after"] {
        let size = data[side].to_string().len();
        if size > LONGEST_SIDE {
            data[side] =
                json!({ "left_out": format!("{size} bytes; the approval page shows them") });
        }
    }
    data
}

/// A call that the policy denies.
pub fn denied(denial: &Denial) -> CallToolResult {
    let error = sisense_core::Error::new(ErrorKind::Forbidden, denial.to_string())
        .with_operation(&denial.tool)
        .with_next_step("ask the operator of this server");
    failed(error.report())
}

/// A call that failed. The text says what went wrong, where, and what to do next.
pub fn failed(error: &ErrorReport) -> CallToolResult {
    let mut answer = CallToolResult::structured_error(json!({ "error": error }));
    answer.content = vec![ContentBlock::text(error.to_string())];
    answer
}

fn part(missing: &[Missing]) -> String {
    let named: Vec<String> = missing
        .iter()
        .take(MISSING_NAMED)
        .map(|item| format!("- {}: {}", item.what, item.error.message))
        .collect();
    let more = match missing.len().saturating_sub(MISSING_NAMED) {
        0 => String::new(),
        n => format!("\n- and {n} more, see `missing`"),
    };
    format!(
        "THIS IS A PART: {} could not be loaded, so the result is not the whole.\n{}{more}",
        missing.len(),
        named.join("\n")
    )
}

/// The result as text, cut between two rows where it is too long.
fn copy(result: &Value) -> String {
    let whole = result.to_string();
    if whole.len() <= LONGEST_TEXT {
        return whole;
    }
    let cut = match result {
        Value::Array(rows) => Some(first_rows(rows, LONGEST_TEXT)),
        Value::Object(map) => in_longest_list(map),
        _ => None,
    };
    let (text, shown) = cut.unwrap_or_else(|| {
        (whole.chars().take(LONGEST_TEXT).collect(), "the beginning".to_owned())
    });
    format!("{text}\n\nThis text shows {shown}; `structuredContent` holds the whole.")
}

fn first_rows(rows: &[Value], room: usize) -> (String, String) {
    let mut text = String::from("[");
    let mut shown = 0;
    for row in rows {
        let row = row.to_string();
        if text.len() + row.len() > room {
            break;
        }
        if shown > 0 {
            text.push(',');
        }
        text.push_str(&row);
        shown += 1;
    }
    text.push(']');
    (text, format!("the first {shown} of {} rows", rows.len()))
}

fn in_longest_list(map: &Map<String, Value>) -> Option<(String, String)> {
    let lists = map.iter().filter_map(|(key, value)| value.as_array().map(|rows| (key, rows)));
    let (key, rows) = lists.max_by_key(|(_, rows)| Value::from(rows.to_vec()).to_string().len())?;
    let mut rest = map.clone();
    rest.insert(key.clone(), json!([]));
    let rest = Value::Object(rest).to_string();
    let room = LONGEST_TEXT.checked_sub(rest.len())?;
    let (rows, shown) = first_rows(rows, room);
    let empty = format!("{}:[]", Value::from(key.as_str()));
    Some((
        rest.replacen(&empty, &format!("{}:{rows}", Value::from(key.as_str())), 1),
        format!("{shown} of `{key}`"),
    ))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use sisense_core::Error;

    use super::*;

    fn step(extra: Value) -> StepReport {
        let mut step = json!({
            "id": "call", "tool": "access.get_user", "ok": true, "attempted": true,
            "summary": "1 user.", "result": {"name": "Ann"}
        });
        step.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(step).unwrap()
    }

    fn text(answer: &CallToolResult) -> String {
        answer.content[0].as_text().unwrap().text.clone()
    }

    #[test]
    fn a_read_gives_its_result_and_a_copy() {
        let answer = ran(&step(json!({})), false);
        assert_eq!(answer.structured_content, Some(json!({"result": {"name": "Ann"}})));
        assert_eq!(text(&answer), "1 user.\n\n{\"name\":\"Ann\"}");
        assert_eq!(answer.is_error, Some(false));
    }

    #[test]
    fn a_part_says_so_in_text_and_data() {
        let missing =
            Missing::new("dashboard \"Sales\"", Error::new(ErrorKind::Timeout, "too slow"));
        let answer = ran(&step(json!({"missing": [missing]})), false);
        assert!(text(&answer).contains("THIS IS A PART: 1 could not be loaded"));
        assert!(text(&answer).contains("- dashboard \"Sales\": too slow"));
        assert_eq!(answer.structured_content.unwrap()["missing"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_preview_leaves_large_documents_to_the_page() {
        let change: Change = serde_json::from_value(json!({
            "operation": "access.delete_user", "action": "delete", "summary": "Delete ann",
            "asset": {"deployment": "prod", "kind": "user", "name": "ann"},
            "before": {"documents": "x".repeat(5_000)}, "after": null,
            "undo": {"undo": "no", "how": "gone"}, "risk": "high"
        }))
        .unwrap();
        let data = short(&change);
        assert_eq!(data["before"]["left_out"], "5016 bytes; the approval page shows them");
        assert_eq!((&data["after"], &data["summary"]), (&Value::Null, &json!("Delete ann")));
    }

    #[test]
    fn a_write_that_changed_nothing_says_already_so() {
        let answer = ran(&step(json!({})), true);
        assert_eq!(answer.structured_content.unwrap()["status"], "already_so");
    }

    #[test]
    fn an_error_keeps_its_parts() {
        let error = Error::not_found("user", "x").with_next_step("look at the list");
        let answer = failed(error.report());
        assert_eq!(answer.is_error, Some(true));
        assert!(text(&answer).contains("next: look at the list"));
        assert_eq!(answer.structured_content.unwrap()["error"]["kind"], "not_found");
    }

    #[test]
    fn a_long_text_is_cut_between_rows_and_says_so() {
        let rows: Vec<Value> = (0..2_000).map(|n| json!({"n": n, "name": "a name"})).collect();
        let list = copy(&json!(rows));
        assert!(list.len() < LONGEST_TEXT + 200, "{}", list.len());
        assert!(list.contains("of 2000 rows; `structuredContent` holds the whole"));
        let object = copy(&json!({"total": 2000, "items": rows}));
        assert!(object.len() < LONGEST_TEXT + 200, "{}", object.len());
        assert!(object.starts_with("{\"total\":2000,\"items\":[{\"n\":0"));
        assert!(object.contains("of 2000 rows of `items`"));
        let json = object.split("\n\n").next().unwrap();
        assert!(serde_json::from_str::<Value>(json).is_ok(), "still JSON");
    }
}
