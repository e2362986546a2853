use pretty_assertions::assert_eq;

use crate::support::{Running, run};

#[test]
fn tells_urls_and_tokens_in_one_line_and_stops_when_asked() {
    let running = Running::start(&["sandbox", "--second", "--users", "3"]);
    assert_eq!(running.ready["ready"], true);
    assert_eq!(running.ready["deployments"].as_array().unwrap().len(), 2);
    assert_eq!(running.text("/url"), running.text("/deployments/0/url"));
    assert_ne!(running.text("/deployments/0/token"), running.text("/deployments/1/token"));
    assert!(!running.text("/deployments/0/tokens/viewer").is_empty());
    #[cfg(unix)]
    assert_eq!(running.terminate().code(), Some(0));
}

#[test]
fn a_taken_port_is_told_with_what_to_do() {
    let running = Running::start(&["sandbox"]);
    let port = running.text("/url").rsplit_once(':').unwrap().1.to_owned();
    let ended = run(&["sandbox", "--port", &port]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the port is taken"), "{}", ended.stderr);
    assert!(ended.stderr.contains("next: stop the program"), "{}", ended.stderr);
}

#[test]
fn a_document_that_is_none_is_told() {
    let ended = run(&["sandbox", "--load", "/nowhere/x.dash"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("/nowhere/x.dash"), "{}", ended.stderr);
}
