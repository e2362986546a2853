//! The list of data models.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Datamodel, DatamodelRow};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial};
use crate::transport::{Answer, ApiPath, ReadPost};

/// What every version of the query knows.
const CORE: &str = "oid title type status sizeInMb";
/// What newer versions know besides.
const MORE: &str = "lastBuildTime lastPublishTime lastUpdated hasPendingChanges \
                    creator { firstName lastName }";

/// A row of either source.
#[derive(Deserialize)]
struct Record {
    oid: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    status: Value,
    #[serde(rename = "sizeInMb", default)]
    size: Option<f64>,
    #[serde(rename = "lastBuildTime", default)]
    last_build_time: Option<String>,
    #[serde(rename = "lastPublishTime", default)]
    last_publish_time: Option<String>,
    #[serde(rename = "lastUpdated", default)]
    last_updated: Option<String>,
    #[serde(rename = "hasPendingChanges", default)]
    has_pending_changes: Option<bool>,
    #[serde(default)]
    creator: Option<Creator>,
}

#[derive(Deserialize)]
struct Creator {
    #[serde(rename = "firstName", default)]
    first_name: Option<String>,
    #[serde(rename = "lastName", default)]
    last_name: Option<String>,
}

impl From<Record> for DatamodelRow {
    fn from(record: Record) -> Self {
        let owner = record.creator.map(|creator| {
            let names = [creator.first_name, creator.last_name];
            names.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        DatamodelRow {
            status: status(&record.status),
            size_mb: record.size.map(|size| (size * 100.0).round() / 100.0),
            datamodel_id: record.oid,
            title: record.title,
            kind: record.kind.map(|kind| kind.to_lowercase()),
            last_build_time: record.last_build_time,
            last_publish_time: record.last_publish_time,
            last_updated: record.last_updated,
            has_pending_changes: record.has_pending_changes,
            owner: owner.filter(|name| !name.is_empty()),
        }
    }
}

/// A list of words in which a running build counts most, or one word.
fn status(value: &Value) -> Option<String> {
    let words: Vec<&str> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let building = words.iter().find(|word| word.eq_ignore_ascii_case("building"));
    building.or(words.first()).map(|word| (*word).to_owned())
}

impl Datamodel {
    /// List all data models with type, size, status and build times.
    ///
    /// One request. An older server is asked again for less; one that lacks the query answers with
    /// a plain list, and status, size and owner are then named as missing.
    ///
    /// # Errors
    /// `forbidden` without the right to see data models; `decode` when the answer has no rows.
    ///
    /// # Ask
    /// - List all data models
    /// - Which cubes do we have and how big are they?
    /// - Show every elasticube with its last build
    /// - How many data models are there?
    /// - Which data models failed to build?
    /// - When was each cube built last?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_all_datamodel(&self) -> Result<Partial<Vec<DatamodelRow>>> {
        self.all().await.map_err(|error| error.with_asset("all data models"))
    }

    async fn all(&self) -> Result<Partial<Vec<DatamodelRow>>> {
        let refused = match self.metadata(&format!("{CORE} {MORE}")).await {
            Ok(rows) => return Ok(Partial::whole(rows)),
            Err(error) => error,
        };
        if refused.kind() == ErrorKind::InvalidInput {
            match self.metadata(CORE).await {
                Ok(rows) => return Ok(Partial::whole(rows)),
                Err(error) if error.kind() == ErrorKind::InvalidInput => {}
                Err(error) => return Err(error),
            }
        } else if !matches!(refused.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) {
            return Err(refused);
        }
        let rows = self.plain_list().await?;
        Ok(Partial {
            value: rows,
            missing: vec![Missing::new("status, size and owner of every data model", refused)],
        })
    }

    async fn metadata(&self, fields: &str) -> Result<Vec<DatamodelRow>> {
        let query = format!(
            "query elasticubesMetadata($tenantFilter: String, $isViewMode: Boolean) {{ \
             elasticubesMetadata(tenantFilter: $tenantFilter, isViewMode: $isViewMode) {{ {fields} }} }}"
        );
        let body = json!({ "query": query });
        let answer = self.client.transport().query(ReadPost::ModelMetadata, body).await?;
        if let Some(message) = refusal(&answer) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("the server does not accept the query: {message}"),
            ));
        }
        let Some(rows) = answer.body().pointer("/data/elasticubesMetadata").cloned() else {
            return Err(answer.misshaped("the metadata of data models"));
        };
        decode_rows(Answer::new(answer.status(), rows))
    }

    async fn plain_list(&self) -> Result<Vec<DatamodelRow>> {
        let path = ApiPath::new(["api", "v2", "datamodels", "schema"]);
        let fields = "oid,title,type,lastBuildTime,lastPublishTime,lastUpdated";
        let query = vec![("fields", fields.to_owned())];
        decode_rows(self.client.transport().get(path, query).await?)
    }
}

fn decode_rows(answer: Answer) -> Result<Vec<DatamodelRow>> {
    let records: Vec<Record> = answer.decode_list()?;
    Ok(records.into_iter().map(DatamodelRow::from).collect())
}

/// The first error of a GraphQL answer. One that holds errors holds no whole list.
fn refusal(answer: &Answer) -> Option<String> {
    let errors = answer.body().get("errors")?.as_array().filter(|errors| !errors.is_empty())?;
    let message = errors[0].get("message").and_then(Value::as_str).unwrap_or("no reason given");
    Some(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_build_counts_most_and_no_word_is_none() {
        assert_eq!(status(&json!(["running", "building"])).as_deref(), Some("building"));
        assert_eq!(status(&json!(["running"])).as_deref(), Some("running"));
        assert_eq!(status(&json!("stopped")).as_deref(), Some("stopped"));
        assert_eq!(status(&json!([])), None);
        assert_eq!(status(&Value::Null), None);
    }
}
