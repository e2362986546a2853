//! Servers that want to be asked otherwise.

use super::*;

fn refusal(status: u16, message: &str, param: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(
        json!({ "error": { "message": message, "param": param, "code": "invalid_request_error" } }),
    )
}

fn called(arguments: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "choices": [{ "finish_reason": "tool_calls", "message": { "content": null, "tool_calls": [
            { "id": "c1", "type": "function",
              "function": { "name": "answer", "arguments": arguments } }] } }],
    }))
}

#[tokio::test]
async fn a_server_without_structured_output_is_asked_to_call_a_function_from_then_on() {
    for status in [400, 422] {
        let server = server(vec![
            refusal(status, "response_format of type json_schema is not supported", ""),
            called(json!("{\"n\": 1}")),
        ])
        .await;
        let model = model(&server.uri());
        let prompt = shaped();
        for expected in [2, 1] {
            let reply = model.complete(Request::new(&prompt)).await.unwrap();
            assert_eq!((reply.text.as_str(), reply.attempts), ("{\"n\": 1}", expected));
            assert_eq!((reply.ending, reply.usage.uncounted), (Ending::Done, 1));
        }
        if status == 422 {
            insta::assert_json_snapshot!(recorded(&server).await);
        }
    }
}

#[tokio::test]
async fn a_server_with_neither_is_asked_in_words() {
    let server = server(vec![
        refusal(400, "unknown field", "response_format"),
        refusal(400, "tools are not supported by this model", ""),
        said("{\"n\": 1}"),
    ])
    .await;
    let reply = model(&server.uri()).complete(Request::new(&shaped())).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.attempts), ("{\"n\": 1}", 3));
    let last = recorded(&server).await[2]["body"].clone();
    assert!(last.get("tools").is_none() && last.get("response_format").is_none());
}

#[tokio::test]
async fn a_model_that_wants_other_settings_gets_them() {
    let server = server(vec![
        refusal(400, "Unsupported parameter: use 'max_completion_tokens'", "max_tokens"),
        refusal(400, "only the default (1) is supported", "temperature"),
        said("hello"),
    ])
    .await;
    let reply = model(&server.uri()).complete(Request::new(&prompt())).await.unwrap();
    assert_eq!(reply.text, "hello");
    insta::assert_json_snapshot!(recorded(&server).await[2]["body"]);
}

#[tokio::test]
async fn arguments_that_are_no_text_are_taken_too() {
    let server = server(vec![called(json!({ "n": 2 }))]).await;
    let reply = model(&server.uri()).complete(Request::new(&shaped())).await.unwrap();
    assert_eq!(reply.text, "{\"n\":2}");
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_told_at_once_and_quotes_nothing() {
    let server = server(vec![refusal(400, &format!("said back: {WORDS} {KEY}"), "messages")]).await;
    let error = model(&server.uri()).complete(Request::new(&shaped())).await.unwrap_err();
    assert_tells_nothing(&error);
    assert_eq!(
        error.to_string(),
        "the model's server refuses the request, code invalid_request_error \
         (POST /chat/completions answered 400); next: check that the configured model can chat"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}
