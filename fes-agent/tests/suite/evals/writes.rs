//! Arguments of writes: cases 20 to 25. None of them runs: a plan that writes waits for a person.

use super::table;

#[tokio::test]
async fn case_020_021_a_new_user_has_what_was_said_and_nothing_else() {
    table(&[(
        "Create the user dora@acme.example with the viewer role",
        "access.create_user {'user_data':{'email':'dora@acme.example','role':'viewer'}}",
    )])
    .await;
}

#[tokio::test]
async fn case_022_a_user_is_deleted_by_the_exact_email() {
    table(&[
        (
            "Delete the user vera.viewer@acme.example",
            "access.delete_user {'user_name':'vera.viewer@acme.example'}",
        ),
        ("delete the user vera", "access.delete_user {'user_name':'vera.viewer@acme.example'}"),
    ])
    .await;
}

#[tokio::test]
async fn case_023_a_complete_model() {
    table(&[(
        "Set up an extract model called \"Orders 2027\" over the connection \"Acme Warehouse\", database dwh, schema public, with the table orders",
        "datamodel.setup_datamodel {'datamodel_name':'Orders 2027','connection_name':'Acme Warehouse','database_name':'dwh','schema_name':'public','datamodel_type':'extract','tables':[{'table_name':'orders'}]}",
    )])
    .await;
}

#[tokio::test]
async fn case_024_a_table_is_added() {
    table(&[(
        "Add a table called Returns to the data model Sample ECommerce",
        "datamodel.create_table {'datamodel_name':'Sample ECommerce','table_name':'Returns'}",
    )])
    .await;
}

/// "Give view access" was misrouted to a change of the user in the old system.
#[tokio::test]
async fn case_025_a_dashboard_is_shared_in_other_words_too() {
    let room = super::Room::open().await;
    for text in [
        "Share the dashboard Pipeline with vera.viewer@acme.example as viewer",
        "give vera.viewer@acme.example view access to the dashboard Pipeline",
        "let vera see the dashboard Pipeline",
    ] {
        let said = room.say(text).await;
        assert!(
            said.starts_with("dashboard.add_dashboard_shares {'dashboard_id':'"),
            "{text}: {said}"
        );
        let share = "'shares':[{'name':'vera.viewer@acme.example','type':'user','rule':'view'}]}";
        assert!(said.ends_with(share), "{text}: {said}");
    }
}
