//! Migration plans: cases 26 to 34, 135 to 141.

use super::table;

const PIPELINE: &str = "migration.migrate_dashboards {'dashboard_names':['Pipeline']}";

/// The old system asked, or took the bulk tool. "Migrate dashboards" says nothing of which: all are
/// meant, and the preview lists each before anybody approves.
#[tokio::test]
async fn case_026_dashboards_without_a_name_are_never_planned_by_name() {
    table(&[
        ("migrate dashboards", "migration.migrate_all_dashboards"),
        ("migrate a dashboard", "? migration.migrate_dashboards: …"),
    ])
    .await;
}

#[tokio::test]
async fn case_027_all_dashboards_are_one_step() {
    table(&[
        ("migrate all dashboards", "migration.migrate_all_dashboards"),
        ("copy every dashboard to the target", "migration.migrate_all_dashboards"),
    ])
    .await;
}

#[tokio::test]
async fn case_028_groups_come_before_their_users() {
    table(&[(
        "Migrate the users vera.viewer@acme.example and conny.chart@acme.example and the group Sales",
        "migration.migrate_groups {'group_name_list':['Sales']} ; migration.migrate_users {'user_name_list':['vera.viewer@acme.example','conny.chart@acme.example']}",
    )])
    .await;
}

#[tokio::test]
async fn case_029_a_dashboard_with_its_shares_is_one_step() {
    table(&[(
        "migrate the dashboard Pipeline with its shares",
        "migration.migrate_dashboards {'dashboard_names':['Pipeline'],'migrate_share':true}",
    )])
    .await;
}

#[tokio::test]
async fn case_030_shares_of_nothing_named_are_asked_about() {
    table(&[("migrate shares", "? migration.migrate_dashboard_shares: …")]).await;
}

#[tokio::test]
async fn case_031_everything_is_put_in_the_order_of_dependencies() {
    let wanted = "migration.migrate_all_groups ; migration.migrate_all_users ; migration.migrate_all_dashboards";
    table(&[
        ("migrate all dashboards, users and groups", wanted),
        ("migrate all dashboards, all users and all groups", wanted),
    ])
    .await;
}

/// What names no kind means every kind; none is left out.
#[tokio::test]
async fn everything_is_every_kind() {
    let all = "migration.migrate_all_groups ; migration.migrate_all_users ; \
               migration.migrate_all_datamodels ; migration.migrate_all_dashboards";
    table(&[
        ("migrate everything", all),
        ("migrate everything to the target", all),
        ("move all to the other deployment", all),
        ("copy the whole deployment", all),
    ])
    .await;
}

#[tokio::test]
async fn case_032_a_named_group_is_not_all_groups() {
    table(&[
        (
            "Migrate the \"Night Shift\" group",
            "migration.migrate_groups {'group_name_list':['Night Shift']}",
        ),
        ("migrate the group Sales", "migration.migrate_groups {'group_name_list':['Sales']}"),
    ])
    .await;
}

#[tokio::test]
async fn case_033_one_group_and_one_user_are_one_plan() {
    table(&[(
        "migrate the group Sales and the user vera.viewer@acme.example",
        "migration.migrate_groups {'group_name_list':['Sales']} ; migration.migrate_users {'user_name_list':['vera.viewer@acme.example']}",
    )])
    .await;
}

#[tokio::test]
async fn case_034_users_and_models_and_nothing_else() {
    table(&[(
        "migrate all users and all data models",
        "migration.migrate_all_users ; migration.migrate_all_datamodels",
    )])
    .await;
}

#[tokio::test]
async fn case_135_all_dashboards_and_existing_ones_stay() {
    table(&[(
        "Migrate all dashboards, skip existing ones",
        "migration.migrate_all_dashboards {'action':'skip'}",
    )])
    .await;
}

#[tokio::test]
async fn case_137_all_models_with_what_depends_on_them() {
    table(&[(
        "Migrate all data models with data security and formulas and overwrite existing ones",
        "migration.migrate_all_datamodels {'dependencies':['dataSecurity','formulas'],'action':'overwrite'}",
    )])
    .await;
}

#[tokio::test]
async fn case_139_two_named_groups() {
    table(&[(
        "Copy the groups Sales and Analysts to the target",
        "migration.migrate_groups {'group_name_list':['Sales','Analysts']}",
    )])
    .await;
}

#[tokio::test]
async fn case_141_shares_between_pairs_of_dashboards() {
    table(&[(
        "copy the shares of dashboard 5f0000000000000000000001 to dashboard 5f0000000000000000000002",
        "migration.migrate_dashboard_shares {'source_dashboard_ids':['5f0000000000000000000001'],'target_dashboard_ids':['5f0000000000000000000002']}",
    )])
    .await;
}

#[tokio::test]
async fn a_named_dashboard_is_migrated_alone() {
    table(&[("migrate the dashboard Pipeline", PIPELINE)]).await;
}
