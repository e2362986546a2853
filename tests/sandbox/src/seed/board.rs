//! Short notation for dashboards: jaql, widgets, layouts, shares.

use serde_json::{Value, json};

use super::people::{CREATED, TOUCHED};
use crate::state::Deployment;
use crate::state::dashboards::Dashboard;
use crate::state::doc::{list, set, text};

/// A reference to an extract model, as dashboards hold it.
pub(super) fn extract(title: &str) -> Value {
    let database = format!("a{}", title.replace(' ', "IAAa"));
    json!({
        "address": "LocalHost", "title": title, "id": format!("localhost_{database}"),
        "database": database, "fullname": format!("LocalHost/{title}"),
    })
}

/// A reference to a live model.
pub(super) fn live(title: &str) -> Value {
    json!({
        "address": "LocalHost", "title": title, "database": title,
        "fullname": format!("LocalHost/{title}"), "live": true,
    })
}

/// A plain column.
pub(super) fn dim(table: &str, column: &str, datatype: &str) -> Value {
    json!({
        "dim": format!("[{table}.{column}]"), "table": table, "column": column,
        "datatype": datatype, "title": column,
    })
}

/// A date column at a level. Its reference ends in ` (Calendar)`.
pub(super) fn date(table: &str, column: &str, level: &str) -> Value {
    json!({
        "dim": format!("[{table}.{column} (Calendar)]"), "table": table, "column": column,
        "datatype": "datetime", "level": level, "title": format!("{level} in {column}"),
    })
}

/// An aggregated column.
pub(super) fn agg(function: &str, table: &str, column: &str) -> Value {
    let mut jaql = dim(table, column, "numeric");
    set(&mut jaql, "agg", function);
    set(&mut jaql, "title", format!("Total {column}"));
    jaql
}

/// A formula over named parts.
pub(super) fn formula(title: &str, text: &str, context: Value) -> Value {
    json!({ "type": "measure", "title": title, "formula": text, "context": context })
}

/// A panel with one item per jaql.
pub(super) fn panel(name: &str, jaqls: &[Value]) -> Value {
    let items: Vec<Value> = jaqls.iter().map(|jaql| json!({ "jaql": jaql })).collect();
    json!({ "name": name, "items": items })
}

/// A widget on paper.
pub(super) fn widget(title: &str, kind: &str, subtype: &str, panels: &[Value]) -> Value {
    json!({
        "title": title, "type": kind, "subtype": subtype,
        "metadata": { "ignore": { "dimensions": [], "all": false }, "panels": panels },
    })
}

/// A dashboard on paper.
pub(super) struct Board {
    pub(super) title: &'static str,
    pub(super) owner: String,
    pub(super) source: Value,
    pub(super) folder: Option<String>,
    pub(super) filters: Vec<Value>,
    pub(super) widgets: Vec<Value>,
    /// Party id, `user` or `group`, and the rule.
    pub(super) shares: Vec<(String, &'static str, &'static str)>,
    pub(super) members: Vec<(&'static str, Value)>,
}

impl Board {
    pub(super) fn new(title: &'static str, owner: &str, source: Value) -> Self {
        Self {
            title,
            owner: owner.to_owned(),
            source,
            folder: None,
            filters: Vec::new(),
            widgets: Vec::new(),
            shares: Vec::new(),
            members: Vec::new(),
        }
    }

    pub(super) fn folder(mut self, folder: &str) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    pub(super) fn filters(mut self, filters: Vec<Value>) -> Self {
        self.filters = filters;
        self
    }

    pub(super) fn widgets(mut self, widgets: Vec<Value>) -> Self {
        self.widgets = widgets;
        self
    }

    pub(super) fn share(mut self, id: &str, kind: &'static str, rule: &'static str) -> Self {
        self.shares.push((id.to_owned(), kind, rule));
        self
    }

    /// Sets any member of the document.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((key, value.into()));
        self
    }

    /// Makes the dashboard, published as it stands, and answers with its id. The layout names
    /// the widgets in the opposite order.
    pub(super) fn settle(self, deployment: &mut Deployment) -> String {
        let (id, oid) = (deployment.ids.object(), deployment.ids.object());
        let mut widgets = self.widgets;
        for widget in &mut widgets {
            finish(deployment, widget, &oid, &self.owner, &self.source);
        }
        let mut shares = vec![json!({ "shareId": self.owner, "type": "user", "subscribe": false })];
        shares.extend(self.shares.iter().map(|(party, kind, rule)| {
            json!({ "shareId": party, "type": kind, "rule": rule, "subscribe": *kind == "user" })
        }));
        let mut doc = json!({
            "_id": id, "title": self.title, "oid": oid, "desc": "", "source": null,
            "type": "dashboard", "shares": shares, "owner": self.owner, "userId": self.owner,
            "tenantId": deployment.tenant, "parentFolder": self.folder,
            "created": CREATED, "lastUpdated": TOUCHED, "lastOpened": TOUCHED,
            "datasource": self.source, "filters": self.filters, "layout": layout(&widgets),
            "previewLayout": [], "style": {}, "settings": { "autoUpdateOnFiltersChange": true },
            "dataExploration": false, "instanceType": "owner", "filterRelations": [],
        });
        for (key, value) in self.members {
            set(&mut doc, key, value);
        }
        deployment.dashboards.insert(oid.clone(), Dashboard::published(doc, widgets, true));
        oid
    }
}

fn finish(deployment: &mut Deployment, widget: &mut Value, oid: &str, owner: &str, source: &Value) {
    let defaults = json!({
        "_id": deployment.ids.object(), "oid": deployment.ids.object(), "desc": null,
        "source": null, "datasource": source, "selection": null, "style": {},
        "options": { "dashboardFiltersMode": "filter", "selector": true },
        "dashboardid": oid, "owner": owner, "userId": owner, "created": CREATED,
        "lastUpdated": TOUCHED, "instanceType": "owner",
    });
    if let (Some(widget), Some(defaults)) = (widget.as_object_mut(), defaults.as_object()) {
        for (key, value) in defaults {
            widget.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

fn layout(widgets: &[Value]) -> Value {
    let cell = |widget: &Value| {
        json!({ "subcells": [{
            "width": 100,
            "elements": [{ "widgetid": text(widget, "oid"), "height": 240, "minHeight": 96 }],
        }] })
    };
    let cells: Vec<Value> = widgets.iter().rev().map(cell).collect();
    json!({ "type": "columnar", "columns": [{ "width": 100, "cells": cells }] })
}

/// Adds a cell whose widget is gone to a layout.
pub(super) fn ghost(deployment: &mut Deployment, oid: &str) {
    let gone = deployment.ids.object();
    let Some(dashboard) = deployment.dashboards.get_mut(oid) else { return };
    let cell = json!({ "subcells": [{ "width": 100, "elements": [{ "widgetid": gone }] }] });
    for content in
        [Some(&mut dashboard.content), dashboard.published.as_mut()].into_iter().flatten()
    {
        let mut cells = list(&content.doc["layout"]["columns"][0], "cells").to_vec();
        cells.push(cell.clone());
        let column = json!({ "width": 100, "cells": cells });
        set(&mut content.doc, "layout", json!({ "type": "columnar", "columns": [column] }));
    }
}
