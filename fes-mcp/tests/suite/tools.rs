use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Running, run, run_in};

const SHARE: &str = "dashboard.add_dashboard_shares";

#[test]
fn lists_what_there_is() {
    let list = run(&["tools", "list", "--json"]).json();
    let tools = list.as_array().unwrap();
    let get = tools.iter().find(|tool| tool["id"] == "access.get_user").unwrap();
    assert_eq!((&get["effect"], &get["risk"]), (&json!("read"), &json!("low")));
    assert!(get["summary"].as_str().unwrap().contains("user"));
    let text = run(&["tools", "list", "get_user"]).stdout;
    assert!(text.contains("access.get_user") && !text.contains("datamodel."), "{text}");
    let reads = run(&["tools", "list", "--json", "--read-only"]).json();
    assert!(reads.as_array().unwrap().iter().all(|tool| tool["effect"] == "read"));
}

#[test]
fn finds_tools_for_what_is_said_the_best_first() {
    let words = "who can open teh dashbord Pipeline";
    let found = run(&["tools", "search", words, "--limit", "3", "--json"]).json();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0]["id"], "dashboard.get_dashboard_share");
    let scores: Vec<f64> = found.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let text = run(&["tools", "search", words]).stdout;
    assert!(text.contains("dashboard.get_dashboard_share"), "{text}");
    let reads = run(&["tools", "search", "delete a user", "--json", "--read-only"]).json();
    assert!(reads.as_array().unwrap().iter().all(|hit| hit["effect"] == "read"), "{reads}");
}

#[test]
fn a_search_that_fits_nothing_says_so_and_one_without_words_is_wrong() {
    let none = run(&["tools", "search", "qwxz"]);
    assert_eq!((none.code, none.stdout.contains("No tool fits")), (Some(0), true));
    assert_eq!(run(&["tools", "search", "qwxz", "--json"]).json(), json!([]));
    assert_eq!(run(&["tools", "search", " "]).code, Some(2));
    assert_eq!(run(&["tools", "search", "users", "--limit", "0"]).code, Some(2));
}

#[test]
fn allows_and_denies_by_pattern_and_refuses_a_pattern_that_fits_nothing() {
    let list = run(&["tools", "list", "--json", "--allow", "access.*", "--deny", "*.delete_*"]);
    let list = list.json();
    let ids: Vec<&str> =
        list.as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"access.get_user") && !ids.contains(&"access.delete_user"), "{ids:?}");
    assert!(ids.iter().all(|id| id.starts_with("access.")), "{ids:?}");
    let wrong = run(&["tools", "list", "--deny", "acess.*"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stdout);
    assert!(wrong.stderr.contains("no tool fits"), "{}", wrong.stderr);
}

#[test]
fn explains_a_tool_by_any_of_its_names() {
    let text = run(&["tools", "show", "access_get_user"]).stdout;
    assert!(text.contains("access.get_user —") && text.contains("\"user_name\""), "{text}");
}

#[test]
fn calls_a_read_and_shows_it_both_ways() {
    let ended = run(&["tools", "call", "dashboard.get_all_dashboards", "--sandbox", "--json"]);
    let answer = ended.json();
    assert_eq!((ended.code, &answer["ok"]), (Some(0), &json!(true)), "{answer:#}");
    let count = answer["result"].as_array().unwrap().len();
    assert!(count > 0);
    let text = run(&["tools", "call", "dashboard.get_all_dashboards", "--sandbox"]).stdout;
    assert!(text.contains(&format!("{count} rows")), "{text}");
}

#[test]
fn wrong_calls_are_wrong_usage_and_name_what_is_wrong() {
    let unknown = run(&["tools", "call", "access.get_usr", "--sandbox"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("access.get_user"), "{}", unknown.stderr);
    for (args, named) in [
        ("{}", "user_name"),
        ("{\"user_name\": 5}", "user_name"),
        ("{\"user_name\": \"a\", \"nonsense\": 1}", "nonsense"),
        ("[]", "object"),
        ("{", "JSON"),
    ] {
        let ended = run(&["tools", "call", "access.get_user", "--args", args, "--sandbox"]);
        assert_eq!(ended.code, Some(2), "{args}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{args}: {}", ended.stderr);
    }
}

#[test]
fn a_failure_names_the_asset_and_ends_with_1() {
    let args = ["tools", "call", "access.get_user", "--args", "{\"user_name\": \"nobody@x.org\"}"];
    let ended = run(&[&args[..], &["--sandbox"]].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("nobody@x.org"), "{}", ended.stderr);
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    let json = run(&[&args[..], &["--sandbox", "--json"]].concat());
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["error"]["kind"], "not_found");
}

