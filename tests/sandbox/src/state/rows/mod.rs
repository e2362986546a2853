//! The rows behind the models: what SQL sees.
//!
//! Rows of base tables are made when they are asked for and never held. Custom tables are their
//! own SQL over the other tables.

mod keys;
mod secured;
mod values;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::Value;

use super::Deployment;
use super::doc::{list, text};
use crate::auth::Caller;
use crate::config::RowSizes;
use crate::sql::{self, Catalog, Cell, Column, Node, Skills, Source, SqlError, Window};
use crate::wire::Reply;
use keys::{Part, Role};
use values::Family;

/// How many rows there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCounts {
    /// What the configuration says.
    pub(crate) sizes: RowSizes,
    /// Rows of seeded tables by table id.
    pub(crate) seeded: BTreeMap<String, usize>,
}

impl Deployment {
    /// The copy of a model that queries see, or why there is none.
    pub(crate) fn queryable_model(&self, title: &str) -> Result<&Value, Reply> {
        let model = self
            .models
            .values()
            .find(|model| text(model, "title") == title)
            .ok_or_else(|| self.no_such_cube(title))?;
        self.running_model(text(model, "oid")).ok_or_else(|| self.cube_not_built(title))
    }

    /// The most rows that the last build took from each table of a model.
    pub(crate) fn row_cap(&self, oid: &str) -> Option<usize> {
        let limit = self.running.get(oid).map(|running| running.row_limit).filter(|rows| *rows > 0);
        limit.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX))
    }

    /// The rows of a model as somebody sees them.
    pub(crate) fn rows<'a>(&'a self, model: &'a Value, caller: &'a Caller) -> ModelRows<'a> {
        let cap = self.row_cap(text(model, "oid")).unwrap_or(usize::MAX);
        let count = |table: &Value| self.rows_before_cap(table);
        let roles = keys::plan(model, count);
        ModelRows { deployment: self, model, caller, cap, roles, open: RefCell::default() }
    }

    fn rows_before_cap(&self, table: &Value) -> usize {
        let seeded = self.row_counts.seeded.get(text(table, "oid"));
        seeded.copied().unwrap_or(self.row_counts.sizes.per_table)
    }
}

/// All tables of a model.
pub(crate) fn tables(model: &Value) -> impl Iterator<Item = &Value> {
    list(model, "datasets").iter().flat_map(|dataset| list(&dataset["schema"], "tables"))
}

/// Whether a table is made by SQL.
pub(crate) fn is_custom(table: &Value) -> bool {
    text(table, "type") == "custom" || !text(&table["expression"], "expression").is_empty()
}

/// The tables of one model for one caller.
pub(crate) struct ModelRows<'a> {
    deployment: &'a Deployment,
    model: &'a Value,
    caller: &'a Caller,
    cap: usize,
    roles: HashMap<String, Role>,
    /// Custom tables that are being made, so that none needs itself.
    open: RefCell<Vec<String>>,
}

impl Catalog for ModelRows<'_> {
    /// Opens a table by name: letter by letter first, then ignoring case. Hidden tables are for
    /// the editor only.
    fn open(&self, name: &str) -> Result<Rc<dyn Source>, SqlError> {
        let shown = |table: &&Value| table["hidden"] != true;
        let table = self.named(name).filter(shown).ok_or(SqlError::NoTable(name.to_owned()))?;
        let whole = self.whole(table)?;
        match self.visible(table, whole.as_ref())? {
            None => Ok(whole),
            Some(rows) => Ok(Rc::new(Chosen { whole, rows })),
        }
    }
}

/// The same tables as a build reads them: hidden ones too, and nobody is looking.
struct Unsecured<'a, 'b>(&'b ModelRows<'a>);

impl Catalog for Unsecured<'_, '_> {
    fn open(&self, name: &str) -> Result<Rc<dyn Source>, SqlError> {
        self.0.whole(self.0.named(name).ok_or(SqlError::NoTable(name.to_owned()))?)
    }
}

