//! Dashboards on `Sample ECommerce`: every form in which a column may be named, once.

use serde_json::{Value, json};

use super::board::{Board, agg, date, dim, extract, formula, ghost, panel, widget};
use super::commerce::TITLE;
use super::story::Cast;
use crate::state::Deployment;
use crate::state::doc::set;

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    overview(deployment, cast);
    executive(deployment, cast);
    let revenue = || {
        widget(
            "Revenue",
            "indicator",
            "indicator/numeric",
            &[panel("value", &[agg("sum", "Commerce", "Revenue")])],
        )
    };
    // Twins: the same title, two owners.
    Board::new("Weekly Sales", &cast.ada, extract(TITLE))
        .folder(&cast.reports_of_ada)
        .widgets(vec![revenue()])
        .share(&cast.sales, "group", "view")
        .settle(deployment);
    Board::new("Weekly Sales", &cast.sam, extract(TITLE))
        .folder(&cast.reports_of_sam)
        .widgets(vec![revenue()])
        .settle(deployment);
    // A filter on a column that the model no longer has, and shares with people who are gone.
    let gone = deployment.ids.object();
    Board::new("Returns Desk", &cast.bruno, extract(TITLE))
        .folder(&cast.field_reports)
        .filters(vec![json!({
            "jaql": filtered(dim("Commerce", "Old Status", "text"), json!({ "members": ["open"] })),
            "isCascading": false, "disabled": false,
        })])
        .widgets(vec![widget(
            "Reasons",
            "chart/bar",
            "bar/classic",
            &[
                panel("categories", &[dim("Returns", "Reason", "text")]),
                panel("values", &[agg("sum", "Returns", "Refund")]),
            ],
        )])
        .share(&gone, "user", "view")
        .share(&cast.sam, "user", "edit")
        .settle(deployment);
    Board::new("Umsätze & Größen + 100 %", &cast.conny, extract(TITLE))
        .widgets(vec![widget(
            "Alter",
            "chart/polar",
            "polar/column",
            &[
                panel("categories", &[dim("Commerce", "Age Range", "text")]),
                panel("values", &[agg("count", "Commerce", "Order ID")]),
            ],
        )])
        .share(&cast.everyone, "group", "view")
        .settle(deployment);
}

fn filtered(mut jaql: Value, filter: Value) -> Value {
    set(&mut jaql, "filter", filter);
    jaql
}

fn overview(deployment: &mut Deployment, cast: &Cast) {
    let gender = filtered(
        dim("Commerce", "Gender", "text"),
        json!({ "explicit": true, "multiSelection": true, "members": ["Female", "Male"] }),
    );
    let everything = json!({ "explicit": false, "multiSelection": true, "all": true });
    let cascade = json!({
        "isCascading": true, "disabled": false,
        "levels": [
            filtered(dim("Category", "Category", "text"), everything.clone()),
            filtered(dim("Category", "Subcategory", "text"), everything),
        ],
    });
    let top = filtered(
        dim("Brand", "Brand", "text"),
        json!({ "top": 10, "by": agg("sum", "Commerce", "Quantity") }),
    );
    // The case is not the model's, as captures of real dashboards show it.
    let country = json!({
        "dim": "[country.Country]", "table": "country", "column": "Country", "datatype": "text",
        "title": "Country",
    });
    let profit = formula(
        "Profit per order",
        "[OUTER-1] / [OUTER-2]",
        json!({
            "[OUTER-1]": formula("Profit", "[IN-1] - [IN-2]", json!({
                "[IN-1]": agg("sum", "Commerce", "Revenue"),
                "[IN-2]": agg("sum", "Commerce", "Cost"),
            })),
            "[OUTER-2]": agg("count", "Commerce", "Order ID"),
        }),
    );
    let mut condition = panel("break by", &[dim("Commerce", "Condition", "text")]);
    set(&mut condition["items"][0], "disabled", true);
    // Only dim: neither table nor column is told, and the table's name holds a dot.
    let channel = json!({ "dim": "[web_traffic.csv.Source Channel]", "datatype": "text", "title": "Channel" });
    let widgets = vec![
        widget(
            "Profit per order",
            "indicator",
            "indicator/gauge",
            &[
                panel("value", &[profit]),
                panel("min", &[formula("Min", "0", json!({}))]),
                panel("max", &[json!({ "type": "measure", "formula": "125000", "title": "Max" })]),
            ],
        ),
        widget(
            "Revenue by month",
            "chart/line",
            "line/classic",
            &[
                panel("x-axis", &[date("Commerce", "Date", "months")]),
                panel("values", &[agg("sum", "Commerce", "Revenue")]),
                condition,
            ],
        ),
        widget(
            "Top brands",
            "chart/column",
            "column/classic",
            &[
                panel("categories", &[dim("Brand", "Brand", "text")]),
                panel("values", &[agg("sum", "Commerce", "Revenue")]),
                panel("filters", &[top]),
            ],
        ),
        widget(
            "Revenue by country",
            "map/area",
            "",
            &[panel("geo", &[country]), panel("color", &[agg("sum", "Commerce", "Revenue")])],
        ),
        widget(
            "Traffic",
            "BloX",
            "BloX",
            &[
                panel("Items", &[channel]),
                panel("Values", &[agg("sum", "web_traffic.csv", "Visits")]),
            ],
        ),
        widget("Notes", "richtexteditor", "richtexteditor", &[]),
    ];
    let oid = Board::new("Commerce Overview", &cast.ada, extract(TITLE))
        .folder(&cast.quarterly)
        .filters(vec![json!({ "jaql": gender, "isCascading": false, "disabled": false }), cascade])
        .widgets(widgets)
        .share(&cast.analysts, "group", "edit")
        .share(&cast.vera, "user", "view")
        .with("defaultFilters", json!([{ "jaql": dim("Commerce", "Season", "text") }]))
        .settle(deployment);
    ghost(deployment, &oid);
}

/// Scripts on the dashboard and on a widget, and a recipient's private copy.
fn executive(deployment: &mut Deployment, cast: &Cast) {
    let mut sales = widget(
        "Sales",
        "chart/pie",
        "pie/classic",
        &[
            panel("categories", &[dim("Category", "Category", "text")]),
            panel("values", &[agg("sum", "Commerce", "Revenue")]),
        ],
    );
    set(&mut sales, "script", "widget.on('ready', function () { console.log('ready'); });");
    let oid = Board::new("Executive Board", &cast.bruno, extract(TITLE))
        .widgets(vec![sales])
        .share(&cast.conny, "user", "edit")
        .share(&cast.vera, "user", "view")
        .with("script", "dashboard.on('initialized', function () { console.log('hello'); });")
        .settle(deployment);
    if let Some(dashboard) = deployment.dashboards.get_mut(&oid) {
        let mut copy = dashboard.content.clone();
        set(&mut copy.doc, "desc", "Conny's own notes");
        set(&mut copy.doc, "userId", cast.conny.clone());
        set(&mut copy.doc, "instanceType", "user");
        dashboard.copies.insert(cast.conny.clone(), copy);
    }
}
