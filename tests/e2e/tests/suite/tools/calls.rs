//! Good arguments of every operation, over the story of the sandbox.

use serde_json::{Value, json};
use sisense_core::{Operation, Scope, generated};
use sisense_sandbox::Sandbox;

/// The operations on one deployment. Those between two are tried in the suite of migrations.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    generated::operations().iter().filter(|operation| operation.scope == Scope::Deployment)
}

/// What arguments refer to and only a running sandbox knows.
#[derive(Clone, Debug)]
pub struct Known {
    /// Id of the dashboard Pipeline.
    pub dashboard: String,
    /// Id of one of its widgets.
    pub widget: String,
    /// Id of the dataset of Sample ECommerce that holds the table Commerce.
    pub dataset: String,
}

impl Known {
    /// Look them up, without a request.
    pub fn of(sandbox: &Sandbox) -> Self {
        let state = sandbox.state();
        let dashboards = state["dashboards"].as_array().unwrap();
        let pipeline = dashboards.iter().find(|one| one["title"] == "Pipeline").unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let models = state["models"].as_array().unwrap();
        let model = models.iter().find(|one| one["title"] == "Sample ECommerce").unwrap();
        let mut datasets = model["datasets"].as_array().unwrap().iter();
        let commerce =
            datasets.find(|one| one["schema"]["tables"][0]["name"] == "Commerce").unwrap();
        Self {
            dashboard: text(&pipeline["oid"]),
            widget: text(&pipeline["widgets"][0]["oid"]),
            dataset: text(&commerce["oid"]),
        }
    }
}

/// Good arguments of an operation. A new operation that takes some needs a row here.
pub fn arguments(id: &str, known: &Known) -> Value {
    let user = "vera.viewer@acme.example";
    match id {
        "access.change_folder_and_dashboard_ownership" => {
            json!({"folder_name": "Finance", "new_owner_name": "dana.data@acme.example"})
        }
        "access.create_schedule_build" => {
            json!({"datamodel_name": "Sample ECommerce", "days": ["MON"], "hour": 6, "minute": 0})
        }
        "access.create_user" => {
            json!({"user_data": {"email": "neo@acme.example", "role": "viewer"}})
        }
        "access.update_user" => json!({"user_name": user, "user_data": {"first_name": "V"}}),
        "access.get_user" | "access.delete_user" => json!({ "user_name": user }),
        "access.get_group" => json!({"name": "Analysts"}),
        "access.users_per_group" => json!({"group_name": "Analysts"}),
        "access.get_unused_columns_bulk" => json!({"datamodels": ["Sample ECommerce"]}),
        "access.get_datamodel_columns"
        | "access.get_unused_columns"
        | "datamodel.describe_datamodel"
        | "datamodel.describe_datamodel_raw"
        | "datamodel.get_datamodel"
        | "datamodel.get_datamodel_shares"
        | "datamodel.get_datasecurity"
        | "datamodel.get_datasecurity_detail"
        | "datamodel.get_row_count"
        | "datamodel.get_model_schema" => json!({"datamodel_name": "Sample ECommerce"}),
        "datamodel.get_data" => {
            json!({"datamodel_name": "Sample ECommerce", "table_name": "Brand"})
        }
        "datamodel.add_datamodel_shares" => json!({
            "datamodel_name": "Sample ECommerce",
            "shares": [{"name": "Sales", "type": "group", "permission": "EDIT"}]
        }),
        "datamodel.get_connection" => json!({"connection_name": "Acme Warehouse"}),
        "datamodel.get_table_schema" => json!({
            "connection_name": "Acme Warehouse", "database_name": "acme",
            "schema_name": "public", "table_name": "Commerce"
        }),
        "datamodel.create_datamodel" => {
            json!({"datamodel_name": "New", "datamodel_type": "extract"})
        }
        "datamodel.create_dataset" => json!({
            "datamodel_name": "Sample ECommerce", "connection_name": "Acme Warehouse",
            "database_name": "staging", "schema_name": "public"
        }),
        "datamodel.create_table" => {
            json!({"datamodel_name": "Sample ECommerce", "table_name": "Order Lines",
                "dataset_id": known.dataset,
                "database_name": "acme", "schema_name": "public"})
        }
        "datamodel.setup_datamodel" => json!({
            "datamodel_name": "New", "datamodel_type": "extract",
            "connection_name": "Acme Warehouse", "database_name": "acme",
            "schema_name": "public", "tables": [{"table_name": "Commerce"}]
        }),
        "datamodel.deploy_datamodel" => {
            json!({"datamodel_name": "Sample ECommerce", "wait": true})
        }
        "datamodel.generate_connections_payload" => json!({
            "datasource_type": "RedShift",
            "connection_params": {"name": "New", "server": "h", "username": "u", "password": "p-w"}
        }),
        "datamodel.create_connections" => json!({"connection_payload": {
            "name": "New", "provider": "RedShift",
            "parameters": {"Server": "h", "UserName": "u", "Password": "p-w"}
        }}),
        "datamodel.resolve_datamodel_reference" => json!({"datamodel_ref": "Sample ECommerce"}),
        "dashboard.add_dashboard_script" => {
            json!({"dashboard_id": known.dashboard, "script": "// x"})
        }
        "dashboard.add_widget_script" => {
            json!({"dashboard_id": known.dashboard, "widget_id": known.widget, "script": "// x"})
        }
        "dashboard.add_dashboard_shares" => json!({
            "dashboard_id": known.dashboard,
            "shares": [{"name": "Analysts", "type": "group", "rule": "view"}]
        }),
        "dashboard.get_dashboard_by_id" => json!({ "dashboard_id": known.dashboard }),
        "dashboard.resolve_dashboard_reference" => json!({"dashboard_ref": "Pipeline"}),
        "dashboard.get_dashboard_columns" => {
            json!({"dashboard_name": "Pipeline", "compare_with_datamodel": true})
        }
        "dashboard.get_dashboard_by_name" | "dashboard.get_dashboard_share" => {
            json!({"dashboard_name": "Pipeline"})
        }
        "wellcheck.check_dashboard_structure"
        | "wellcheck.check_dashboard_widget_counts"
        | "wellcheck.check_pivot_widget_fields" => json!({"dashboards": ["Ward Rounds"]}),
        "wellcheck.check_datamodel_custom_tables"
        | "wellcheck.check_datamodel_import_queries"
        | "wellcheck.check_datamodel_island_tables"
        | "wellcheck.check_datamodel_m2m_relationships"
        | "wellcheck.check_datamodel_rls_datatypes" => {
            json!({"datamodels": ["Sample Warehouse"]})
        }
        "wellcheck.run_full_wellcheck" => {
            json!({"dashboards": ["Ward Rounds"], "datamodels": ["Sample Warehouse"]})
        }
        _ => json!({}),
    }
}
