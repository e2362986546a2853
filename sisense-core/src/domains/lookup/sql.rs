//! Queries in SQL over a model that was built or published.

use serde_json::Value;

use super::about;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath};

/// Rows as the server gave them: values by position, since headers may repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SqlRows {
    pub(crate) headers: Vec<String>,
    /// Type codes by position, where the server told them.
    pub(crate) types: Vec<Option<i64>>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl SqlRows {
    /// A number in the first row, by position.
    pub(crate) fn number(&self, position: usize) -> Option<u64> {
        let value = self.rows.first()?.get(position)?;
        let text = || value.as_str().and_then(|text| text.trim().parse().ok());
        // A whole number may come as a float.
        let float = || value.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0).map(whole);
        value.as_u64().or_else(float).or_else(text)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked by the caller"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// A name inside a query: in brackets, or in double quotes when it holds a closing bracket.
pub(crate) fn quoted(name: &str) -> String {
    if name.contains(']') {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        format!("[{name}]")
    }
}

impl Client {
    /// Run one query. `count` limits the rows that come back, `offset` skips some.
    ///
    /// The query runs on what was built or published last, under the data security of the caller.
    pub(crate) async fn sql(
        &self,
        title: &str,
        query: &str,
        count: u64,
        offset: u64,
    ) -> Result<SqlRows> {
        let path = ApiPath::new(["api", "datasources", title, "sql"]);
        let parameters = vec![
            ("query", query.to_owned()),
            ("count", count.to_string()),
            ("offset", offset.to_string()),
            ("includeMetadata", "true".to_owned()),
            ("isMaskedResponse", "false".to_owned()),
        ];
        let answer = self.transport().get_slow(path, parameters).await.map_err(no_right);
        answer
            .and_then(|answer| read_rows(answer, |text| self.transport().clean(text)))
            .map_err(about("data model", title))
    }
}

fn no_right(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Forbidden => error.with_other_step(
            "use the token of an admin, or of somebody whose role may run queries in SQL",
        ),
        _ => error,
    }
}

/// A refusal may come with status 200.
fn read_rows(answer: Answer, clean: impl Fn(&str) -> String) -> Result<SqlRows> {
    let body = answer.body();
    if let Some(said) = refusal(body) {
        return Err(answer
            .refused(ErrorKind::InvalidInput, format!("the query was refused: {}", clean(&said)))
            .with_next_step("check the names in the query, and that the model was built"));
    }
    let strings = |list: &Value| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let headers = body.get("headers").and_then(strings);
    let values: Option<Vec<Vec<Value>>> = body
        .get("values")
        .and_then(|values| values.as_array()?.iter().map(|row| row.as_array().cloned()).collect());
    let (Some(headers), Some(rows)) = (headers, values) else {
        return Err(answer.misshaped("headers and rows of values"));
    };
    if rows.iter().any(|row| row.len() != headers.len()) {
        return Err(answer.misshaped("rows with a value for each header"));
    }
    let metadata = body.get("metadata").and_then(Value::as_array);
    let code = |index: usize| metadata?.get(index)?.get("dataType")?.as_i64();
    let types = (0..headers.len()).map(code).collect();
    Ok(SqlRows { headers, types, rows })
}

fn refusal(body: &Value) -> Option<String> {
    let refused = match body.get("error")? {
        Value::Null | Value::Bool(false) => return None,
        _ => body.get("details").or_else(|| body.get("error")),
    };
    Some(match refused {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(_)) | None => "the server gave no reason".to_owned(),
        Some(other) => other.to_string(),
    })
}

/// Whether an error is the word of the query engine, and not a lost request.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::InvalidInput && error.status() == Some(200)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<SqlRows> {
        read_rows(Answer::new(200, body), str::to_owned)
    }

    #[test]
    fn a_refusal_inside_a_200_is_an_error_with_the_servers_words() {
        for body in [
            json!({"error": true, "details": "no table Foo"}),
            json!({"error": "no table Foo"}),
            json!({"error": {"message": "no table Foo"}, "headers": [], "values": []}),
        ] {
            let error = read(body).unwrap_err();
            assert!(is_refusal(&error), "{error:?}");
            assert!(error.to_string().contains("no table Foo"), "{error}");
        }
        assert!(read(json!({"error": false, "headers": [], "values": []})).is_ok());
    }

    #[test]
    fn what_is_no_table_of_values_is_not_understood() {
        for body in [
            json!(null),
            json!([]),
            json!({"headers": ["a"]}),
            json!({"headers": ["a"], "values": {}}),
            json!({"headers": ["a"], "values": [["x", "y"]]}),
            json!({"headers": [1], "values": []}),
            json!({"headers": ["a"], "values": [null]}),
        ] {
            assert_eq!(read(body.clone()).unwrap_err().kind(), ErrorKind::Decode, "{body}");
        }
    }

    #[test]
    fn counts_are_read_by_position_in_any_spelling_of_a_number() {
        let rows = read(json!({
            "headers": ["Column", "Column"], "values": [[12, "7"]],
            "metadata": [{"dataType": 8}, {}]
        }))
        .unwrap();
        assert_eq!((rows.number(0), rows.number(1), rows.number(2)), (Some(12), Some(7), None));
        assert_eq!(rows.types, [Some(8), None]);
        let odd = read(json!({"headers": ["a", "b", "c"], "values": [[3.0, -1, 2.5]]})).unwrap();
        assert_eq!((odd.number(0), odd.number(1), odd.number(2)), (Some(3), None, None));
    }

    #[test]
    fn names_are_quoted_so_that_they_stay_one_name() {
        assert_eq!(quoted("My Table"), "[My Table]");
        assert_eq!(quoted("a]b\"c"), "\"a]b\"\"c\"");
    }
}
