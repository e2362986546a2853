//! Which columns join tables, and what must therefore agree between them.
//!
//! A column that is the first of its table counts its rows and is unique; what joins on it draws
//! from those numbers. Where no side is the first column, both draw from a few numbers, so that
//! neither is unique. Two relations between the same two tables are one composite key: its pairs
//! are unique in the table on the right.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::super::doc::{list, text};
use super::values::Family;

/// How many numbers both sides of a many-to-many relation draw from.
pub(super) const SHARED: usize = 7;

/// How a column comes by its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Counts the rows.
    Counter,
    /// Draws from the numbers of a table with so many rows.
    Draws(usize),
    /// Its digit of the row's number: unique together with the other digits.
    Digit { place: usize, base: usize, of: usize },
    /// The same digit of some row of the other table, which has so many rows.
    Follows { place: usize, base: usize, of: usize, rows: usize },
}

/// The part of a column, with what its values look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) part: Part,
    pub(super) family: Family,
    pub(super) label: String,
}

/// A base table's column in the plan.
struct Spot {
    table: usize,
    first: bool,
    name: String,
    family: Family,
}

/// The roles of all columns that relations name, by column id.
pub(super) fn plan(model: &Value, rows: impl Fn(&Value) -> usize) -> HashMap<String, Role> {
    let tables: Vec<&Value> =
        super::tables(model).filter(|table| !super::is_custom(table)).collect();
    let sizes: Vec<usize> = tables.iter().map(|table| rows(table)).collect();
    let mut spots: BTreeMap<String, Spot> = BTreeMap::new();
    for (at, table) in tables.iter().enumerate() {
        for (place, column) in list(table, "columns").iter().enumerate() {
            let spot = Spot {
                table: at,
                first: place == 0,
                name: text(column, "name").to_owned(),
                family: Family::of(column["type"].as_i64().unwrap_or(-1)),
            };
            spots.insert(text(column, "oid").to_owned(), spot);
        }
    }
    let joins = joins(model, &spots);
    let mut roles = HashMap::new();
    for group in groups(&joins) {
        let members: Vec<&Spot> = group.iter().filter_map(|oid| spots.get(oid)).collect();
        let counters = members.iter().filter(|spot| spot.first);
        let parent = counters.max_by_key(|spot| (sizes[spot.table], std::cmp::Reverse(spot.table)));
        let label = parent.or(members.first()).map_or("", |spot| spot.name.as_str());
        let family = members.iter().map(|spot| spot.family).reduce(common).unwrap_or(Family::Whole);
        for oid in &group {
            let Some(spot) = spots.get(oid) else { continue };
            let part = match parent {
                _ if spot.first => Part::Counter,
                Some(parent) => Part::Draws(sizes[parent.table]),
                None => Part::Draws(SHARED),
            };
            roles.insert(oid.clone(), Role { part, family, label: label.to_owned() });
        }
    }
    for (left, right) in composites(&joins, &spots) {
        let of = right.len();
        let rows = spots.get(&right[0]).map_or(1, |spot| sizes[spot.table]).max(1);
        let base = (1..=rows).find(|base| power(*base, of) >= rows).unwrap_or(rows);
        for (place, (left, right)) in left.iter().zip(&right).enumerate() {
            if let Some(role) = roles.get_mut(right) {
                role.part = Part::Digit { place, base, of };
            }
            if let Some(role) = roles.get_mut(left) {
                role.part = Part::Follows { place, base, of, rows };
            }
        }
    }
    roles
}

fn power(base: usize, times: usize) -> usize {
    base.saturating_pow(u32::try_from(times).unwrap_or(u32::MAX))
}

/// Values on both sides of a relation must read the same.
fn common(left: Family, right: Family) -> Family {
    match (left, right) {
        _ if left == right => left,
        (Family::Whole, Family::Number) | (Family::Number, Family::Whole) => Family::Number,
        _ => Family::Text,
    }
}

/// Pairs of column ids. A relation of more than two columns is a chain of pairs.
fn joins(model: &Value, spots: &BTreeMap<String, Spot>) -> Vec<(String, String)> {
    let ends = |relation: &Value| -> Vec<String> {
        let oids = list(relation, "columns").iter().map(|end| text(end, "column").to_owned());
        oids.filter(|oid| spots.contains_key(oid)).collect()
    };
    let pairs = |ends: Vec<String>| {
        ends.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect::<Vec<_>>()
    };
    list(model, "relations").iter().flat_map(|relation| pairs(ends(relation))).collect()
}

/// Columns that hang together, each group in the order of the relations.
fn groups(joins: &[(String, String)]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    for (left, right) in joins {
        let find =
            |groups: &[Vec<String>], oid| groups.iter().position(|group| group.contains(oid));
        match (find(&groups, left), find(&groups, right)) {
            (None, None) => groups.push(vec![left.clone(), right.clone()]),
            (Some(at), None) => groups[at].push(right.clone()),
            (None, Some(at)) => groups[at].push(left.clone()),
            (Some(one), Some(other)) if one != other => {
                let moved = groups.remove(one.max(other));
                groups[one.min(other)].extend(moved);
            }
            _ => {}
        }
    }
    groups
}

/// The two sides of each composite key. A key with a counter in it is unique by that alone.
fn composites(
    joins: &[(String, String)],
    spots: &BTreeMap<String, Spot>,
) -> Vec<(Vec<String>, Vec<String>)> {
    let mut sides: BTreeMap<(usize, usize), (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (left, right) in joins {
        let (Some(one), Some(other)) = (spots.get(left), spots.get(right)) else { continue };
        if one.table == other.table {
            continue;
        }
        // A later relation may name the same two tables the other way round.
        let turned = sides.contains_key(&(other.table, one.table));
        let (tables, left, right) = match turned {
            true => ((other.table, one.table), right, left),
            false => ((one.table, other.table), left, right),
        };
        let side = sides.entry(tables).or_default();
        side.0.push(left.clone());
        side.1.push(right.clone());
    }
    let counts =
        |oids: &[String]| oids.iter().any(|oid| spots.get(oid).is_some_and(|spot| spot.first));
    let mut found: Vec<_> = sides.into_values().collect();
    found.retain(|(left, right)| left.len() > 1 && !counts(left) && !counts(right));
    found
}
