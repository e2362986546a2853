//! Conversations: cases 35 to 44, and follow-ups.

use pretty_assertions::assert_eq;

use super::Room;

#[tokio::test]
async fn case_035_an_answer_completes_the_request() {
    let room = Room::open().await;
    let said = room.answered("Show the columns of a dashboard", "Pipeline").await;
    assert_eq!(said, "dashboard.get_dashboard_columns {'dashboard_name':'Pipeline'}");
}

#[tokio::test]
async fn case_038_model_and_table_are_asked_for_at_once() {
    let room = Room::open().await;
    let question = room.question("show me the data of a table").await;
    let missing: Vec<&str> = question.missing.iter().map(|m| m.parameter.as_str()).collect();
    assert_eq!(
        (question.tool.as_str(), missing),
        ("datamodel.get_data", vec!["datamodel_name", "table_name"])
    );
}

#[tokio::test]
async fn case_039_another_request_drops_the_question() {
    let room = Room::open().await;
    let said = room.answered("Delete a user", "list all dashboards").await;
    assert_eq!(said, "dashboard.get_all_dashboards");
}

/// What is no answer drops the question and is declined; a name in quotes is an answer.
#[tokio::test]
async fn talk_about_something_else_is_no_answer() {
    let room = Room::open().await;
    for text in ["write me a poem", "Tell me a joke", "what is the weather like?", "can you sing?"]
    {
        let said = room.answered("Show the columns of a dashboard", text).await;
        assert!(said.starts_with("no:"), "{text}: {said}");
    }
    for (text, name) in
        [("\"tell me more\"", "tell me more"), ("the one called What if", "What if")]
    {
        let said = room.answered("Show the columns of a dashboard", text).await;
        assert!(said.starts_with("? dashboard.get_dashboard_columns"), "{text}: {said}");
        assert!(said.contains(name), "{text}: {said}");
    }
}

#[tokio::test]
async fn case_041_a_user_to_delete_is_asked_for_and_then_named() {
    let room = Room::open().await;
    let said = room.answered("Delete a user", "vera.viewer@acme.example").await;
    assert_eq!(said, "access.delete_user {'user_name':'vera.viewer@acme.example'}");
}

/// The old system refused whatever is no e-mail. Ours knows the names of the deployment: one that
/// exists is found, one that does not is asked about; no call is made for it.
#[tokio::test]
async fn case_043_a_name_in_the_place_of_an_email() {
    let room = Room::open().await;
    assert_eq!(
        room.say("show the user vera").await,
        "access.get_user {'user_name':'vera.viewer@acme.example'}"
    );
    let said = room.say("show the user qwxyz").await;
    assert!(said.starts_with("? access.get_user: There is no user called \"qwxyz\"."), "{said}");
}

#[tokio::test]
async fn case_044_the_word_datasecurity_is_no_name_of_a_model() {
    let room = Room::open().await;
    for text in ["show the datasecurity", "show me data security of a model"] {
        let question = room.question(text).await;
        assert!(question.tool.starts_with("datamodel.get_datasecurity"), "{}", question.tool);
        assert_eq!(question.missing[0].given, None, "{text}");
    }
}

#[tokio::test]
async fn follow_ups_go_on_with_what_was_said() {
    let room = Room::open().await;
    for (before, text, wanted) in [
        (
            "show user vera.viewer@acme.example",
            "and his groups?",
            "access.get_user {'user_name':'vera.viewer@acme.example'}",
        ),
        (
            "show user vera.viewer@acme.example",
            "same for conny.chart@acme.example",
            "access.get_user {'user_name':'conny.chart@acme.example'}",
        ),
        (
            "show user vera.viewer@acme.example",
            "make her a designer",
            "access.update_user {'user_name':'vera.viewer@acme.example','user_data':{'role':'designer'}}",
        ),
        (
            "show user vera.viewer@acme.example",
            "delete this user",
            "access.delete_user {'user_name':'vera.viewer@acme.example'}",
        ),
        (
            "who has access to the dashboard Pipeline?",
            "and which columns does it use?",
            "dashboard.get_dashboard_columns {'dashboard_name':'Pipeline'}",
        ),
        (
            "who has access to the dashboard Pipeline?",
            "what about the data model Sample ECommerce?",
            "datamodel.get_datamodel_shares {'datamodel_name':'Sample ECommerce'}",
        ),
        ("list all users", "and the dashboards?", "dashboard.get_all_dashboards"),
    ] {
        assert_eq!(room.after(before, text).await, wanted, "{before} → {text}");
    }
}

/// Nothing was named before: what "it" is cannot be told, and nothing is done.
#[tokio::test]
async fn a_follow_up_to_nothing_is_not_guessed() {
    let room = Room::open().await;
    let said = room.after("list all users", "delete it").await;
    assert!(said.starts_with("no:") || said.starts_with('?'), "{said}");
}
