use std::collections::HashSet;

use serde_json::json;
use sisense_core::ErrorKind;

use super::peer::{IN_SESSION, Peer, Reply, hello};
use super::{TOKEN, config, connect};
use crate::host::remote::RemoteConfig;
use crate::host::{Remote, Tools};

#[tokio::test]
async fn what_is_no_mcp_server_is_told_with_what_to_do() {
    let html = "content-type: text/html";
    let page = || "<html>hello</html>".to_owned();
    for (reply, kind, told) in [
        ((200, html, page()), ErrorKind::Decode, "does not speak MCP"),
        ((200, "content-type: application/json", page()), ErrorKind::Decode, "not JSON"),
        (
            (200, "content-type: application/json", "{}".into()),
            ErrorKind::Decode,
            "not to the request",
        ),
        ((404, html, page()), ErrorKind::NotFound, "no MCP server at this address"),
        ((401, html, page()), ErrorKind::Unauthenticated, "FES_TOOLS_TOKEN"),
        ((403, html, page()), ErrorKind::Forbidden, "refuses the caller"),
        ((302, "location: http://127.0.0.1:1/", page()), ErrorKind::Unsupported, "another address"),
        ((500, html, page()), ErrorKind::Server, "the tools server failed"),
        ((202, html, String::new()), ErrorKind::Decode, "does not speak MCP"),
    ] {
        let peer = Peer::start(move |_, _| Reply::Raw(reply.0, reply.1, reply.2.clone())).await;
        let error = Remote::connect(config(&peer.url)).await.unwrap_err();
        let text = error.to_string();
        assert!(error.kind() == kind && text.contains(told) && text.contains("next:"), "{text}");
        assert!(text.contains("POST /mcp") && !text.contains("hello"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_silent_is_told() {
    let error = Remote::connect(config("http://127.0.0.1:1/mcp")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let peer = Peer::start(|_, _| Reply::Silence).await;
    let error = Remote::connect(config(&peer.url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn another_revision_or_a_server_without_tools_is_told() {
    for (result, told) in [
        (json!({ "protocolVersion": "2099-01-01", "capabilities": { "tools": {} } }), "2099-01-01"),
        (json!({ "protocolVersion": "2025-11-25", "capabilities": {} }), "has no tools"),
    ] {
        let peer = Peer::start(move |request, _| Reply::Json(request.result(result.clone()))).await;
        let error = Remote::connect(config(&peer.url)).await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_a_server_quotes_is_shown_to_nobody() {
    let quoted = format!("{{\"error\":{{\"message\":\"who is {TOKEN}?\"}}}}");
    let peer = Peer::start(move |_, _| Reply::Raw(401, "x: 1", quoted.clone())).await;
    let error = Remote::connect(config(&peer.url)).await.unwrap_err();
    let (text, debug) = (error.to_string(), format!("{error:?} {:?}", config(&peer.url)));
    assert!(text.contains("who is ***?"), "{text}");
    assert!(!text.contains(TOKEN) && !debug.contains(TOKEN), "{debug}");
    let sent = peer.seen("initialize");
    assert_eq!(sent[0].header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
}

#[tokio::test]
async fn a_list_without_end_is_refused() {
    let endless = |request: &super::peer::Request, before: usize| match request.asks() {
        "tools/list" => {
            let cursor = format!("page {}", before + 1);
            Reply::Json(request.result(json!({ "tools": [], "nextCursor": cursor })))
        }
        _ => Reply::Usual,
    };
    let circle = |request: &super::peer::Request, _| match request.asks() {
        "tools/list" => Reply::Json(request.result(json!({ "tools": [], "nextCursor": "a" }))),
        _ => Reply::Usual,
    };
    let many = |request: &super::peer::Request, _| match request.asks() {
        "tools/list" => {
            let tools: Vec<_> = (0..3_000).map(|n| json!({ "name": format!("t{n}") })).collect();
            Reply::Json(request.result(json!({ "tools": tools })))
        }
        _ => Reply::Usual,
    };
    let error = |peer: Peer| async move {
        Remote::connect(config(&peer.url)).await.unwrap_err().to_string()
    };
    assert!(error(Peer::start(endless).await).await.contains("more than 100 pages"));
    assert!(error(Peer::start(circle).await).await.contains("round in a circle"));
    assert!(error(Peer::start(many).await).await.contains("more than 2000 tools"));
}

#[tokio::test]
async fn all_pages_are_read_in_one_session_that_is_ended() {
    let peer = Peer::start(|request, before| match (request.asks(), before) {
        ("tools/list", 0) => {
            let tools = json!([{ "name": "one", "inputSchema": { "type": "object" } }]);
            Reply::Json(request.result(json!({ "tools": tools, "nextCursor": "more" })))
        }
        ("initialize", _) => Reply::Raw(200, IN_SESSION, hello(request, json!({ "tools": {} }))),
        _ => Reply::Usual,
    })
    .await;
    let remote = connect(&peer).await;
    let ids: HashSet<&str> = remote.operations().iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, HashSet::from(["one", "look", "act"]));
    let about = remote.about();
    assert_eq!((about.server.as_str(), about.previews), ("odd peer", false));
    let lists = peer.seen("tools/list");
    assert_eq!(lists[1].message["params"]["cursor"], "more");
    for request in &lists {
        assert_eq!(request.header("mcp-session-id"), Some("s1"));
        assert_eq!(request.header("mcp-protocol-version"), Some("2025-11-25"));
    }
    remote.close().await;
    assert_eq!(peer.seen("")[0].method, "DELETE");
}

#[test]
fn an_address_with_a_password_or_of_another_kind_is_refused() {
    for url in
        ["ftp://x/mcp", "nonsense", "http://me:pw@x/mcp", "http://x/mcp?token=1", "file:///x"]
    {
        let error = RemoteConfig::new(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    for url in ["http://127.0.0.1:8100/mcp/", "https://10.0.0.7/mcp"] {
        assert!(RemoteConfig::new(url).is_ok());
    }
}
