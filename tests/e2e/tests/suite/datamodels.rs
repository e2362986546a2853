//! The `datamodel` reads.

use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::domains::datamodel::{
    DescribeDatamodel, GetDatamodel, GetModelSchema, ResolveDatamodelReference,
};
use sisense_sandbox::{Fault, FaultAction, Variants};

use super::support::{client, client_with, sandbox};

const MODEL: &str = "Sample ECommerce";

#[tokio::test]
async fn lists_all_models_in_one_request() {
    let sandbox = sandbox().await;
    let found = client(&sandbox).datamodel().get_all_datamodel().await.unwrap();
    assert!(found.is_whole());
    assert!(found.value.iter().any(|row| row.title.as_deref() == Some(MODEL)));
    assert!(found.value.iter().all(|row| row.size_mb.is_some() && row.status.is_some()));
    assert_eq!(sandbox.counts().total, 1);
}

#[tokio::test]
async fn an_older_server_is_asked_for_less() {
    let sandbox = sandbox().await;
    for graphql_error in ["200", "400"] {
        let variants =
            serde_json::json!({"graphql_fields": "basic", "graphql_error": graphql_error});
        sandbox.set_variants(serde_json::from_value::<Variants>(variants).unwrap());
        let found = client(&sandbox).datamodel().get_all_datamodel().await.unwrap();
        assert!(found.is_whole());
        assert!(found.value.iter().all(|row| row.size_mb.is_some()));
    }
}

#[tokio::test]
async fn a_server_without_the_query_gives_a_part_that_says_so() {
    let sandbox = sandbox().await;
    sandbox.add_fault(Fault::new("/api/v2/ecm", FaultAction::status(404)));
    let found = client(&sandbox).datamodel().get_all_datamodel().await.unwrap();
    assert_eq!(found.missing[0].what, "status, size and owner of every data model");
    assert!(found.value.iter().any(|row| row.title.as_deref() == Some(MODEL)));
}

#[tokio::test]
async fn a_missing_permission_is_an_error_and_no_empty_list() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = viewer.datamodel().get_all_datamodel().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn tells_what_a_model_holds_in_one_request() {
    let sandbox = sandbox().await;
    let params = GetDatamodel { datamodel_name: MODEL.into(), raw: true };
    let model = client(&sandbox).datamodel().get_datamodel(params).await.unwrap();
    assert_eq!(sandbox.counts().total, 1);
    assert_eq!(model.table_count, model.tables.len());
    assert!(model.relation_count > 0);
    assert!(model.relations.iter().all(|r| r.left_table.is_some() && r.right_column.is_some()));
    let raw = model.raw.unwrap().to_string();
    assert!(!raw.contains("\"parameters\":{"), "connection parameters are in the answer");
}

#[tokio::test]
async fn finds_a_model_whatever_the_case_and_however_the_server_says_none() {
    let sandbox = sandbox().await;
    for title_miss in ["empty", "null", "[]", "{}", "404", "500"] {
        let variants = serde_json::json!({ "title_miss": title_miss });
        sandbox.set_variants(serde_json::from_value(variants).unwrap());
        let describe = |name: &str| DescribeDatamodel { datamodel_name: name.into() };
        let datamodel = client(&sandbox).datamodel();
        let rows = datamodel.describe_datamodel(describe("sample ecommerce ")).await.unwrap();
        assert_eq!(rows[0].datamodel_name.as_deref(), Some(MODEL), "{title_miss}");
        let error = datamodel.describe_datamodel(describe("Sample Ecomerce")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{title_miss}");
        assert!(error.candidates().contains(&MODEL.to_owned()), "{error}");
    }
}

#[tokio::test]
async fn the_schema_has_a_row_per_column() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    let params = GetModelSchema { datamodel_name: MODEL.into() };
    let rows = datamodel.get_model_schema(params).await.unwrap();
    let params = GetDatamodel { datamodel_name: MODEL.into(), raw: false };
    let model = datamodel.get_datamodel(params).await.unwrap();
    assert_eq!(rows.len(), model.column_count);
    assert!(rows.iter().all(|row| row.column_type.is_some()));
}

#[tokio::test]
async fn resolves_titles_and_ids_and_says_what_it_cannot() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    let resolve = |reference: &str| {
        datamodel.resolve_datamodel_reference(ResolveDatamodelReference {
            datamodel_ref: reference.into(),
        })
    };
    let by_title = resolve(MODEL).await.unwrap();
    assert!(by_title.success);
    let id = by_title.datamodel_id.clone().unwrap();
    assert_eq!(resolve(&id).await.unwrap(), by_title);
    assert_eq!(resolve(&id.replace('-', "")).await.unwrap(), by_title);
    assert_eq!(resolve("Nothing like it").await.unwrap().status_code, 404);
    assert_eq!(resolve("").await.unwrap_err().kind(), ErrorKind::InvalidInput);
}
