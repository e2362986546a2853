//! From a request to a plan: what the model sees, and what is made of its answers.

use fes_agent::conversation::End;
use fes_agent::plan::Plan;
use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;

use super::*;

#[tokio::test]
async fn a_plan_of_a_model_runs_under_the_words_of_the_person() {
    let members = call("access.users_per_group", json!({ "group_name": "Analysts" }));
    let room = Room::open(Script::always(&plan(json!([members])))).await;
    let outcome = room.ask("wer ist in der group Analysts?").await;
    let Outcome::Done(report) = &outcome else { panic!("{outcome:?}") };
    assert!(report.ok, "{report:?}");
    assert_eq!(report.goal, "wer ist in der group Analysts?");
    assert_eq!((report.steps[0].tool.as_str(), room.model.calls()), ("access.users_per_group", 1));
}

#[tokio::test]
async fn a_write_of_a_model_waits_for_a_person() {
    let delete = call("access.delete_user", json!({ "user_name": "vera.viewer@acme.example" }));
    let room = Room::open(Script::always(&plan(json!([delete])))).await;
    let outcome = room.ask("delete the user vera.viewer@acme.example").await;
    let Outcome::Waits(pending) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(pending.changes.len(), 1);
    assert_eq!(room.sandbox.counts().writes, 0);
}

#[tokio::test]
async fn case_063_the_prompt_has_the_request_the_operations_and_the_form() {
    let room = Room::open(Script::always(&json!({ "kind": "decline" }))).await;
    room.ask("who is in the group Analysts and which columns of Sample ECommerce are unused").await;
    let seen = room.model.seen().remove(0);
    for part in [
        "\n## access.users_per_group\nList the users of one group. (only reads)",
        "\n## access.get_unused_columns\n",
        "Takes: {\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"group_name\"",
        "Gives: { group: { group_id: string, group_name: string",
        "[user]\nwho is in the group Analysts and which columns of Sample ECommerce are unused\n",
        "\"for_each\"",
    ] {
        assert!(seen.contains(part), "{part}\nis not in\n{seen}");
    }
    let shown = seen.matches("\n## ").count();
    assert!((12..=16).contains(&shown), "{shown} operations");
    assert!(seen.len() < 60_000, "{} bytes", seen.len());
    assert!(!seen.contains("emit") && !seen.contains("\"x-"), "keys of our own");
}

#[tokio::test]
async fn a_plan_that_cannot_run_is_mended_once_with_the_exact_problems() {
    let wrong = call("access.users_in_group", json!({ "group_name": "Analysts" }));
    let right = call("access.users_per_group", json!({ "group_name": "Analysts" }));
    let texts = vec![plan(json!([wrong])).to_string(), plan(json!([right])).to_string()];
    let room = Room::open(Script::texts(texts)).await;
    assert_eq!(room.ask("who is in Analysts?").await.word(), "done");
    let seen = room.model.seen();
    assert_eq!(seen.len(), 2);
    let asked = seen[1].strip_prefix(seen[0].split("answer A plan").next().unwrap()).unwrap();
    assert!(asked.starts_with("[assistant]\n{\"kind\":\"plan\""), "{asked}");
    assert!(
        asked.contains(
            "- step a: no operation fits this reference: access.users_in_group; \
             candidates: access.users_per_group"
        ),
        "{asked}"
    );
}

#[tokio::test]
async fn a_plan_that_is_not_mended_is_an_honest_no() {
    let wrong = call("access.make_coffee", json!({}));
    let room = Room::open(Script::always(&plan(json!([wrong])))).await;
    let outcome = room.ask("make coffee for all users").await;
    let Outcome::Decline(text) = &outcome else { panic!("{outcome:?}") };
    assert!(text.contains("cannot run, so nothing was done"), "{text}");
    assert!(text.contains("access.make_coffee"), "{text}");
    assert_eq!(room.model.calls(), 2);
}

