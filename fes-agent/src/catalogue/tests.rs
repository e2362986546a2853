use pretty_assertions::assert_eq;

use super::*;
use crate::testing::operations;

/// Requests in admins' words, with the operation that is meant. Several are right where two
/// operations answer the same question.
const PROMPTS: &[(&str, &[&str])] = &[
    ("Show user ann@example.com", &["access.get_user"]),
    ("what role does bob@corp.io have", &["access.get_user"]),
    ("which groups is carla@example.com a member of?", &["access.get_user"]),
    ("Details for the account dora@example.com", &["access.get_user"]),
    ("list all users", &["access.get_users_all"]),
    ("Who has a login on our Sisense?", &["access.get_users_all"]),
    ("give me all people with their roles", &["access.get_users_all"]),
    ("how many users do we have", &["access.get_users_all"]),
    ("Which users are admins?", &["access.get_users_all"]),
    ("show the group Analysts", &["access.get_group", "access.users_per_group"]),
    ("default role of the Sales group", &["access.get_group"]),
    ("who is in group Analysts", &["access.users_per_group"]),
    ("list members of the Sales Team group", &["access.users_per_group"]),
    ("which people belong to the team Analysts?", &["access.users_per_group"]),
    ("all groups with members", &["access.users_per_group_all"]),
    ("list the groups and who is in each of them", &["access.users_per_group_all"]),
    ("What groups are there?", &["access.users_per_group_all"]),
    ("Which columns are unused in Sample ECommerce?", &["access.get_unused_columns"]),
    ("find fields nobody uses in the cube Finance", &["access.get_unused_columns"]),
    ("what can be dropped from the model Sales", &["access.get_unused_columns"]),
    (
        "unused columns of Sales and Finance",
        &["access.get_unused_columns_bulk", "access.get_unused_columns"],
    ),
    (
        "columns of the data model Sales",
        &["access.get_datamodel_columns", "datamodel.get_model_schema"],
    ),
    (
        "list every field in the elasticube Finance",
        &["access.get_datamodel_columns", "datamodel.get_model_schema"],
    ),
    ("show all dashboard shares", &["access.get_all_dashboard_shares"]),
    ("With whom is every dashboard shared?", &["access.get_all_dashboard_shares"]),
    ("List all dashboards", &["dashboard.get_all_dashboards"]),
    ("how many reports are there?", &["dashboard.get_all_dashboards"]),
    ("show me the dashes we have", &["dashboard.get_all_dashboards"]),
    (
        "get dashboard 5f0000000000000000000001",
        &["dashboard.get_dashboard_by_id", "dashboard.resolve_dashboard_reference"],
    ),
    ("Show me the dashboard \"Pipeline\"", &["dashboard.get_dashboard_by_name"]),
    (
        "who owns the dashboard Pipeline?",
        &["dashboard.get_dashboard_by_name", "dashboard.get_dashboard_share"],
    ),
    ("what filters does the report Pipeline have", &["dashboard.get_dashboard_by_name"]),
    ("what is the id of the dashboard Pipeline", &["dashboard.resolve_dashboard_reference"]),
    ("columns of dashboard \"Pipeline\"", &["dashboard.get_dashboard_columns"]),
    ("which fields does the dashboard Pipeline use?", &["dashboard.get_dashboard_columns"]),
    ("who has access to the dashboard Pipeline", &["dashboard.get_dashboard_share"]),
    ("with whom is the report Pipeline shared?", &["dashboard.get_dashboard_share"]),
    ("who can open the dashboard Pipeline", &["dashboard.get_dashboard_share"]),
    ("list data models", &["datamodel.get_all_datamodel"]),
    ("which cubes do we have and how big are they", &["datamodel.get_all_datamodel"]),
    ("show all elasticubes with their last build", &["datamodel.get_all_datamodel"]),
    ("when was each data model built?", &["datamodel.get_all_datamodel"]),
    ("describe model Sales", &["datamodel.describe_datamodel"]),
    ("which connections does the cube Sales use", &["datamodel.describe_datamodel"]),
    ("full details of the data model Sales", &["datamodel.describe_datamodel_raw"]),
    ("raw description of the cube Finance", &["datamodel.describe_datamodel_raw"]),
    ("show the data model Sales", &["datamodel.get_datamodel"]),
    ("how many tables does the model Sales have?", &["datamodel.get_datamodel"]),
    ("relations of the cube Sales", &["datamodel.get_datamodel"]),
    ("schema of the model Finance", &["datamodel.get_model_schema"]),
    ("columns and data types of the cube Finance", &["datamodel.get_model_schema"]),
    ("what is the id of the data model Sales?", &["datamodel.resolve_datamodel_reference"]),
    (
        "which model is 5f0cb527-50f2-482b-aece-33e2ece6fe81",
        &["datamodel.resolve_datamodel_reference"],
    ),
    ("row counts of the cube Sales", &["datamodel.get_row_count"]),
    ("how many rows are in each table of Sales?", &["datamodel.get_row_count"]),
    ("show data of the table Orders in the model Sales", &["datamodel.get_data"]),
    ("give me a few records from table Orders of cube Sales", &["datamodel.get_data"]),
    ("is there row level security on the cube Sales?", &["datamodel.get_datasecurity"]),
    ("which columns are secured in Sales", &["datamodel.get_datasecurity"]),
    ("data security rules of Sales in detail", &["datamodel.get_datasecurity_detail"]),
    ("who may see which values in the cube Finance by RLS", &["datamodel.get_datasecurity_detail"]),
    ("who has access to the data model Sales?", &["datamodel.get_datamodel_shares"]),
    ("permissions of the cube Finance", &["datamodel.get_datamodel_shares"]),
    ("show the connection Warehouse", &["datamodel.get_connection"]),
    (
        "which columns does the physical table orders behind connection Warehouse have",
        &["datamodel.get_table_schema"],
    ),
    ("create a user dora@example.com as viewer", &["access.create_user"]),
    ("invite eli@example.com as a designer", &["access.create_user"]),
    ("delete user bob@example.com", &["access.delete_user"]),
    ("get rid of the account bob@example.com", &["access.delete_user"]),
    ("make carla@example.com a designer", &["access.update_user"]),
    ("add bob@example.com to the group Analysts", &["access.update_user"]),
    ("change the last name of ann@example.com to Miller", &["access.update_user"]),
    (
        "give ownership of the folder Finance to carla@example.com",
        &["access.change_folder_and_dashboard_ownership"],
    ),
    ("schedule a build of Sales every Monday at 6:00", &["access.create_schedule_build"]),
    (
        "Share the dashboard Pipeline with bob@example.com as editor",
        &["dashboard.add_dashboard_shares"],
    ),
    (
        "Give the Analysts group view access to the dashboard Pipeline",
        &["dashboard.add_dashboard_shares"],
    ),
    ("share the cube Sales with the group Analysts", &["datamodel.add_datamodel_shares"]),
    ("add a script to the dashboard Pipeline", &["dashboard.add_dashboard_script"]),
    ("build the cube Sales", &["datamodel.deploy_datamodel"]),
    ("create a live data model called Finance 2", &["datamodel.create_datamodel"]),
    ("add the table Orders to the model Sales", &["datamodel.create_table"]),
];

