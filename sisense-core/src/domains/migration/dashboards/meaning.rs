//! What a dashboard means: its document without what servers add or change on their own. Pure code.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::normal::{Normal, members};
use crate::documents::DashboardDocument;
use crate::run::digest;

/// Members that a server makes, wherever they stand.
pub(super) const MADE: [&str; 5] =
    ["_id", "instanceid", "instanceId", "lastUpdated", "lastBuildTime"];

/// Members of a dashboard or a widget that a server makes: ids, owners, times, and the state of
/// somebody's screen. Deeper in a document these words may mean something else.
pub(super) const SERVERS: [&str; 20] = [
    "oid",
    "owner",
    "userId",
    "tenantId",
    "shares",
    "parentFolder",
    "created",
    "lastOpened",
    "lastPublish",
    "lastUsed",
    "instanceType",
    "dashboardid",
    "original",
    "source",
    "subscription",
    "userAuth",
    "rule",
    "editing",
    "hierarchies",
    "isPublic",
];

/// Parts of a dashboard that are told by a name of their own.
const PARTS: [(&str, &[&str]); 8] = [
    ("title", &["title"]),
    ("description", &["desc"]),
    ("data source", &["datasource"]),
    ("filters", &["filters", "defaultFilters", "filterRelations", "filterToDatasourceMapping"]),
    ("layout", &["layout", "previewLayout"]),
    ("script", &["script"]),
    ("style", &["style"]),
    ("settings", &["settings", "options"]),
];

/// The digests of a dashboard's parts. Small, whatever the size of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    parts: BTreeMap<&'static str, String>,
    /// By title, or by type where a widget has none; a number tells those of one name apart.
    widgets: BTreeMap<String, String>,
}

impl Meaning {
    pub(super) fn of(document: &Value) -> Self {
        let mut names = Names::of(document);
        let listed = document.get("widgets").and_then(Value::as_array);
        let listed: Vec<(String, &Value)> =
            listed.into_iter().flatten().map(|widget| (names.next(widget), widget)).collect();
        let mut normal = Normal::new(&names.of);
        let widgets =
            listed.into_iter().map(|(name, widget)| (name, normal.digest_of(widget))).collect();
        let mut parts = BTreeMap::new();
        for (part, keys) in PARTS {
            let chosen = members(document).filter(|(key, _)| keys.contains(&key.as_str()));
            parts.insert(part, normal.digest(chosen));
        }
        let told = |key: &str| {
            key == "widgets" || key == "type" || PARTS.iter().any(|(_, m)| m.contains(&key))
        };
        let rest = members(document).filter(|(key, _)| !told(key));
        parts.insert("other settings", normal.digest(rest));
        Meaning { parts, widgets }
    }

    /// The same without the title, for a copy that may have got another one.
    pub(super) fn untitled(mut self) -> Self {
        self.parts.remove("title");
        self
    }

    pub(super) fn digest(&self) -> String {
        digest(&json!([self.parts, self.widgets]))
    }

    /// What becomes otherwise when this takes the place of the other.
    pub(super) fn differs_from(&self, other: &Meaning) -> Vec<String> {
        let mut differs: Vec<String> = self
            .parts
            .iter()
            .filter(|(part, digest)| other.parts.get(*part) != Some(digest))
            .map(|(part, _)| (*part).to_owned())
            .collect();
        for (name, digest) in &self.widgets {
            match other.widgets.get(name) {
                None => differs.push(format!("widget added: {name}")),
                Some(there) if there != digest => differs.push(format!("widget changed: {name}")),
                Some(_) => {}
            }
        }
        let gone = other.widgets.keys().filter(|name| !self.widgets.contains_key(*name));
        differs.extend(gone.map(|name| format!("widget removed: {name}")));
        differs
    }
}

/// Names for ids that servers make, so that a document speaks of its widgets by name.
struct Names {
    of: HashMap<String, String>,
    seen: HashMap<String, usize>,
}

