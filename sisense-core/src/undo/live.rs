//! The state of now, read once per deployment, with what the way back has removed so far.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::client::Client;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::users::UserRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, AssetKind, Entry, Run};
use crate::transport::ApiPath;

/// What is there now, as far as the way back needs it.
pub(super) struct Live<'a> {
    clients: &'a [Client],
    run: &'a Run,
    /// Ids of what the run made, so that nothing of it is restored that goes away anyway.
    made: HashSet<String>,
    /// Ids of what the way back has removed or, in a preview, would remove.
    gone: HashSet<String>,
    users: HashMap<String, Vec<UserRecord>>,
    dashboards: HashMap<String, Vec<DashboardRecord>>,
    folders: HashMap<String, Vec<Value>>,
}

impl<'a> Live<'a> {
    pub(super) fn new(clients: &'a [Client], run: &'a Run, entries: &[Entry]) -> Self {
        let created = entries.iter().filter(|entry| entry.change.action == Action::Create);
        Live {
            clients,
            run,
            made: created.filter_map(|entry| entry.id.clone()).collect(),
            gone: HashSet::new(),
            users: HashMap::new(),
            dashboards: HashMap::new(),
            folders: HashMap::new(),
        }
    }

    /// The deployment of an entry.
    pub(super) fn client(&self, entry: &Entry) -> Result<&'a Client> {
        let name = &entry.change.asset.deployment;
        self.clients.iter().find(|client| client.name() == name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the deployment {name} is not configured"))
                .with_next_step("configure the deployment that the run wrote to")
        })
    }

    /// Whether the way back may only look.
    pub(super) fn is_preview(&self) -> bool {
        self.run.mode() == crate::run::RunMode::Preview
    }

    /// Whether the run that is taken back made it.
    pub(super) fn is_made(&self, id: &str) -> bool {
        self.made.contains(id)
    }

    /// Whether the way back has removed it. In a preview nothing is removed yet: what the run made
    /// counts, which goes before what it needs does.
    pub(super) fn goes(&self, id: &str) -> bool {
        self.gone.contains(id) || (self.is_preview() && self.is_made(id))
    }

    /// What an entry had made is gone now.
    pub(super) fn note_gone(&mut self, entry: &Entry) {
        if entry.change.action == Action::Create
            && let Some(id) = &entry.id
        {
            self.gone.insert(id.clone());
        }
        // What others own or hold may have changed with it: a run looks again, a preview cannot.
        if !self.is_preview() {
            let name = &entry.change.asset.deployment;
            match entry.change.asset.kind {
                AssetKind::Dashboard => drop(self.dashboards.remove(name)),
                AssetKind::User => drop(self.users.remove(name)),
                AssetKind::Folder => drop(self.folders.remove(name)),
                _ => {}
            }
        }
    }

    /// All dashboards of an entry's deployment.
    pub(super) async fn dashboards(&mut self, entry: &Entry) -> Result<&[DashboardRecord]> {
        let client = self.client(entry)?;
        let name = client.name();
        if !self.dashboards.contains_key(name) {
            let rows = client.list_dashboards(Vec::new()).await?;
            self.dashboards.insert(name.to_owned(), rows);
        }
        Ok(self.dashboards.get(name).map_or(&[], Vec::as_slice))
    }

    /// All users of an entry's deployment.
    pub(super) async fn users(&mut self, entry: &Entry) -> Result<&[UserRecord]> {
        let client = self.client(entry)?;
        let name = client.name();
        if !self.users.contains_key(name) {
            let rows = client.list_users().await?;
            self.users.insert(name.to_owned(), rows);
        }
        Ok(self.users.get(name).map_or(&[], Vec::as_slice))
    }

    /// The folders that the caller sees in an entry's deployment.
    pub(super) async fn folders(&mut self, entry: &Entry) -> Result<&[Value]> {
        let client = self.client(entry)?;
        let name = client.name();
        if !self.folders.contains_key(name) {
            let path = ApiPath::new(["api", "v1", "folders"]);
            let query = vec![("structure", "flat".to_owned())];
            let rows: Vec<Value> = client.transport().list("all folders", path, query).await?;
            self.folders.insert(name.to_owned(), rows);
        }
        Ok(self.folders.get(name).map_or(&[], Vec::as_slice))
    }
}