#[test]
fn the_right_operation_is_among_the_first() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    let (mut first, mut ten) = (0, 0);
    for (prompt, right) in PROMPTS {
        let hits = catalogue.rank(prompt, &Hints::default());
        let place = hits.iter().position(|hit| right.contains(&hit.id.as_str()));
        first += usize::from(place == Some(0));
        ten += usize::from(place.is_some_and(|place| place < 10));
        if place != Some(0) {
            let best: Vec<String> =
                hits.iter().take(3).map(|h| format!("{} {:.1}", h.id, h.score)).collect();
            println!("{place:?} {prompt}: {}", best.join(", "));
        }
    }
    let share = |n: usize| 100.0 * n as f64 / PROMPTS.len() as f64;
    println!(
        "{} prompts: recall@10 {:.0} %, first {:.0} %",
        PROMPTS.len(),
        share(ten),
        share(first)
    );
    assert!(share(ten) >= 98.0);
    assert!(share(first) >= 85.0);
}

#[test]
fn every_example_of_every_operation_finds_it_among_the_first() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    for operation in &operations {
        for ask in &operation.ask {
            let hits = catalogue.rank(ask, &Hints::default());
            let place = hits.iter().position(|hit| hit.id == operation.id);
            assert!(
                place.is_some_and(|place| place < 10),
                "{ask}: {} is at {place:?}",
                operation.id
            );
        }
    }
}

#[test]
fn a_name_that_exists_decides_between_kinds() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    let first = |kind| {
        let hints = Hints { kinds: vec![kind] };
        catalogue.rank("who has access to Pipeline", &hints)[0].id.clone()
    };
    assert_eq!(first(Kind::Dashboard), "dashboard.get_dashboard_share");
    assert_eq!(first(Kind::Datamodel), "datamodel.get_datamodel_shares");
}

#[test]
fn the_order_is_always_the_same_and_reasons_are_given() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    let again: Vec<&Operation> = operations.iter().rev().collect();
    let reversed = Catalogue::new(again);
    let one = catalogue.rank("who is in group Analysts", &Hints::default());
    let ids = |hits: &[Hit]| hits.iter().map(|hit| hit.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&reversed.rank("who is in group Analysts", &Hints::default())));
    assert!(one.iter().all(|hit| !hit.reasons.is_empty()));
}

#[test]
fn nothing_fits_what_is_no_request() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    for text in ["", "…", "hello"] {
        assert_eq!(catalogue.rank(text, &Hints::default()), [], "{text}");
    }
}
