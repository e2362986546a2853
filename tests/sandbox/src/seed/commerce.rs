//! The model `Sample ECommerce`: every reason for which a column may be needed, once.

use serde_json::{Value, json};

use super::people::{group_id, user_id};
use super::sketch::{custom, model, table};
use crate::state::Deployment;
use crate::state::doc::{set, text};

pub(super) const TITLE: &str = "Sample ECommerce";

pub(super) fn settle(deployment: &mut Deployment) {
    let creator = user_id(deployment, "ada.admin@acme.example");
    let commerce = table(
        "Commerce",
        "PostgreSQL",
        &[
            "Order ID:int",
            "Date:datetime",
            "Revenue:decimal",
            "Cost:decimal",
            "Quantity:int",     // only in a ranking, a custom column aside
            "Discount:decimal", // used by nothing
            "Gender:text",
            "Age Range:text",
            "Condition:text",
            "Condition Key:int",  // joins many to many
            "Brand ID:int",       // only a join key
            "Category ID:int",    // only a join key
            "Country ID:int",     // only a join key
            "Visit ID:bigint",    // used by nothing
            "Region Code:text",   // only secured
            "Unit Cost:decimal",  // only in a custom column
            "Customer ID:int",    // only in a custom table
            "Coupon Code:text",   // only in a shared formula
            "Modified:datetime",  // only accumulates
            "Loyalty Points:int", // only in a dashboard on another model
            "Season:text",        // only in a default filter
            "Channel Flags:odd:hidden",
        ],
    )
    .computed("Unit Margin", "[Revenue] / [Quantity] - [Unit Cost]")
    .grows_by("Modified")
    .rows(200);
    let category = table(
        "Category",
        "PostgreSQL",
        &["Category ID:int", "Category:text", "Subcategory:text", "Sort Order:int"],
    )
    .rows(6);
    let brand = table("Brand", "PostgreSQL", &["Brand ID:int", "Brand:text", "Supplier:text"])
        .with("configOptions", json!({ "importQuery": "SELECT * FROM brand WHERE active = 1" }))
        .rows(12);
    let country = table(
        "Country",
        "CSV",
        &[
            "Country ID:int",
            "Country:text",
            "Continent:text", // only in a hierarchy
            "ISO Code:text",  // used by nothing
        ],
    )
    .with("configOptions", json!({ "Table": "country.csv", "importQuery": "   " }))
    .rows(7);
    let returns = table(
        "Returns",
        "PostgreSQL",
        &["Return ID:int", "Condition Key:int", "Reason:text", "Refund:decimal"],
    )
    .rows(40);
    let traffic = table(
        "web_traffic.csv",
        "CSV",
        &["Session ID:bigint", "Source Channel:text", "Visits:int", "Bounce Rate:double"],
    )
    .rows(60);
    let staging = table(
        "Staging Orders",
        "PostgreSQL",
        &["Order Key:int", "Raw Line:text", "Loaded At:datetime"],
    )
    .with("hidden", json!(true))
    .rows(200);
    let best = custom(
        "Best Brands",
        "/* no UNION here */ SELECT [Brand ID] AS [Top Brand ID], SUM([Revenue]) AS Total, \
         'UNION' AS Note FROM [Commerce] WHERE [Customer ID] > 0 GROUP BY [Brand ID]",
        &["Top Brand ID:int", "Total:decimal", "Note:text"],
    );
    let oid = model(
        deployment,
        TITLE,
        "extract",
        &creator,
        vec![commerce, category, brand, country, returns, traffic, staging, best],
        &[
            ("Commerce.Category ID", "Category.Category ID"),
            ("Commerce.Brand ID", "Brand.Brand ID"),
            ("Commerce.Country ID", "Country.Country ID"),
            ("Commerce.Condition Key", "Returns.Condition Key"),
            ("Commerce.Order ID", "Staging Orders.Order Key"),
            ("Brand.Brand ID", "Best Brands.Top Brand ID"),
        ],
    );
    share(deployment, &oid);
    secure(deployment);
    describe(deployment);
}

