//! Dashboards: the admin's list, one by reference, whole documents, and who sees them.

use std::collections::HashSet;

use futures_util::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{about, is_object_id, not_found, pick, same};
use crate::client::Client;
use crate::documents::DataSource;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;
use crate::transport::{Answer, ApiPath, Query};

/// A row of the admin's list of dashboards.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct DashboardRecord {
    pub(crate) oid: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// An id, or an object when the server expands it by itself.
    #[serde(default, deserialize_with = "id_or_object")]
    pub(crate) owner: Option<String>,
    #[serde(rename = "parentFolder", default, deserialize_with = "id_or_object")]
    pub(crate) parent_folder: Option<String>,
    #[serde(default)]
    pub(crate) datasource: Option<Value>,
    #[serde(default)]
    pub(crate) shares: Option<Vec<ShareRecord>>,
    #[serde(default)]
    pub(crate) created: Option<String>,
    #[serde(rename = "lastUpdated", default)]
    pub(crate) last_updated: Option<String>,
    #[serde(rename = "lastOpened", default)]
    pub(crate) last_opened: Option<String>,
}

/// A row of a share list. The owner's own row has no rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct ShareRecord {
    #[serde(rename = "shareId")]
    pub(crate) share_id: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) rule: Option<String>,
    #[serde(default)]
    pub(crate) subscribe: Option<bool>,
}

fn id_or_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(id)) => Some(id),
        Some(Value::Object(map)) => {
            ["_id", "oid", "id"].iter().find_map(|k| map.get(*k)?.as_str().map(str::to_owned))
        }
        _ => None,
    })
}

impl DashboardRecord {
    pub(crate) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }

    /// The title of the data source, however the row writes it.
    pub(crate) fn datasource_title(&self) -> Option<String> {
        DataSource::from_value(self.datasource.as_ref()?)?.title
    }

    pub(crate) fn describe(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or("unknown");
        let folder = self.parent_folder.as_deref().unwrap_or("root");
        format!("{} ({}, owner {owner}, folder {folder})", self.title(), self.oid)
    }
}

/// Whole documents, and those that could not be loaded.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) documents: Vec<Value>,
    pub(crate) failed: Vec<(String, Error)>,
    /// Ids of the documents that came without the admin's flag: they are the caller's own copies,
    /// which differ from the owner's until that one is published.
    pub(crate) copies: Vec<String>,
}

impl Loaded {
    fn failed(failed: Vec<(String, Error)>) -> Self {
        Loaded { failed, ..Loaded::default() }
    }

    fn take(&mut self, exported: Exported) {
        if exported.copies {
            self.copies.extend(exported.documents.iter().filter_map(document_id));
        }
        self.documents.extend(exported.documents);
    }
}

/// What one export answered.
struct Exported {
    documents: Vec<Value>,
    copies: bool,
}

/// The answer of `GET /api/shares/dashboard/{id}`.
#[derive(Clone, Debug)]
pub(crate) struct DashboardShares {
    pub(crate) shares: Vec<ShareRecord>,
    pub(crate) owner: Option<String>,
}

/// The members of a row that a listing needs; widgets, layout and filters stay on the server.
const FIELDS: &str =
    "oid,title,owner,parentFolder,datasource,shares,created,lastUpdated,lastOpened";
/// How many documents one export asks for.
const CHUNK: usize = 20;
/// How many exports are under way at once.
const EXPORTS: usize = 4;

fn admin_query(more: Query) -> Query {
    let mut query = vec![("dashboardType", "owner".to_owned())];
    query.extend(more);
    query
}

impl Client {
    /// Dashboards of the whole deployment, one row each; `more` narrows the list on the server.
    pub(crate) async fn list_dashboards(&self, more: Query) -> Result<Vec<DashboardRecord>> {
        // A narrowed list is about one dashboard or model, which the caller names.
        let whole = more.is_empty();
        let listed = self.list_admin(more).await;
        listed.map_err(|error| if whole { error.with_asset("all dashboards") } else { error })
    }

