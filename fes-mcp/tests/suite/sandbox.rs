use pretty_assertions::assert_eq;

use serde_json::Value;

use crate::support::mcp::http;
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
fn the_second_can_be_all_but_empty() {
    let args = ["sandbox", "--no-story", "--second", "--second-empty", "--groups", "2"];
    let running = Running::start(&args);
    for (at, groups) in [(0, 5), (1, 3)] {
        let url = running.text(&format!("/deployments/{at}/url"));
        let info = http().get(format!("{url}/__sandbox/info")).send().unwrap().text().unwrap();
        let info: Value = serde_json::from_str(&info).unwrap();
        assert_eq!(info["counts"]["groups"], groups);
    }
    assert_eq!(run(&["sandbox", "--second-empty"]).code, Some(2));
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
