//! Both forms of every switch that is not tested where it belongs.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    AdminAccess, ExpandWithFields, GraphqlError, GraphqlFields, NameFilter, RowsAs, ScheduleForm,
    ShareKey, TitleMiss, Variants,
};

use super::{Bench, texts};

fn base() -> Variants {
    Variants::default()
}

#[tokio::test]
async fn title_miss() {
    for (title_miss, status, body) in [
        (TitleMiss::Empty, 200, json!("")),
        (TitleMiss::Null, 200, Value::Null),
        (TitleMiss::List, 200, json!([])),
        (TitleMiss::Object, 200, json!({})),
        (TitleMiss::NotFound, 404, json!("ElasticubeNotFound")),
        (TitleMiss::ServerError, 500, json!("EcmApiError")),
    ] {
        let bench = Bench::variants(Variants { title_miss, ..base() }).await;
        let (got, answer) = bench.get("/api/v2/datamodels/schema?title=Nothing").await;
        let shown = if status == 200 { answer } else { answer["title"].clone() };
        assert_eq!((got, shown), (status, body));
    }
}

#[tokio::test]
async fn name_filter() {
    for (name_filter, exact, part, other_case) in [
        (NameFilter::Exact, 1, 0, 0),
        (NameFilter::Partial, 1, 2, 0),
        (NameFilter::CaseBlind, 1, 0, 1),
    ] {
        let bench = Bench::variants(Variants { name_filter, ..base() }).await;
        for (name, count) in [("Sales", exact), ("ight", part - part / 2), ("SALES", other_case)] {
            let (_, rows) = bench.get(&format!("/api/v1/groups?name={name}")).await;
            assert_eq!(rows.as_array().unwrap().len(), count, "{name_filter:?} {name}");
        }
    }
}

#[tokio::test]
async fn share_key() {
    let path = "/api/elasticubes/localhost/Sample%20Healthcare/permissions";
    for (share_key, party, party_id) in
        [(ShareKey::Both, 1, 1), (ShareKey::Party, 1, 0), (ShareKey::PartyId, 0, 1)]
    {
        let bench = Bench::variants(Variants { share_key, ..base() }).await;
        for (key, left) in [("party", party), ("partyId", party_id)] {
            let rows = json!([{ key: bench.group("Sales"), "type": "group", "permission": "r" }]);
            bench.send(bench.sandbox.token(), Method::PUT, path, Some(rows)).await;
            assert_eq!(bench.get(path).await.1["shares"].as_array().unwrap().len(), left);
        }
    }
}

#[tokio::test]
async fn schedule_form() {
    let spec = json!({ "scheduleType": "DaysOfWeek", "buildType": "FULL", "daysOfWeek": ["MON"], "hour": 1, "minute": 2 });
    let field = json!({ "cronString": "2 1 * * 1", "buildType": "FULL", "daysOfWeek": ["MON"], "hour": 1, "minute": 2 });
    let union = json!({ "scheduleType": "DaysOfWeek", "cronString": "2 1 * * 1", "buildType": "FULL", "daysOfWeek": ["MON"], "hour": 1, "minute": 2 });
    for (schedule_form, statuses) in [
        (ScheduleForm::Both, [200, 200, 200]),
        (ScheduleForm::Spec, [201, 400, 400]),
        (ScheduleForm::Field, [400, 200, 400]),
    ] {
        let bench = Bench::variants(Variants { schedule_form, ..base() }).await;
        let path = format!("/api/v2/datamodels/{}/schedule", bench.model("Sample ECommerce"));
        for (body, status) in [&spec, &field, &union].into_iter().zip(statuses) {
            assert_eq!(bench.post(&path, body.clone()).await.0, status, "{schedule_form:?} {body}");
        }
        let (_, kept) = bench.get(&path).await;
        let kind = if schedule_form == ScheduleForm::Field { "dow" } else { "DaysOfWeek" };
        assert_eq!(kept["scheduleType"], kind);
    }
}

#[tokio::test]
async fn admin_access() {
    let bench = Bench::variants(Variants { admin_access: AdminAccess::Forbidden, ..base() }).await;
    let own = format!("/api/shares/dashboard/{}", bench.dashboard("Wide Tables"));
    assert_eq!(bench.get(&format!("{own}?adminAccess=true")).await.0, 403);
    assert_eq!(bench.get(&own).await.0, 200);
}

#[tokio::test]
async fn expand_with_fields() {
    let path =
        "/api/v1/users?email=zoe.mueller@acme.example&fields=email,groups&expand=groups,role";
    let bench = Bench::start().await;
    let (_, rows) = bench.get(path).await;
    assert_eq!(
        (&rows[0]["role"]["name"], rows[0]["groups"][0].is_object()),
        (&json!("consumer"), true)
    );
    let variants = Variants { expand_with_fields: ExpandWithFields::FieldsWin, ..base() };
    let bench = Bench::variants(variants).await;
    let (_, rows) = bench.get(path).await;
    assert!(rows[0].get("role").is_none() && rows[0]["groups"][0].is_string());
}

#[tokio::test]
async fn admin_list() {
    let bench = Bench::variants(Variants { admin_list: RowsAs::Items, ..base() }).await;
    let (_, body) = bench.get("/api/v1/dashboards/admin?dashboardType=owner").await;
    assert_eq!(texts(&body["items"], "oid").len(), 14);
}

#[tokio::test]
async fn graphql_fields_and_errors() {
    let full = "query models($tenant: String) { elasticubesMetadata(tenantFilter: $tenant, isViewMode: false) \
        { oid title status sizeInMb lastBuildTime creator { id firstName } } }";
    let basic = "{ elasticubesMetadata(isViewMode: false) { oid title type status sizeInMb } }";
    let ask = async |bench: &Bench, query: &str| {
        bench.post("/api/v2/ecm/", json!({ "query": query })).await
    };
    let bench = Bench::start().await;
    let (status, body) = ask(&bench, full).await;
    let rows = &body["data"]["elasticubesMetadata"];
    assert_eq!((status, rows.as_array().unwrap().len()), (200, 5));
    assert!(
        rows[0]["status"].is_array()
            && rows[0]["sizeInMb"].is_f64()
            && rows[0]["creator"]["firstName"].is_string()
    );
    for (graphql_error, wanted) in [(GraphqlError::BadRequest, 400), (GraphqlError::Ok, 200)] {
        let variants = Variants { graphql_fields: GraphqlFields::Basic, graphql_error, ..base() };
        let bench = Bench::variants(variants).await;
        let (status, body) = ask(&bench, full).await;
        assert_eq!((status, &body["data"]), (wanted, &Value::Null));
        assert_eq!(
            body["errors"][0]["message"],
            "Cannot query field \"lastBuildTime\" on type \"ElasticubeMetadata\"."
        );
        assert_eq!(
            ask(&bench, basic).await.1["data"]["elasticubesMetadata"].as_array().unwrap().len(),
            5
        );
    }
}
