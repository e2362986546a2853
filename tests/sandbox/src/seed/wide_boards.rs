//! Dashboards that structure checks look for: wide pivots, tabs, jumps, an orphan.

use serde_json::{Value, json};

use super::board::{Board, agg, dim, extract, panel, widget};
use super::commerce::TITLE;
use super::story::Cast;
use crate::state::Deployment;
use crate::state::doc::set;

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    // The model of this one does not exist.
    Board::new("Old Warehouse KPIs", &cast.sam, extract("Retired Warehouse"))
        .folder(&cast.north)
        .widgets(vec![widget(
            "Stock",
            "indicator",
            "indicator/numeric",
            &[panel("value", &[agg("sum", "Stock", "Units")])],
        )])
        .settle(deployment);
    let target = Board::new("Order Details", &cast.deniz, extract(TITLE))
        .folder(&cast.reports_of_ada)
        .share(&cast.ada, "user", "view")
        .settle(deployment);
    // The config object is in every widget of older documents; only a filled one jumps.
    let idle = jumping(numeric("Idle"), json!([]));
    let jump = jumping(numeric("Jump"), json!([{ "id": target, "caption": "Order Details" }]));
    let mut scripted = numeric("Scripted jump");
    set(&mut scripted, "script", "prism.jumpToDashboard(widget, { dashboardId: '' });");
    let mut accordion = widget("Details", "chart/bar", "bar/classic", &[]);
    set(
        &mut accordion,
        "options",
        json!({ "accordionConfig": { "dashboardName": "_acc_Details" } }),
    );
    let mut disabled = pivot("Some disabled", "pivot2", 20);
    set(&mut disabled["metadata"]["panels"][0]["items"][0], "disabled", true);
    Board::new("Wide Tables", &cast.ada, extract(TITLE))
        .widgets(vec![
            pivot("Exactly twenty", "pivot2", 20),
            pivot("One too many", "pivot2", 21),
            pivot("Old kind", "pivot", 3),
            disabled,
            widget("Tabs", "WidgetsTabber", "WidgetsTabber", &[]),
            idle,
            jump,
            scripted,
            accordion,
        ])
        .settle(deployment);
    // Nothing on it yet, not even filters.
    Board::new("Empty Canvas", &cast.conny, extract(TITLE)).settle(deployment);
}

fn numeric(title: &str) -> Value {
    let value = panel("value", &[agg("sum", "Commerce", "Revenue")]);
    widget(title, "indicator", "indicator/numeric", &[value])
}

fn jumping(mut widget: Value, targets: Value) -> Value {
    set(
        &mut widget,
        "drillToDashboardConfig",
        json!({
            "drillToDashboardMenuCaption": "Jump to dashboard", "dashboardIds": targets,
        }),
    );
    widget
}

/// A pivot with so many fields: one in values, one in columns, the rest in rows.
fn pivot(title: &str, kind: &str, fields: usize) -> Value {
    let names = [
        ("Commerce", "Gender"),
        ("Commerce", "Age Range"),
        ("Commerce", "Condition"),
        ("Brand", "Brand"),
        ("Country", "Country"),
    ];
    let rows: Vec<Value> = (0..fields.saturating_sub(2))
        .map(|at| names[at % names.len()])
        .map(|(table, column)| dim(table, column, "text"))
        .collect();
    widget(
        title,
        kind,
        "",
        &[
            panel("rows", &rows),
            panel("values", &[agg("sum", "Commerce", "Revenue")]),
            panel("columns", &[dim("Category", "Category", "text")]),
            panel("filters", &[]),
        ],
    )
}
