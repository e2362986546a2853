//! Migrations from the command line and over MCP, between two sandboxes.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::mcp::Mcp;
use crate::support::page::Page;
use crate::support::{Running, run, run_in};

fn outcomes(step: &Value, outcome: &str) -> usize {
    let items = step["items"].as_array().unwrap();
    items.iter().filter(|item| item["outcome"] == outcome).count()
}

#[test]
fn without_a_target_a_migration_answers_what_to_name() {
    let sandbox = Running::start(&["sandbox"]);
    let server = Running::serving(&sandbox);
    let client = Mcp::modern(&server.text("/url"));
    let result = client.call("migration_migrate_all_groups", &json!({}));
    let error = &result["structuredContent"]["error"];
    assert_eq!(error["kind"], "invalid_input", "{result:#}");
    assert_eq!(error["next_step"], "name a source and a target");
}

#[test]
fn a_dry_run_shows_every_asset_and_leaves_nothing_waiting() {
    let state = TempDir::new().unwrap();
    let dry =
        run_in(state.path(), &["migrate", "users", "groups", "--sandbox", "--dry-run", "--json"]);
    let shown = dry.json();
    assert_eq!((dry.code, &shown["target"]), (Some(0), &json!("sandbox-target")));
    // Groups come first, whatever was asked first.
    assert_eq!(shown["steps"][0]["tool"], "migration.migrate_all_groups");
    assert!(outcomes(&shown["steps"][0], "would_create") > 0);
    let rows: usize = (0..2).map(|n| shown["steps"][n]["items"].as_array().unwrap().len()).sum();
    let would: usize = (0..2).map(|n| outcomes(&shown["steps"][n], "would_create")).sum();
    assert!(rows > would && would == shown["preview"].as_array().unwrap().len());
    let text = run(&["migrate", "groups", "--sandbox", "--dry-run"]);
    assert!(text.stdout.contains("migration.migrate_all_groups: asked "), "{}", text.stdout);
    assert!(text.stderr.contains("this was a dry run"), "{}", text.stderr);
}

#[test]
fn a_migration_waits_for_a_yes_and_its_totals_add_up() {
    let waits = run(&["migrate", "groups", "--sandbox", "--json"]);
    assert_eq!(waits.code, Some(3), "{}", waits.stderr);
    assert!(outcomes(&waits.json()["steps"][0], "would_create") > 0);
    let done = run(&["migrate", "groups", "--sandbox", "--json", "--yes"]);
    let result = done.json()["steps"][0]["result"].clone();
    let count = |key: &str| result[key].as_u64().unwrap();
    let keys = ["created", "overwritten", "duplicated", "skipped", "failed", "blocked", "unknown"];
    assert_eq!(keys.map(count).iter().sum::<u64>(), count("requested"));
    // A group of a directory cannot be made: it is told first, and the whole is no success.
    assert_eq!((count("blocked"), done.code), (1, Some(1)));
    let summary = done.json()["summary"].as_str().unwrap().to_owned();
    assert!(summary.starts_with("Blocked: group \"ACME-Directory\""), "{summary}");
}

#[test]
fn over_mcp_the_rows_are_in_the_answer_and_on_the_page() {
    let server = Running::start(&["serve", "--bind", "127.0.0.1:0", "--sandbox", "--json"]);
    assert_eq!(server.text("/target"), "sandbox-target");
    let client = Mcp::modern(&server.text("/url"));
    let call =
        || client.call("migration_migrate_groups", &json!({ "group_name_list": ["Analysts"] }));
    let waits = call()["structuredContent"].clone();
    assert_eq!(waits["status"], "needs_approval", "{waits:#}");
    assert_eq!(outcomes(&waits["steps"][0], "would_create"), 1);
    let page = Page::open(waits["approve_url"].as_str().unwrap());
    assert!(page.text.contains("asked 1 = would create 1"), "{}", page.text);
    assert!(page.text.contains("sandbox → sandbox-target"), "{}", page.text);
    assert_eq!(page.press("approve").status, 200);
    let done = call()["structuredContent"].clone();
    assert_eq!((&done["status"], &done["result"]["created"]), (&json!("done"), &json!(1)));
}
