//! Data security of extract and live models, compared with the rules of the sandbox.

use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::domains::datamodel::{
    GetDatasecurity, GetDatasecurityDetail, Interpretation, RuleShareType, SecurityRule,
};

use super::support::{client, client_with, sandbox};

const SHOP: &str = "Sample ECommerce";
const LEADS: &str = "Sample Lead Generation";
const WAREHOUSE: &str = "Sample Warehouse";

fn list(title: &str) -> GetDatasecurity {
    GetDatasecurity { datamodel_name: title.into() }
}

fn detail(title: &str) -> GetDatasecurityDetail {
    GetDatasecurityDetail { datamodel_name: title.into() }
}

fn words(rows: &[SecurityRule]) -> Vec<String> {
    rows.iter().map(|row| format!("{}: {}", row.column_name, row.rule_description)).collect()
}

#[tokio::test]
async fn columns_with_rules_are_listed_and_orphans_marked() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for (title, expected) in [
        (SHOP, vec![("Country ID", 1, false), ("Old Region", 1, true), ("Region Code", 5, false)]),
        (LEADS, vec![("Owner Region", 2, false)]),
        (WAREHOUSE, vec![("Part ID", 2, false), ("Shelf", 1, true), ("Region", 3, false)]),
        ("Sample Budget", vec![]),
    ] {
        sandbox.clear_requests();
        let rows = datamodel.get_datasecurity(list(title)).await.unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.column_name.as_str(), row.rule_count, row.orphaned))
            .collect();
        assert_eq!(told, expected, "{title}");
        assert_eq!(sandbox.counts().total, 2, "{title}");
    }
}

#[tokio::test]
async fn rules_are_told_in_words_and_the_unclear_ones_are_not_guessed() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    let shop = datamodel.get_datasecurity_detail(detail(SHOP)).await.unwrap();
    assert!(shop.is_whole());
    let mut told = words(&shop.value);
    told.sort();
    assert_eq!(
        told,
        [
            "Country ID: Field Ops sees only 1, 2",
            "Old Region: Field Ops sees only East",
            "Region Code: Analysts sees only North, South",
            "Region Code: Everyone sees nothing",
            "Region Code: Sales sees all but West",
            "Region Code: conny.chart@acme.example sees everything",
            "Region Code: for nobody: sees everything or nothing: the rule does not say which",
        ]
    );
    let live = datamodel.get_datasecurity_detail(detail(LEADS)).await.unwrap();
    let mut told = words(&live.value);
    told.sort();
    assert_eq!(
        told,
        ["Owner Region: Everyone sees everything", "Owner Region: Sales sees only EMEA"]
    );
    let warehouse = datamodel.get_datasecurity_detail(detail(WAREHOUSE)).await.unwrap().value;
    let unclear = warehouse.iter().filter(|row| row.interpretation == Interpretation::Uncertain);
    assert_eq!(
        unclear.map(|row| (&*row.column_name, &row.value)).collect::<Vec<_>>(),
        [("Part ID", &None); 2]
    );
    let gone = warehouse.iter().find(|row| row.share_name.is_none()).unwrap();
    assert_eq!((gone.share_type, gone.share_id.is_some()), (RuleShareType::User, true));
}

#[tokio::test]
async fn a_missing_right_is_an_error_and_no_empty_list() {
    let sandbox = sandbox().await;
    let designer = client_with(&sandbox, &sandbox.tokens().designer);
    for title in [SHOP, LEADS] {
        let error = designer.datamodel().get_datasecurity(list(title)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{title}");
        let error = designer.datamodel().get_datasecurity_detail(detail(title)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{title}");
    }
}
