//! Rows of a table or a query, as a list.

use serde_json::{Map, Value};

use super::params::MAX_ROWS;
use super::{DataColumn, DataRequest, DataRows, GetData};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::required;
use crate::error::{Error, Result};

impl Datamodel {
    /// Read rows of a table of a data model, or of a query in SQL.
    ///
    /// Rows are of what was built or published last, under the data security of the token's user.
    /// At most 50 000 rows, 1000 unless said otherwise; `truncated` tells whether there are, or may
    /// be, more, and `next_offset` how to go on. A query is one SELECT, or WITH, over tables of the
    /// model. Headers that repeat are numbered. One request for a table of up to 10 000 rows; when
    /// the server refuses, the model is looked at to tell why. Without an ORDER BY the order of
    /// rows is the source's own. Longer answers: [`Datamodel::data_pages`].
    ///
    /// # Errors
    /// `not_found` for a data model or a table, with what is near; `unsupported` when the model was
    /// never built or published, or the table is hidden; `invalid_input` for what is no single
    /// reading query, before anything is sent, and with the server's words when it refuses the
    /// query; `forbidden` without the right to query in SQL.
    ///
    /// # Ask
    /// - Show me data of the table Commerce of the model Sample ECommerce
    /// - Run this SQL on the cube Finance
    /// - Give me the first 20 rows of Orders in the model Sales
    /// - Preview the table Leads of the cube Web
    /// - Sample records of a table
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn get_data(&self, params: GetData) -> Result<DataRows> {
        let GetData { datamodel_name, table_name, query, limit, offset } = params;
        if limit == 0 || limit > MAX_ROWS {
            return Err(Error::invalid(format!("the limit of rows cannot be this: {limit}"))
                .with_next_step(format!("ask for 1 to {MAX_ROWS} rows, and go on with `offset`")));
        }
        required("the table's name", &table_name)?;
        let request = match query {
            Some(query) => DataRequest::query(datamodel_name, query),
            None => DataRequest::table(datamodel_name, table_name),
        };
        let mut pages = self.data_pages(request.limit(limit).offset(offset))?;
        let mut columns: Vec<DataColumn> = Vec::new();
        let mut rows: Vec<Map<String, Value>> = Vec::new();
        while let Some(page) = pages.next().await? {
            columns = page.columns;
            let object = |row: Vec<Value>| {
                columns.iter().map(|column| column.name.clone()).zip(row).collect()
            };
            rows.extend(page.rows.into_iter().map(object));
        }
        let truncated = pages.is_truncated();
        Ok(DataRows {
            columns,
            row_count: rows.len(),
            truncated,
            next_offset: truncated.then(|| offset + pages.rows_read()),
            rows,
        })
    }
}
