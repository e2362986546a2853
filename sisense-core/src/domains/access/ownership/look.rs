//! What is there: the caller, the new owner, the folders and the dashboards in them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join4;
use serde_json::Value;

use super::tree::{Folder, Sight, Tree, id_of, is_folder};
use super::{ChangeFolderAndDashboardOwnership, OwnershipScope};
use crate::domains::access::Access;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::users::{UserRecord, match_user};
use crate::domains::lookup::{is_object_id, not_found, pick, required, same};
use crate::domains::whoami::Caller;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath};

/// Most folders that a message lists by their ids.
const CANDIDATES: usize = 10;

/// Everything that the plan is made from.
pub(super) struct Look {
    pub(super) me: Caller,
    pub(super) owner: UserRecord,
    pub(super) tree: Tree,
    /// The folder that was named.
    pub(super) target: String,
    /// Ids of the folders within the scope, the deepest first.
    pub(super) scope: Vec<String>,
    pub(super) dashboards: Vec<DashboardRecord>,
    /// E-mails by user id.
    pub(super) people: BTreeMap<String, String>,
    pub(super) warnings: Vec<String>,
}

impl Look {
    /// The e-mail of a user, unless there is no such user any more.
    pub(super) fn person(&self, id: Option<&str>) -> Option<String> {
        self.people.get(id?).cloned()
    }

    /// The e-mail of a user, or words in place of one.
    pub(super) fn named(&self, id: Option<&str>) -> String {
        match (self.person(id), id) {
            (Some(email), _) => email,
            (None, Some(id)) => format!("user {id}"),
            (None, None) => "an unknown owner".to_owned(),
        }
    }
}

impl Access {
    /// Look at everything. Sends reads only, and none before the arguments are in order.
    pub(super) async fn look(&self, params: &ChangeFolderAndDashboardOwnership) -> Result<Look> {
        required("the folder's name", &params.folder_name)?;
        required("the new owner's e-mail", &params.new_owner_name)?;
        let (me, users, tree, dashboards) = try_join4(
            self.client.whoami(),
            self.client.list_users_brief(),
            self.folder_tree(),
            self.client.list_dashboards(Vec::new()),
        )
        .await?;
        if let Some(user) = params.executing_user.as_deref().filter(|user| !me.is(user)) {
            let message = format!("the token is not this user's: {user}");
            return Err(Error::invalid(message).with_next_step("use the token of that user"));
        }
        let owner = new_owner(&users, &params.new_owner_name)?;
        let people: BTreeMap<String, String> = users
            .iter()
            .map(|user| {
                let name = if user.email().is_empty() { user.login() } else { user.email() };
                (user.id.clone(), name.to_owned())
            })
            .collect();
        let mut look = Look {
            me: me.clone(),
            owner,
            tree,
            target: String::new(),
            scope: Vec::new(),
            dashboards,
            people,
            warnings: Vec::new(),
        };
        if look.owner.active == Some(false) {
            look.warnings.push("the new owner's account is not active".to_owned());
        }
        self.hear_of_hidden(&mut look).await?;
        look.target = self.find_folder(&mut look, &params.folder_name).await?;
        self.settle_scope(&mut look, params.scope).await?;
        Ok(look)
    }

    /// The navigation tree of the token's user.
    async fn folder_tree(&self) -> Result<Tree> {
        let path = ApiPath::new(["api", "v1", "navver"]);
        let read = |answer: Answer| {
            Tree::read(answer.body()).ok_or_else(|| answer.misshaped("a tree of folders"))
        };
        let tree = self.client.transport().get(path, Vec::new()).await.and_then(read);
        tree.map_err(|error| error.with_asset("the tree of folders"))
    }

    /// Folders are seen per user, also by admins. Dashboards tell of the others: by their ids, and
    /// where the server expands the reference, by name, owner and the folder above.
    async fn hear_of_hidden(&self, look: &mut Look) -> Result<()> {
        let hidden: BTreeSet<String> = look
            .dashboards
            .iter()
            .filter_map(|dashboard| dashboard.parent_folder.clone())
            .filter(|id| is_folder(id) && look.tree.get(id).is_none())
            .collect();
        if hidden.is_empty() {
            return Ok(());
        }
        let query = vec![
            ("dashboardType", "owner".to_owned()),
            ("fields", "oid,parentFolder".to_owned()),
            ("expand", "parentFolder".to_owned()),
        ];
        let path = ApiPath::new(["api", "v1", "dashboards", "admin"]);
        let asked = self.client.transport().get(path, query).await;
        let rows: Vec<Value> = match asked.and_then(Answer::decode_list) {
            Ok(rows) => rows,
            // A server that does not expand leaves us with the ids.
            Err(error) if refused(&error) => Vec::new(),
            Err(error) => return Err(error.with_asset("the folders that dashboards are in")),
        };
        for document in rows.iter().filter_map(|row| row.get("parentFolder")) {
            if let Some(id) = id_of(document).filter(|id| hidden.contains(id)) {
                look.tree.hear_of(&id, Some(document).filter(|document| document.is_object()));
            }
        }
        for id in &hidden {
            look.tree.hear_of(id, None);
        }
        Ok(())
    }

