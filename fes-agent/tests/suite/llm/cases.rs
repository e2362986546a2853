//! Cases 1 to 8 by their number, with a model: reads of several steps, with summaries off and on.
//!
//! The old system could hand a value from one step to the next only through its model, so with
//! summaries off it had to leave the second step out and say so. Here the model writes how the steps
//! hang together and code hands the values on: off is as complete as on, and sees nothing. What off
//! lacks is a second plan after a failure, for which the model would have to see the failure.

use fes_agent::Turn;
use fes_agent::report::{Report, StepReport};
use fes_agent::runner::Said;
use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;

use super::*;

const VERA: &str = "vera.viewer@acme.example";

/// A turn with summaries off or on, over a deployment of its own. Off, the model is asked once and
/// sees nothing of what the deployment holds.
async fn turn(on: bool, request: &str, says: Vec<Value>, tells: &str) -> (Room, Said) {
    let mut texts: Vec<String> = says.iter().map(Value::to_string).collect();
    texts.push(tells.to_owned());
    let room = Room::open(Script::texts(texts)).await;
    let session = room.agent.begin(&session()).await.unwrap();
    let options = Options::default().summarize(Some(on));
    let said = room.agent.say(&session, request, options).await.unwrap();
    if !on {
        assert_eq!(room.model.calls(), 1);
        let seen = room.model.seen().remove(0).replace(request, "");
        for value in values(&room) {
            assert!(!seen.contains(&value), "the model sees {value}");
        }
    }
    (room, said)
}