#[test]
fn a_dead_deployment_and_a_wrong_token_say_what_to_do() {
    let call = ["tools", "call", "dashboard.get_all_dashboards"];
    let sandbox = Running::start(&["sandbox"]);
    let ended = run(&[&call[..], &["--url", &sandbox.text("/url"), "--token", "x"]].concat());
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("status 401"), "{}", ended.stderr);
    assert!(ended.stderr.contains("next:"), "{}", ended.stderr);
}

struct Desk {
    sandbox: Running,
    state: TempDir,
}

impl Desk {
    fn open() -> Self {
        Desk { sandbox: Running::start(&["sandbox"]), state: TempDir::new().unwrap() }
    }

    fn run(&self, args: &[&str]) -> crate::support::Ended {
        let (url, token) = (self.sandbox.text("/url"), self.sandbox.text("/token"));
        run_in(self.state.path(), &[args, &["--url", &url, "--token", &token]].concat())
    }

    /// A share that is not there yet: of the first dashboard with the first user who lacks it.
    fn share(&self) -> String {
        let list = self.run(&["tools", "call", "dashboard.get_all_dashboards", "--json"]).json();
        let title = list["result"][0]["title"].as_str().unwrap().to_owned();
        let viewer = self.sandbox.text("/deployments/0/tokens/viewer");
        let url = self.sandbox.text("/url");
        let who = run(&["doctor", "--json", "--url", &url, "--token", &viewer]).json();
        let detail = who["checks"].as_array().unwrap().last().unwrap()["detail"].clone();
        let email = detail.as_str().unwrap().split(',').next().unwrap().to_owned();
        json!({
            "dashboard_id": title,
            "shares": [{ "name": email, "type": "user", "rule": "edit" }],
        })
        .to_string()
    }

    fn shares(&self, share: &str) -> Value {
        let name = serde_json::from_str::<Value>(share).unwrap()["dashboard_id"].clone();
        let args = json!({ "dashboard_name": name }).to_string();
        let answer = self.run(&[
            "tools",
            "call",
            "dashboard.get_dashboard_share",
            "--args",
            &args,
            "--json",
        ]);
        answer.json()["result"].clone()
    }
}

#[test]
fn a_change_is_shown_and_waits_and_then_goes_through_once() {
    let desk = Desk::open();
    let share = desk.share();
    let before = desk.shares(&share);
    let call = ["tools", "call", SHARE, "--args", &share];

    let waits = desk.run(&[&call[..], &["--json"]].concat());
    let answer = waits.json();
    assert_eq!(waits.code, Some(3), "{answer:#}");
    assert_eq!((&answer["ok"], &answer["needs_approval"]), (&json!(false), &json!(true)));
    assert_eq!(answer["preview"].as_array().unwrap().len(), 1);
    assert_eq!(desk.shares(&share), before, "nothing was changed");

    let text = desk.run(&call);
    assert_eq!(text.code, Some(3));
    assert!(text.stdout.contains("undo:"), "{}", text.stdout);
    assert!(text.stderr.contains("--approve"), "{}", text.stderr);

    let id = answer["approval"].as_str().unwrap();
    let list = desk.run(&["approvals", "list", "--json"]).json();
    assert_eq!(list[0]["id"], id);
    let approved = desk.run(&["approvals", "approve", id, "--yes", "--json"]);
    assert_eq!(approved.code, Some(0), "{}", approved.stdout);

    let done = desk.run(&[&call[..], &["--json"]].concat());
    assert_eq!(done.code, Some(0), "{} {}", done.stdout, done.stderr);
    assert_eq!(done.json()["status"], "done");
    assert_ne!(desk.shares(&share), before);

    let again = desk.run(&[&call[..], &["--json"]].concat()).json();
    assert_eq!((&again["ok"], &again["status"]), (&json!(true), &json!("already_so")), "{again:#}");
}

#[test]
fn approve_goes_on_and_read_only_does_not() {
    let desk = Desk::open();
    let share = desk.share();
    let call = ["tools", "call", SHARE, "--args", &share];
    let denied = desk.run(&[&call[..], &["--approve", "--read-only", "--json"]].concat());
    assert_eq!(denied.code, Some(1), "{}", denied.stdout);
    assert_eq!(denied.json()["error"]["kind"], "forbidden");
    let done = desk.run(&[&call[..], &["--approve", "--json"]].concat());
    assert_eq!(done.code, Some(0), "{} {}", done.stdout, done.stderr);
    assert_eq!(done.json()["status"], "done");
    assert!(done.stderr.contains("undo:"), "the preview is shown all the same: {}", done.stderr);
}
