//! The list that is there and the wishes, put together.

use serde_json::{Value, json};

use super::params::permission_word;
use super::{DatamodelSharesChange, NewDatamodelShare, Permission, UpdatedPermission};
use crate::documents::ModelDocument;
use crate::domains::lookup::model_shares::{ModelShare, PartyKey};
use crate::domains::lookup::parties::{Parties, Resolved};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;

/// What is to be written, and what was there.
pub(super) struct Merge {
    /// The list as the server gave it.
    pub(super) list: Vec<ModelShare>,
    /// The same, each party once, without those that are gone.
    pub(super) before: Vec<ModelShare>,
    pub(super) after: Vec<ModelShare>,
    /// Those who are added or get another permission: id, name and permission.
    pub(super) changed: Vec<(String, String, Permission)>,
    added: Vec<String>,
    updated: Vec<UpdatedPermission>,
    unchanged: Vec<String>,
    /// Ids on the list that are nobody's any more.
    pub(super) gone: Vec<String>,
}

impl Merge {
    /// Add the wishes to the list, each party once.
    ///
    /// Fails when the list holds a row that cannot be written back whole, since a list is written
    /// as a whole and that row would be lost; when a party is wished for in two ways; and when the
    /// creator would lose the right to edit.
    pub(super) fn new(
        model: &ModelDocument,
        list: Vec<ModelShare>,
        wishes: &[NewDatamodelShare],
        parties: Vec<Resolved>,
        gone: Vec<String>,
    ) -> Result<Self> {
        if list.iter().any(|share| !share.is_whole()) {
            let message = "the list of shares holds a row without party, type or permission";
            return Err(Error::new(ErrorKind::Decode, message).with_next_step(
                "share the data model on the web page; a write of this list would lose the row",
            ));
        }
        let there =
            |share: &ModelShare| !share.party_id.as_ref().is_some_and(|id| gone.contains(id));
        let before = once_each(list.iter().filter(|share| there(share)).cloned());
        let mut merge = Merge {
            list,
            gone,
            after: before.clone(),
            before,
            changed: Vec::new(),
            added: Vec::new(),
            updated: Vec::new(),
            unchanged: Vec::new(),
        };
        let wishes = each_party_once(wishes, parties)?;
        let creator = creator(model);
        for (id, wish) in wishes {
            let row = merge.after.iter().position(|share| share.party_id.as_deref() == Some(&id));
            let code = row.and_then(|row| merge.after[row].permission.clone());
            if creator == Some(id.as_str())
                && code.as_deref() == Some(Permission::Edit.code())
                && wish.permission != Permission::Edit
            {
                let message = format!("the creator of a data model may edit it: {}", wish.name);
                return Err(Error::invalid(message)
                    .with_next_step("leave the creator out; nothing was changed"));
            }
            merge.wish(id, row, code, wish);
        }
        Ok(merge)
    }

