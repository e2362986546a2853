use pretty_assertions::assert_eq;

use super::*;
use crate::testing::operations;

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
fn misspelt_words_and_names_are_told_apart() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    for (said, wanted) in [
        ("unsued colums of the elasticueb Leads", "access.get_unused_columns"),
        ("delte usre bob@example.com", "access.delete_user"),
        ("MEMBERS OF GROUP SALES", "access.users_per_group"),
        ("columns of Sample ECommerce", "access.get_datamodel_columns"),
    ] {
        assert_eq!(catalogue.rank(said, &Hints::default())[0].id, wanted, "{said}");
    }
}

#[test]
fn what_negates_and_where_to_decide_what_is_meant() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    for (said, wanted) in [
        ("which fields of the cube Web does no dashboard use?", "access.get_unused_columns"),
        ("which fields does the dashboard Web use?", "dashboard.get_dashboard_columns"),
        ("bring the dashboard Web to production", "migration.migrate_dashboards"),
        ("bring all groups over to the other server", "migration.migrate_all_groups"),
        ("give me the columns of the cube Web", "access.get_datamodel_columns"),
        ("give ann@example.com view access to the dashboard Web", "dashboard.add_dashboard_shares"),
    ] {
        assert_eq!(catalogue.rank(said, &Hints::default())[0].id, wanted, "{said}");
    }
}

#[test]
fn nothing_fits_what_is_no_request() {
    let operations = operations();
    let catalogue = Catalogue::new(&operations);
    for text in ["", "…", "hello"] {
        assert_eq!(catalogue.rank(text, &Hints::default()), [], "{text}");
    }
}
