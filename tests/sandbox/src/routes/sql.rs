//! SQL over a model, by GET with the query in the address and by POST with it in the body.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Routes;
use crate::query_variants::{SqlBody, SqlErrors, SubSelect};
use crate::sql::{self, Skills, Window};
use crate::state::Deployment;
use crate::state::doc::text;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/datasources/{title}/sql", by_address)
        .post("/api/datasources/{server}/elasticubes/{title}/sql", by_body)
}

fn by_address(deployment: &mut Deployment, call: &Call) -> Answer {
    let query = call.query("query").ok_or_else(|| Reply::invalid(601, "'query' is required"))?;
    answer(deployment, call, query)
}

/// What the body may be is not known for sure: the plain text, or the text as JSON.
fn by_body(deployment: &mut Deployment, call: &Call) -> Answer {
    let json = || serde_json::from_slice::<String>(&call.body).ok();
    let plain = || String::from_utf8(call.body.to_vec()).ok().filter(|text| !text.starts_with('"'));
    let query = match deployment.variants.sql_body {
        SqlBody::Both => json().or_else(plain),
        SqlBody::Text => plain(),
        SqlBody::Json => json(),
    };
    let query = query
        .filter(|query| !query.trim().is_empty())
        .ok_or_else(|| Reply::error(StatusCode::BAD_REQUEST, 300, "the body must be a query"))?;
    answer(deployment, call, &query)
}

fn answer(deployment: &Deployment, call: &Call, query: &str) -> Answer {
    let path = "manage/elasticubes/sql_manual_queries/get";
    if !call.caller.role.may(path) && !deployment.is_granted(&call.caller, path) {
        return Err(Reply::forbidden());
    }
    let count = whole(call, "count")?.and_then(|count| usize::try_from(count).ok());
    let offset = whole(call, "offset")?.unwrap_or(0);
    let offset = usize::try_from(offset)
        .map_err(|_| Reply::invalid(601, "'offset' must not be negative"))?;
    if call.query("format").is_some_and(|format| format != "json") {
        return Err(Reply::invalid(601, "'format' must be json"));
    }
    let title = call.param("title");
    let model = deployment.queryable_model(title)?;
    // Shares belong to the model itself, not to the copy that runs.
    let shared = deployment.models.get(text(model, "oid")).unwrap_or(model);
    if !deployment.sees_model(shared, &call.caller) {
        return Err(Reply::forbidden());
    }
    let sizes = deployment.row_counts.sizes;
    let cap = if text(model, "type") == "live" { sizes.live_cap } else { sizes.extract_cap };
    let window = Window { offset, limit: Some(count.unwrap_or(cap).min(cap)) };
    let skills = Skills { sub_select: deployment.variants.sub_select == SubSelect::On };
    let rows = deployment.rows(model, &call.caller);
    let found = sql::run(query, &rows, skills, window)
        .map_err(|error| deployment.sql_error(StatusCode::BAD_REQUEST, &error.to_string()))?;
    let headers: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
    let mut body = json!({ "headers": headers, "values": [] });
    if call.query("includeMetadata").is_none_or(|value| value != "false") {
        let columns = found.columns.iter();
        let metadata =
            columns.map(|column| json!({ "name": column.name, "dataType": column.code }));
        body["metadata"] = metadata.collect();
    }
    let values = found.rows.into_iter().map(|row| row.into_iter().map(sql::Cell::json).collect());
    body["values"] = Value::Array(values.collect());
    Ok(Reply::ok(body))
}

fn whole(call: &Call, name: &str) -> Result<Option<i64>, Reply> {
    let number = |text: &str| {
        let wrong = |_| Reply::invalid(601, &format!("'{name}' must be an integer"));
        text.parse::<i64>().map_err(wrong)
    };
    call.query(name).map(number).transpose()
}

impl Deployment {
    /// A query that failed: told inside a success, or by a status.
    pub(crate) fn sql_error(&self, status: StatusCode, details: &str) -> Reply {
        match self.variants.sql_errors {
            SqlErrors::InBody => Reply::ok(json!({ "error": true, "details": details })),
            SqlErrors::Status => Reply::error(status, u32::from(status.as_u16()), details),
        }
    }

    /// A query on a model that does not exist.
    pub(crate) fn no_such_cube(&self, title: &str) -> Reply {
        let details = format!("CUBE_NOT_EXISTS: no cube has the title '{title}'");
        self.sql_error(StatusCode::NOT_FOUND, &details)
    }

    /// A query on a model that was neither built nor published.
    pub(crate) fn cube_not_built(&self, title: &str) -> Reply {
        let details = format!("CUBE_INSTANCE_MISSING: the cube '{title}' has no running instance");
        self.sql_error(StatusCode::BAD_REQUEST, &details)
    }
}