    fn wish(
        &mut self,
        id: String,
        row: Option<usize>,
        code: Option<String>,
        wish: &NewDatamodelShare,
    ) {
        let (name, permission) = (wish.name.clone(), wish.permission);
        if code.as_deref() == Some(permission.code()) {
            self.unchanged.push(name);
            return;
        }
        let share = ModelShare {
            party_id: Some(id.clone()),
            kind: Some(wish.kind.as_str().to_owned()),
            permission: Some(permission.code().to_owned()),
        };
        self.changed.push((id, name.clone(), permission));
        match row {
            Some(row) => {
                self.after[row] = share;
                let from = code.as_deref().map(permission_word);
                self.updated.push(UpdatedPermission { name, from, to: permission });
            }
            None => {
                self.after.push(share);
                self.added.push(name);
            }
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.changed.is_empty()
    }

    pub(super) fn result(&self, model: &ModelDocument) -> DatamodelSharesChange {
        DatamodelSharesChange {
            datamodel_id: model.id().map(str::to_owned),
            datamodel_name: model.title().map(str::to_owned),
            added: self.added.clone(),
            updated: self.updated.clone(),
            unchanged: self.unchanged.clone(),
            left_out: self.gone.clone(),
            share_count: self.after.len(),
        }
    }

    /// Whether everybody who had access still has some.
    pub(super) fn keeps_everybody(&self, now: &[ModelShare]) -> bool {
        self.before.iter().all(|old| now.iter().any(|new| new.party_id == old.party_id))
    }

    /// Whether the list is as it was before.
    pub(super) fn is_as_before(&self, now: &[ModelShare]) -> bool {
        self.before.iter().all(|old| now.contains(old))
    }

    /// Whether every row that was written is there.
    pub(super) fn is_kept(&self, now: &[ModelShare]) -> bool {
        self.after.iter().all(|share| now.contains(share))
    }

    /// The wishes that the server did not keep.
    pub(super) fn lost(&self, now: &[ModelShare]) -> Vec<Missing> {
        let kept = |id: &str, permission: Permission| {
            now.iter().any(|share| {
                share.party_id.as_deref() == Some(id)
                    && share.permission.as_deref() == Some(permission.code())
            })
        };
        self.changed
            .iter()
            .filter(|(id, _, permission)| !kept(id, *permission))
            .map(|(_, name, permission)| {
                let message = "the server accepted the list and does not show this row";
                let error = Error::new(ErrorKind::Server, message)
                    .with_next_step("check that the role of this user or group permits it");
                Missing::new(format!("share with {name} ({})", permission.as_str()), error)
            })
            .collect()
    }
}

/// A list as it is written.
pub(super) fn rows(shares: &[ModelShare], key: PartyKey) -> Value {
    shares.iter().map(|share| share.row(key)).collect()
}

/// A list as a person reads it, in an order that does not depend on the server.
pub(crate) fn shown(shares: &[ModelShare], parties: &Parties) -> Value {
    let mut shares: Vec<&ModelShare> = shares.iter().collect();
    shares.sort_by(|a, b| a.party_id.cmp(&b.party_id));
    let row = |share: &ModelShare| {
        let id = share.party_id.as_deref().unwrap_or_default();
        json!({
            "name": parties.name(share.kind.as_deref(), id),
            "type": share.kind,
            "permission": share.permission.as_deref().map(permission_word),
            "party_id": id,
        })
    };
    json!({"shares": shares.into_iter().map(row).collect::<Vec<_>>()})
}

/// Each party once, with the most that any of its rows allows.
fn once_each(list: impl Iterator<Item = ModelShare>) -> Vec<ModelShare> {
    let strength = |share: &ModelShare| match share.permission.as_deref() {
        Some("w") => 3,
        Some("r") => 2,
        Some("a") => 1,
        _ => 0,
    };
    let mut once: Vec<ModelShare> = Vec::new();
    for share in list {
        match once.iter_mut().find(|known| known.party_id == share.party_id) {
            None => once.push(share),
            Some(known) if strength(&share) > strength(known) => *known = share,
            Some(_) => {}
        }
    }
    once
}

/// Naming a party twice with the same permission is harmless.
fn each_party_once(
    wishes: &[NewDatamodelShare],
    parties: Vec<Resolved>,
) -> Result<Vec<(String, &NewDatamodelShare)>> {
    let mut once: Vec<(String, &NewDatamodelShare)> = Vec::new();
    for (party, wish) in parties.into_iter().zip(wishes) {
        match once.iter().find(|(id, _)| *id == party.id) {
            None => once.push((party.id, wish)),
            Some((_, known)) if known.permission == wish.permission => {}
            Some(_) => {
                let message = format!("named twice with different permissions: {}", wish.name);
                return Err(Error::invalid(message).with_next_step("name each party once"));
            }
        }
    }
    Ok(once)
}

/// The id of the person who made the model.
fn creator(model: &ModelDocument) -> Option<&str> {
    let creator = model.raw().get("creator")?;
    creator.as_str().or_else(|| ["id", "_id"].iter().find_map(|key| creator.get(*key)?.as_str()))
}