    /// The one folder that a reference means.
    async fn find_folder(&self, look: &mut Look, reference: &str) -> Result<String> {
        if let Some(folder) = look.tree.get(reference.trim()) {
            return Ok(folder.id.clone());
        }
        if is_object_id(reference) && self.ask_for_folder(look, reference).await? {
            return Ok(reference.to_owned());
        }
        let all: Vec<&Folder> = look.tree.all().collect();
        let describe = |folder: &&Folder| {
            let owner = look.named(folder.owner.as_deref());
            format!("{} ({}, of {owner})", look.tree.path(&folder.id), folder.id)
        };
        let name = |folder: &&'_ Folder| -> String { folder.name.clone().unwrap_or_default() };
        let named: Vec<(String, &Folder)> =
            all.iter().map(|folder| (name(folder), *folder)).collect();
        let by_name = |one: &(String, &Folder)| describe(&one.1);
        if let Some((_, folder)) = pick("folder", reference, &named, |one| &one.0, by_name)? {
            return Ok(folder.id.clone());
        }
        let by_path = all.iter().filter(|folder| same(&look.tree.path(&folder.id), reference));
        match by_path.collect::<Vec<_>>().as_slice() {
            [] => Err(missing_folder(look, reference, &named)),
            [folder] => Ok(folder.id.clone()),
            many => {
                let candidates = many.iter().map(|folder| describe(folder)).collect();
                Err(Error::ambiguous("folder", reference, candidates))
            }
        }
    }

    /// Ask for a folder by its id. Whether it answered.
    async fn ask_for_folder(&self, look: &mut Look, id: &str) -> Result<bool> {
        let path = ApiPath::new(["api", "v1", "folders", id]);
        match self.client.transport().get(path, Vec::new()).await {
            Ok(answer) if answer.body().is_object() => {
                let folder = look.tree.hear_of(id, Some(answer.body()));
                folder.learn(answer.body());
                folder.sight = Sight::Seen;
                // The folder above it is known now too.
                if let Some(parent) = folder.parent.clone() {
                    look.tree.hear_of(&parent, None);
                }
                Ok(true)
            }
            Ok(answer) => Err(answer.misshaped("a folder")),
            Err(error) if refused(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Which folders change hands, and by id what is not known of them yet.
    async fn settle_scope(&self, look: &mut Look, scope: OwnershipScope) -> Result<()> {
        let parent = look.tree.get(&look.target).and_then(|folder| folder.parent.clone());
        let top = match (scope, parent) {
            (OwnershipScope::WithParentAndSiblings, Some(parent)) => parent,
            _ => look.target.clone(),
        };
        look.scope = look.tree.below(&top).iter().map(|folder| folder.id.clone()).collect();
        self.hear_of_owners(look).await?;
        for id in look.scope.clone() {
            let unclear = |f: &Folder| f.sight == Sight::Hidden || f.owner.is_none();
            if look.tree.get(&id).is_some_and(unclear) {
                self.ask_for_folder(look, &id).await?;
            }
        }
        let within = |id: &&str| look.scope.iter().any(|known| known == id);
        let outside: Vec<&str> =
            look.tree.nameless().into_iter().filter(|id| !within(id)).collect();
        if !outside.is_empty() {
            let some: Vec<&str> = outside.iter().take(CANDIDATES).copied().collect();
            look.warnings.push(format!(
                "the token's user does not see {} folders, and whether one of them is inside is \
                 not known: {}",
                outside.len(),
                some.join(", ")
            ));
        }
        Ok(())
    }

    /// The navigation tree may leave out the owners; the plain list of the same folders has them.
    async fn hear_of_owners(&self, look: &mut Look) -> Result<()> {
        let unclear = |folder: &Folder| folder.sight == Sight::Seen && folder.owner.is_none();
        if !look.scope.iter().filter_map(|id| look.tree.get(id)).any(unclear) {
            return Ok(());
        }
        let path = ApiPath::new(["api", "v1", "folders"]);
        let rows: Vec<Value> = match self.client.transport().get(path, Vec::new()).await {
            Ok(answer) => answer.decode_list()?,
            // Each is then asked for by its id.
            Err(error) if refused(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        for row in &rows {
            if let Some(id) = row.get("oid").and_then(Value::as_str) {
                look.tree.hear_of_owner(id, row.get("owner").and_then(id_of));
            }
        }
        Ok(())
    }
}

/// Whether the server said that a folder, or a call, is not for this caller or not there.
fn refused(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Unsupported
            | ErrorKind::InvalidInput
    )
}

fn new_owner(users: &[UserRecord], reference: &str) -> Result<UserRecord> {
    if let Some(user) = users.iter().find(|user| user.id == reference) {
        return Ok(user.clone());
    }
    match match_user(users, reference)? {
        Some(user) => Ok(user.clone()),
        None => {
            let names = users.iter().flat_map(|user| [user.email(), user.login()]);
            Err(not_found("user", reference, names))
        }
    }
}

/// "Not there", with near names and with what may hide behind an id.
fn missing_folder(look: &Look, reference: &str, named: &[(String, &Folder)]) -> Error {
    let error = not_found("folder", reference, named.iter().map(|(name, _)| name.as_str()));
    let nameless = look.tree.nameless();
    if nameless.is_empty() {
        return error;
    }
    let holds = |id: &str| {
        let inside = |one: &&DashboardRecord| one.parent_folder.as_deref() == Some(id);
        let owner = |one: &DashboardRecord| look.named(one.owner.as_deref());
        match look.dashboards.iter().find(inside) {
            Some(one) => format!("{id} (holds \"{}\" of {})", one.title(), owner(one)),
            None => id.to_owned(),
        }
    };
    let mut candidates = error.candidates().to_vec();
    candidates.extend(nameless.into_iter().take(CANDIDATES).map(holds));
    Error::not_found("folder", reference).with_candidates(candidates).with_next_step(
        "some folders are not visible to the token's user: name the folder by its id",
    )
}