#[tokio::test]
async fn what_a_model_does_not_answer_is_told() {
    for (ending, words) in [
        (Ending::Refused, "would not answer"),
        (Ending::Filtered, "does not let this request through"),
        (Ending::Cut, "LLM_MAX_TOKENS"),
    ] {
        let room = Room::open(Script::ends(ending)).await;
        let outcome = room.ask("list all users").await;
        assert_eq!((outcome.word(), room.model.calls()), ("decline", 1));
        assert!(outcome.words().contains(words), "{}", outcome.words());
    }
}

#[tokio::test]
async fn a_model_that_fails_is_an_error_and_not_a_guess() {
    let room = Room::open(Script::fails(|| Error::new(ErrorKind::RateLimited, "slow down"))).await;
    let outcome = room.ask("list all users").await;
    let Outcome::Error(error) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(room.sandbox.requests().len(), 0);
}

#[tokio::test]
async fn a_request_with_a_secret_is_shown_to_no_model() {
    let room = Room::open(Script::always(&json!({ "kind": "decline" }))).await;
    for text in [
        "set the password of vera to hunter2",
        "use token: abcdef0123456789",
        "call it with Bearer eyJhbGciOi.J9",
        "",
        &"x ".repeat(5000),
    ] {
        assert_eq!(room.ask(text).await.word(), "decline", "{text:.60}");
    }
    assert_eq!(room.model.calls(), 0);
}

#[tokio::test]
async fn tokens_of_all_calls_of_a_turn_are_counted() {
    let wrong = call("access.make_coffee", json!({}));
    let room = Room::open(Script::always(&plan(json!([wrong])))).await;
    let context = Context::default();
    room.plan_in("make coffee", &[], &context).await.unwrap();
    let total = context.meter.total();
    assert_eq!((total.calls, total.input_tokens, total.output_tokens), (2, 200, 20));
}

fn exchange(said: &str, meant: &str, end: End) -> Exchange {
    let args = json!({ "user_name": "chosen.name@acme.example" });
    let args = args.as_object().unwrap().clone();
    let plan = Some(Plan::single(meant, "access.get_user", args));
    Exchange { said: said.to_owned(), meant: meant.to_owned(), plan, end }
}

#[tokio::test]
async fn earlier_turns_are_shown_without_arguments_and_chosen_names() {
    let room = Room::open(Script::always(&json!({ "kind": "decline" }))).await;
    let history = [
        exchange("the very first", "the very first", End::Answered),
        exchange("show a user", "show a user", End::Asked),
        exchange("chosen.name@acme.example", "show a user chosen.name@acme.example", End::Answered),
        exchange("show the groups", "show the groups", End::Failed),
        exchange("show vera", "show vera", End::Answered),
        exchange("delete her", "delete her", End::Waits),
    ];
    room.plan_in("and her groups?", &history, &Context::default()).await.unwrap();
    let seen = room.model.seen().remove(0);
    let turns = seen.split("\n[user]\n").skip(1).collect::<Vec<_>>().join("\n---\n");
    let turns = turns.split("\nanswer A plan").next().unwrap();
    insta::assert_snapshot!(turns);
    assert!(seen.contains("\n## access.get_user\n"), "the operation of the turn before is shown");
}

#[tokio::test]
async fn a_stop_reaches_the_model() {
    let room = Room::open(Script::new(|_, _| Ok(reply("")))).await;
    let context = Context::default();
    context.cancel.cancel();
    // The script does not look at the token, a real model does: it is handed on.
    struct Looks;
    #[async_trait]
    impl Model for Looks {
        fn name(&self) -> &str {
            "looks"
        }
        async fn complete(&self, request: Request<'_>) -> Result<Reply> {
            match request.cancel.is_cancelled() {
                true => Err(Error::new(ErrorKind::Cancelled, "stopped")),
                false => Ok(reply("")),
            }
        }
    }
    let tools = Arc::clone(room.agent.tools());
    let agent = Agent::builder(tools)
        .store(Store::memory().await.unwrap())
        .planner(Arc::new(LlmPlanner::new(Arc::new(Looks))))
        .build()
        .unwrap();
    let error = agent.plan_in(&session(), "list all users", &[], &context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