fn share(deployment: &mut Deployment, oid: &str) {
    let analysts = group_id(deployment, "Analysts");
    let designer = user_id(deployment, "deniz.yilmaz@acme.example");
    let gone = deployment.ids.object();
    if let Some(model) = deployment.models.get_mut(oid) {
        let mut shares = crate::state::doc::list(model, "shares").to_vec();
        shares.push(json!({ "partyId": designer, "type": "user", "permission": "w" }));
        shares.push(json!({ "partyId": analysts, "type": "group", "permission": "r" }));
        // Somebody who was deleted since.
        shares.push(json!({ "partyId": gone, "type": "user", "permission": "a" }));
        set(model, "shares", shares);
    }
}

/// Rules in every form that the answers are known to take.
fn secure(deployment: &mut Deployment) {
    let party = |deployment: &Deployment, kind: &str, name: &str| {
        let id =
            if kind == "group" { group_id(deployment, name) } else { user_id(deployment, name) };
        json!([{ "partyId": id, "type": kind }])
    };
    let analysts = party(deployment, "group", "Analysts");
    let sales = party(deployment, "group", "Sales");
    let field = party(deployment, "group", "Field Ops");
    let designer = party(deployment, "user", "conny.chart@acme.example");
    let everyone = json!([{ "type": "default" }]);
    let rules = [
        ("Region Code", "text", analysts, json!(["North", "South"]), Value::Null, json!(false)),
        ("Region Code", "text", sales, json!(["West"]), Value::Null, json!(true)),
        ("Region Code", "text", designer, json!([]), json!(true), json!(false)),
        ("Region Code", "text", everyone, json!([]), json!(false), json!(false)),
        // Nobody left on this one, and the answer does not say what an empty list means.
        ("Region Code", "text", json!([]), json!([]), Value::Null, json!(false)),
        // The column is gone.
        ("Old Region", "text", field.clone(), json!(["East"]), Value::Null, json!(false)),
        ("Country ID", "numeric", field, json!(["1", "2"]), Value::Null, json!(false)),
    ];
    for (column, datatype, shares, members, all, exclusionary) in rules {
        rule(
            deployment,
            TITLE,
            "Commerce",
            column,
            datatype,
            json!({
                "shares": shares, "members": members, "allMembers": all, "exclusionary": exclusionary,
            }),
        );
    }
}

/// Adds a data-security rule.
pub(super) fn rule(
    deployment: &mut Deployment,
    title: &str,
    table: &str,
    column: &str,
    datatype: &str,
    rest: Value,
) {
    let id = deployment.ids.object();
    let mut rule = json!({
        "_id": id, "server": "LocalHost", "elasticube": title, "table": table, "column": column,
        "datatype": datatype,
    });
    if let (Some(rule), Some(rest)) = (rule.as_object_mut(), rest.as_object()) {
        rule.extend(rest.clone());
    }
    deployment.security.insert(id, rule);
}

fn describe(deployment: &mut Deployment) {
    let level = |index: usize, column: &str| {
        json!({
            "title": column, "table": "Country", "column": column, "datatype": "text",
            "dim": format!("[Country.{column}]"), "index": index,
        })
    };
    let id = deployment.ids.object();
    deployment.hierarchies.push(json!({
        "_id": id, "title": "Geography", "levels": [level(0, "Continent"), level(1, "Country")],
        "alwaysIncluded": false, "cubeId": "aSampleIAAaECommerce", "serverAddress": "LocalHost",
        "elasticubeTitle": TITLE,
    }));
    let oid = deployment.ids.uuid();
    deployment.formulas.push(json!({
        "oid": oid, "type": "measure", "title": "Orders with a coupon",
        "formula": "([COUPO-1], [COUPO-2])", "datasource": super::board::extract(TITLE),
        "context": {
            "[COUPO-1]": super::board::agg("count", "Commerce", "Order ID"),
            "[COUPO-2]": super::board::dim("Commerce", "Coupon Code", "text"),
        },
    }));
}

/// A perspective that somebody made of the model.
pub(super) fn perspective(deployment: &mut Deployment) {
    let model = deployment.models.values().find(|model| text(model, "title") == TITLE);
    let model = model.map(|model| model["oid"].clone()).unwrap_or_default();
    let (id, oid) = (deployment.ids.object(), deployment.ids.uuid());
    deployment.perspectives.push(json!({
        "_id": id, "oid": oid, "datamodelOid": model, "name": "Orders only", "description": null,
        "isDefault": false, "parentOid": model, "tables": [],
        "analyticalEngine": { "queryAeMode": "AE_ONLY" },
    }));
}
