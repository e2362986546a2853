//! A model document: the schema of a data model, from the API or from a `.smodel` file.

use std::fmt;

use serde_json::Value;

use super::json::{id, integer, is_true, list, owned, text};
use super::resolve::ModelIndex;
use super::types::type_name;
use crate::error::{Error, ErrorKind, Result};

/// The schema of a data model. The parts that are asked for are parsed once; the document stays
/// as it is beside them.
///
/// The document may hold connection parameters. They are never in the parsed parts, nor in the
/// Debug form; [`ModelDocument::without_secrets`] gives the document without them.
#[derive(Clone, PartialEq)]
pub struct ModelDocument {
    raw: Value,
    datasets: Vec<Dataset>,
    relations: Vec<Relation>,
}

/// One data set: tables over one connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// The data set's id.
    pub id: Option<String>,
    /// Its name, often a UUID-like text.
    pub name: Option<String>,
    /// Provider and name with a colon between them.
    pub fullname: Option<String>,
    /// `extract`, `live` or `custom`, in lower case.
    pub kind: Option<String>,
    /// The source database; the text `null` of file sources is left out.
    pub database: Option<String>,
    /// The source schema; the text `null` of file sources is left out.
    pub schema_name: Option<String>,
    /// What may be shown of the connection. Custom data sets have none.
    pub connection: Option<Connection>,
    /// The tables in the order of the document.
    pub tables: Vec<Table>,
}

/// What may be shown of a connection: never its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Connection {
    /// The connection's id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The provider, such as `CSV`.
    pub provider: Option<String>,
}

/// Where a table's rows come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// A source.
    #[default]
    Base,
    /// An SQL expression over other tables of the model.
    Custom,
}

/// One table of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The table's id.
    pub id: Option<String>,
    /// Its name in the source.
    pub source_id: Option<String>,
    /// Its name in the model, which dashboards use.
    pub name: String,
    /// The name shown to people, if it has another one.
    pub display_name: Option<String>,
    /// Where its rows come from.
    pub kind: TableKind,
    /// Whether it is hidden. Hidden tables cannot be queried.
    pub hidden: bool,
    /// The SQL of a custom table.
    pub expression: Option<String>,
    /// The SQL that replaces the plain import from the source.
    pub import_query: Option<String>,
    /// How a build fills it, such as `sync` or `accumulativeSync`.
    pub build_behavior: Option<String>,
    /// Id of the column by which a build appends rows.
    pub accumulation_column: Option<String>,
    /// The columns in the order of the document.
    pub columns: Vec<Column>,
}

impl Table {
    /// Read one table as the API answers it.
    pub(crate) fn from_value(value: &Value) -> Self {
        table(value)
    }
}

/// One column of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The column's id.
    pub id: Option<String>,
    /// Its name in the model, which dashboards use.
    pub name: String,
    /// The name shown to people, if it has another one.
    pub display_name: Option<String>,
    /// The numeric type code.
    pub type_code: Option<i64>,
    /// The type's name; `code <n>` for an unknown code.
    pub type_name: Option<String>,
    /// Size in the source's measure.
    pub size: Option<i64>,
    /// Decimal precision.
    pub precision: Option<i64>,
    /// Digits after the decimal point.
    pub scale: Option<i64>,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Whether it is computed inside the model.
    pub is_custom: bool,
    /// The SQL of a custom column.
    pub expression: Option<String>,
    /// Whether a build leaves it out.
    pub skipped_by_import: bool,
    /// Whether a build recognizes rows by it.
    pub upsert_key: bool,
}

/// One relation between columns of different tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// The relation's id.
    pub id: Option<String>,
    /// Its ends, two or more.
    pub ends: Vec<RelationEnd>,
}

/// One end of a relation, with the names that its ids stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelationEnd {
    /// Id of the table.
    pub table_id: Option<String>,
    /// Id of the column.
    pub column_id: Option<String>,
    /// Name of the table; absent when the id is not in the model.
    pub table: Option<String>,
    /// Name of the column; absent when the id is not in the model.
    pub column: Option<String>,
    /// Whether the document marks this end as dropped.
    pub dropped: bool,
}

