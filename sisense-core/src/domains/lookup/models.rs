//! Data models: one by title or id, and the list of all.

use serde::Deserialize;
use serde_json::Value;

use super::{about, is_uuid, not_found, pick};
use crate::client::Client;
use crate::documents::ModelDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath};

/// A row of the list of data models.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ModelRecord {
    pub(crate) oid: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
}

impl ModelRecord {
    pub(crate) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }

    pub(crate) fn describe(&self) -> String {
        format!("{} ({})", self.title(), self.oid)
    }
}

/// A model whose title is known: dashboards and rules speak of it by its title.
pub(crate) struct Titled {
    pub(crate) document: ModelDocument,
    pub(crate) title: String,
}

impl Titled {
    pub(crate) fn from_value(value: Value) -> Result<Self> {
        let document = ModelDocument::from_value(value)?;
        let Some(title) = document.title().map(str::to_owned) else {
            return Err(Error::new(ErrorKind::Decode, "the data model came without its title"));
        };
        Ok(Titled { document, title })
    }
}

/// Whether a model says of itself that it was never built, or published, so that no query finds it.
pub(crate) fn never_deployed(model: &ModelDocument) -> bool {
    let is_null = |member: &str| model.raw().get(member).is_some_and(Value::is_null);
    if model.is_live() {
        return is_null("lastPublishTime");
    }
    // A built model may have no time of a successful build, but it has one of the two.
    is_null("lastBuildTime") && model.text("lastSuccessfulBuildTime").is_none()
}

fn schema_path() -> ApiPath {
    ApiPath::new(["api", "v2", "datamodels", "schema"])
}

/// The model of a search by title: an object, or a list of one. `None` for every form of nothing.
fn one_model(body: &Value) -> Option<&Value> {
    match body {
        Value::Array(items) if items.len() == 1 => one_model(&items[0]),
        Value::Object(map) if map.get("oid").is_some_and(Value::is_string) => Some(body),
        _ => None,
    }
}

impl Client {
    /// All data models, small rows.
    pub(crate) async fn list_models(&self) -> Result<Vec<ModelRecord>> {
        let query = vec![("fields", "oid,title,type".to_owned())];
        self.transport().list("all data models", schema_path(), query).await
    }

    /// The whole schema of a data model by its id.
    pub(crate) async fn get_model_by_id(&self, oid: &str) -> Result<Value> {
        let path = ApiPath::new(["api", "v2", "datamodels", oid, "schema"]);
        let answer = self.transport().get(path, Vec::new()).await?;
        one_model(answer.body()).cloned().ok_or_else(|| answer.misshaped("a data model"))
    }

    /// The whole schema of a data model by title or id.
    ///
    /// A title is asked for as it is. The server has many ways to say "none", one of them a 500, so
    /// whatever is no model is checked against the list of all, where the case may differ.
    pub(crate) async fn find_model(&self, reference: &str) -> Result<Value> {
        super::required("the data model's title or id", reference)?;
        self.look_for_model(reference).await.map_err(about("data model", reference))
    }

    /// The same, or `None` when every look says that there is none.
    pub(crate) async fn find_model_if_any(&self, reference: &str) -> Result<Option<Value>> {
        match self.find_model(reference).await {
            // With a status it would be the server's word on a path, not on a model.
            Err(error) if error.kind() == ErrorKind::NotFound && error.status().is_none() => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    async fn look_for_model(&self, reference: &str) -> Result<Value> {
        if is_uuid(reference) {
            match self.get_model_by_id(&reference.to_lowercase()).await {
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {}
                other => return other,
            }
        }
        let query = vec![("title", reference.to_owned())];
        let refused = match self.transport().get(schema_path(), query).await {
            Ok(answer) => match self.titled(&answer, reference)? {
                Some(model) => return Ok(model),
                None => None,
            },
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) if error.kind() == ErrorKind::Server => Some(error),
            Err(error) => return Err(error),
        };
        let all = match (self.list_models().await, refused) {
            (Ok(all), _) => all,
            (Err(_), Some(first)) => return Err(first),
            (Err(error), None) => return Err(error),
        };
        let hit = pick("data model", reference, &all, ModelRecord::title, ModelRecord::describe)?;
        match hit {
            Some(row) => self.get_model_by_id(&row.oid).await,
            None => Err(not_found("data model", reference, all.iter().map(ModelRecord::title))),
        }
    }

    /// The model of an answer, when it has the title that was asked for.
    fn titled(&self, answer: &Answer, title: &str) -> Result<Option<Value>> {
        let has_title = |model: &Value| model.get("title").and_then(Value::as_str) == Some(title);
        match answer.body() {
            Value::Null => Ok(None),
            Value::Object(map) if map.is_empty() => Ok(None),
            // A server that ignores the filter answers with all models.
            Value::Array(items) => {
                let fits: Vec<&Value> = items.iter().filter(|model| has_title(model)).collect();
                match fits.as_slice() {
                    [] => Ok(None),
                    [model] => Ok(one_model(model).cloned()),
                    many => Err(Error::ambiguous(
                        "data model",
                        title,
                        many.iter()
                            .filter_map(|model| model.get("oid").and_then(Value::as_str))
                            .map(|oid| format!("{title} ({oid})"))
                            .collect(),
                    )),
                }
            }
            body => match one_model(body) {
                Some(model) if has_title(model) => Ok(Some(model.clone())),
                Some(_) => Ok(None),
                None => Err(answer.misshaped("a data model")),
            },
        }
    }
}