impl Names {
    fn of(document: &Value) -> Self {
        let mut names = Names { of: HashMap::new(), seen: HashMap::new() };
        if let Some(oid) = document.get("oid").and_then(Value::as_str) {
            names.of.insert(oid.to_owned(), "this dashboard".to_owned());
        }
        let widgets = document.get("widgets").and_then(Value::as_array);
        for widget in widgets.into_iter().flatten() {
            let name = names.next(widget);
            if let Some(oid) = widget.get("oid").and_then(Value::as_str) {
                names.of.insert(oid.to_owned(), format!("widget {name}"));
            }
        }
        names.seen.clear();
        names
    }

    /// The name of the next widget of the document.
    fn next(&mut self, widget: &Value) -> String {
        let text = |key: &str| {
            let text = widget.get(key).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        let name = text("title").or_else(|| text("type")).unwrap_or("untitled");
        let seen = self.seen.entry(name.to_owned()).or_insert(0);
        *seen += 1;
        if *seen == 1 { name.to_owned() } else { format!("{name} ({seen})") }
    }
}

/// The document as it is imported: in the folder that is given, without what some servers refuse.
pub(super) fn importable(document: DashboardDocument, folder: Option<&str>) -> Value {
    let mut document = document.into_value();
    if let Some(members) = document.as_object_mut() {
        // The source's folder means nothing on the target.
        members.insert("parentFolder".to_owned(), json!(folder));
        if members.get("previewLayout").is_some_and(Value::is_null) {
            members.insert("previewLayout".to_owned(), json!([]));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Value {
        json!({
            "oid": "5f0000000000000000000001",
            "title": "Sales",
            "datasource": {"title": "Shop", "fullname": "LocalHost/Shop", "lastBuildTime": "1"},
            "filters": [{"jaql": {"dim": "[A.B]"}, "instanceid": "X-1"}],
            "layout": {"columns": [{"cells": [{"widgetid": "5f00000000000000000000a1"}]}]},
            "widgets": [
                {"oid": "5f00000000000000000000a1", "title": "Total", "type": "indicator",
                 "owner": "ann"},
                {"oid": "5f00000000000000000000a2", "title": "", "type": "chart/pie"},
            ],
        })
    }

    #[test]
    fn ids_owners_times_and_empty_members_mean_nothing() {
        let mut other = board();
        let text = other.to_string();
        let text = text.replace("5f00000000000000000000a", "6a00000000000000000000b");
        other = serde_json::from_str(&text.replace("5f0000000000000000000001", "7")).unwrap();
        other["owner"] = json!("bob");
        other["lastUpdated"] = json!("2026-01-01");
        other["parentFolder"] = json!("5f00000000000000000000ff");
        other["previewLayout"] = json!([]);
        other["filters"][0]["instanceid"] = json!("Y-2");
        other["datasource"]["lastBuildTime"] = json!("2");
        let (one, two) = (Meaning::of(&board()), Meaning::of(&other));
        assert_eq!(one.differs_from(&two), [""; 0]);
        assert_eq!(one.digest(), two.digest());
    }

    #[test]
    fn what_differs_is_told_by_name() {
        let mut other = board();
        other["title"] = json!("Sales 2");
        other["filters"][0]["jaql"]["dim"] = json!("[A.C]");
        other["script"] = json!("x()");
        other["datasource"] = json!("Store");
        other["widgets"][0]["subtype"] = json!("gauge");
        other["widgets"][1]["title"] = json!("Share");
        let differs = Meaning::of(&other).differs_from(&Meaning::of(&board()));
        let expected = [
            "data source",
            "filters",
            "script",
            "title",
            "widget added: Share",
            "widget changed: Total",
            "widget removed: chart/pie",
        ];
        assert_eq!(differs, expected);
        let titled = Meaning::of(&json!({"title": "A"}));
        assert_ne!(titled, Meaning::of(&json!({"title": "B"})));
        assert_eq!(titled.untitled(), Meaning::of(&json!({"title": "B"})).untitled());
    }

    #[test]
    fn widgets_of_one_name_are_told_apart_and_the_layout_follows_them() {
        let mut one = board();
        one["widgets"][1]["title"] = json!("Total");
        let mut two = one.clone();
        two["layout"]["columns"][0]["cells"][0]["widgetid"] = json!("5f00000000000000000000a2");
        let differs = Meaning::of(&one).differs_from(&Meaning::of(&two));
        assert_eq!(differs, ["layout"]);
    }
}
