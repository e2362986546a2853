//! One tool each: cases 85 to 133.

use super::table;

#[tokio::test]
async fn case_085_every_user_with_role_and_groups() {
    table(&[("List every user with role and groups", "access.get_users_all")]).await;
}

#[tokio::test]
async fn case_087_members_of_a_group() {
    table(&[(
        "members of the Night Shift group",
        "access.users_per_group {'group_name':'Night Shift'}",
    )])
    .await;
}

#[tokio::test]
async fn case_089_details_of_a_group() {
    table(&[("Details of the group Analysts", "access.get_group {'name':'Analysts'}")]).await;
}

#[tokio::test]
async fn case_091_a_new_admin_in_two_groups() {
    table(&[(
        "Add dora@acme.example as admin in the groups Analysts and Sales",
        "access.create_user {'user_data':{'email':'dora@acme.example','role':'admin','groups':['Analysts','Sales']}}",
    )])
    .await;
}

#[tokio::test]
async fn case_093_columns_of_a_model() {
    table(&[(
        "Columns of the model Sample ECommerce",
        "access.get_datamodel_columns {'datamodel_name':'Sample ECommerce'}",
    )])
    .await;
}

#[tokio::test]
async fn case_095_unused_columns_of_two_models() {
    table(&[(
        "unused columns of Sample ECommerce and Sample Healthcare",
        "access.get_unused_columns_bulk {'datamodels':['Sample ECommerce','Sample Healthcare']}",
    )])
    .await;
}

#[tokio::test]
async fn case_097_a_folder_and_its_dashboards_change_hands() {
    table(&[(
        "Hand over the folder \"Field Reports\" and its dashboards to vera.viewer@acme.example",
        "access.change_folder_and_dashboard_ownership {'folder_name':'Field Reports','new_owner_name':'vera.viewer@acme.example','change_dashboard_ownership':true}",
    )])
    .await;
}

#[tokio::test]
async fn case_099_an_accumulating_build_each_day() {
    table(&[(
        "Schedule an accumulate build of Sample ECommerce daily at 02:00",
        "access.create_schedule_build {'datamodel_name':'Sample ECommerce','build_type':'ACCUMULATE','days':['*'],'hour':2,'minute':0}",
    )])
    .await;
}

#[tokio::test]
async fn case_101_a_dashboard_by_id() {
    table(&[(
        "Show dashboard 5f0000000000000000000009",
        "dashboard.get_dashboard_by_id {'dashboard_id':'5f0000000000000000000009'}",
    )])
    .await;
}

#[tokio::test]
async fn case_103_the_id_of_a_title() {
    table(&[(
        "What is the id of the dashboard Pipeline?",
        "dashboard.resolve_dashboard_reference {'dashboard_ref':'Pipeline'}",
    )])
    .await;
}

#[tokio::test]
async fn case_105_who_can_open_a_dashboard() {
    table(&[(
        "Who can open the dashboard Pipeline?",
        "dashboard.get_dashboard_share {'dashboard_name':'Pipeline'}",
    )])
    .await;
}

#[tokio::test]
async fn case_107_list_models() {
    table(&[("List models", "datamodel.get_all_datamodel")]).await;
}

#[tokio::test]
async fn case_109_a_model_in_full_detail() {
    table(&[(
        "Describe the model Sample ECommerce in full detail",
        "datamodel.describe_datamodel_raw {'datamodel_name':'Sample ECommerce'}",
    )])
    .await;
}

#[tokio::test]
async fn case_111_rows_per_table() {
    table(&[(
        "Row counts per table of Sample ECommerce",
        "datamodel.get_row_count {'datamodel_name':'Sample ECommerce'}",
    )])
    .await;
}

#[tokio::test]
async fn case_113_row_level_security() {
    table(&[(
        "Row-level security rules of Sample Healthcare",
        "datamodel.get_datasecurity {'datamodel_name':'Sample Healthcare'}",
    )])
    .await;
}

#[tokio::test]
async fn case_115_who_has_access_to_a_model() {
    table(&[(
        "Who has access to the model Sample Healthcare?",
        "datamodel.get_datamodel_shares {'datamodel_name':'Sample Healthcare'}",
    )])
    .await;
}

#[tokio::test]
async fn case_117_a_connection() {
    table(&[(
        "Details of the connection \"Acme Warehouse\"",
        "datamodel.get_connection {'connection_name':'Acme Warehouse'}",
    )])
    .await;
}

#[tokio::test]
async fn case_119_a_new_extract_model() {
    table(&[(
        "Create an extract model called \"Orders 2027\"",
        "datamodel.create_datamodel {'datamodel_name':'Orders 2027','datamodel_type':'extract'}",
    )])
    .await;
}

#[tokio::test]
async fn case_121_a_new_table() {
    table(&[(
        "Add the table Returns to the model Sample ECommerce",
        "datamodel.create_table {'datamodel_name':'Sample ECommerce','table_name':'Returns'}",
    )])
    .await;
}

#[tokio::test]
async fn case_123_a_model_with_its_tables_in_one_go() {
    table(&[(
        "Set up an extract model \"Orders 2027\" with the connection \"Acme Warehouse\", database dwh, schema public and the tables Orders and Items",
        "datamodel.setup_datamodel {'datamodel_name':'Orders 2027','connection_name':'Acme Warehouse','database_name':'dwh','schema_name':'public','datamodel_type':'extract','tables':[{'table_name':'Orders'},{'table_name':'Items'}]}",
    )])
    .await;
}

#[tokio::test]
async fn case_125_the_id_of_a_model() {
    table(&[(
        "What is the id of the data model Sample ECommerce?",
        "datamodel.resolve_datamodel_reference {'datamodel_ref':'Sample ECommerce'}",
    )])
    .await;
}

#[tokio::test]
async fn case_127_widgets_of_two_dashboards() {
    table(&[(
        "How many widgets do the dashboards Pipeline and Commerce Overview have?",
        "wellcheck.check_dashboard_widget_counts {'dashboards':['Pipeline','Commerce Overview']}",
    )])
    .await;
}

#[tokio::test]
async fn case_129_custom_tables_with_union() {
    table(&[(
        "Which custom tables of Sample ECommerce use UNION?",
        "wellcheck.check_datamodel_custom_tables {'datamodels':['Sample ECommerce']}",
    )])
    .await;
}

#[tokio::test]
async fn case_131_unconnected_tables() {
    table(&[(
        "Unconnected tables of Sample ECommerce",
        "wellcheck.check_datamodel_island_tables {'datamodels':['Sample ECommerce']}",
    )])
    .await;
}

#[tokio::test]
async fn case_133_types_of_security_columns() {
    table(&[(
        "Data types of the security columns in Sample Healthcare",
        "wellcheck.check_datamodel_rls_datatypes {'datamodels':['Sample Healthcare']}",
    )])
    .await;
}