/// A perspective: a part of a model under a name of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Perspective {
    /// The perspective's id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether it stands for the model itself.
    pub is_default: bool,
    /// Its tables as they are. The form is not documented.
    pub tables: Vec<Value>,
}

impl ModelDocument {
    /// Take a model document: an object, or a list with one object in it.
    ///
    /// # Errors
    /// `decode` when the value is neither.
    pub fn from_value(value: Value) -> Result<Self> {
        let raw = match value {
            Value::Object(_) => value,
            Value::Array(mut items) if items.len() == 1 && items[0].is_object() => items.remove(0),
            _ => {
                return Err(Error::new(
                    ErrorKind::Decode,
                    "a model document is an object or a list with one object",
                ));
            }
        };
        let datasets: Vec<Dataset> = list(&raw, "datasets").iter().map(dataset).collect();
        let mut model = ModelDocument { raw, datasets, relations: Vec::new() };
        model.relations = model.read_relations();
        Ok(model)
    }

    /// Read the text of a `.smodel` file. A byte order mark at its beginning is skipped.
    ///
    /// # Errors
    /// `decode` when the text is not JSON or not a model.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value = serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::Decode, "the model document is not JSON").with_source(error)
        })?;
        Self::from_value(value)
    }

    /// The document as it is. It may hold connection parameters: not for people or models.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// The document without the parameters of its connections.
    #[must_use]
    pub fn without_secrets(&self) -> Value {
        let mut value = self.raw.clone();
        drop_parameters(&mut value);
        value
    }

    /// The model's id. Files from Windows have none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        text(&self.raw, "oid")
    }

    /// The model's title.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        text(&self.raw, "title")
    }

    /// `extract` or `live`, in lower case.
    #[must_use]
    pub fn kind(&self) -> Option<String> {
        text(&self.raw, "type").map(str::to_lowercase)
    }

    /// Whether the model is live.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.kind().as_deref() == Some("live")
    }

    /// The text of a top-level member, such as `lastBuildTime`.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&str> {
        text(&self.raw, member)
    }

    /// When it was last built, for an extract model, or published, for a live one.
    #[must_use]
    pub fn last_build_or_publish(&self) -> Option<&str> {
        self.text(if self.is_live() { "lastPublishTime" } else { "lastBuildTime" })
    }

    /// The data sets in the order of the document.
    #[must_use]
    pub fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// All tables, in the order of the document.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.datasets.iter().flat_map(|dataset| &dataset.tables)
    }

    /// All columns with their tables, in the order of the document.
    pub fn columns(&self) -> impl Iterator<Item = (&Table, &Column)> {
        self.tables().flat_map(|table| table.columns.iter().map(move |column| (table, column)))
    }

    /// The relations, their ids resolved to names.
    #[must_use]
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// The index that finds columns by name and by id.
    #[must_use]
    pub fn index(&self) -> ModelIndex {
        ModelIndex::new(self)
    }

    /// The perspectives that the document carries. Answers of the API carry none.
    #[must_use]
    pub fn perspectives(&self) -> Vec<Perspective> {
        self.dependency(&["perspectives"]).into_iter().map(perspective).collect()
    }

    /// The drill hierarchies that the document carries.
    #[must_use]
    pub fn hierarchies(&self) -> Vec<&Value> {
        self.dependency(&["drillHierarchies", "hierarchies"])
    }

    /// The saved formulas that the document carries.
    #[must_use]
    pub fn formulas(&self) -> Vec<&Value> {
        self.dependency(&["formulaManagement", "formulas"])
    }

    /// The security rules and scopes that the document carries.
    #[must_use]
    pub fn security_rules(&self) -> Vec<&Value> {
        self.dependency(&["dataSecurity", "datasecurity", "scopeConfiguration"])
    }

    /// What travels with an exported model, at the top or under `dependencies`.
    fn dependency(&self, names: &[&str]) -> Vec<&Value> {
        let dependencies = self.raw.get("dependencies").unwrap_or(&Value::Null);
        [&self.raw, dependencies]
            .into_iter()
            .flat_map(|holder| names.iter().map(move |name| list(holder, name)))
            .flatten()
            .collect()
    }

    fn read_relations(&self) -> Vec<Relation> {
        let index = self.index();
        let tables: Vec<&Table> = self.tables().collect();
        let end = |value: &Value| {
            let (table_id, column_id) = (id(value, "table"), id(value, "column"));
            let key = column_id.as_deref().and_then(|id| index.by_id(id));
            let table = table_id.as_deref().and_then(|id| index.table_by_id(id));
            let table = table.or(key.map(|key| key.table)).and_then(|t| tables.get(t));
            let column = key.and_then(|key| tables.get(key.table)?.columns.get(key.column));
            RelationEnd {
                table_id,
                column_id,
                table: table.map(|table| table.name.clone()),
                column: column.map(|column| column.name.clone()),
                dropped: is_true(value, "isDropped"),
            }
        };
        list(&self.raw, "relations")
            .iter()
            .map(|relation| Relation {
                id: id(relation, "oid"),
                ends: list(relation, "columns").iter().map(end).collect(),
            })
            .collect()
    }
}

