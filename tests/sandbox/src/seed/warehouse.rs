//! The models `Sample Warehouse` and `Sample Budget`: what checks of models look for.

use serde_json::{Value, json};

use super::commerce::rule;
use super::people::group_id;
use super::sketch::{custom, model, table};
use super::story::Cast;
use crate::state::Deployment;
use crate::state::doc::{list, set};

pub(super) const TITLE: &str = "Sample Warehouse";

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    let warehouses =
        table("Warehouses", "CSV", &["Warehouse ID:int", "Warehouse:text", "Region:text"])
            .with("configOptions", json!({ "Table": "warehouses.csv" }))
            .rows(4);
    let bins = table(
        "Storage Bins",
        "PostgreSQL",
        &["Bin ID:int", "Warehouse ID:int", "Bin No:int", "Status:text"],
    )
    .rows(16);
    let moves = table(
        "stock.moves.csv",
        "CSV",
        &[
            "Move ID:int",
            "Warehouse ID:int", // with the next one a composite key
            "Bin No:int",
            "Part ID:int",
            "Batch Key:int", // joins many to many
            "Quantity:int",
            "Moved At:datetime",
            "Remark:text",
        ],
    )
    .with("configOptions", json!({ "Table": "stock.moves.csv", "importQuery": null }))
    .rows(90);
    let parts = table("Parts", "PostgreSQL", &["Part ID:int", "Part:text", "Unit Price:decimal"])
        .with("configOptions", json!({ "importQuery": "SELECT * FROM parts WHERE sold" }))
        .rows(12);
    let checks =
        table("Batch Checks", "PostgreSQL", &["Check ID:int", "Batch Key:int", "Status:text"])
            .rows(30);
    let prices =
        table("Price List", "PostgreSQL", &["Price ID:int", "Part ID:int", "Price:decimal"])
            .with("configOptions", json!({ "importQuery": " \n\t " }))
            .rows(20);
    let regions = custom(
        "All Regions",
        "SELECT [Region] FROM [Warehouses]\nunion\nSELECT 'None'",
        &["Region:text"],
    );
    let busy = custom(
        "Busy Bins",
        "SELECT [Bin No], COUNT(*) AS Moves, 'no UNION' AS Note -- nor a UNION here\n\
         FROM [stock.moves.csv] WHERE [Bin No] IS NOT NULL GROUP BY [Bin No]",
        &["Bin No:int", "Moves:int", "Note:text"],
    );
    let oid = model(
        deployment,
        TITLE,
        "extract",
        &cast.bruno,
        vec![warehouses, bins, moves, parts, checks, prices, regions, busy],
        &[
            ("stock.moves.csv.Warehouse ID", "Storage Bins.Warehouse ID"),
            ("stock.moves.csv.Bin No", "Storage Bins.Bin No"),
            ("Storage Bins.Warehouse ID", "Warehouses.Warehouse ID"),
            ("stock.moves.csv.Part ID", "Parts.Part ID"),
            ("stock.moves.csv.Batch Key", "Batch Checks.Batch Key"),
            ("Price List.Part ID", "Parts.Part ID"),
        ],
    );
    let planners = group_id(deployment, "Größe + Maß");
    if let Some(model) = deployment.models.get_mut(&oid) {
        let mut relations = list(model, "relations").to_vec();
        // What is left of a relation whose column was replaced: without it the table is alone.
        if let Some(last) = relations.last_mut() {
            set(&mut last["columns"][0], "isDropped", true);
        }
        set(model, "relations", relations);
        let mut shares = list(model, "shares").to_vec();
        shares.push(json!({ "partyId": planners, "type": "group", "permission": "r" }));
        set(model, "shares", shares);
    }
    secure(deployment, cast, &planners);
    let budget = table(
        "Budget",
        "PostgreSQL",
        &["Budget ID:int", "Department:text", "Amount:decimal", "Period:datetime"],
    )
    .rows(8);
    model(deployment, "Sample Budget", "extract", &cast.dana, vec![budget], &[]);
}

/// The forms of rules that the other models do not have: members that are absent instead of null.
fn secure(deployment: &mut Deployment, cast: &Cast, planners: &str) {
    let gone = deployment.ids.object();
    let user = |id: &str| json!({ "partyId": id, "type": "user" });
    let group = |id: &str| json!({ "partyId": id, "type": "group" });
    let default = || json!({ "type": "default" });
    let rules: [(&str, &str, &str, Value); 6] = [
        // Its only party is gone.
        (
            "Warehouses",
            "Region",
            "text",
            json!({ "shares": [user(&gone)], "members": ["North"], "allMembers": null }),
        ),
        (
            "Warehouses",
            "Region",
            "text",
            json!({
                "shares": [group(planners), user(&cast.vera)], "members": ["North", "West"],
            }),
        ),
        (
            "Warehouses",
            "Region",
            "text",
            json!({ "shares": [default()], "members": [], "allMembers": true }),
        ),
        // Says neither all nor none.
        ("Parts", "Part ID", "numeric", json!({ "shares": [group(&cast.rd)], "members": [] })),
        (
            "Parts",
            "Part ID",
            "numeric",
            json!({
                "shares": [default()], "members": [], "allMembers": null, "exclusionary": false,
            }),
        ),
        // The whole table is gone.
        (
            "Shelves",
            "Shelf",
            "text",
            json!({ "shares": [group(&cast.sales)], "members": ["A"], "exclusionary": true }),
        ),
    ];
    for (table, column, datatype, rest) in rules {
        rule(deployment, TITLE, table, column, datatype, rest);
    }
}
