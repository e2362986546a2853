//! Why a query was refused: a look at the model tells what the server's words do not.

use crate::client::Client;
use crate::documents::{ModelDocument, Table, tables_in_sql};
use crate::domains::lookup::models::never_deployed;
use crate::domains::lookup::sql::{is_refusal, quoted};
use crate::domains::lookup::{nearest, same};
use crate::error::{Error, ErrorKind};

/// Most tables that an error lists.
const TABLES: usize = 10;

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Table(String),
    Query(String),
}

/// How a question is put.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub(super) title: String,
    pub(super) sql: String,
}

impl Question {
    pub(super) fn new(title: &str, source: &Source) -> Self {
        let sql = match source {
            Source::Table(name) => format!("SELECT * FROM {}", quoted(name)),
            Source::Query(sql) => sql.clone(),
        };
        Question { title: title.to_owned(), sql }
    }

    /// The same with names in double quotes, which some engines want.
    fn double(title: &str, table: &str) -> Self {
        let sql = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
        Question { title: title.to_owned(), sql }
    }
}

/// Whether a look at the model may tell more than the error does.
pub(super) fn may_be_explained(error: &Error) -> bool {
    let kinds = [ErrorKind::NotFound, ErrorKind::InvalidInput, ErrorKind::Server];
    is_refusal(error) || kinds.contains(&error.kind())
}

/// The question in another way, when there is one that was not tried, or the reason of the refusal.
pub(super) async fn explain(
    client: &Client,
    reference: &str,
    source: &Source,
    tried: &[Question],
    refusal: Error,
) -> Result<Question, Error> {
    let model = match client.find_model(reference).await.and_then(ModelDocument::from_value) {
        Ok(model) => model,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Ambiguous) => {
            return Err(error);
        }
        // Nothing was learnt: the first error stays.
        Err(_) => return Err(refusal),
    };
    let title = model.title().unwrap_or(reference).to_owned();
    if let Some(error) = not_deployed(&model) {
        return Err(error);
    }
    let mut ways = Vec::new();
    match source {
        Source::Table(name) => {
            let table = visible_table(&model, name)?;
            ways.push(Question::new(&title, &Source::Table(table.name.clone())));
            if refusal.kind() != ErrorKind::Server {
                ways.push(Question::double(&title, &table.name));
            }
        }
        Source::Query(sql) => {
            known_tables(&model, sql)?;
            ways.push(Question::new(&title, source));
        }
    }
    ways.into_iter().find(|way| !tried.contains(way)).ok_or_else(|| {
        refusal.with_other_step(
            "check the names; what was added after the last build is seen after the next one",
        )
    })
}

/// The error of a model that was never built or published.
pub(super) fn not_deployed(model: &ModelDocument) -> Option<Error> {
    if !never_deployed(model) {
        return None;
    }
    let title = model.title().unwrap_or_default();
    let done = if model.is_live() { "published" } else { "built" };
    let message = format!("the data model was never {done}, so it holds no rows: {title}");
    Some(
        Error::new(ErrorKind::Unsupported, message)
            .with_asset(format!("data model \"{title}\""))
            .with_next_step("deploy it first (datamodel.deploy_datamodel)"),
    )
}

fn visible_table<'a>(model: &'a ModelDocument, name: &str) -> Result<&'a Table, Error> {
    let exact = model.tables().find(|table| table.name == name);
    let asset = || format!("table \"{name}\"");
    let Some(table) = exact.or_else(|| model.tables().find(|table| same(&table.name, name))) else {
        let names: Vec<&str> = shown(model).collect();
        let near = nearest(name, names.iter().copied());
        let title = model.title().unwrap_or_default();
        let message = format!("the data model \"{title}\" has no such table: {name}");
        let (candidates, next) = if near.is_empty() {
            let some = names.iter().take(TABLES).map(|name| (*name).to_owned()).collect();
            (some, "name a table of the model")
        } else {
            (near, "did you mean one of the candidates?")
        };
        return Err(Error::new(ErrorKind::NotFound, message)
            .with_asset(asset())
            .with_candidates(candidates)
            .with_next_step(next));
    };
    if table.hidden {
        return Err(hidden(&table.name).with_asset(asset()));
    }
    Ok(table)
}

/// Refuse a query that names no table of the model, or a hidden one.
fn known_tables(model: &ModelDocument, sql: &str) -> Result<(), Error> {
    let named = tables_in_sql(sql, model);
    if named.is_empty() {
        let some = shown(model).take(TABLES).map(str::to_owned).collect();
        let message = "the query reads from no table of the data model";
        return Err(Error::new(ErrorKind::NotFound, message)
            .with_asset(format!("data model \"{}\"", model.title().unwrap_or_default()))
            .with_candidates(some)
            .with_next_step("name tables of the model, in [brackets]"));
    }
    let is_hidden = |table: &&Table| table.hidden && named.contains(&table.name);
    model.tables().find(is_hidden).map_or(Ok(()), |table| Err(hidden(&table.name)))
}

fn shown(model: &ModelDocument) -> impl Iterator<Item = &str> {
    model.tables().filter(|table| !table.hidden).map(|table| table.name.as_str())
}

fn hidden(table: &str) -> Error {
    let message = format!("the table is hidden, and hidden tables cannot be queried: {table}");
    Error::new(ErrorKind::Unsupported, message)
        .with_asset(format!("table \"{table}\""))
        .with_next_step("show the table in the data model and deploy it")
}
