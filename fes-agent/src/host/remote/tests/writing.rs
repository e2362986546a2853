use std::sync::Arc;

use serde_json::{Value, json};
use sisense_core::run::{MemoryJournal, Outcome};
use sisense_core::{Change, ErrorKind, Risk, Run, Secret};

use super::peer::{IN_SESSION, Peer, Reply, Request, hello};
use super::{call, config, connect};
use crate::host::remote::door::{CAPABILITY, Looked};
use crate::host::{Place, Remote, Tools};

/// What calling the tool would change, as a person sees it.
async fn preview(remote: &Remote, args: Value) -> Vec<Arc<Change>> {
    let run = Run::preview().start();
    call(remote, &run, "act", args).await.unwrap();
    run.changes()
}

#[tokio::test]
async fn a_tool_of_a_foreign_server_is_called_once_and_only_when_it_was_approved() {
    let peer = Peer::start(|_, _| Reply::Usual).await;
    let remote = connect(&peer).await;
    let args = json!({ "text": "now", "password": "hunter2" });
    let changes = preview(&remote, args.clone()).await;
    let [change] = changes.as_slice() else { panic!("one change") };
    assert_eq!(change.summary, "Call the tool act of odd peer");
    assert_eq!((change.risk, &change.before), (Risk::High, &json!("not known")));
    assert!(change.notes[0].starts_with("no preview: "));
    assert!(!json!(change).to_string().contains("hunter2"));
    let reads = call(&remote, &Run::reads().start(), "act", args.clone()).await.unwrap_err();
    assert_eq!(reads.kind(), ErrorKind::NotApproved);
    assert!(peer.seen("tools/call").is_empty(), "nothing was called");

    let run = Run::approved(changes.clone()).start();
    let other = call(&remote, &run, "act", json!({ "text": "later" })).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Drifted);
    call(&remote, &run, "act", args.clone()).await.unwrap();
    assert_eq!(run.entries()[0].outcome, Outcome::Done);
    assert_eq!(peer.seen("tools/call").len(), 1);
    assert_eq!(peer.seen("tools/call")[0].message["params"]["arguments"], args);
}

#[tokio::test]
async fn a_write_without_an_answer_is_unknown_and_never_repeated() {
    for reply in [0, 1, 2] {
        let peer = Peer::start(move |request, _| match (request.asks(), reply) {
            ("tools/call", 0) => Reply::Drop,
            ("tools/call", 1) => Reply::Silence,
            ("tools/call", _) => Reply::Raw(502, "x: 1", String::new()),
            _ => Reply::Usual,
        })
        .await;
        let remote = connect(&peer).await;
        let changes = preview(&remote, json!({})).await;
        let journal = Arc::new(MemoryJournal::default());
        let start = || Run::approved(changes.clone()).id("r1").journal(journal.clone()).start();
        let run = start();
        let error = call(&remote, &run, "act", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error}");
        assert!(error.to_string().contains("look at the asset before repeating"), "{error}");
        assert_eq!(run.entries()[0].outcome, Outcome::Unknown);
        // Nor does the run that is resumed.
        let again = call(&remote, &start(), "act", json!({})).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::UnknownOutcome);
        assert_eq!(peer.seen("tools/call").len(), 1);
    }
}

#[tokio::test]
async fn a_write_that_was_refused_is_not_done() {
    for (status, kind) in [(401, ErrorKind::Unauthenticated), (404, ErrorKind::Connect)] {
        let peer = Peer::start(move |request, _| match request.asks() {
            "tools/call" => Reply::Raw(status, "x: 1", String::new()),
            _ => Reply::Usual,
        })
        .await;
        let remote = connect(&peer).await;
        let run = Run::approved(preview(&remote, json!({})).await).start();
        let error = call(&remote, &run, "act", json!({})).await.unwrap_err();
        assert_eq!((error.kind(), peer.seen("tools/call").len()), (kind, 1));
        assert_eq!(run.entries()[0].outcome, Outcome::Failed);
    }
}

/// A peer that says that it is one of ours.
fn ours(request: &Request) -> Reply {
    let offer = json!({ "version": 1, "deployment": "prod", "grants": true, "process": "p1" });
    let capabilities = json!({ "tools": {}, "experimental": { CAPABILITY: offer } });
    Reply::Raw(200, IN_SESSION, hello(request, capabilities))
}

fn with_key(peer: &Peer) -> super::RemoteConfig {
    config(&peer.url).agent_key(Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
}

#[tokio::test]
async fn another_server_at_the_address_is_asked_for_no_preview() {
    // It would not know what a preview is, and would do it.
    let peer = Peer::start(|request, before| match (request.asks(), before) {
        ("initialize", 0) => ours(request),
        ("tools/call", 0) => Reply::Raw(404, "x: 1", String::new()),
        _ => Reply::Usual,
    })
    .await;
    let remote = Remote::connect(with_key(&peer)).await.unwrap();
    let place = Place::on("prod");
    let run = Run::preview().start();
    let error = remote.call(place, &run, "act", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let calls = peer.seen("tools/call");
    assert_eq!(calls.len(), 1, "the one that was refused");
    assert!(calls[0].message["params"]["_meta"]["fes/preview"].is_object());
}

#[tokio::test]
async fn changes_that_drifted_are_not_sent_and_the_key_never_is() {
    let change = |after: i32| {
        let asset = json!({ "deployment": "prod", "kind": "group", "name": "g" });
        let change = json!({ "operation": "act", "asset": asset, "action": "update", "summary": "s",
            "before": 1, "after": after, "undo": { "undo": "no", "how": "" }, "risk": "low" });
        Looked { changes: vec![serde_json::from_value(change).unwrap()], ..Looked::default() }
    };
    let peer = Peer::start(move |request, before| match request.asks() {
        "initialize" => ours(request),
        "tools/call" => {
            let looked = change(if before == 0 { 2 } else { 3 });
            Reply::Json(request.result(json!({ "structuredContent": { "looked": looked } })))
        }
        _ => Reply::Usual,
    })
    .await;
    let remote = Remote::connect(with_key(&peer)).await.unwrap();
    let run = Run::preview().start();
    remote.call(Place::on("prod"), &run, "act", json!({})).await.unwrap();
    let run = Run::approved(run.changes()).start();
    let error = remote.call(Place::on("prod"), &run, "act", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted, "{error}");
    let calls = peer.seen("tools/call");
    assert!(calls.iter().all(|call| call.message["params"]["_meta"]["fes/grant"].is_null()));
    assert!(calls.iter().all(|call| !format!("{call:?}").contains("0123456789abcdef")));
}

#[tokio::test]
async fn without_a_key_nothing_is_shown_that_could_not_be_done() {
    let peer = Peer::start(|request, _| match request.asks() {
        "initialize" => ours(request),
        _ => Reply::Usual,
    })
    .await;
    let remote = Remote::connect(config(&peer.url)).await.unwrap();
    let run = Run::preview().start();
    let error = remote.call(Place::on("prod"), &run, "act", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("FES_AGENT_KEY"), "{error}");
    assert!(peer.seen("tools/call").is_empty());
    let elsewhere = remote.call(Place::on("dev"), &run, "look", json!({})).await.unwrap_err();
    assert_eq!(elsewhere.candidates(), ["prod"]);
}