impl<'a> ModelRows<'a> {
    fn named(&self, name: &str) -> Option<&'a Value> {
        let folded = name.to_lowercase();
        tables(self.model).find(|table| text(table, "name") == name).or_else(|| {
            tables(self.model).find(|table| text(table, "name").to_lowercase() == folded)
        })
    }

    /// Every row of a table.
    fn whole(&self, table: &'a Value) -> Result<Rc<dyn Source>, SqlError> {
        if is_custom(table) { self.custom(table) } else { Ok(Rc::new(self.base(table))) }
    }

    fn base(&self, table: &Value) -> Generated {
        let (title, name) = (text(self.model, "title"), text(table, "name"));
        let kept = list(table, "columns").iter().filter(|column| !values::is_left_out(column));
        let kept: Vec<&Value> = kept.collect();
        let columns: Vec<Column> = kept.iter().map(|column| head(column)).collect();
        let makers = kept.iter().enumerate().map(|(at, column)| {
            let own = text(column, "name");
            let seed = values::seed(&[title, name, own]);
            let formula = match &column["expression"] {
                Value::String(sql) => sql.as_str(),
                object => text(object, "expression"),
            };
            if !formula.is_empty() {
                // A formula that this SQL cannot read makes an empty column.
                let node = sql::expression(formula, &columns);
                return Maker::Formula(node.unwrap_or(Node::Value(Cell::Null)));
            }
            let family = Family::of(column["type"].as_i64().unwrap_or(-1));
            match self.roles.get(text(column, "oid")) {
                Some(role) => Maker::Joins { role: role.clone(), seed },
                None if at == 0 && family == Family::Whole => Maker::Joins {
                    role: Role { part: Part::Counter, family, label: String::new() },
                    seed,
                },
                None => Maker::Plain { name: own.to_owned(), family, seed },
            }
        });
        let makers = makers.collect();
        let rows = self.deployment.rows_before_cap(table).min(self.cap);
        Generated { columns, makers, follow: values::seed(&[title, name]), rows }
    }

    /// The result of the table's own SQL under the names of the table's columns.
    fn custom(&self, table: &Value) -> Result<Rc<dyn Source>, SqlError> {
        let name = text(table, "name").to_owned();
        let broken = |why: &str| {
            SqlError::Unsupported(format!("the SQL of the custom table '{name}' ({why})"))
        };
        if self.open.borrow().contains(&name) {
            return Err(broken("it needs itself"));
        }
        self.open.borrow_mut().push(name.clone());
        let formula = match &table["expression"] {
            Value::String(sql) => sql.as_str(),
            object => text(object, "expression"),
        };
        let skills = Skills { sub_select: true };
        let made = sql::run(formula, &Unsecured(self), skills, Window::default());
        self.open.borrow_mut().pop();
        let mut made = made.map_err(|error| broken(&error.to_string()))?;
        let heads: Vec<Column> = list(table, "columns").iter().map(head).collect();
        if heads.len() == made.columns.len() {
            made.columns = heads;
        }
        Ok(Rc::new(made))
    }
}

fn head(column: &Value) -> Column {
    Column {
        name: text(column, "name").to_owned(),
        code: column["type"].as_i64().unwrap_or(values::TEXT),
    }
}

/// How a column is made.
enum Maker {
    Plain { name: String, family: Family, seed: u64 },
    Joins { role: Role, seed: u64 },
    Formula(Node),
}

/// A base table, made row by row.
struct Generated {
    columns: Vec<Column>,
    makers: Vec<Maker>,
    /// Which row of another table a row belongs to: the same for all columns of a key.
    follow: u64,
    rows: usize,
}

/// One row in so many has no partner: its key is null.
const LONELY: u64 = 17;

impl Source for Generated {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        match self.makers.get(column) {
            None => Cell::Null,
            Some(Maker::Plain { name, family, seed }) => values::plain(name, *family, *seed, row),
            // A formula may name plain columns, and itself: that is null, not a loop.
            Some(Maker::Formula(node)) => node.over(&|other| match self.makers.get(other) {
                Some(Maker::Formula(_)) => Cell::Null,
                _ => self.cell(row, other),
            }),
            Some(Maker::Joins { role, seed }) => {
                let digit = |row: usize, place: usize, base: usize, of: usize| {
                    let shift = u32::try_from(of - 1 - place).unwrap_or(0);
                    row / base.saturating_pow(shift) % base
                };
                let number = match role.part {
                    Part::Counter => row,
                    Part::Draws(of) => {
                        let drawn = values::mix(*seed, row);
                        if drawn.is_multiple_of(LONELY) {
                            return Cell::Null;
                        }
                        (drawn / LONELY) as usize % of.max(1)
                    }
                    Part::Digit { place, base, of } => digit(row, place, base, of),
                    Part::Follows { place, base, of, rows } => {
                        let drawn = values::mix(self.follow, row);
                        if drawn.is_multiple_of(LONELY) {
                            return Cell::Null;
                        }
                        digit((drawn / LONELY) as usize % rows.max(1), place, base, of)
                    }
                };
                values::key(number + 1, role.family, &role.label)
            }
        }
    }
}

/// Some rows of a table.
struct Chosen {
    whole: Rc<dyn Source>,
    rows: Vec<usize>,
}

impl Source for Chosen {
    fn columns(&self) -> &[Column] {
        self.whole.columns()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        self.rows.get(row).map_or(Cell::Null, |row| self.whole.cell(*row, column))
    }
}
