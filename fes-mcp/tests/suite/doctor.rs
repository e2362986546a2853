use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::{Running, run};

fn state<'a>(checks: &'a Value, name: &str) -> &'a Value {
    let all = checks["checks"].as_array().unwrap();
    all.iter().find(|check| check["name"] == name).map_or(&Value::Null, |check| &check["state"])
}

#[test]
fn a_good_deployment_passes_every_check() {
    let ended = run(&["doctor", "--sandbox", "--json"]);
    let checks = ended.json();
    assert_eq!((ended.code, &checks["ok"]), (Some(0), &true.into()), "{checks:#}");
    for name in ["clock", "state folder", "configuration", "connection", "version", "token"] {
        assert_eq!(state(&checks, name), "ok", "{name}: {checks:#}");
    }
}

#[test]
fn no_configuration_and_half_a_pair_say_what_to_give() {
    let ended = run(&["doctor"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("FAIL  configuration"), "{}", ended.stdout);
    assert!(ended.stdout.contains("--token-file"), "{}", ended.stdout);
    let ended = run(&["doctor", "--url", "http://127.0.0.1:1"]);
    assert!(ended.stdout.contains("without a token"), "{}", ended.stdout);
}

#[test]
fn a_dead_address_and_a_wrong_token_are_told_apart() {
    let ended = run(&["doctor", "--json", "--url", "http://127.0.0.1:1", "--token", "abc"]);
    let checks = ended.json();
    assert_eq!(ended.code, Some(1));
    assert_eq!(state(&checks, "connection"), "fail", "{checks:#}");

    let sandbox = Running::start(&["sandbox"]);
    let ended = run(&["doctor", "--json", "--url", &sandbox.text("/url"), "--token", "s3cret-x"]);
    let checks = ended.json();
    assert_eq!(state(&checks, "connection"), "ok", "{checks:#}");
    assert_eq!(state(&checks, "token"), "fail", "{checks:#}");
    assert!(!ended.stdout.contains("s3cret-x"), "the token is not printed: {}", ended.stdout);
}

#[test]
fn a_viewers_token_is_warned_about() {
    let sandbox = Running::start(&["sandbox"]);
    let viewer = sandbox.text("/deployments/0/tokens/viewer");
    let ended = run(&["doctor", "--json", "--url", &sandbox.text("/url"), "--token", &viewer]);
    assert_eq!(state(&ended.json(), "token"), "warn", "{}", ended.stdout);
    assert_eq!(ended.code, Some(0));
}
