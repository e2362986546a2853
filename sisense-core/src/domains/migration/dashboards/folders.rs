//! Folders: known by the names from the top down, made on the target where they are missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Migrations;
use super::trail::Trail;
use crate::client::Client;
use crate::error::{Error, ErrorReport, Result};
use crate::run::{Action, AssetKind, Change, Door, Pass, Run, Undo};
use crate::transport::{Answer, ApiPath};

/// How many folders are made at once; those above are made before those below.
const AT_ONCE: usize = 8;

/// The names from the top down.
pub(super) type Path = Vec<String>;

/// A folder as the token's user sees it.
#[derive(Deserialize)]
struct FolderRecord {
    oid: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    owner: Option<Value>,
    #[serde(rename = "parentId", default)]
    parent: Option<String>,
}

impl FolderRecord {
    fn owner(&self) -> Option<&str> {
        let owner = self.owner.as_ref()?;
        owner.as_str().or_else(|| owner.get("_id").and_then(Value::as_str))
    }
}

/// The folders of one side.
#[derive(Default)]
pub(super) struct Tree {
    folders: HashMap<String, FolderRecord>,
}

impl Tree {
    pub(super) async fn of(client: &Client) -> Result<Self> {
        let path = ApiPath::new(["api", "v1", "folders"]);
        let rows: Vec<FolderRecord> =
            client.transport().list("all folders", path, Vec::new()).await?;
        // The list has a root of its own that is no folder.
        let rows = rows.into_iter().filter(|row| row.oid != "rootFolder");
        Ok(Tree { folders: rows.map(|row| (row.oid.clone(), row)).collect() })
    }

    /// The names down to a folder; `None` when one of them is not seen.
    pub(super) fn path(&self, id: &str) -> Option<Path> {
        let (mut path, mut at) = (Vec::new(), id);
        while let Some(folder) = self.folders.get(at) {
            path.push(folder.name.clone().filter(|name| !name.is_empty())?);
            match folder.parent.as_deref().filter(|p| !p.is_empty() && *p != "rootFolder") {
                // A circle has no way up.
                Some(_) if path.len() > self.folders.len() => return None,
                Some(parent) => at = parent,
                None => {
                    path.reverse();
                    return Some(path);
                }
            }
        }
        None
    }

    /// The folders of one user by their paths; of twins that with the smaller id.
    fn own(&self, user: &str) -> HashMap<Path, String> {
        let mut own = HashMap::new();
        let mut ids: Vec<&String> = self.folders.keys().collect();
        ids.sort_unstable();
        for id in ids {
            if self.folders.get(id).and_then(FolderRecord::owner) == Some(user)
                && let Some(path) = self.path(id)
            {
                own.entry(path).or_insert_with(|| id.clone());
            }
        }
        own
    }
}

/// A path as a person reads it. A slash within a name is told apart from one between names.
pub(super) fn shown(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| name.replace('/', "\\/")).collect();
    names.join("/")
}

/// The folders of the target that dashboards go into: the id, or why there is none.
#[derive(Default)]
pub(super) struct Places {
    ids: BTreeMap<Path, std::result::Result<String, ErrorReport>>,
}

impl Places {
    pub(super) fn id(&self, path: &Path) -> std::result::Result<String, Error> {
        match self.ids.get(path) {
            Some(Ok(id)) => Ok(id.clone()),
            Some(Err(report)) => Err(report.clone().into()),
            None => Err(Error::not_found("folder", &shown(path))),
        }
    }
}

/// A folder that the door let through.
struct Open {
    path: Path,
    pass: Pass,
    body: Value,
}