    async fn list_admin(&self, more: Query) -> Result<Vec<DashboardRecord>> {
        let mut query = admin_query(more);
        query.push(("fields", FIELDS.to_owned()));
        let path = ApiPath::new(["api", "v1", "dashboards", "admin"]);
        let answer =
            self.transport().get(path, query).await.map_err(|error| match error.kind() {
                ErrorKind::Forbidden => {
                    error.with_other_step("listing all dashboards needs an admin's token")
                }
                _ => error,
            })?;
        let mut rows: Vec<DashboardRecord> = answer.decode_list()?;
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.oid.clone()));
        Ok(rows)
    }

    /// One dashboard by id or title. A title that fits several is ambiguous.
    pub(crate) async fn find_dashboard(&self, reference: &str) -> Result<DashboardRecord> {
        super::required("the dashboard's id or title", reference)?;
        self.look_for_dashboard(reference).await.map_err(about("dashboard", reference))
    }

    async fn look_for_dashboard(&self, reference: &str) -> Result<DashboardRecord> {
        if is_object_id(reference) {
            let rows = self.list_dashboards(vec![("id", reference.to_owned())]).await?;
            if let Some(row) = rows.into_iter().find(|row| same(&row.oid, reference)) {
                return Ok(row);
            }
        }
        let rows = self.list_dashboards(vec![("name", reference.to_owned())]).await?;
        // An exact title among the hits is enough only when the filter also returned its twins,
        // which both an exact and a partial filter do.
        let hit =
            pick("dashboard", reference, &rows, DashboardRecord::title, DashboardRecord::describe)?;
        if let Some(row) = hit {
            return Ok(row.clone());
        }
        let all = self.list_dashboards(Vec::new()).await?;
        pick("dashboard", reference, &all, DashboardRecord::title, DashboardRecord::describe)?
            .cloned()
            .ok_or_else(|| {
                not_found("dashboard", reference, all.iter().map(DashboardRecord::title))
            })
    }

    /// Load whole documents, in chunks and side by side. A chunk that fails is read id by id, so
    /// that one bad dashboard names itself. `done` is told how many ids are finished.
    pub(crate) async fn load_dashboards(&self, ids: &[String], done: impl Fn(usize)) -> Loaded {
        let mut loaded = Loaded::default();
        let mut finished = 0;
        let mut parts = std::pin::pin!(self.dashboard_parts(ids));
        while let Some((count, part)) = parts.next().await {
            loaded.documents.extend(part.documents);
            loaded.failed.extend(part.failed);
            loaded.copies.extend(part.copies);
            finished += count;
            done(finished);
        }
        loaded
    }

    /// The same part by part, so that few documents are held at once: how many ids were asked for,
    /// and what came.
    pub(crate) fn dashboard_parts(&self, ids: &[String]) -> impl Stream<Item = (usize, Loaded)> {
        let chunks: Vec<Vec<String>> = ids.chunks(CHUNK).map(<[String]>::to_vec).collect();
        stream::iter(chunks)
            .map(move |chunk| async move { (chunk.len(), self.load_chunk(&chunk).await) })
            .buffered(EXPORTS)
    }

    async fn load_chunk(&self, ids: &[String]) -> Loaded {
        let mut loaded = Loaded::default();
        match self.export(ids).await {
            Ok(exported) => loaded.take(exported),
            // One id is its own failure; trying it alone again would ask the same.
            Err(error) if ids.len() == 1 => return Loaded::failed(vec![(ids[0].clone(), error)]),
            // Nobody answers, or nobody may: the single ids would fare no better.
            Err(error) if hopeless(&error) => {
                let report = error.into_report();
                let failed = ids.iter().map(|id| (id.clone(), report.clone().into()));
                return Loaded::failed(failed.collect());
            }
            Err(_) => {}
        }
        let have: HashSet<String> = loaded.documents.iter().filter_map(document_id).collect();
        for id in ids.iter().filter(|id| !have.contains(*id)) {
            match self.export(std::slice::from_ref(id)).await {
                Ok(one) if one.documents.iter().any(|d| document_id(d).as_ref() == Some(id)) => {
                    loaded.take(one);
                }
                Ok(_) => loaded.failed.push((id.clone(), Error::not_found("dashboard", id))),
                Err(error) => loaded.failed.push((id.clone(), error)),
            }
        }
        loaded
    }

    async fn export(&self, ids: &[String]) -> Result<Exported> {
        let path = ApiPath::new(["api", "v1", "dashboards", "export"]);
        let query = vec![("dashboardIds", ids.join(","))];
        let (answer, as_admin) = self.get_with_or_without_flag(path, query).await?;
        let documents = match answer.body() {
            Value::Array(items) if items.iter().all(Value::is_object) => answer.decode()?,
            Value::Object(_) => vec![answer.into_body()],
            _ => return Err(answer.misshaped("a list of dashboards")),
        };
        Ok(Exported { documents, copies: !as_admin })
    }

    /// Read with the admin's flag, and without it when that is refused: an owner needs none.
    pub(crate) async fn get_as_admin(&self, path: ApiPath, query: Query) -> Result<Answer> {
        self.get_with_or_without_flag(path, query).await.map(|(answer, _)| answer)
    }

    /// The same, and whether the flag was accepted.
    async fn get_with_or_without_flag(
        &self,
        path: ApiPath,
        query: Query,
    ) -> Result<(Answer, bool)> {
        let mut flagged = query.clone();
        flagged.push(("adminAccess", "true".to_owned()));
        match self.transport().get(path.clone(), flagged).await {
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                self.transport().get(path, query).await.map(|answer| (answer, false))
            }
            other => other.map(|answer| (answer, true)),
        }
    }

    /// With whom a dashboard is shared, and who owns it.
    pub(crate) async fn dashboard_shares(&self, id: &str) -> Result<DashboardShares> {
        self.read_shares(id).await.map_err(about("dashboard", id))
    }

    async fn read_shares(&self, id: &str) -> Result<DashboardShares> {
        let path = ApiPath::new(["api", "shares", "dashboard", id]);
        let answer = self.get_as_admin(path, Vec::new()).await?;
        let Some(rows) = answer.body().get("sharesTo").and_then(Value::as_array).cloned() else {
            return Err(answer.misshaped("an object with a list `sharesTo`"));
        };
        let owner = answer.body().pointer("/owner/_id").or_else(|| answer.body().get("owner"));
        let owner = owner.and_then(Value::as_str).map(str::to_owned);
        let shares = Answer::new(answer.status(), Value::Array(rows)).decode()?;
        Ok(DashboardShares { shares, owner })
    }
}

/// Whether asking again for each id alone can only fail the same way.
fn hopeless(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::Connect
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
    )
}

pub(crate) fn document_id(document: &Value) -> Option<String> {
    document.get("oid").and_then(Value::as_str).map(str::to_owned)
}

/// What is missing, in words that name the dashboard.
pub(crate) fn missing_dashboards(
    failed: Vec<(String, Error)>,
    rows: &[DashboardRecord],
) -> Vec<Missing> {
    let named = |id: &str| rows.iter().find(|row| row.oid == id).map(|row| row.title().to_owned());
    failed
        .into_iter()
        .map(|(id, error)| match named(&id) {
            Some(title) => Missing::new(format!("dashboard \"{title}\" ({id})"), error),
            None => Missing::new(format!("dashboard {id}"), error),
        })
        .collect()
}
