//! How many rows each table holds.

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::explain::not_deployed;
use super::{GetRowCount, RowCounts, TableRowCount};
use crate::documents::{ModelDocument, Table};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::about;
use crate::domains::lookup::sql::{is_refusal, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial, Run};

/// How many tables are counted at once.
const COUNTS: usize = 4;
const OPERATION: &str = "datamodel.get_row_count";

/// What became of the count of one table.
enum Counted {
    Rows(u64),
    /// It cannot be counted, and why.
    NotQueryable(String),
    Failed(Error),
}

impl Datamodel {
    /// Count the rows of every table of a data model.
    ///
    /// Counts what was built or published last, under the data security of the token's user; each
    /// count on a live model is a query on its source. A table whose count failed has `null` and is
    /// named as missing. Tables that are hidden, or were added after the last build, cannot be
    /// counted: they are marked, and are not in the total. One request for the model and one for
    /// each table, four at once.
    ///
    /// # Errors
    /// `not_found` with the nearest titles; `unsupported` when the model was never built or
    /// published; `forbidden` without the right to query in SQL; the error of the first count when
    /// none succeeded.
    ///
    /// # Ask
    /// - How many rows does the model Sales have?
    /// - Row counts per table of the cube Finance
    /// - Count the rows of every table in Sample ECommerce
    /// - Which table of the data model Leads has the most rows?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    /// <!-- @streams -->
    pub async fn get_row_count(
        &self,
        run: &Run,
        params: GetRowCount,
    ) -> Result<Partial<RowCounts>> {
        let model = self.document(&params.datamodel_name).await?;
        let name = about("data model", &params.datamodel_name);
        if let Some(error) = not_deployed(&model) {
            return Err(error);
        }
        let tables: Vec<&Table> = model.tables().collect();
        let counts: Vec<_> = tables.iter().map(|table| self.count(&model, table)).collect();
        let mut counts = stream::iter(counts).buffered(COUNTS);
        let mut found = Vec::new();
        while let Some(counted) = counts.next().await {
            match counted {
                // The right to query is missing for one table as for all.
                Counted::Failed(error) if error.kind() == ErrorKind::Forbidden => {
                    return Err(name(error));
                }
                other => found.push(other),
            }
            let (done, total) = (found.len() as u64, tables.len() as u64);
            run.progress(OPERATION, "counting", done, Some(total));
        }
        drop(counts);
        summary(&model, tables.into_iter().zip(found).collect()).map_err(name)
    }

    async fn count(&self, model: &ModelDocument, table: &Table) -> Counted {
        if table.hidden {
            return Counted::NotQueryable("hidden tables cannot be queried".to_owned());
        }
        let title = model.title().unwrap_or_default();
        let query = format!("SELECT COUNT(*) FROM {}", quoted(&table.name));
        match self.client.sql(title, &query, 1, 0).await {
            Ok(rows) => match rows.number(0) {
                Some(count) => Counted::Rows(count),
                None => Counted::Failed(
                    Error::new(ErrorKind::Decode, "the answer to a count is no number")
                        .with_next_step("report this answer; the deployment's version may be new"),
                ),
            },
            Err(error) if refused(&error) && changed_since_deployed(model) => {
                Counted::NotQueryable(format!(
                    "the data model changed after it was deployed last, so the table may be in \
                     the draft only: {}",
                    error.report().message
                ))
            }
            Err(error) => Counted::Failed(error),
        }
    }
}

/// Whether the query engine does not know the table, or says something of that kind.
fn refused(error: &Error) -> bool {
    is_refusal(error) || matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound)
}

/// Whether the draft is newer than what queries see. What is not told is not.
fn changed_since_deployed(model: &ModelDocument) -> bool {
    let time = |text: Option<&str>| text?.parse::<Timestamp>().ok();
    match (time(model.text("lastUpdated")), time(model.last_build_or_publish())) {
        (Some(updated), Some(deployed)) => updated > deployed,
        _ => false,
    }
}

fn summary(model: &ModelDocument, found: Vec<(&Table, Counted)>) -> Result<Partial<RowCounts>> {
    let counted = found.iter().filter(|(_, one)| matches!(one, Counted::Rows(_))).count();
    let mut rows = Vec::new();
    let mut missing = Vec::new();
    let mut total_row_count = 0_u64;
    let complete = counted == found.len();
    for (table, one) in found {
        let mut row = TableRowCount {
            table_name: table.name.clone(),
            row_count: None,
            not_queryable: false,
            error: None,
        };
        match one {
            Counted::Rows(count) => {
                row.row_count = Some(count);
                total_row_count = total_row_count.saturating_add(count);
            }
            Counted::NotQueryable(why) => {
                row.not_queryable = true;
                row.error = Some(why);
            }
            Counted::Failed(error) if counted == 0 => return Err(error),
            Counted::Failed(error) => {
                row.error = Some(error.report().message.clone());
                missing.push(Missing::new(format!("rows of table \"{}\"", table.name), error));
            }
        }
        rows.push(row);
    }
    let datamodel_name = model.title().map(str::to_owned);
    let value = RowCounts { datamodel_name, tables: rows, total_row_count, complete };
    Ok(Partial { value, missing })
}
