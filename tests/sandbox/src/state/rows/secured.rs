//! Row-level security: which rows of a table somebody sees.
//!
//! Rules of a person and of the person's groups combine to the most restrictive; the default rule
//! of a column is for everybody who has no other there. A rule reaches along relations to every
//! table that is linked to its column's table.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::super::doc::{list, text};
use super::{ModelRows, tables};
use crate::query_variants::AdminRows;
use crate::sql::{Cell, Key, Source, SqlError};

/// What a caller sees of a column.
#[derive(Debug)]
enum Limit {
    Only(HashSet<String>),
    AllBut(HashSet<String>),
    Nothing,
}

impl Limit {
    /// What a rule leaves to see; none when that is everything.
    fn of(rule: &Value) -> Option<Self> {
        let members: HashSet<String> = list(rule, "members")
            .iter()
            .map(|member| member.as_str().map_or_else(|| member.to_string(), str::to_owned))
            .collect();
        if !members.is_empty() {
            let hides = rule["exclusionary"] == true;
            return Some(if hides { Self::AllBut(members) } else { Self::Only(members) });
        }
        // Two readings are known of a rule that names nobody and says neither all nor none.
        let everything = rule["allMembers"].as_bool().unwrap_or(rule["exclusionary"].is_boolean());
        if everything { None } else { Some(Self::Nothing) }
    }

    /// Conditions on a null are not true, whatever they say.
    fn lets(&self, cell: &Cell) -> bool {
        match (self, cell.member()) {
            (_, None) | (Self::Nothing, _) => false,
            (Self::Only(members), Some(value)) => members.contains(&value),
            (Self::AllBut(members), Some(value)) => !members.contains(&value),
        }
    }
}

/// The pairs of columns that join one table to the next on a path.
type Step = Vec<(String, String)>;

impl<'a> ModelRows<'a> {
    /// The rows of a table that the caller sees, or none when that is all of them.
    pub(super) fn visible(
        &self,
        table: &'a Value,
        whole: &dyn Source,
    ) -> Result<Option<Vec<usize>>, SqlError> {
        let exempt = self.deployment.variants.admin_rows == AdminRows::All;
        if exempt && self.caller.role.is_admin() {
            return Ok(None);
        }
        let mut seen: Option<Vec<usize>> = None;
        for (secured, column, limits) in self.limits() {
            let Some(path) = self.path(secured, table) else { continue };
            let source = self.whole(secured)?;
            let Some(at) = place(source.as_ref(), &column) else { continue };
            let mut rows: Vec<usize> = (0..source.len())
                .filter(|row| {
                    let cell = source.cell(*row, at);
                    limits.iter().all(|limit| limit.lets(&cell))
                })
                .collect();
            let mut here: Rc<dyn Source> = source;
            for (next, step) in path {
                let there = self.whole(next)?;
                rows = follow(here.as_ref(), &rows, there.as_ref(), &step);
                here = there;
            }
            seen = Some(match seen {
                None => rows,
                Some(before) => {
                    let rows: HashSet<usize> = rows.into_iter().collect();
                    before.into_iter().filter(|row| rows.contains(row)).collect()
                }
            });
        }
        // A build may have cut the table since.
        Ok(seen.map(|rows| rows.into_iter().filter(|row| *row < whole.len()).collect()))
    }

