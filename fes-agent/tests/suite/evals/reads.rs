//! Reads and what is missing for them: cases 1 to 19.

use super::table;

/// A model may plan both steps. Without one the person is told who was looked up, and nobody is
/// told a wrong list: the second half refers to an answer that is not there yet.
#[tokio::test]
async fn case_001_002_a_step_that_needs_the_answer_of_the_first_is_not_guessed() {
    table(&[(
        "What role does vera.viewer@acme.example have, and who else has that role?",
        "no: …",
    )])
    .await;
}

#[tokio::test]
async fn case_005_006_an_email_that_is_mistyped_is_looked_up_as_it_is() {
    table(&[(
        "Details of the user vera.viewr@acme.example",
        "access.get_user {'user_name':'vera.viewr@acme.example'}",
    )])
    .await;
}

/// Folders have no operation yet: the request is declined, not answered in part.
#[tokio::test]
async fn case_009_010_independent_lists_are_steps_of_one_plan() {
    table(&[
        (
            "list all data models, groups and dashboards",
            "datamodel.get_all_datamodel ; access.users_per_group_all ; dashboard.get_all_dashboards",
        ),
        ("list all data models, groups and folders", "no: …"),
    ])
    .await;
}

#[tokio::test]
async fn case_011_012_a_model_without_name_and_type_is_asked_about() {
    table(&[(
        "Create a data model",
        "? datamodel.create_datamodel: Which name for the new data model? Which type of data model? It may be extract or live.",
    )])
    .await;
}

#[tokio::test]
async fn case_013_014_a_model_over_a_connection_is_asked_about_and_nothing_is_read() {
    table(&[("Create a data model using the connection \"Acme Warehouse\"", "? datamodel.…")])
        .await;
}

#[tokio::test]
async fn case_015_016_060_a_user_with_only_a_name_is_asked_about() {
    table(&[(
        "Create a user named Eli Stone",
        "? access.create_user: Which e-mail? Which role? It may be viewer, designer or dataDesigner.",
    )])
    .await;
}

#[tokio::test]
async fn case_017_018_a_poem_is_declined() {
    table(&[("Write me a poem", "no: …")]).await;
}

#[tokio::test]
async fn case_019_columns_of_a_dashboard() {
    table(&[(
        "Columns of the dashboard \"Pipeline\"",
        "dashboard.get_dashboard_columns {'dashboard_name':'Pipeline'}",
    )])
    .await;
}
