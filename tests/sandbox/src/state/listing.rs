//! Projection, order and pages of a list, as every v1 and v2 list takes them.

use std::cmp::Ordering;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::config::{ExpandWithFields, Variants};
use crate::wire::{Call, Reply, split};

/// What a caller wants to see of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    fields: Vec<String>,
    expand: Vec<String>,
    sort: Vec<(String, bool)>,
    skip: usize,
    limit: Option<usize>,
}

impl Listing {
    /// Reads the query parameters of a resource that can expand the `known` names.
    pub(crate) fn from_query(
        call: &Call,
        variants: Variants,
        known: &[&str],
    ) -> Result<Self, Reply> {
        let sort = call.query("sort").map(|field| match field.strip_prefix('-') {
            Some(field) => (field.to_owned(), true),
            None => (field.to_owned(), false),
        });
        Self {
            fields: call.csv("fields").unwrap_or_default(),
            expand: call.csv("expand").unwrap_or_default(),
            sort: sort.into_iter().collect(),
            skip: number(call.query("skip"), "skip", 0)?.unwrap_or(0),
            limit: number(call.query("limit"), "limit", 1)?,
        }
        .settled(variants, known)
    }

    /// Reads `queryOptions` and `queryExpantion` of a search body.
    pub(crate) fn from_body(
        body: &Map<String, Value>,
        variants: Variants,
        known: &[&str],
    ) -> Result<Self, Reply> {
        let none = Value::Null;
        let options = body.get("queryOptions").unwrap_or(&none);
        let words = |value: Option<&Value>| value.and_then(Value::as_str).map(split);
        let count = |name: &str, least: usize| match options.get(name).filter(|it| !it.is_null()) {
            Some(value) => number(Some(&value.to_string()), name, least),
            None => Ok(None),
        };
        let sort = options.get("sort").and_then(Value::as_object).map(|sort| {
            sort.iter().map(|(field, way)| (field.clone(), way.as_i64() == Some(-1))).collect()
        });
        Self {
            fields: words(options.get("fields")).unwrap_or_default(),
            expand: words(body.get("queryExpantion")).unwrap_or_default(),
            sort: sort.unwrap_or_default(),
            skip: count("skip", 0)?.unwrap_or(0),
            limit: count("limit", 1)?,
        }
        .settled(variants, known)
    }

    /// Refuses names that the resource cannot expand, with 404 and code 202. What is asked of a
    /// nested resource, after a dot or in brackets, is not looked at.
    fn settled(mut self, variants: Variants, known: &[&str]) -> Result<Self, Reply> {
        for name in &mut self.expand {
            name.truncate(name.find(['.', '(']).unwrap_or(name.len()));
            if !known.contains(&name.as_str()) {
                let message = "Invalid expand parameter";
                return Err(Reply::error(StatusCode::NOT_FOUND, 202, message));
            }
        }
        if variants.expand_with_fields == ExpandWithFields::FieldsWin && !self.fields.is_empty() {
            self.expand.clear();
        }
        Ok(self)
    }

    /// Whether a resource is to be inlined.
    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expand.iter().any(|wanted| wanted == name)
    }

    /// Adds a sort key of lowest weight.
    pub(crate) fn then_by(&mut self, field: &str, descending: bool) {
        self.sort.push((field.to_owned(), descending));
    }

    /// Sorts, pages and projects. `always` names the members that no projection drops.
    pub(crate) fn apply(&self, mut rows: Vec<Value>, always: &[&str]) -> Vec<Value> {
        if !self.sort.is_empty() {
            rows.sort_by(|left, right| self.compare(left, right));
        }
        let rows = rows.into_iter().skip(self.skip).take(self.limit.unwrap_or(usize::MAX));
        rows.map(|row| self.project(row, always)).collect()
    }

    /// Copies of a document what this listing can need: for large documents of which little is
    /// wanted, copying everything first would be most of the work.
    pub(crate) fn pick(&self, document: &Value) -> Value {
        if self.fields.iter().all(|field| field.starts_with('-')) {
            return document.clone();
        }
        // Expansions read these ids, whether they are wanted or not.
        let needed = |key: &str| {
            ["oid", "owner", "parentFolder"].contains(&key)
                || self.fields.iter().any(|field| field.split('.').next() == Some(key))
                || self.sort.iter().any(|(field, _)| field == key)
        };
        let members = document.as_object().into_iter().flatten();
        let members = members.filter(|(key, _)| needed(key));
        Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// Projects one document.
    pub(crate) fn project(&self, mut row: Value, always: &[&str]) -> Value {
        let (out, wanted): (Vec<&str>, Vec<&str>) =
            self.fields.iter().map(String::as_str).partition(|field| field.starts_with('-'));
        if let Some(members) = row.as_object_mut() {
            if !wanted.is_empty() {
                members.retain(|key, _| {
                    let key = key.as_str();
                    always.contains(&key)
                        || self.expands(key)
                        || wanted.iter().any(|field| field.split('.').next() == Some(key))
                });
            }
            members.retain(|key, _| !out.iter().any(|field| field[1..] == *key));
        }
        row
    }

    fn compare(&self, left: &Value, right: &Value) -> Ordering {
        self.sort.iter().fold(Ordering::Equal, |order, (field, descending)| {
            order.then_with(|| {
                let order = values(left.get(field), right.get(field));
                if *descending { order.reverse() } else { order }
            })
        })
    }
}

fn values(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(left)), Some(Value::String(right))) => left.cmp(right),
        // Missing values come first, as the database behind the server sorts them.
        (left, right) => {
            left.is_some_and(|it| !it.is_null()).cmp(&right.is_some_and(|it| !it.is_null()))
        }
    }
}

fn number(text: Option<&str>, name: &str, least: usize) -> Result<Option<usize>, Reply> {
    let Some(text) = text else { return Ok(None) };
    match text.parse::<usize>() {
        Ok(number) if number >= least => Ok(Some(number)),
        _ => Err(Reply::invalid(300, &format!("'{name}' must be an integer of at least {least}"))),
    }
}
