//! Section F of the evaluation: what a skill may not be, and what it becomes.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::{Client, ErrorKind, Secret};

use super::*;
use crate::host::Local;
use crate::plan::{MAX_STEPS, explain};

fn tools() -> Local {
    let token = Secret::new("t");
    let client = Client::builder("https://bi.example.com").name("prod").token(token).build();
    Local::new([client.unwrap()]).unwrap()
}

fn file(front: &str, steps: &Value) -> String {
    format!(
        "+++\nname = \"demo\"\ndescription = \"Do it\"\nversion = 1\nask = [\"demo {{user}}\"]\n\
         {front}\n[parameters.user]\ndescription = \"who\"\n+++\nText.\n\n```json plan\n{steps}\n```\n"
    )
}

const READS: &str = r#"tools = ["access.get_user", "access.get_users_all"]"#;

fn wrong_with(front: &str, steps: Value) -> String {
    let error = Skill::read("demo", &file(front, &steps), &tools()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.report().message.clone()
}

fn get(id: &str, user: &str) -> Value {
    json!({ "id": id, "tool": "access.get_user", "args": { "user_name": { "$": user } } })
}

#[test]
fn case_069_a_step_uses_a_tool_that_is_not_listed() {
    let steps =
        json!([get("a", "params.user"), { "id": "b", "tool": "access.users_per_group_all" }]);
    let message = wrong_with(READS, steps);
    assert!(message.contains("step b: access.users_per_group_all is not listed"), "{message}");
}

#[test]
fn case_070_an_expression_refers_to_a_later_step() {
    let steps = json!([get("a", "b.email"), get("b", "params.user")]);
    let message = wrong_with(READS, steps);
    assert!(message.contains("step a") && message.contains('b'), "{message}");
}

#[test]
fn case_071_the_item_of_a_loop_is_used_outside_of_it() {
    let steps = json!([
        { "id": "l", "for_each": "[params.user]", "as": "u", "do": [get("a", "u")] },
        get("b", "u")
    ]);
    let message = wrong_with(READS, steps);
    assert!(message.contains("step b"), "{message}");
}

#[test]
fn case_072_073_a_required_argument_is_missing_or_one_is_not_known() {
    let none = json!([get("a", "params.user"), { "id": "b", "tool": "access.get_user" }]);
    assert!(wrong_with(READS, none).contains("user_name"));
    let other = json!([get("a", "params.user"),
        { "id": "b", "tool": "access.get_user", "args": { "user_name": "x", "shoe_size": 1 } }]);
    assert!(wrong_with(READS, other).contains("shoe_size"));
}

/// The old system had no loop in a loop at all. Here one is allowed, and bounded; one more is not.
#[test]
fn case_074_loops_are_nested_only_so_deep() {
    let within = |inner: Value, id: &str| json!([{ "id": id, "for_each": "[params.user]", "as": format!("i_{id}"), "do": inner }]);
    let two = within(within(json!([get("a", "params.user")]), "l1"), "l2");
    assert!(Skill::read("demo", &file(READS, &two), &tools()).is_ok());
    let message = wrong_with(READS, within(two, "l3"));
    assert!(message.contains("nested deeper"), "{message}");
}

#[test]
fn case_077_there_is_a_ceiling_of_steps() {
    let steps: Vec<Value> = (0..=MAX_STEPS).map(|n| get(&format!("s{n}"), "params.user")).collect();
    assert!(wrong_with(READS, json!(steps)).contains("at most"));
}

#[test]
fn case_080_roles_are_known_by_the_names_of_the_deployment() {
    for (name, role) in [
        ("viewer", Some(Role::Viewer)),
        ("consumer", Some(Role::Viewer)),
        ("dataDesigner", Some(Role::DataDesigner)),
        ("admin", Some(Role::Admin)),
        ("sysAdmin", Some(Role::SysAdmin)),
        ("super", Some(Role::SysAdmin)),
        ("gardener", None),
    ] {
        assert_eq!(Role::of(name), role, "{name}");
    }
    assert!(Role::Viewer < Role::DataDesigner && Role::Admin < Role::SysAdmin);
}

/// Cases 81: somebody whose role is too small gets the part that reads, and who to hand the rest to.
#[test]
fn case_081_a_viewer_gets_the_part_that_reads() {
    let tools = tools();
    let skills = Skills::built_in(&tools).unwrap();
    let skill = skills.get("offboard-user").unwrap();
    let told = BTreeMap::from([("user".to_owned(), "ann@example.com".to_owned())]);
    let whole = skill.plan(&told, Some(Role::Admin), &tools).unwrap();
    assert_eq!(whole.calls().last().unwrap().tool, "access.delete_user");
    for role in [Some(Role::Viewer), None] {
        let part = skill.plan(&told, role, &tools).unwrap();
        assert!(part.calls().iter().all(|call| call.tool != "access.delete_user"));
        assert!(part.goal.contains("needs the role admin"), "{}", part.goal);
    }
}

#[test]
fn case_084_front_matter_is_strict() {
    let steps = json!([get("a", "params.user")]);
    let unknown = format!("{READS}\ncolour = \"red\"");
    assert!(wrong_with(&unknown, steps.clone()).contains("colour"));
    let error = Skill::read("other", &file(READS, &steps), &tools()).unwrap_err();
    assert!(error.report().message.contains("its folder other"));
    let text = file(READS, &steps).replace("Text.", "Then access.delete_user is called.");
    let error = Skill::read("demo", &text, &tools()).unwrap_err();
    assert!(error.report().message.contains("names access.delete_user"), "{error:?}");
    let missing = wrong_with(r#"tools = ["access.get_user", "access.no_such"]"#, steps.clone());
    assert!(missing.contains("there is no operation access.no_such"), "{missing}");
    for broken in ["", "+++\nname = 1\n", "+++\n+++\nno plan"] {
        assert_eq!(Skill::read("demo", broken, &tools()).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[test]
fn what_changes_something_names_a_role() {
    let steps = json!([
        { "id": "a", "tool": "access.delete_user", "args": { "user_name": { "$": "params.user" } } }
    ]);
    let message = wrong_with(r#"tools = ["access.delete_user"]"#, steps);
    assert!(message.contains("says no role"), "{message}");
}

#[test]
fn requests_find_their_skill_and_tell_it_what_it_needs() {
    let tools = tools();
    let skills = Skills::built_in(&tools).unwrap();
    let asked = |text: &str| {
        let (skill, told) = skills.asked_for(text)?;
        Some((skill.front().name.clone(), told.into_values().collect::<Vec<_>>().join(",")))
    };
    let is = |name: &str, told: &str| Some((name.to_owned(), told.to_owned()));
    assert_eq!(asked("Offboard bob@example.com!"), is("offboard-user", "bob@example.com"));
    assert_eq!(asked("please offboard the user \"Bob  Lee\""), is("offboard-user", "Bob Lee"));
    assert_eq!(asked("Is Sample ECommerce ready for AI?"), is("ready-for-ai", "Sample ECommerce"));
    assert_eq!(
        asked("is the data model Sample ECommerce ready for AI"),
        is("ready-for-ai", "Sample ECommerce")
    );
    assert_eq!(asked("clean up unused columns"), is("unused-columns", ""));
    for other in ["list all users", "offboard", "is ready for ai", "unused columns of Pipeline"] {
        assert_eq!(asked(other), None, "{other}");
    }
}

#[test]
fn a_parameter_is_data_also_within_an_expression() {
    let steps = json!([
        { "id": "users", "tool": "access.get_users_all" },
        { "id": "l", "for_each": "users.filter(u, u.email == params.user && u.email != 'params.user')",
          "as": "u", "do": [get("a", "u.email")] }
    ]);
    let skill = Skill::read("demo", &file(READS, &steps), &tools()).unwrap();
    let hostile = "x\" || true || \"\\";
    let told = BTreeMap::from([("user".to_owned(), hostile.to_owned())]);
    let plan = skill.plan(&told, None, &tools()).unwrap();
    let Step::Loop(inner) = &plan.steps[1] else { panic!("no loop") };
    assert_eq!(
        inner.for_each,
        r#"users.filter(u, u.email == "x\" || true || \"\\" && u.email != 'params.user')"#
    );
    let missing = skill.plan(&BTreeMap::new(), None, &tools()).unwrap_err();
    assert!(missing.report().message.contains("user (who)"), "{missing:?}");
    let more =
        BTreeMap::from([("user".to_owned(), "a".to_owned()), ("shoe".to_owned(), "b".to_owned())]);
    assert_eq!(skill.plan(&more, None, &tools()).unwrap_err().candidates(), ["user"]);
}

#[test]
fn the_skills_that_come_with_the_program_are_plans() {
    let tools = tools();
    let skills = Skills::built_in(&tools).unwrap();
    assert_eq!(skills.all().count(), BUILT_IN.len());
    let mut texts = Vec::new();
    for skill in skills.all() {
        let told = skill.front().parameters.keys().map(|name| (name.clone(), "Some".to_owned()));
        let plan = skill.plan(&told.collect(), Some(Role::Admin), &tools).unwrap();
        texts.push(format!("{}\n{}", plan.goal, explain(&plan, &tools)));
    }
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_folder_is_taken_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("SKILL.md"), text).unwrap();
    };
    put("demo", &file(READS, &json!([get("a", "params.user")])));
    let tools = tools();
    let mut skills = Skills::default();
    skills.add_folder(folder.path(), &tools).unwrap();
    assert!(skills.get("demo").is_ok());
    put("broken", "no skill");
    let mut none = Skills::default();
    let error = none.add_folder(folder.path(), &tools).unwrap_err();
    assert!(error.report().message.contains("broken"), "{error:?}");
    assert_eq!(none.all().count(), 0);
    assert_eq!(none.get("demo").unwrap_err().kind(), ErrorKind::NotFound);
}
