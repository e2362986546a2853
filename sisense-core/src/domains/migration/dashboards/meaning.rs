//! What a dashboard means: its document without what servers add or change on their own. Pure code.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::normal::{Node, Normal, member, members, text_of};
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
    pub(super) fn of(document: &Node<'_>) -> Self {
        let mut names = Names::of(document);
        let listed: Vec<(String, &Node<'_>)> =
            widgets(document).iter().map(|widget| (names.next(widget), widget)).collect();
        let mut normal = Normal::new(&names.of);
        let widgets =
            listed.into_iter().map(|(name, widget)| (name, normal.digest_of(widget))).collect();
        let mut parts = BTreeMap::new();
        for (part, keys) in PARTS {
            let chosen = members(document).filter(|(key, _)| keys.contains(key));
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
    fn of(document: &Node<'_>) -> Self {
        let mut names = Names { of: HashMap::new(), seen: HashMap::new() };
        if let Some(oid) = text_of(document, "oid") {
            names.of.insert(oid.to_owned(), "this dashboard".to_owned());
        }
        for widget in widgets(document) {
            let name = names.next(widget);
            if let Some(oid) = text_of(widget, "oid") {
                names.of.insert(oid.to_owned(), format!("widget {name}"));
            }
        }
        names.seen.clear();
        names
    }

    /// The name of the next widget of the document.
    fn next(&mut self, widget: &Node<'_>) -> String {
        let text = |key: &str| text_of(widget, key).map(str::trim).filter(|text| !text.is_empty());
        let name = text("title").or_else(|| text("type")).unwrap_or("untitled");
        let seen = self.seen.entry(name.to_owned()).or_insert(0);
        *seen += 1;
        if *seen == 1 { name.to_owned() } else { format!("{name} ({seen})") }
    }
}

fn widgets<'v>(document: &'v Node<'v>) -> &'v [Node<'v>] {
    member(document, "widgets").and_then(Node::as_array).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn meaning(document: &Value) -> Meaning {
        Meaning::of(&document.into())
    }

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
        let (one, two) = (meaning(&board()), meaning(&other));
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
        let differs = meaning(&other).differs_from(&meaning(&board()));
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
        let titled = meaning(&json!({"title": "A"}));
        assert_ne!(titled, meaning(&json!({"title": "B"})));
        assert_eq!(titled.untitled(), meaning(&json!({"title": "B"})).untitled());
    }

    #[test]
    fn widgets_of_one_name_are_told_apart_and_the_layout_follows_them() {
        let mut one = board();
        one["widgets"][1]["title"] = json!("Total");
        let mut two = one.clone();
        two["layout"]["columns"][0]["cells"][0]["widgetid"] = json!("5f00000000000000000000a2");
        let differs = meaning(&one).differs_from(&meaning(&two));
        assert_eq!(differs, ["layout"]);
    }
}
