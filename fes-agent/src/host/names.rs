//! What exists of a kind, from the operation that lists it, wherever that runs.

use serde_json::{Value, json};
use sisense_core::{Result, Run};

use super::{Kind, Name, Place, Tools};

/// The names of a kind in a deployment.
pub(super) async fn of(tools: &dyn Tools, deployment: &str, kind: Kind) -> Result<Vec<Name>> {
    let run = Run::reads().start();
    let (id, shape) = listing(kind);
    let outcome = tools.call(Place::on(deployment), &run, id, json!({})).await?;
    Ok(rows(&outcome.result).iter().filter_map(|row| shape.name(row)).collect())
}

/// Which members of a row name the thing.
struct Shape {
    id: &'static [&'static str],
    name: &'static [&'static str],
    also: &'static [&'static str],
}

/// The id of the operation that lists a kind.
pub(super) fn lister(kind: Kind) -> &'static str {
    listing(kind).0
}

/// The operation that lists a kind.
fn listing(kind: Kind) -> (&'static str, Shape) {
    match kind {
        Kind::User => (
            "access.get_users_all",
            Shape { id: &["user_id"], name: &["email", "user_name"], also: &["user_name"] },
        ),
        Kind::Group => (
            "access.users_per_group_all",
            Shape { id: &["group_id"], name: &["group", "group_name"], also: &[] },
        ),
        Kind::Dashboard => (
            "dashboard.get_all_dashboards",
            Shape { id: &["dashboard_id"], name: &["title"], also: &[] },
        ),
        Kind::Datamodel => (
            "datamodel.get_all_datamodel",
            Shape { id: &["datamodel_id"], name: &["title", "datamodel_name"], also: &[] },
        ),
    }
}

impl Shape {
    fn name(&self, row: &Value) -> Option<Name> {
        let text = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| row.get(*key).and_then(Value::as_str))
                .filter(|text| !text.trim().is_empty())
        };
        let mut name = Name::new(text(self.id), text(self.name)?);
        for key in self.also {
            if let Some(other) = text(&[key]).filter(|other| *other != name.name) {
                name = name.also(other);
            }
        }
        if let (Some(first), Some(last)) = (text(&["first_name"]), text(&["last_name"])) {
            name = name.also(format!("{first} {last}"));
        }
        for key in ["first_name", "last_name"] {
            if let Some(word) = text(&[key]) {
                name = name.also(word);
            }
        }
        Some(name)
    }
}

/// The rows of a listing: the result itself, or the list of records within it.
fn rows(result: &Value) -> &[Value] {
    match result {
        Value::Array(rows) => rows,
        Value::Object(map) => map
            .values()
            .filter_map(Value::as_array)
            .find(|rows| rows.iter().any(Value::is_object))
            .map_or(&[], Vec::as_slice),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_from_rows_of_either_form() {
        let (_, shape) = listing(Kind::User);
        let row = json!({ "user_id": "1", "email": "ann@example.com", "first_name": "Ann",
            "last_name": "Lee", "user_name": "ann" });
        let name = shape.name(&row).unwrap();
        assert_eq!(name.name, "ann@example.com");
        assert_eq!(name.also, ["ann", "Ann Lee", "Ann", "Lee"]);
        assert!(shape.name(&json!({ "user_id": "1" })).is_none());
        assert_eq!(rows(&json!({ "items": [{ "title": "a" }] })).len(), 1);
        assert_eq!(rows(&json!([{ "title": "a" }])).len(), 1);
    }
}
