//! What a tool answered, as an outcome or an error.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sisense_core::error::ErrorReport;
use sisense_core::{Error, ErrorKind, Outcome, Result};

use super::failure::{Failure, clean};

/// What a call gave.
pub(super) fn outcome(answer: &Value, ours: bool) -> Result<Outcome> {
    if answer["isError"] == json!(true) {
        return Err(failed(answer));
    }
    let data = &answer["structuredContent"];
    if answer["resultType"] == json!("input_required") || data["status"] == json!("needs_approval")
    {
        let error = Error::new(ErrorKind::NotApproved, "the tools server asks a person of its own");
        return Err(match data["approve_url"].as_str() {
            Some(url) => {
                error.with_next_step(format!("decide there, and ask again: {}", clean(url)))
            }
            None => error.with_next_step("decide at the tools server, and ask again"),
        });
    }
    if ours {
        let missing = data.get("missing").cloned().unwrap_or_else(|| json!([]));
        let missing = serde_json::from_value(missing).map_err(|_| misread())?;
        return Ok(Outcome { result: data["result"].clone(), missing });
    }
    let result = if data.is_null() { contents(&answer["content"]) } else { data.clone() };
    Ok(Outcome { result, missing: Vec::new() })
}

/// A part of what a server of ours answers.
pub(super) fn part<T: DeserializeOwned>(answer: &Value, key: &str) -> Result<T, Failure> {
    serde_json::from_value(answer["structuredContent"][key].clone())
        .map_err(|_| Failure { error: misread(), ..Failure::garbage("") })
}

fn misread() -> Error {
    Error::new(ErrorKind::Decode, "the answer of the tools server has another form than expected")
        .with_next_step("run the same version of fes-mcp on both sides")
}

/// The error that a tool answered: of a server of ours with all its parts.
pub(super) fn failed(answer: &Value) -> Error {
    let report = answer.pointer("/structuredContent/error");
    if let Some(report) =
        report.and_then(|report| serde_json::from_value::<ErrorReport>(report.clone()).ok())
    {
        return Error::from(report);
    }
    let said = answer["content"].as_array().into_iter().flatten();
    let said = said.filter_map(|block| block["text"].as_str()).map(clean).next();
    Error::new(ErrorKind::Server, "the tool says that it failed").with_snippet(said)
}

/// The contents of an answer without data: JSON where it is JSON, else the text.
fn contents(blocks: &Value) -> Value {
    let blocks = blocks.as_array().map_or(&[][..], Vec::as_slice);
    let mut contents: Vec<Value> = blocks.iter().map(content).collect();
    match contents.len() {
        1 => contents.remove(0),
        _ => Value::Array(contents),
    }
}

fn content(block: &Value) -> Value {
    match block["text"].as_str() {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        // Pictures and sounds are no data that a plan works with.
        None => {
            json!({ "type": block["type"], "mimeType": block["mimeType"], "uri": block["uri"] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_comes_before_text_and_text_that_is_json_is_data() {
        let read = |answer| outcome(&answer, false).unwrap().result;
        let both = json!({ "structuredContent": { "n": 1 }, "content": [{ "type": "text", "text": "x" }] });
        assert_eq!(read(both), json!({ "n": 1 }));
        assert_eq!(read(json!({ "content": [{ "type": "text", "text": "[1]" }] })), json!([1]));
        assert_eq!(read(json!({ "content": [{ "type": "text", "text": "hi" }] })), json!("hi"));
        assert_eq!(read(json!({ "content": [] })), json!([]));
        let picture =
            json!({ "content": [{ "type": "image", "data": "AAAA", "mimeType": "image/png" }] });
        assert_eq!(read(picture)["mimeType"], "image/png");
    }

    #[test]
    fn an_error_of_a_tool_is_an_error() {
        let error = outcome(
            &json!({ "isError": true, "content": [{ "type": "text", "text": "no such room, password=hunter2" }] }),
            false,
        )
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        let told = error.to_string();
        assert!(told.contains("no such room") && !told.contains("hunter2"), "{told}");
        let report = Error::not_found("user", "x").into_report();
        let ours = json!({ "isError": true, "structuredContent": { "error": report } });
        assert_eq!(outcome(&ours, true).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn what_waits_for_a_person_there_is_no_result() {
        let waits = json!({ "structuredContent": { "status": "needs_approval",
            "approve_url": "http://127.0.0.1:1/approvals/1" } });
        let error = outcome(&waits, true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotApproved);
        assert!(error.to_string().contains("/approvals/1"));
    }
}
