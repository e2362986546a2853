//! Rows page by page, so that an answer of any length needs the memory of one page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::stream::{self, Stream};
use serde_json::Value;

use super::explain::{Question, Source, explain, may_be_explained, not_deployed};
use super::query::one_query;
use super::{DataColumn, DataPage};
use crate::client::Client;
use crate::documents::{ModelDocument, type_name};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::sql::SqlRows;
use crate::domains::lookup::{about, is_uuid, required};
use crate::error::{Error, ErrorKind, Result};

/// How many rows one page asks for, unless said otherwise.
const PAGE: u64 = 10_000;
/// Largest page that may be asked for.
const MAX_PAGE: u64 = 50_000;
/// Numbers of rows at which servers are known to stop: about 5 000 for live models, 2 million for
/// others. An answer that ends exactly there may have been cut.
const CAPS: [u64; 2] = [5_000, 2_000_000];
/// A short page of a round number of rows may have been cut by a server's own limit.
const ROUND: u64 = 1_000;
/// A place behind the end of any answer.
const BEYOND: u64 = i32::MAX as u64;

/// Which rows to read, for [`Datamodel::data_pages`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRequest {
    datamodel_name: String,
    table_name: Option<String>,
    query: Option<String>,
    limit: Option<u64>,
    offset: u64,
    page_size: u64,
}

impl DataRequest {
    /// All rows of a table of a data model, by the model's title or id.
    #[must_use]
    pub fn table(datamodel_name: impl Into<String>, table_name: impl Into<String>) -> Self {
        let datamodel_name = datamodel_name.into();
        let table_name = Some(table_name.into());
        let (query, limit) = (None, None);
        DataRequest { datamodel_name, table_name, query, limit, offset: 0, page_size: PAGE }
    }

    /// All rows of a query over a data model.
    #[must_use]
    pub fn query(datamodel_name: impl Into<String>, query: impl Into<String>) -> Self {
        DataRequest {
            table_name: None,
            query: Some(query.into()),
            ..DataRequest::table(datamodel_name, "")
        }
    }

    /// Read at most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leave out so many rows at the beginning.
    #[must_use]
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = rows;
        self
    }

    /// Ask for so many rows at once: default 10 000, at most 50 000.
    #[must_use]
    pub fn page_size(mut self, rows: u64) -> Self {
        self.page_size = rows;
        self
    }
}

/// Rows of a table or a query, page by page. Made with [`Datamodel::data_pages`].
///
/// ```no_run
/// # use sisense_core::{Client, domains::datamodel::DataRequest};
/// # async fn example(client: Client) -> sisense_core::Result<()> {
/// let mut pages = client.datamodel().data_pages(DataRequest::table("Sales", "Orders"))?;
/// while let Some(page) = pages.next().await? {
///     println!("{} rows", page.rows.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DataPages {
    client: Client,
    reference: String,
    source: Source,
    /// How the question is put; the first answer settles it.
    question: Option<Question>,
    page: u64,
    left: Option<u64>,
    offset: u64,
    read: u64,
    headers: Vec<String>,
    columns: Vec<DataColumn>,
    last_page: Option<u64>,
    offset_holds: bool,
    truncated: bool,
    ended: bool,
}

impl Datamodel {
    /// Read rows of any number, page by page. Sends nothing before the first page is asked for.
    ///
    /// Each page is a query of its own. Without an ORDER BY a source may give rows in another order
    /// for each, so that rows repeat or are missed while the data changes.
    ///
    /// # Errors
    /// `invalid_input` for what is no single reading query, for a limit of 0, and for a page that
    /// is empty or larger than 50 000 rows.
    pub fn data_pages(&self, request: DataRequest) -> Result<DataPages> {
        let DataRequest { datamodel_name, table_name, query, limit, offset, page_size } = request;
        required("the data model's title or id", &datamodel_name)?;
        if limit == Some(0) {
            return Err(Error::invalid("the limit of rows is 0").with_next_step("ask for a row"));
        }
        if page_size == 0 || page_size > MAX_PAGE {
            return Err(Error::invalid(format!("a page cannot have so many rows: {page_size}"))
                .with_next_step(format!("ask for pages of 1 to {MAX_PAGE} rows")));
        }
        let source = match query {
            Some(query) => Source::Query(one_query(&query)?),
            None => {
                let table = table_name.unwrap_or_default();
                required("the table's name", &table)?;
                Source::Table(table)
            }
        };
        Ok(DataPages {
            client: self.client.clone(),
            reference: datamodel_name,
            source,
            question: None,
            page: page_size,
            left: limit,
            offset,
            read: 0,
            headers: Vec::new(),
            columns: Vec::new(),
            last_page: None,
            offset_holds: false,
            truncated: false,
            ended: false,
        })
    }
}

impl DataPages {
    /// The next page; `None` behind the last one. The first page tells the columns, even when
    /// there are no rows.
    ///
    /// # Errors
    /// `not_found` for the data model or the table, with what is near; `unsupported` when the model
    /// was never built or the table is hidden; `invalid_input` with the server's words when it
    /// refuses the query; `forbidden` without the right to query in SQL.
    pub async fn next(&mut self) -> Result<Option<DataPage>> {
        if self.ended {
            return Ok(None);
        }
        let page = self.read_page().await.map_err(about("data model", &self.reference));
        // What failed once is not gone on with: rows would be missing in between.
        self.ended |= page.is_err();
        page
    }