/// E-mails and ids of the deployment, which stand in no prompt by themselves.
fn values(room: &Room) -> Vec<String> {
    fn walk(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                let id = text.len() == 24 && text.chars().all(|c| c.is_ascii_hexdigit());
                if id || text.contains("@acme.example") {
                    all.push(text.clone());
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
            Value::Object(map) => map.values().for_each(|item| walk(item, all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(&room.sandbox.state(), &mut all);
    assert!(all.len() > 20, "{} values", all.len());
    all
}

fn report(said: &Said) -> &Report {
    let Turn::Answer(report) = &said.turn else { panic!("{:?}", said.turn) };
    report
}

fn tools(report: &Report) -> Vec<&str> {
    report.steps.iter().map(|step| step.tool.as_str()).collect()
}

fn emails(step: &StepReport) -> Vec<&str> {
    let rows = step.result.as_ref().and_then(Value::as_array).unwrap();
    rows.iter().filter_map(|row| row["email"].as_str()).collect()
}

fn who(name: &str) -> Value {
    json!({ "id": "who", "tool": "access.get_user", "args": { "user_name": name } })
}

#[tokio::test]
async fn case_001_002_the_role_that_was_found_finds_its_peers() {
    let request = format!("What role does {VERA} have, and who else has that role?");
    let peers = json!({ "id": "peers", "tool": "access.get_users_all",
        "args": { "role": { "$": "who.role_name" } } });
    for on in [true, false] {
        let says = vec![plan(json!([who(VERA), peers]))];
        let (room, said) = turn(on, &request, says, "Vera is a viewer, as others are.").await;
        let report = report(&said);
        assert!(report.ok, "{report:?}");
        assert_eq!(tools(report), ["access.get_user", "access.get_users_all"]);
        assert_eq!(report.steps[0].result.as_ref().unwrap()["role_name"], "viewer");
        let peers = emails(&report.steps[1]);
        assert!(peers.contains(&VERA) && peers.len() > 1, "{peers:?}");
        let roles = report.steps[1].result.as_ref().unwrap().as_array().unwrap();
        assert!(roles.iter().all(|user| user["role_name"] == "viewer"), "{roles:?}");
        assert_eq!(report.words() == "Vera is a viewer, as others are.", on);
        if on {
            let told = room.model.seen().remove(1);
            assert!(peers.iter().all(|peer| told.contains(peer)), "{told}");
        }
    }
}

#[tokio::test]
async fn case_003_004_the_groups_that_were_found_are_listed_one_by_one() {
    let request = format!("Which group is {VERA} in, and who are that group's members?");
    let members = json!({ "id": "each", "for_each": "who.groups", "as": "g", "do": [
        { "id": "members", "tool": "access.users_per_group", "args": { "group_name": { "$": "g" } } }
    ]});
    for on in [true, false] {
        let says = vec![plan(json!([who(VERA), members]))];
        let (room, said) = turn(on, &request, says, "Vera is in Sales.").await;
        let report = report(&said);
        assert!(report.ok, "{report:?}");
        assert_eq!(tools(report), ["access.get_user", "access.users_per_group"]);
        let groups = report.steps[0].result.as_ref().unwrap()["groups"].clone();
        assert_eq!(groups, json!(["Sales"]));
        let group = &report.steps[1].result.as_ref().unwrap()[0];
        assert_eq!(group["group"]["group_name"], "Sales");
        let members = group["users"].as_array().unwrap();
        assert!(members.iter().any(|user| user["email"] == VERA), "{members:?}");
        assert_eq!(report.words() == "Vera is in Sales.", on);
        if on {
            let told = room.model.seen().remove(1);
            let mut emails = members.iter().filter_map(|user| user["email"].as_str());
            assert!(emails.all(|email| told.contains(email)), "{told}");
        }
    }
}

/// "In no group" would be a claim about somebody who was not found. On, the model is told so in so
/// many words before it says anything.
#[tokio::test]
async fn case_005_006_somebody_who_is_not_there_is_told_as_not_there() {
    let typed = "vera.viewr@acme.example";
    let request = format!("Which groups is {typed} in?");
    for on in [true, false] {
        let (room, said) = turn(on, &request, vec![plan(json!([who(typed)])); 2], "Unknown.").await;
        let report = report(&said);
        assert!(!report.ok);
        assert_eq!(tools(report), ["access.get_user"]);
        assert_eq!(report.error().unwrap().kind, ErrorKind::NotFound);
        assert!(report.summary.contains("no user fits this reference"), "{}", report.summary);
        assert!(report.summary.contains(typed), "{}", report.summary);
        assert!(!report.summary.contains("no group"), "{}", report.summary);
        if on {
            // The plan, the same one again, which is not run twice, and the telling.
            assert_eq!(room.model.calls(), 3);
            let told = room.model.seen().remove(2);
            assert!(told.contains("not done, not_found"), "{told}");
        }
    }
}

/// The first plan takes a way that does not lead anywhere. On, the model sees that and takes another
/// one in the same turn. Off it may not see it: the person is told which step failed, what was not
/// tried because of it, and what to do. The old system said only that summaries have to be turned on.
#[tokio::test]
async fn case_007_008_a_chain_takes_another_way_or_says_where_it_ended() {
    let request = "Look up Vera Viewr and find everybody with the same role";
    let by_role = |role: &str| json!({ "id": "peers", "tool": "access.get_users_all", "args": { "role": { "$": role } } });
    let first = plan(json!([who("Vera Viewr"), by_role("who.role_name")]));
    let second = plan(json!([
        { "id": "all", "tool": "access.get_users_all" },
        by_role("all.filter(u, u.first_name == 'Vera').first().role_name")
    ]));
    let says = || vec![first.clone(), second.clone()];

    let (room, said) = turn(true, request, says(), "Vera is a viewer, as others are.").await;
    let answer = report(&said);
    assert!(answer.ok, "{answer:?}");
    assert_eq!(answer.words(), "Vera is a viewer, as others are.");
    assert!(emails(&answer.steps[1]).contains(&VERA));
    assert_eq!((said.tried.len(), room.model.calls()), (1, 3));
    let seen = room.model.seen();
    assert!(seen[1].contains("access.get_user: not done, not_found"), "{}", seen[1]);
    assert!(seen[2].contains(VERA), "{}", seen[2]);

    let (_, said) = turn(false, request, says(), "Never told.").await;
    let answer = report(&said);
    assert!(!answer.ok && said.tried.is_empty());
    assert_eq!(answer.steps[0].error.as_ref().unwrap().kind, ErrorKind::NotFound);
    assert_eq!(answer.steps[1].summary, "Not tried: who has no result.");
    assert!(answer.words().contains("no user fits this reference"), "{}", answer.words());
    assert_eq!(answer.next.len(), 1, "{:?}", answer.next);
}
