//! With whom all dashboards of a deployment are shared.

mod models;

use futures_util::future::try_join3;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;

pub use models::*;

use super::Access;
use crate::domains::lookup::dashboards::{DashboardRecord, ShareRecord};
use crate::domains::lookup::parties::Parties;
use crate::error::{ErrorKind, Result};
use crate::page::{self, Window};
use crate::run::{Missing, Partial};
use crate::transport::ReadPost;

/// How many dashboards one page of the search holds.
const PAGE: usize = 50;
/// How many share lists are read at once, where the list of dashboards leaves them out.
const LISTS: usize = 4;

impl Access {
    /// List with whom every dashboard is shared, one row per share.
    ///
    /// A dashboard that is shared with nobody has one row of `null`s. The owner's own row is marked
    /// and is no share. Users and groups that no longer exist keep their id and are not resolved.
    /// Three requests. When the server refuses the list of all dashboards, they are searched page
    /// by page, and the answer is a part: it may hold only what the token's user sees.
    ///
    /// # Errors
    /// `forbidden` when the token may not list users or groups. A page that is lost is an error,
    /// never a shorter list.
    ///
    /// # Ask
    /// - With whom are all our dashboards shared?
    /// - Export every dashboard share of the deployment
    /// - Which dashboards are shared with nobody?
    /// - Who has access to which dashboards?
    /// - List the permissions of all dashboards
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_all_dashboard_shares(&self) -> Result<Partial<Vec<DashboardShareRow>>> {
        let (dashboards, users, groups) = try_join3(
            self.every_dashboard(),
            self.client.list_users_brief(),
            self.client.list_groups(),
        )
        .await?;
        let Partial { value: dashboards, missing } = dashboards;
        let parties = Parties::new(&users, &groups);
        let lists: Vec<(DashboardRecord, Vec<ShareRecord>)> = stream::iter(dashboards)
            .map(|dashboard| self.with_shares(dashboard))
            .buffered(LISTS)
            .try_collect()
            .await?;
        let value =
            lists.iter().flat_map(|(dashboard, list)| rows(dashboard, list, &parties)).collect();
        Ok(Partial { value, missing })
    }

    /// The admin's list, or the search when that is refused.
    async fn every_dashboard(&self) -> Result<Partial<Vec<DashboardRecord>>> {
        let refused = match self.client.list_dashboards(Vec::new()).await {
            Ok(all) => return Ok(Partial::whole(all)),
            Err(error) if error.kind() == ErrorKind::Forbidden => error,
            Err(error) => return Err(error),
        };
        let fetch = |window: Window| self.search_page(window);
        let key = |dashboard: &DashboardRecord| dashboard.oid.clone();
        let value = page::items(PAGE, key, fetch).try_collect().await?;
        let missing = vec![Missing::new("dashboards that the token's user does not see", refused)];
        Ok(Partial { value, missing })
    }

    async fn search_page(&self, window: Window) -> Result<Vec<DashboardRecord>> {
        let body = json!({
            "queryParams": {"ownershipType": "allRoot", "search": "", "asObject": true},
            "queryOptions": {
                "fields": "oid,title,owner,shares", "sort": {"title": 1},
                "skip": window.skip, "limit": window.limit,
            },
        });
        self.client.transport().query(ReadPost::DashboardSearches, body).await?.decode_list()
    }

    /// A dashboard with its share list, which a server may leave out of a list of dashboards.
    pub(super) async fn with_shares(
        &self,
        mut dashboard: DashboardRecord,
    ) -> Result<(DashboardRecord, Vec<ShareRecord>)> {
        let shares = match dashboard.shares.take() {
            Some(shares) => shares,
            None => self.client.dashboard_shares(&dashboard.oid).await?.shares,
        };
        Ok((dashboard, shares))
    }
}

fn rows(
    dashboard: &DashboardRecord,
    shares: &[ShareRecord],
    parties: &Parties,
) -> Vec<DashboardShareRow> {
    let is_owner = |share: &ShareRecord| match &dashboard.owner {
        Some(owner) => share.share_id == *owner,
        None => share.rule.is_none(),
    };
    let empty = DashboardShareRow {
        dashboard_id: dashboard.oid.clone(),
        dashboard: dashboard.title.clone(),
        share_type: None,
        share_name: None,
        share_id: None,
        rule: None,
        is_owner: false,
        subscribe: None,
        resolved: None,
    };
    let mut rows: Vec<DashboardShareRow> = shares
        .iter()
        .map(|share| {
            let name = parties.name(share.kind.as_deref(), &share.share_id).map(str::to_owned);
            DashboardShareRow {
                share_type: share.kind.clone(),
                resolved: Some(name.is_some()),
                share_name: name,
                share_id: Some(share.share_id.clone()),
                rule: share.rule.clone(),
                is_owner: is_owner(share),
                subscribe: share.subscribe,
                ..empty.clone()
            }
        })
        .collect();
    if rows.iter().all(|row| row.is_owner) {
        rows.push(empty);
    }
    rows
}
