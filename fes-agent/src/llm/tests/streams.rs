//! Answers that arrive in pieces, cut where it hurts.

use std::sync::Mutex;

use sisense_core::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server that answers each connection with the next of these lists of pieces. A list that does
/// not end with an empty piece ends in the middle: the connection is closed.
async fn pieces(answers: Vec<Vec<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for pieces in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_request(&mut socket).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                        transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
            socket.write_all(head.as_bytes()).await.unwrap();
            for piece in pieces {
                let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
                chunk.extend_from_slice(&piece);
                chunk.extend_from_slice(b"\r\n");
                socket.write_all(&chunk).await.unwrap();
                socket.flush().await.unwrap();
            }
        }
    });
    format!("http://{address}")
}

async fn read_request(socket: &mut tokio::net::TcpStream) {
    let mut got = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let count = socket.read(&mut buffer).await.unwrap();
        got.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&got);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()
            });
            if body.len() >= length.unwrap_or(0_usize) {
                assert!(body.contains("\"stream\":true"), "{body}");
                return;
            }
        }
    }
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    format!("data: {chunk}\n\n")
}

fn words(texts: &[&str]) -> String {
    texts.iter().map(|text| event(&json!({ "content": text }), None)).collect()
}

fn usage() -> String {
    let counts = json!({ "prompt_tokens": 10, "completion_tokens": 4 });
    format!("data: {}\n\n", json!({ "choices": [], "usage": counts }))
}

/// What came of it, and what was told on the way.
async fn followed(answers: Vec<Vec<Vec<u8>>>) -> (Result<Reply>, Vec<String>) {
    let model = model(&pieces(answers).await);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let deltas: Deltas = Arc::new(move |text: &str| sink.lock().unwrap().push(text.to_owned()));
    let reply = model.complete(Request::new(&prompt()).deltas(deltas)).await;
    let told = told.lock().unwrap().clone();
    (reply, told)
}

fn cut(text: &str, size: usize) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
    pieces.push(Vec::new());
    pieces
}

#[tokio::test]
async fn pieces_are_told_as_they_come_wherever_the_bytes_are_cut() {
    let text = format!(
        ": keep-alive\n\n{}{}{}data: [DONE]\n\n",
        words(&["Grüße", " an ", "👋 alle"]),
        event(&json!({}), Some("stop")),
        usage()
    );
    for size in [1, 2, 3, 7, 64, 100_000] {
        let (reply, told) = followed(vec![cut(&text, size)]).await;
        let reply = reply.unwrap();
        assert_eq!(told, ["Grüße", " an ", "👋 alle"], "{size}");
        assert_eq!((reply.text.as_str(), reply.ending), ("Grüße an 👋 alle", Ending::Done));
        assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (10, 4));
    }
}

#[tokio::test]
async fn the_arguments_of_a_function_are_put_together() {
    let call = |text: &str| {
        let function = json!({ "arguments": text });
        event(&json!({ "tool_calls": [{ "index": 0, "function": function }] }), None)
    };
    let end = event(&json!({}), Some("tool_calls"));
    let text = format!("{}{}{end}data: [DONE]\n\n", call("{\"n\""), call(": 1}"));
    let (reply, told) = followed(vec![cut(&text, 50)]).await;
    assert_eq!((reply.unwrap().text.as_str(), told.len()), ("{\"n\": 1}", 0));
}

#[tokio::test]
async fn lines_may_end_in_either_way_and_done_may_be_missing() {
    let text = format!("{}{}", words(&["hello"]), event(&json!({}), Some("stop")));
    let (reply, _) = followed(vec![cut(&text.replace('\n', "\r\n"), 9)]).await;
    assert_eq!(reply.unwrap().text, "hello");
}

#[tokio::test]
async fn a_stream_that_breaks_off_before_a_word_is_tried_again() {
    let whole = format!("{}{}", words(&["hello"]), event(&json!({}), Some("stop")));
    let broken = vec![b": keep-alive\n\n".to_vec()];
    let (reply, told) = followed(vec![broken, cut(&whole, 1000)]).await;
    assert_eq!((reply.unwrap().attempts, told.as_slice()), (2, &["hello".to_owned()][..]));
}

#[tokio::test]
async fn a_stream_that_breaks_off_after_a_word_is_an_error_and_nothing_is_told_twice() {
    let in_the_middle = vec![words(&["hel"]).into_bytes(), b"data: {\"choi".to_vec()];
    let without_an_end = cut(&words(&["hel"]), 1000);
    for pieces in [in_the_middle, without_an_end] {
        let (reply, told) = followed(vec![pieces]).await;
        let error = reply.unwrap_err();
        assert_eq!((error.kind(), told.as_slice()), (ErrorKind::Connect, &["hel".to_owned()][..]));
        assert_eq!(error.report().attempts, Some(1));
        assert_tells_nothing(&error);
    }
}

#[tokio::test]
async fn what_is_no_event_is_an_error_that_quotes_nothing() {
    for text in ["data: {said back}\n\n", "data: [1]\n\n", "<html>said back</html>\n\n"] {
        let (reply, _) = followed(vec![cut(text, 1000)]).await;
        let error = reply.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}");
        assert_tells_nothing(&error);
    }
}

#[tokio::test]
async fn an_error_within_a_stream_is_told() {
    let text =
        format!("{}data: {{\"error\": {{\"message\": \"said back\"}}}}\n\n", words(&["hel"]));
    let (reply, _) = followed(vec![cut(&text, 1000)]).await;
    let error = reply.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_tells_nothing(&error);
}

#[tokio::test]
async fn a_stream_without_end_is_not_read_to_its_end() {
    let long = words(&["x".repeat(100_000).as_str()]).into_bytes();
    let (reply, _) = followed(vec![vec![long; 50]]).await;
    let error = reply.unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
}

#[tokio::test]
async fn keeping_alive_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        while socket.write_all(b": keep-alive\n\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut config = model(&format!("http://{address}")).config().clone();
    config.limits.timeout = Duration::from_millis(60);
    let deltas: Deltas = Arc::new(|_: &str| {});
    let model = HttpModel::new(config).unwrap();
    let error = model.complete(Request::new(&prompt()).deltas(deltas)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let server = server(vec![said("hello")]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let deltas: Deltas = Arc::new(move |text: &str| sink.lock().unwrap().push(text.to_owned()));
    let reply = model(&server.uri()).complete(Request::new(&prompt()).deltas(deltas)).await;
    assert_eq!(reply.unwrap().text, "hello");
    assert_eq!(*told.lock().unwrap(), ["hello"]);
    insta::assert_json_snapshot!(recorded(&server).await);
}
