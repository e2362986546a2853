//! What needs a column apart from dashboards: relations, rules, expressions, hierarchies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Doubt, ModelRules, Need};
use crate::documents::datasource::same_name;
use crate::documents::json::text;
use crate::documents::model::ModelDocument;
use crate::documents::references::{PlaceSource, references_in};
use crate::documents::resolve::{ColumnKey, ModelIndex};
use crate::documents::sql::touched;

/// What is known of each column apart from dashboards.
#[derive(Default)]
pub(super) struct Protection {
    pub needs: BTreeMap<ColumnKey, BTreeSet<Need>>,
    pub doubts: BTreeMap<ColumnKey, BTreeSet<Doubt>>,
    /// What could not be read at all, and so may name any column.
    pub general: BTreeSet<Doubt>,
}

impl Protection {
    pub(super) fn read(model: &ModelDocument, rules: ModelRules<'_>, index: &ModelIndex) -> Self {
        let mut found = Protection::default();
        found.relations(model, index);
        found.expressions(model, index);
        found.accumulation(model, index);
        found.perspectives(model, index);

        match rules.security {
            Some(items) => items.iter().for_each(|rule| found.rule(rule, index)),
            None => {
                found.general.insert(Doubt::Security);
            }
        }
        model.security_rules().into_iter().for_each(|rule| found.rule(rule, index));

        let title = model.title().unwrap_or("");
        match rules.hierarchies {
            Some(items) => found.named(items.iter(), Need::Hierarchy, title, index),
            None => {
                found.general.insert(Doubt::Hierarchies);
            }
        }
        found.named(model.hierarchies().into_iter(), Need::Hierarchy, title, index);
        match rules.formulas {
            Some(items) => found.named(items.iter(), Need::Formula, title, index),
            None => {
                found.general.insert(Doubt::Formulas);
            }
        }
        found.named(model.formulas().into_iter(), Need::Formula, title, index);
        found
    }

    pub(super) fn need(&mut self, key: ColumnKey, need: Need) {
        self.needs.entry(key).or_default().insert(need);
    }

    fn doubt(&mut self, key: ColumnKey, doubt: Doubt) {
        self.doubts.entry(key).or_default().insert(doubt);
    }

    fn relations(&mut self, model: &ModelDocument, index: &ModelIndex) {
        for end in model.relations().iter().flat_map(|relation| &relation.ends) {
            let Some(key) = end.column_id.as_deref().and_then(|id| index.by_id(id)) else {
                continue;
            };
            if end.dropped {
                self.doubt(key, Doubt::DroppedRelation);
            } else {
                self.need(key, Need::Relation);
            }
        }
    }

    /// The SQL of custom tables and columns. Import queries speak of source columns, not of these.
    fn expressions(&mut self, model: &ModelDocument, index: &ModelIndex) {
        for (t, table) in model.tables().enumerate() {
            let of_table = table.expression.iter().map(|sql| (sql, None, None));
            let of_columns = table.columns.iter().enumerate().filter_map(|(c, column)| {
                let own = ColumnKey { table: t, column: c };
                Some((column.expression.as_ref()?, Some(t), Some(own)))
            });
            for (sql, own_table, own_column) in of_table.chain(of_columns) {
                let touches = touched(sql, index, own_table);
                for key in touches.needed.into_iter().filter(|key| Some(*key) != own_column) {
                    self.need(key, Need::CustomExpression);
                }
                for key in touches.doubted.into_iter().filter(|key| Some(*key) != own_column) {
                    self.doubt(key, Doubt::CustomSql);
                }
            }
        }
    }

    fn accumulation(&mut self, model: &ModelDocument, index: &ModelIndex) {
        for (t, table) in model.tables().enumerate() {
            if let Some(by) = &table.accumulation_column {
                match index.by_id(by).or_else(|| index.find(&table.name, by)) {
                    Some(key) => self.need(key, Need::Accumulation),
                    // Some column of this table is meant, and nobody can tell which.
                    None => index.columns_of(t).for_each(|key| self.doubt(key, Doubt::CustomSql)),
                }
            }
            for (c, _) in table.columns.iter().enumerate().filter(|(_, column)| column.upsert_key) {
                self.need(ColumnKey { table: t, column: c }, Need::Accumulation);
            }
        }
    }

    /// The form of a perspective's tables is not documented: an id of a column anywhere in them
    /// means that column, a table without any means all its columns.
    fn perspectives(&mut self, model: &ModelDocument, index: &ModelIndex) {
        for perspective in model.perspectives().iter().filter(|p| !p.is_default) {
            for table in &perspective.tables {
                let mut texts = Vec::new();
                collect_texts(table, &mut texts);
                let columns: Vec<ColumnKey> =
                    texts.iter().filter_map(|text| index.by_id(text)).collect();
                if columns.is_empty() {
                    let tables = texts.iter().filter_map(|text| index.table_by_id(text));
                    for key in tables.flat_map(|table| index.columns_of(table)) {
                        self.need(key, Need::Perspective);
                    }
                }
                columns.into_iter().for_each(|key| self.need(key, Need::Perspective));
            }
        }
    }

    /// A rule of either family names its column by table and column. One that names none cannot
    /// be read, and may protect any column.
    fn rule(&mut self, rule: &Value, index: &ModelIndex) {
        match (text(rule, "table"), text(rule, "column")) {
            (Some(table), Some(column)) => {
                if let Some(key) = index.find(table, column) {
                    self.need(key, Need::Security);
                }
            }
            _ => {
                self.general.insert(Doubt::Security);
            }
        }
    }

    fn named<'a>(
        &mut self,
        items: impl Iterator<Item = &'a Value>,
        need: Need,
        title: &str,
        index: &ModelIndex,
    ) {
        let source =
            if need == Need::Formula { PlaceSource::Formula } else { PlaceSource::Hierarchy };
        for reference in items.flat_map(|item| references_in(item, source)) {
            let elsewhere =
                reference.datasource_title.as_deref().is_some_and(|own| !same_name(own, title));
            if let Some(key) = index.resolve(&reference.dim).filter(|_| !elsewhere) {
                self.need(key, need);
            }
        }
    }
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(members) => members.values().for_each(|member| collect_texts(member, texts)),
        _ => {}
    }
}
