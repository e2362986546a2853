//! Dashboards: the admin's list, one by reference, and who sees them.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{about, is_object_id, not_found, pick, same};
use crate::client::Client;
use crate::documents::DataSource;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;
use crate::transport::{Answer, ApiPath, Body, Query};

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
    #[serde(default, deserialize_with = "data_source")]
    pub(crate) datasource: Option<DataSource>,
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

/// An object, or a text with the title.
fn data_source<'de, D: Deserializer<'de>>(de: D) -> Result<Option<DataSource>, D::Error> {
    Ok(Option::<Value>::deserialize(de)?.as_ref().and_then(DataSource::from_value))
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
        self.datasource.as_ref()?.title.clone()
    }

    pub(crate) fn describe(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or("unknown");
        let folder = self.parent_folder.as_deref().unwrap_or("root");
        format!("{} ({}, owner {owner}, folder {folder})", self.title(), self.oid)
    }
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
            self.transport().get_as(path, query).await.map_err(|error| match error.kind() {
                ErrorKind::Forbidden => {
                    error.with_other_step("listing all dashboards needs an admin's token")
                }
                _ => error,
            })?;
        let mut rows: Vec<DashboardRecord> = answer.decode_items()?;
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

    /// Read with the admin's flag, and without it when that is refused: an owner needs none.
    pub(crate) async fn get_as_admin(&self, path: ApiPath, query: Query) -> Result<Answer> {
        self.get_with_or_without_flag(path, query).await.map(|(answer, _)| answer)
    }

    /// The same, and whether the flag was accepted.
    pub(super) async fn get_with_or_without_flag<B: Body>(
        &self,
        path: ApiPath,
        query: Query,
    ) -> Result<(Answer<B>, bool)> {
        let mut flagged = query.clone();
        flagged.push(("adminAccess", "true".to_owned()));
        match self.transport().get_as(path.clone(), flagged).await {
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                self.transport().get_as(path, query).await.map(|answer| (answer, false))
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