impl fmt::Debug for ModelDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelDocument")
            .field("id", &self.id())
            .field("title", &self.title())
            .field("datasets", &self.datasets)
            .field("relations", &self.relations)
            .finish_non_exhaustive()
    }
}

fn dataset(value: &Value) -> Dataset {
    // File sources write the text "null" where they have no database and no schema.
    let named = |key: &str| owned(value, key).filter(|text| text != "null");
    let schema = value.get("schema").unwrap_or(&Value::Null);
    let tables = if schema.get("tables").is_some() { schema } else { value };
    let connection = value.get("connection").filter(|connection| connection.is_object());
    Dataset {
        id: id(value, "oid"),
        name: owned(value, "name"),
        fullname: owned(value, "fullname"),
        kind: text(value, "type").map(str::to_lowercase),
        database: named("database"),
        schema_name: named("schemaName"),
        connection: connection.map(|connection| Connection {
            id: id(connection, "oid").or_else(|| id(connection, "id")),
            name: owned(connection, "name"),
            provider: owned(connection, "provider"),
        }),
        tables: list(tables, "tables").iter().map(table).collect(),
    }
}

fn table(value: &Value) -> Table {
    let expression = expression(value);
    let custom = text(value, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("custom"));
    let behavior = value.get("buildBehavior").unwrap_or(&Value::Null);
    let accumulative = behavior.get("accumulativeConfig").unwrap_or(&Value::Null);
    Table {
        id: id(value, "oid"),
        source_id: id(value, "id"),
        name: owned(value, "name").or_else(|| id(value, "id")).unwrap_or_default(),
        display_name: owned(value, "displayName"),
        kind: if custom || expression.is_some() { TableKind::Custom } else { TableKind::Base },
        hidden: is_true(value, "hidden"),
        expression,
        import_query: value.get("configOptions").and_then(|o| owned(o, "importQuery")),
        build_behavior: owned(behavior, "type"),
        accumulation_column: id(accumulative, "column"),
        columns: list(value, "columns").iter().map(column).collect(),
    }
}

fn column(value: &Value) -> Column {
    let type_code = integer(value, "type");
    let expression = expression(value);
    Column {
        id: id(value, "oid"),
        name: owned(value, "name").or_else(|| id(value, "id")).unwrap_or_default(),
        display_name: owned(value, "displayName"),
        type_code,
        type_name: type_code.map(type_name),
        size: integer(value, "size"),
        precision: integer(value, "precision"),
        scale: integer(value, "scale"),
        hidden: is_true(value, "hidden"),
        is_custom: is_true(value, "isCustom") || expression.is_some(),
        expression,
        skipped_by_import: value.get("import").and_then(Value::as_bool) == Some(false),
        upsert_key: is_true(value, "isUpsertBy"),
    }
}

/// An expression is a text on the way in and an object with the text on the way out.
fn expression(value: &Value) -> Option<String> {
    owned(value, "expression").or_else(|| owned(value.get("expression")?, "expression"))
}

fn perspective(value: &Value) -> Perspective {
    Perspective {
        id: id(value, "oid"),
        name: owned(value, "name"),
        is_default: is_true(value, "isDefault"),
        tables: list(value, "tables").to_vec(),
    }
}

fn drop_parameters(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| {
                !matches!(key.as_str(), "parameters" | "protectedParameters" | "uiParams")
            });
            members.values_mut().for_each(drop_parameters);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_parameters),
        _ => {}
    }
}
