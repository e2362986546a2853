use pretty_assertions::assert_eq;

use crate::support::{Running, run};

#[test]
fn starts_and_says_what_to_try() {
    let ended = run(&["demo", "--port", "0", "--exit-after-ready"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for part in ["/approvals", "/mcp", "\"mcpServers\"", "\"stdio\"", "Ctrl-C", "--token"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}

#[test]
fn a_taken_port_is_told_with_what_to_do() {
    let running = Running::start(&["demo", "--port", "0", "--json"]);
    let port = running.text("/url").rsplit_once(':').unwrap().1.to_owned();
    let ended = run(&["demo", "--port", &port]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("the port is taken"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--port 0"), "{}", ended.stderr);
}

#[test]
fn the_snippet_starts_this_program_on_the_source() {
    let running = Running::start(&["demo", "--port", "0", "--json"]);
    let server = "/claude_desktop/mcpServers/sisense-demo";
    let command = running.text(&format!("{server}/command"));
    assert!(std::path::Path::new(&command).is_absolute(), "{command}");
    assert_eq!(running.text(&format!("{server}/args/0")), "stdio");
    assert_eq!(running.text(&format!("{server}/args/2")), running.text("/deployments/0/url"));
    #[cfg(unix)]
    assert_eq!(running.terminate().code(), Some(0));
}
