//! Exports and imports of schemas.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::documents::ModelDocument;
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::model_shares::{
    ModelShare, extract_permissions, live_permissions, shares_in,
};
use crate::domains::lookup::models::ModelRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Pass;
use crate::transport::{Answer, ApiPath, Query};

/// The schema of a data model with what shall travel along.
pub(crate) async fn export(
    client: &Client,
    oid: &str,
    dependencies: &str,
) -> Result<ModelDocument> {
    let path = ApiPath::new(["api", "v2", "datamodel-exports", "schema"]);
    let mut query: Query =
        vec![("datamodelId", oid.to_owned()), ("type", "schema-latest".to_owned())];
    if !dependencies.is_empty() {
        query.push(("dependenciesIdsToInclude", dependencies.to_owned()));
    }
    // The server gathers a whole model, which may take its time.
    let answer = client.transport().get_slow(path, query).await?;
    let told = answer.body().get("datasets").is_some_and(Value::is_array);
    if !told {
        return Err(answer.misshaped("the schema of a data model"));
    }
    ModelDocument::from_value(answer.into_body())
}

/// Bring a document in. The query says where it goes.
pub(super) async fn import(
    client: &Client,
    pass: &Pass,
    query: Query,
    document: Value,
) -> Result<Answer> {
    let path = ApiPath::new(["api", "v2", "datamodel-imports", "schema"]);
    client.transport().write(pass, Method::POST, path, query, Some(document)).await
}

/// All connections of the target; none, and why, when it does not manage them.
pub(super) async fn connections(client: &Client) -> Result<(Vec<ConnectionRecord>, Option<Error>)> {
    match client.list_connections().await {
        Ok(list) => Ok((list, None)),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok((Vec::new(), Some(error))),
        Err(error) => Err(error),
    }
}

/// With whom a model is shared, and whether that could be read where it is kept: a live model that
/// was never published has no place for it.
pub(super) async fn shares(
    client: &Client,
    model: &ModelRecord,
) -> Result<(Vec<ModelShare>, bool)> {
    let live = is_live(model);
    let path = if live { live_permissions(&model.oid) } else { extract_permissions(model.title()) };
    match client.shares_at(path).await {
        Ok(list) => Ok((list, true)),
        Err(error) if live && error.kind() == ErrorKind::NotFound => {
            let document = ModelDocument::from_value(client.get_model_by_id(&model.oid).await?)?;
            Ok((shares_in(&document)?.unwrap_or_default(), false))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn is_live(model: &ModelRecord) -> bool {
    model.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("live"))
}