impl Migrations {
    /// Find or make these folders and those above them, as the token's user's own.
    pub(super) async fn places(
        &self,
        run: &Run,
        operation: &'static str,
        trail: &Trail,
        me: &str,
        there: Option<Result<Tree>>,
        wanted: BTreeSet<Path>,
    ) -> Result<Places> {
        let mut places = Places::default();
        if wanted.is_empty() {
            return Ok(places);
        }
        let there = match there {
            Some(tree) => tree?.own(me),
            None => Tree::of(&self.target).await?.own(me),
        };
        let mut levels: BTreeMap<usize, BTreeSet<Path>> = BTreeMap::new();
        for path in &wanted {
            for depth in 1..=path.len() {
                levels.entry(depth).or_default().insert(path[..depth].to_vec());
            }
        }
        for paths in levels.into_values() {
            let mut open = Vec::new();
            for path in paths {
                let change = self.folder_change(operation, &path);
                let earlier =
                    trail.find(run, &change, |_| true).map(|entry| Arc::clone(&entry.change));
                let found = there.get(&path);
                if earlier.is_none()
                    && let Some(id) = found
                {
                    places.ids.insert(path, Ok(id.clone()));
                    continue;
                }
                let parent = match path.len() {
                    1 => Ok(None),
                    depth => places.id(&path[..depth - 1].to_vec()).map(Some),
                };
                let parent = match parent {
                    Ok(parent) => parent,
                    Err(error) => {
                        places.ids.insert(path, Err(error.into_report()));
                        continue;
                    }
                };
                let name = path.last().cloned().unwrap_or_default();
                let result = match run.admit(earlier.unwrap_or_else(|| Arc::new(change))).await {
                    Ok(Door::Planned(planned)) => Ok(planned.id),
                    Ok(Door::Recorded(recorded)) => recorded
                        .id
                        .or_else(|| found.cloned())
                        .ok_or_else(|| Error::not_found("folder", &name)),
                    // A resumed run finds what it had made.
                    Ok(Door::Open(pass)) if found.is_some() => {
                        let id = found.cloned().unwrap_or_default();
                        pass.settle(Ok(Answer::made(&id))).await.map(|_| id)
                    }
                    Ok(Door::Open(pass)) => {
                        let mut body = json!({ "name": name });
                        if let Some(parent) = parent {
                            body["parentId"] = json!(parent);
                        }
                        open.push(Open { path, pass, body });
                        continue;
                    }
                    Err(error) => Err(error),
                };
                places.ids.insert(path, result.map_err(Error::into_report));
            }
            let mut made =
                stream::iter(open).map(|open| self.make_folder(me, open)).buffer_unordered(AT_ONCE);
            while let Some((path, id)) = made.next().await {
                places.ids.insert(path, id.map_err(Error::into_report));
            }
        }
        Ok(places)
    }

    async fn make_folder(&self, me: &str, open: Open) -> (Path, Result<String>) {
        let Open { path, pass, body } = open;
        let api = ApiPath::new(["api", "v1", "folders"]);
        let transport = self.target.transport();
        let sent = transport.write(&pass, Method::POST, api, Vec::new(), Some(body)).await;
        let unclear = match &sent {
            Ok(answer) => answer.id().is_none(),
            Err(error) => error.is_unanswered(),
        };
        let sent = if unclear {
            let tree = Tree::of(&self.target).await;
            let found = tree.ok().and_then(|tree| tree.own(me).remove(&path));
            match (found, sent) {
                (Some(id), _) => Ok(Answer::new(200, json!({ "oid": id }))),
                (None, Ok(answer)) => Err(answer.misshaped("a folder with its id")),
                (None, error) => error,
            }
        } else {
            sent
        };
        let id = pass.settle(sent).await.map(|answer| answer.id().unwrap_or_default().to_owned());
        (path, id)
    }

    fn folder_change(&self, operation: &'static str, path: &[String]) -> Change {
        let name = shown(path);
        let asset = self.asset(AssetKind::Folder, None, &name);
        Change::new(operation, asset, Action::Create, format!("Create the folder {name}"))
            .after(json!({ "path": name }))
            .undo(Undo::Yes("delete the folder, while it is empty".to_owned()))
    }
}
