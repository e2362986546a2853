//! Values that only the person knows: asked with what there is, and filled in by code.

use fes_agent::Question;
use fes_agent::planner::Why;
use pretty_assertions::assert_eq;
use sisense_sandbox::{Fault, FaultAction};

use super::*;

async fn asked(room: &Room, text: &str) -> Question {
    match room.plan(text).await.unwrap() {
        Answer::Question(question) => question,
        other => panic!("no question: {other:?}"),
    }
}

async fn answered(room: &Room, question: &Question, answer: &str) -> Answer {
    let context = Context { answering: Some(question.clone()), ..Context::default() };
    room.plan_in(answer, &[], &context).await.unwrap()
}

fn args(answer: &Answer) -> Value {
    match answer {
        Answer::Plan(plan) => plan.calls()[0].arguments(),
        other => panic!("no plan: {other:?}"),
    }
}

fn asks_for(tool: &str, args: Value, missing: Value) -> Value {
    json!({ "kind": "question",
            "question": { "tool": tool, "args": args, "missing": missing, "text": "ignored" } })
}

#[tokio::test]
async fn case_056_a_question_counts_what_there_is_and_the_model_sees_no_name() {
    let says = asks_for("access.get_user", json!({}), json!(["user_name"]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "show me a user").await;
    assert!(question.text.starts_with("Which user? There are 14, such as "), "{}", question.text);
    assert_eq!((question.missing[0].options, question.missing[0].some.len()), (Some(14), 3));
    let chosen = answered(&room, &question, &question.missing[0].some[0]).await;
    assert_eq!(args(&chosen), json!({ "user_name": question.missing[0].some[0] }));
    assert_eq!(room.model.calls(), 1);
    assert!(!room.model.seen()[0].contains("@acme.example"));
    // Nor are more names told when the answer fits nothing, or several.
    for answer in ["nobody", "a"] {
        let Answer::Question(again) = answered(&room, &question, answer).await else { panic!() };
        assert!(
            again.missing[0].options > Some(3) && again.missing[0].some.len() == 3,
            "{again:?}"
        );
    }
}

#[tokio::test]
async fn case_059_a_required_value_that_is_absent_null_or_empty_is_asked_for() {
    for given in [json!({}), json!({ "group_name": "" }), json!({ "group_name": null })] {
        let says = plan(json!([call("access.users_per_group", given)]));
        let room = Room::open(Script::always(&says)).await;
        let question = asked(&room, "who is in the group?").await;
        assert_eq!(question.missing[0].why, Why::NotGiven);
        assert_eq!(args(&answered(&room, &question, "analysts").await)["group_name"], "Analysts");
        assert_eq!(room.model.calls(), 1);
    }
    let tool = "access.get_unused_columns_bulk";
    let says = plan(json!([call(tool, json!({ "datamodels": [] }))]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "which columns of the models are unused?").await;
    let chosen = args(&answered(&room, &question, "Sample ECommerce").await);
    assert_eq!(chosen, json!({ "datamodels": ["Sample ECommerce"] }));
}

/// Each required member is asked for by its own name: nobody can answer "which user data?"
#[tokio::test]
async fn case_060_a_required_member_of_an_object_is_asked_for() {
    for given in [json!({}), json!({ "user_data": null }), json!({ "user_data": { "email": " " } })]
    {
        let says = plan(json!([call("access.create_user", given)]));
        let room = Room::open(Script::always(&says)).await;
        let question = asked(&room, "create a user").await;
        assert_eq!(question.text, "Which email? Which role?");
        let chosen = answered(&room, &question, "dora@acme.example, viewer").await;
        let wanted = json!({ "user_data": { "email": "dora@acme.example", "role": "viewer" } });
        assert_eq!((args(&chosen), room.model.calls()), (wanted, 1));
    }
    // What is given stays, and one that is left open is asked for again.
    let user = json!({ "user_data": { "first_name": "Dora", "role": "viewer" } });
    let says = asks_for("access.create_user", user, json!(["user_data"]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "create the viewer Dora").await;
    assert_eq!(question.text, "Which email?");
    let chosen = args(&answered(&room, &question, "dora@acme.example").await);
    assert_eq!(chosen["user_data"]["email"], "dora@acme.example");
    assert_eq!(chosen["user_data"]["first_name"], "Dora");
}

/// A policy that does not let the names be listed keeps them out of questions: nothing is called, and
/// the question is asked without them. So with one that wants a person to be asked first.
#[tokio::test]
async fn case_057_a_listing_that_may_not_be_called_is_not_called() {
    let says = asks_for("access.get_user", json!({}), json!(["user_name"]));
    let listings = ["*.get_users_all", "*.users_per_group_all", "*.get_all_*"];
    for rules in [json!({ "deny": listings }), json!({ "ask": listings })] {
        let policy = Policy::new(serde_json::from_value(rules).unwrap());
        let room = Room::with(Script::always(&says), policy, SandboxConfig::default()).await;
        let question = asked(&room, "show me a user").await;
        let lead =
            "Which user? What there is cannot be listed: access.get_users_all may not be called";
        assert!(question.text.starts_with(lead), "{}", question.text);
        assert_eq!((question.missing[0].options, question.missing[0].some.len()), (None, 0));
        // What is typed then is taken as it is: the operation looks it up.
        let typed = args(&answered(&room, &question, "vera.viewer@acme.example").await);
        assert_eq!(typed, json!({ "user_name": "vera.viewer@acme.example" }));
        assert_eq!(room.sandbox.requests().len(), 0);
        // The planner without a model does not look either: the operation finds the name.
        let agent = Agent::builder(Arc::clone(room.agent.tools()))
            .policy(room.agent.policy().clone())
            .store(Store::memory().await.unwrap())
            .build()
            .unwrap();
        let plain = agent.plan(&session(), "show the user vera").await.unwrap();
        assert_eq!(args(&plain), json!({ "user_name": "vera" }));
        assert_eq!(room.sandbox.requests().len(), 0);
    }
}

#[tokio::test]
async fn case_058_a_listing_that_fails_leaves_a_plain_question_that_says_so() {
    let says = asks_for("access.get_user", json!({}), json!(["user_name"]));
    let room = Room::open(Script::always(&says)).await;
    room.sandbox.add_fault(Fault::new("*", FaultAction::status(403)));
    let question = asked(&room, "show me a user").await;
    let lead = "Which user? What there is cannot be listed: ";
    assert!(
        question.text.starts_with(lead) && question.text.contains("refuses this"),
        "{}",
        question.text
    );
    assert_eq!((question.missing[0].options, question.missing[0].some.len()), (None, 0));
    let typed = args(&answered(&room, &question, "vera.viewer@acme.example").await);
    assert_eq!(typed, json!({ "user_name": "vera.viewer@acme.example" }));
}

#[tokio::test]
async fn an_answer_that_fits_nothing_is_asked_again_and_not_shown_to_the_model() {
    let says = asks_for("access.users_per_group", json!({}), json!(["group_name"]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "who is in the group?").await;
    let Answer::Question(again) = answered(&room, &question, "Nobodies").await else { panic!() };
    assert_eq!(
        (again.missing[0].why, again.missing[0].given.as_deref()),
        (Why::NotThere, Some("Nobodies"))
    );
    let Answer::Question(near) = answered(&room, &again, "Analyst").await else { panic!() };
    assert_eq!(near.text, "There is no group called exactly \"Analyst\". Did you mean Analysts?");
    assert_eq!(
        args(&answered(&room, &near, "Analysts").await),
        json!({ "group_name": "Analysts" })
    );
    assert_eq!(room.model.calls(), 1);
}

#[tokio::test]
async fn a_name_that_two_things_have_is_chosen_by_its_id() {
    let says = asks_for("dashboard.get_dashboard_share", json!({}), json!(["dashboard_name"]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "who can see the dashboard?").await;
    let twin = answered(&room, &question, "Weekly Sales").await;
    let Answer::Question(twins) = twin else { panic!("{twin:?}") };
    assert_eq!((twins.missing[0].why, twins.missing[0].options), (Why::Ambiguous, Some(2)));
    assert_eq!(room.model.calls(), 1);
}

#[tokio::test]
async fn several_values_are_answered_at_once_or_one_by_one() {
    let missing = json!(["user_name", "new_role"]);
    let says = asks_for("dashboard.get_dashboard_columns", json!({}), missing);
    let room = Room::open(Script::always(&says)).await;
    // A parameter that the operation does not have is not asked for.
    let question = asked(&room, "show the columns").await;
    assert_eq!(question.missing.len(), 1);

    let says = asks_for("access.change_folder_and_dashboard_ownership", json!({}), json!([]));
    let room = Room::open(Script::always(&says)).await;
    let question = asked(&room, "give the folder to somebody").await;
    assert!(question.missing.len() > 1, "{question:?}");
    let Answer::Question(one) = answered(&room, &question, "vera.viewer@acme.example").await else {
        panic!()
    };
    assert_eq!(one.missing.len(), 1);
    assert_eq!(room.model.calls(), 1);
}

#[tokio::test]
async fn another_request_drops_the_question() {
    let ask = asks_for("access.users_per_group", json!({}), json!(["group_name"]));
    let all = plan(json!([call("access.get_users_all", json!({}))]));
    let room = Room::open(Script::texts(vec![ask.to_string(), all.to_string()])).await;
    let question = asked(&room, "who is in the group?").await;
    let Answer::Plan(plan) = answered(&room, &question, "show all users").await else { panic!() };
    assert_eq!(
        (plan.goal.as_str(), plan.calls()[0].tool.as_str()),
        ("show all users", "access.get_users_all")
    );
    assert!(!room.model.seen()[1].contains("who is in the group?"));
}

#[tokio::test]
async fn a_thing_that_is_called_like_a_request_is_a_name_and_not_shown_to_the_model() {
    let says = asks_for("access.users_per_group", json!({}), json!(["group_name"]));
    let room = Room::open(Script::always(&says)).await;
    make_group(&room, "Show all users").await;
    let question = asked(&room, "who is in the group?").await;
    let answer = answered(&room, &question, "Show all users").await;
    assert_eq!(args(&answer), json!({ "group_name": "Show all users" }));
    assert_eq!(room.model.calls(), 1);
}

pub(super) async fn make_group(room: &Room, name: &str) {
    let made = reqwest::Client::new()
        .post(format!("{}/api/v1/groups", room.sandbox.url()))
        .bearer_auth(room.sandbox.token())
        .json(&json!({ "name": name }))
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success(), "{}", made.status());
    room.sandbox.clear_requests();
}

#[tokio::test]
async fn a_question_that_is_about_no_parameter_is_answered_in_words() {
    let ask = json!({ "kind": "question", "question": { "text": "Users or groups?" } });
    let all = plan(json!([call("access.get_users_all", json!({}))]));
    let room = Room::open(Script::texts(vec![ask.to_string(), all.to_string()])).await;
    let question = asked(&room, "list everything").await;
    assert_eq!(question.text, "Users or groups?");
    assert!(matches!(answered(&room, &question, "users").await, Answer::Plan(_)));
    assert!(room.model.seen()[1].contains("[user]\nlist everything\nusers\n"));
}

#[tokio::test]
async fn a_question_about_nothing_is_mended() {
    let empty = json!({ "kind": "question", "question": {} });
    let all = plan(json!([call("access.get_users_all", json!({}))]));
    let room = Room::open(Script::texts(vec![empty.to_string(), all.to_string()])).await;
    assert_eq!(room.ask("list all users").await.word(), "done");
    assert_eq!(room.model.calls(), 2);
}

#[tokio::test]
async fn a_question_of_the_planner_without_a_model_is_answered_there() {
    let room = Room::open(Script::always(&json!({ "kind": "decline" }))).await;
    let offline = Room::agent(&room.sandbox, Arc::clone(&room.model), Policy::default()).await;
    let tools = Arc::clone(offline.tools());
    let offline = Agent::builder(tools).store(Store::memory().await.unwrap()).build().unwrap();
    let asked = offline.plan(&session(), "who has access to Weekly Sales").await.unwrap();
    let Answer::Question(question) = asked else { panic!("{asked:?}") };
    let answer = answered(&room, &question, &question.missing[0].some[0]).await;
    assert!(!matches!(answer, Answer::Decline(_)), "{answer:?}");
    assert_eq!(room.model.calls(), 0);
}
