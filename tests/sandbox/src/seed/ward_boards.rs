//! A dashboard on `Sample Healthcare` with every sign that structure checks go by, and with
//! what only looks like one.

use serde_json::{Value, json};

use super::board::{Board, agg, dim, extract, ghost, panel, widget};
use super::health::TITLE;
use super::story::Cast;
use crate::state::Deployment;
use crate::state::doc::{list, set, text};

pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    let target = deployment
        .dashboards
        .values()
        .find(|dashboard| dashboard.title() == "Patient Flow")
        .map(|dashboard| dashboard.oid().to_owned());
    let oid = Board::new("Ward Rounds", &cast.dana, extract(TITLE))
        .widgets(vec![
            // As wide as can be: what filters does not count, what is disabled is not queried.
            pivot("Twenty and filters", "pivot", 20, 3),
            disabled(pivot("Twenty-one with one off", "pivot2", 21, 0)),
            // Add-ons write their types in either case.
            widget("Wards", "widgetstabber", "", &[]),
            with(count("Tabs by script"), "script", json!(TABS)),
            with(bare("Tabs by action", "BloX", "BloX"), "style", tabber()),
            with(
                count("Folded away"),
                "options",
                json!({ "dashboardFiltersMode": "filter", "accordionPlugin": { "open": false } }),
            ),
            with(count("Folded by script"), "script", json!("prism.Accordion.fold(widget);")),
            jump(count("Jumps"), target.map(|oid| json!([{ "id": oid, "caption": "Flow" }]))),
            jump(count("Jumps nowhere"), None),
            // No sign of anything, whatever it is called.
            with(count("Accordion of tabs"), "options", json!({ "drillTarget": "dummy" })),
            count("Not in the layout"),
        ])
        .settle(deployment);
    take_out(deployment, &oid, "Not in the layout");
    ghost(deployment, &oid);
    ghost(deployment, &oid);
}

const TABS: &str = "widget.on('initialized', function () {\n  widget.tabs = [\n    \
    { title: 'Beds', displayWidgetIds: [] },\n  ];\n});";

fn bare(title: &str, kind: &str, subtype: &str) -> Value {
    widget(title, kind, subtype, &[])
}

fn count(title: &str) -> Value {
    let value = panel("value", &[agg("count", "Admissions", "Admission ID")]);
    widget(title, "indicator", "indicator/numeric", &[value])
}

fn with(mut widget: Value, key: &str, value: Value) -> Value {
    set(&mut widget, key, value);
    widget
}

/// The config stands in every widget of older documents, mostly without a target.
fn jump(widget: Value, targets: Option<Value>) -> Value {
    let config = json!({
        "drillToDashboardMenuCaption": "Jump to dashboard",
        "dashboardIds": targets.unwrap_or(json!([])),
    });
    with(widget, "drillToDashboardConfig", config)
}

/// A card whose button switches tabs.
fn tabber() -> Value {
    json!({
        "currentCard": {
            "style": "", "script": "", "title": "", "showCarousel": true,
            "body": [{
                "type": "ActionSet",
                "actions": [{ "type": "Tabber", "title": "Beds", "data": { "tab": 0 } }],
            }],
            "actions": [],
        },
        "currentConfig": { "fontFamily": "Open Sans" },
    })
}

/// A pivot with so many fields and filters.
fn pivot(title: &str, kind: &str, fields: usize, filters: usize) -> Value {
    let names = [
        ("Patients", "Gender"),
        ("Patients", "Blood Type"),
        ("Doctors", "Specialty"),
        ("Divisions", "Division"),
    ];
    let columns = |count: usize| -> Vec<Value> {
        let named = (0..count).map(|at| names[at % names.len()]);
        named.map(|(table, column)| dim(table, column, "text")).collect()
    };
    let values = [agg("sum", "Admissions", "Cost"), agg("count", "Admissions", "Admission ID")];
    widget(
        title,
        kind,
        "",
        &[
            panel("rows", &columns(fields.saturating_sub(3))),
            panel("values", &values),
            panel("columns", &columns(1)),
            panel("filters", &columns(filters)),
        ],
    )
}

fn disabled(mut pivot: Value) -> Value {
    set(&mut pivot["metadata"]["panels"][0]["items"][0], "disabled", true);
    pivot
}

/// Takes a widget out of the layout but not out of the dashboard.
fn take_out(deployment: &mut Deployment, oid: &str, title: &str) {
    let Some(dashboard) = deployment.dashboards.get_mut(oid) else { return };
    let found = dashboard.content.widgets.iter().find(|widget| text(widget, "title") == title);
    let id = found.map_or("", |widget| text(widget, "oid")).to_owned();
    for content in
        [Some(&mut dashboard.content), dashboard.published.as_mut()].into_iter().flatten()
    {
        let mut cells = list(&content.doc["layout"]["columns"][0], "cells").to_vec();
        cells.retain(|cell| cell["subcells"][0]["elements"][0]["widgetid"] != id);
        set(&mut content.doc["layout"]["columns"][0], "cells", cells);
    }
}
