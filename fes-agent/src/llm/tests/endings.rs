//! Answers that are not what was asked for.

use sisense_core::ErrorKind;

use super::*;

async fn reply(body: Value) -> Reply {
    let server = server(vec![ResponseTemplate::new(200).set_body_json(body)]).await;
    model(&server.uri()).complete(Request::new(&prompt())).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_was_cut_says_so() {
    let reply = reply(answer("{\"steps\": [", "length")).await;
    assert_eq!((reply.ending, reply.text.as_str()), (Ending::Cut, "{\"steps\": ["));
}

#[tokio::test]
async fn a_refusal_says_so() {
    let mut body = answer("", "stop");
    body["choices"][0]["message"]["refusal"] = json!("I will not.");
    assert_eq!(reply(body).await.ending, Ending::Refused);
}

#[tokio::test]
async fn the_filter_of_a_provider_says_so_for_answers_and_for_requests() {
    assert_eq!(reply(answer("", "content_filter")).await.ending, Ending::Filtered);
    let refused = ResponseTemplate::new(400).set_body_json(json!({ "error": {
        "code": "content_filter", "status": 400, "message": format!("said back: {WORDS}"),
        "innererror": { "code": "ResponsibleAIPolicyViolation" } } }));
    let server = server(vec![refused]).await;
    let reply = model(&server.uri()).complete(Request::new(&shaped())).await.unwrap();
    assert_eq!((reply.ending, reply.text.as_str()), (Ending::Filtered, ""));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_that_quotes_nothing() {
    let no_answers = [
        ResponseTemplate::new(200).set_body_string(format!("<html>said back {WORDS}</html>")),
        ResponseTemplate::new(200).set_body_string("{\"choices\": [{\"message\": \"said back\"}"),
        ResponseTemplate::new(200).set_body_json(json!({ "choices": "said back" })),
        ResponseTemplate::new(200).set_body_json(json!({ "choices": [] })),
        ResponseTemplate::new(200).set_body_json(json!({ "said back": true })),
        ResponseTemplate::new(200).set_body_bytes(vec![0xff, 0xfe, 0x00]),
        ResponseTemplate::new(200),
    ];
    for (at, body) in no_answers.into_iter().enumerate() {
        let server = server(vec![body]).await;
        let error = model(&server.uri()).complete(Request::new(&prompt())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{at}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{at}");
        assert_tells_nothing(&error);
    }
}

#[tokio::test]
async fn a_failure_within_an_answer_is_tried_again() {
    let failed = ResponseTemplate::new(200).set_body_json(json!({ "error": { "message": WORDS } }));
    let server = server(vec![failed, said("hello")]).await;
    let reply = model(&server.uri()).complete(Request::new(&prompt())).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.attempts), ("hello", 2));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let body = "x".repeat(stream::MAX_ANSWER_BYTES + 1);
    let server = server(vec![ResponseTemplate::new(200).set_body_string(body)]).await;
    let error = model(&server.uri()).complete(Request::new(&prompt())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("too large"), "{error}");
}
