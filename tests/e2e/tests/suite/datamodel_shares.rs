//! Shares of data models: what is listed, what is added, and that nobody is lost.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{
    AddDatamodelShares, DescribeDatamodelRaw, GetDatamodelShares,
};
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::Sandbox;

use super::support::{client, sandbox};

const SHOP: &str = "Sample ECommerce";
const LEADS: &str = "Sample Lead Generation";

/// Party and permission of every share of a model, as the sandbox holds them.
fn held(sandbox: &Sandbox, title: &str) -> BTreeSet<(String, String)> {
    let state = sandbox.state();
    let models = state["models"].as_array().unwrap();
    let model = models.iter().find(|model| model["title"] == title).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = model["shares"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["partyId"]), text(&row["permission"]))).collect()
}

fn wish(title: &str) -> AddDatamodelShares {
    serde_json::from_value(json!({"datamodel_name": title, "shares": [
        {"name": "Größe + Maß", "type": "group", "permission": "EDIT"},
        {"name": "dana.data@acme.example", "type": "user", "permission": "USE"},
    ]}))
    .unwrap()
}

#[tokio::test]
async fn shares_are_listed_as_they_are() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for title in [SHOP, LEADS, "Sample Warehouse"] {
        let params = GetDatamodelShares { datamodel_name: title.into() };
        let rows = datamodel.get_datamodel_shares(params).await.unwrap();
        let code = |word: &str| match word {
            "EDIT" => "w".to_owned(),
            "READ" => "a".to_owned(),
            "USE" => "r".to_owned(),
            other => other.to_owned(),
        };
        let told: BTreeSet<_> = rows
            .iter()
            .map(|row| (row.party_id.clone().unwrap(), code(row.permission.as_deref().unwrap())))
            .collect();
        assert_eq!(told, held(&sandbox, title), "{title}");
        assert!(rows.iter().any(|row| row.resolved));
    }
    let raw = DescribeDatamodelRaw { datamodel_name: SHOP.into(), include_shares: true };
    let raw = datamodel.describe_datamodel_raw(raw).await.unwrap();
    assert!(raw.is_whole());
    assert_eq!(raw.value.shares.unwrap().len(), held(&sandbox, SHOP).len());
    let told = serde_json::to_string(&raw.value.datasets).unwrap();
    assert!(!told.contains("parameters"), "{told}");
}

#[tokio::test]
async fn everybody_stays_whatever_spelling_the_server_understands() {
    for title in [SHOP, "Sample Warehouse"] {
        for share_key in ["both", "party", "partyId"] {
            let sandbox = sandbox().await;
            sandbox
                .set_variants(serde_json::from_value(json!({ "share_key": share_key })).unwrap());
            let before = held(&sandbox, title);
            let run = Run::unattended().start();
            let datamodel = client(&sandbox).datamodel();
            let found = datamodel.add_datamodel_shares(&run, wish(title)).await.unwrap();
            assert!(found.is_whole(), "{share_key}: {:?}", found.missing);
            let after = held(&sandbox, title);
            let lost: Vec<_> = before
                .iter()
                .map(|(id, _)| id)
                .filter(|id| !after.iter().any(|(now, _)| now == *id))
                .collect();
            assert_eq!(lost, found.value.left_out.iter().collect::<Vec<_>>(), "{share_key}");
            assert_eq!(after.len(), found.value.share_count);
            // The same wish again writes nothing.
            let writes = sandbox.counts().writes;
            let again = datamodel.add_datamodel_shares(&run, wish(title)).await.unwrap();
            assert_eq!(again.value.unchanged.len(), 2);
            assert_eq!(sandbox.counts().writes, writes, "{title} {share_key}");
        }
    }
}

#[tokio::test]
async fn a_live_model_is_shared_once_it_was_published() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    let run = Run::unattended().start();
    let mut params = wish(LEADS);
    // Its creator, who keeps the right to edit.
    let error = datamodel.add_datamodel_shares(&run, params.clone()).await.unwrap_err();
    assert_eq!((error.kind(), sandbox.counts().writes), (ErrorKind::InvalidInput, 0));
    params.shares.pop();
    let found = datamodel.add_datamodel_shares(&run, params).await.unwrap();
    assert!(found.is_whole(), "{:?}", found.missing);
    assert_eq!(held(&sandbox, LEADS).len(), found.value.share_count);

    let draft = json!({"datamodel_name": "Draft", "datamodel_type": "live"});
    datamodel.create_datamodel(&run, serde_json::from_value(draft).unwrap()).await.unwrap();
    let before = held(&sandbox, "Draft");
    let error = datamodel.add_datamodel_shares(&run, wish("Draft")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("deploy it first"), "{error}");
    assert_eq!(held(&sandbox, "Draft"), before);
}

#[tokio::test]
async fn a_preview_changes_nothing_and_its_approval_does() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    let before = held(&sandbox, SHOP);
    let preview = Run::preview().start();
    let _ = datamodel.add_datamodel_shares(&preview, wish(SHOP)).await.unwrap();
    assert_eq!((sandbox.counts().writes, preview.changes().len()), (0, 1));
    assert_eq!(held(&sandbox, SHOP), before);
    let run = Run::approved(preview.changes()).start();
    let found = datamodel.add_datamodel_shares(&run, wish(SHOP)).await.unwrap();
    assert!(found.is_whole() && run.left().is_empty());
    assert_ne!(held(&sandbox, SHOP), before);
}