    /// The pages as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<DataPage>> + Send {
        stream::try_unfold(self, |mut pages| async move {
            let page = pages.next().await?;
            Ok(page.map(|page| (page, pages)))
        })
    }

    /// Whether there are, or may be, rows behind those that were read. Known at the end.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// How many rows were read so far.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.read
    }

    async fn read_page(&mut self) -> Result<Option<DataPage>> {
        let first = self.question.is_none();
        let want = self.left.map_or(self.page, |left| left.min(self.page));
        // One more than is wanted last, to learn whether there are more.
        let is_last = self.left == Some(want);
        let asked = if is_last { want + 1 } else { want };
        let mut found = self.ask(asked).await?;
        self.same_columns(&found, first)?;
        let got = found.rows.len() as u64;
        found.rows.truncate(usize::try_from(want).unwrap_or(usize::MAX));
        let kept = found.rows.len() as u64;
        self.check_progress(&found.rows, first).await?;
        self.offset += kept;
        self.read += kept;
        self.left = self.left.map(|left| left - kept);
        if got > kept || (got == asked && !is_last) {
            self.ended = is_last;
            self.truncated = is_last;
        } else if got > 0 && got.is_multiple_of(ROUND) {
            self.go_on_behind_a_cap(got).await?;
        } else {
            self.end();
        }
        if kept == 0 && !first {
            return Ok(None);
        }
        Ok(Some(DataPage { columns: self.columns.clone(), rows: found.rows }))
    }

    /// Fewer rows than asked, and a round number: the end, or a limit of the server.
    async fn go_on_behind_a_cap(&mut self, got: u64) -> Result<()> {
        self.page = got;
        if self.left != Some(0) {
            return Ok(());
        }
        let more = self.ask(1).await?;
        if more.rows.is_empty() {
            self.end();
        } else {
            (self.ended, self.truncated) = (true, true);
        }
        Ok(())
    }

    fn end(&mut self) {
        self.ended = true;
        self.truncated = self.read > 0 && CAPS.contains(&self.offset);
    }

    /// Ask for rows at the offset. The first time the question may have to be put in another way.
    async fn ask(&mut self, count: u64) -> Result<SqlRows> {
        if let Some(question) = &self.question {
            return self.client.sql(&question.title, &question.sql, count, self.offset).await;
        }
        let mut question = self.first_question().await?;
        let mut tried = Vec::new();
        loop {
            let answer = self.client.sql(&question.title, &question.sql, count, self.offset).await;
            match answer {
                Ok(rows) => {
                    self.question = Some(question);
                    return Ok(rows);
                }
                Err(error) if may_be_explained(&error) => {
                    tried.push(question);
                    question =
                        explain(&self.client, &self.reference, &self.source, &tried, error).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Queries go by title, so an id is looked up; a title is tried as it is.
    async fn first_question(&self) -> Result<Question> {
        if !is_uuid(&self.reference) {
            return Ok(Question::new(&self.reference, &self.source));
        }
        let model = ModelDocument::from_value(self.client.find_model(&self.reference).await?)?;
        match not_deployed(&model) {
            Some(error) => Err(error),
            None => Ok(Question::new(model.title().unwrap_or(&self.reference), &self.source)),
        }
    }

    fn same_columns(&mut self, found: &SqlRows, first: bool) -> Result<()> {
        if first {
            self.columns = columns(found);
            self.headers.clone_from(&found.headers);
        } else if found.headers != self.headers {
            return Err(Error::new(ErrorKind::Decode, "a later page has other columns")
                .with_next_step("ask again; the data model may have been built meanwhile"));
        }
        Ok(())
    }

    /// A server that ignores the offset gives the same page for ever. Equal pages may also be equal
    /// rows, so the place behind the end of everything tells.
    async fn check_progress(&mut self, rows: &[Vec<Value>], first: bool) -> Result<()> {
        let page = (!rows.is_empty()).then(|| fingerprint(rows));
        let repeats = !first && page.is_some() && page == self.last_page && !self.offset_holds;
        self.last_page = page;
        let (Some(question), true) = (&self.question, repeats) else { return Ok(()) };
        let beyond = self.client.sql(&question.title, &question.sql, 1, BEYOND).await?;
        if beyond.rows.is_empty() {
            self.offset_holds = true;
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            "this server ignores the offset of a query, so only the first rows can be read",
        )
        .with_next_step("ask for fewer rows, or divide them by a WHERE"))
    }
}

fn fingerprint(rows: &[Vec<Value>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    rows.hash(&mut hasher);
    hasher.finish()
}

/// The columns of an answer, with headers that repeat numbered.
fn columns(found: &SqlRows) -> Vec<DataColumn> {
    let mut taken: HashSet<String> = HashSet::new();
    let headers: HashSet<&String> = found.headers.iter().collect();
    let mut unique = |header: &String| {
        let mut name = header.clone();
        let mut number = 1_usize;
        while taken.contains(&name) || (number > 1 && headers.contains(&name)) {
            number += 1;
            name = format!("{header}_{number}");
        }
        taken.insert(name.clone());
        name
    };
    let kinds = found.types.iter().map(|code| code.map(type_name));
    found
        .headers
        .iter()
        .zip(kinds)
        .map(|(header, kind)| DataColumn { name: unique(header), kind })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_repeat_are_numbered_and_take_no_other_name() {
        let headers = ["Column", "Column_2", "Column", "a", "Column", ""];
        let headers: Vec<String> = headers.iter().map(|name| (*name).to_owned()).collect();
        let found = SqlRows { types: vec![None; headers.len()], headers, rows: Vec::new() };
        let names: Vec<String> = columns(&found).into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["Column", "Column_2", "Column_3", "a", "Column_4", ""]);
    }
}