    /// The columns on which the caller is limited. A rule on a column that is gone limits nobody.
    fn limits(&self) -> Vec<(&'a Value, String, Vec<Limit>)> {
        let title = text(self.model, "title");
        let rules: Vec<&Value> = self
            .deployment
            .security
            .values()
            .filter(|rule| text(rule, "elasticube") == title)
            .collect();
        let mut columns: Vec<(&str, &str)> = Vec::new();
        for rule in &rules {
            let column = (text(rule, "table"), text(rule, "column"));
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let mut found = Vec::new();
        for (table, column) in columns {
            let on =
                |rule: &&&Value| text(rule, "table") == table && text(rule, "column") == column;
            let shares =
                |rule: &Value, fits: &dyn Fn(&Value) -> bool| list(rule, "shares").iter().any(fits);
            let is_own = |share: &Value| self.is_callers(share);
            let is_default = |share: &Value| text(share, "type") == "default";
            let mut mine: Vec<&&Value> =
                rules.iter().filter(on).filter(|rule| shares(rule, &is_own)).collect();
            if mine.is_empty() {
                mine = rules.iter().filter(on).filter(|rule| shares(rule, &is_default)).collect();
            }
            let limits: Vec<Limit> = mine.into_iter().filter_map(|rule| Limit::of(rule)).collect();
            if let Some(table) = self.named(table).filter(|_| !limits.is_empty()) {
                found.push((table, column.to_owned(), limits));
            }
        }
        found
    }

    fn is_callers(&self, share: &Value) -> bool {
        let id = match text(share, "partyId") {
            "" => text(share, "party"),
            id => id,
        };
        match text(share, "type") {
            "user" => id == self.caller.id,
            "group" => self.deployment.in_group(&self.caller.id, id),
            _ => false,
        }
    }

    /// The shortest way along relations from one table to another; nothing when there is none.
    fn path(&self, from: &'a Value, to: &'a Value) -> Option<Vec<(&'a Value, Step)>> {
        let goal = text(to, "oid");
        let mut known: HashSet<&str> = HashSet::from([text(from, "oid")]);
        let mut queue: VecDeque<(&'a Value, Vec<(&'a Value, Step)>)> = VecDeque::new();
        queue.push_back((from, Vec::new()));
        while let Some((here, path)) = queue.pop_front() {
            if text(here, "oid") == goal {
                return Some(path);
            }
            for next in tables(self.model) {
                let step = self.step(here, next);
                if !step.is_empty() && known.insert(text(next, "oid")) {
                    let mut path = path.clone();
                    path.push((next, step));
                    queue.push_back((next, path));
                }
            }
        }
        None
    }

    /// All pairs of columns that relate two tables. Ends that were dropped relate nothing.
    fn step(&self, left: &Value, right: &Value) -> Step {
        let mut pairs = Vec::new();
        for relation in list(self.model, "relations") {
            let ends = list(relation, "columns");
            if ends.iter().any(|end| end["isDropped"] == true) {
                continue;
            }
            let of = |table: &Value| {
                let end = ends.iter().find(|end| end["table"] == table["oid"])?;
                let mut columns = list(table, "columns").iter();
                columns
                    .find(|column| column["oid"] == end["column"])
                    .map(|column| text(column, "name").to_owned())
            };
            if let (Some(one), Some(other)) = (of(left), of(right)) {
                pairs.push((one, other));
            }
        }
        if left["oid"] == right["oid"] { Vec::new() } else { pairs }
    }
}

fn place(source: &dyn Source, name: &str) -> Option<usize> {
    source.columns().iter().position(|column| column.name == name)
}

/// The rows there whose keys some of the rows here have.
fn follow(here: &dyn Source, rows: &[usize], there: &dyn Source, step: &Step) -> Vec<usize> {
    let places = |source: &dyn Source, side: &dyn Fn(&(String, String)) -> String| {
        step.iter().map(|pair| place(source, &side(pair))).collect::<Option<Vec<usize>>>()
    };
    let own = places(here, &|pair| pair.0.clone());
    let others = places(there, &|pair| pair.1.clone());
    // A build may leave a key out; nothing can be seen through it then.
    let (Some(own), Some(others)) = (own, others) else { return Vec::new() };
    let keys = |source: &dyn Source, row: usize, places: &[usize]| -> Option<Vec<Key>> {
        let key = |at: &usize| match source.cell(row, *at) {
            Cell::Null => None,
            cell => Some(cell.key()),
        };
        places.iter().map(key).collect()
    };
    let known: HashSet<Vec<Key>> = rows.iter().filter_map(|row| keys(here, *row, &own)).collect();
    (0..there.len())
        .filter(|row| keys(there, *row, &others).is_some_and(|key| known.contains(&key)))
        .collect()
}
