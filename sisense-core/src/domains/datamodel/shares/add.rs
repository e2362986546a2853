//! Sharing a data model.

use futures_util::future::try_join3;
use reqwest::Method;

use super::merge::{Merge, rows, shown};
use super::{AddDatamodelShares, DatamodelSharesChange, NewDatamodelShare};
use crate::documents::ModelDocument;
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::about;
use crate::domains::lookup::model_shares::{ModelShare, PartyKey, permissions_of};
use crate::domains::lookup::models::never_deployed;
use crate::domains::lookup::parties::{Parties, Resolved, resolve};
use crate::domains::steps::{Ready, Sent, Step, admit};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, Asset, AssetKind, Change, Missing, Partial, Run, Undo};
use crate::transport::{Answer, ApiPath};
use crate::undo::Image;

const ADD: &str = "datamodel.add_datamodel_shares";
/// Sisense's numbers for a party or a permission that it does not accept: the list was understood.
const UNDERSTOOD: [i64; 3] = [27005, 27006, 29001];

impl Datamodel {
    /// Share a data model with users and groups; others keep what they have.
    ///
    /// Who has it already with another permission gets the new one. EDIT changes the model, USE
    /// makes dashboards on it, READ sees its data in dashboards of others. Nothing is written when
    /// all have it like that already. Every name is resolved before anything is sent. The server
    /// replaces its whole list, so the list is read back: when rows are lost it is written once more
    /// in the other spelling that servers know, and if that does not help, as it was before. Shares
    /// with parties that no longer exist are left out, since servers refuse a list with them. Returns
    /// who was added, updated, left as is and left out.
    ///
    /// # Errors
    /// `not_found` with all names that fit nobody, `ambiguous` for a name that fits several,
    /// `invalid_input` when one party is named twice with different permissions or the creator would
    /// lose EDIT, `unsupported` for a live model that was never published, `forbidden` when the
    /// token may not share the model, `server` when the server keeps losing rows: the list from
    /// before was put back then. A wish that was not kept is told by what is missing in the answer.
    ///
    /// # Ask
    /// - Share the data model Sample ECommerce with the group Analysts
    /// - Let ann@example.com edit the cube Finance
    /// - Give the group Sales the permission USE on the model Pipeline
    /// - The team Support should be able to query the data model Leads
    /// - Grant bob@example.com read access to the cube Web
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn add_datamodel_shares(
        &self,
        run: &Run,
        params: AddDatamodelShares,
    ) -> Result<Partial<DatamodelSharesChange>> {
        if params.shares.is_empty() {
            return Err(Error::invalid("there is nobody to share with")
                .with_next_step("name at least one user or group"));
        }
        let (model, users, groups) = try_join3(
            self.document(&params.datamodel_name),
            self.client.list_users_brief(),
            self.client.list_groups(),
        )
        .await?;
        let name = about("data model", &params.datamodel_name);
        let wanted = params.shares.iter().map(|wish| (wish.kind, wish.name.as_str()));
        let parties = resolve(wanted, &users, &groups).map_err(&name)?;
        if model.is_live() && never_deployed(&model) {
            return Err(name(unpublished()));
        }
        let path = permissions_of(&model).map_err(&name)?;
        let list = match self.client.shares_at(path.clone()).await {
            Err(error) if model.is_live() && error.kind() == ErrorKind::NotFound => {
                return Err(name(unpublished()));
            }
            other => other.map_err(&name)?,
        };
        let names = Parties::new(&users, &groups);
        let gone = self.gone(&list, &names).await.map_err(&name)?;
        let merge = Merge::new(&model, list, &params.shares, parties, gone).map_err(&name)?;
        let mut result = merge.result(&model);
        if merge.is_nothing() {
            return Ok(Partial::whole(result));
        }
        let write = Write { place: self, path, merge, is_live: model.is_live() };
        let Some(ready) = admit(run, vec![write.step(&model, &names)]).await? else {
            return Ok(Partial::whole(result));
        };
        let mut missing = Vec::new();
        for step in ready {
            match write.send(step).await? {
                Ok(now) => {
                    result.share_count = now.len();
                    missing.extend(write.merge.lost(&now));
                }
                Err(error) => {
                    missing.push(Missing::new("a look at the list after the write", error));
                }
            }
        }
        Ok(Partial { value: result, missing })
    }
}

impl Datamodel {
    /// Share a model with those who have no access to it yet, as a change of another operation.
    /// Wishes come with the ids of their parties. Whoever is on the list stays as they are. Gives
    /// how many were added, and the wishes that the server did not keep.
    pub(crate) async fn extend_shares(
        &self,
        run: &Run,
        change: Change,
        model: &ModelDocument,
        wishes: Vec<(NewDatamodelShare, String)>,
        names: &Parties,
    ) -> Result<Partial<u64>> {
        let path = permissions_of(model)?;
        let list = self.client.shares_at(path.clone()).await?;
        let gone = self.gone(&list, names).await?;
        let is_on = |id: &str| list.iter().any(|share| share.party_id.as_deref() == Some(id));
        let (wishes, parties): (Vec<_>, Vec<_>) = wishes
            .into_iter()
            .filter(|(_, id)| !is_on(id))
            .map(|(wish, id)| (wish, Resolved { id, groups: Vec::new() }))
            .unzip();
        let merge = Merge::new(model, list, &wishes, parties, gone)?;
        let (added, nothing) = (merge.changed.len() as u64, merge.is_nothing());
        let write = Write { place: self, path, merge, is_live: model.is_live() };
        let step = Step { change, ..write.step(model, names) };
        let Some(ready) = admit(run, vec![step]).await? else { return Ok(Partial::whole(added)) };
        let mut missing = Vec::new();
        for step in ready {
            if nothing {
                step.take_as_done().await?;
                continue;
            }
            let before = write.merge.before.iter().map(ModelShare::row_for_any).collect();
            let image = Image::ModelShares { rows: before, live: model.is_live() };
            if let Err(error) = step.keep_image(run, &image).await {
                step.skip("the list from before could not be kept").await;
                return Err(error);
            }
            match write.send(step).await? {
                Ok(now) => missing.extend(write.merge.lost(&now)),
                Err(error) => {
                    missing.push(Missing::new("a look at the list after the write", error));
                }
            }
        }
        Ok(Partial { value: added, missing })
    }

    /// Ids on a list that the server itself says are nobody's. One that is only missing from the
    /// lists that the token's user sees is not gone.
    async fn gone(&self, list: &[ModelShare], names: &Parties) -> Result<Vec<String>> {
        let mut gone: Vec<String> = Vec::new();
        for share in list {
            let (Some(id), Some(kind)) = (share.party_id.as_deref(), share.kind.as_deref()) else {
                continue;
            };
            if names.name(Some(kind), id).is_some() || gone.iter().any(|known| known == id) {
                continue;
            }
            let found = match kind {
                "user" => self.client.get_user_by_id(id).await.map(|_| ()),
                "group" => self.client.get_group_by_id(id).await.map(|_| ()),
                _ => continue,
            };
            match found {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => gone.push(id.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(gone)
    }
}

fn unpublished() -> Error {
    let message = "a live data model can be shared only after it was published";
    Error::new(ErrorKind::Unsupported, message)
        .with_next_step("deploy it first (datamodel.deploy_datamodel)")
}

/// One write of a whole list.
struct Write<'a> {
    place: &'a Datamodel,
    path: ApiPath,
    merge: Merge,
    is_live: bool,
}

/// The list after a write, or why it cannot be looked at.
type Look = Result<Vec<ModelShare>>;

impl Write<'_> {
    const FIRST: PartyKey = PartyKey::PartyId;

    fn method(&self) -> Method {
        if self.is_live { Method::PATCH } else { Method::PUT }
    }

    fn step(&self, model: &ModelDocument, names: &Parties) -> Step {
        let title = model.title().unwrap_or_default();
        let asset = Asset {
            deployment: self.place.client.name().to_owned(),
            kind: AssetKind::Datamodel,
            id: model.id().map(str::to_owned),
            name: title.to_owned(),
        };
        let who = |(_, name, permission): &(String, String, super::Permission)| {
            format!("{name} ({})", permission.as_str())
        };
        let who = self.merge.changed.iter().map(who).collect::<Vec<_>>().join(", ");
        let change = Change::new(
            ADD,
            asset,
            Action::Share,
            format!("Share data model \"{title}\" with {who}"),
        )
        .before(shown(&self.merge.list, names))
        .after(shown(&self.merge.after, names))
        .note(
            "if the server loses rows, the list is written once more in its other spelling, and \
             then as it was before",
        );
        let change = match self.merge.gone.as_slice() {
            [] => change,
            gone => {
                let gone = gone.join(", ");
                change.note(format!("left out, since nobody has these ids any more: {gone}"))
            }
        };
        let change = change.undo(Undo::Yes("the list from before is written again".to_owned()));
        Step {
            change,
            method: self.method(),
            path: self.path.clone(),
            query: Vec::new(),
            body: Some(rows(&self.merge.after, Self::FIRST)),
            if_refused: None,
        }
    }

    /// Write the list, look whether it was kept, and do what is needed when it was not.
    async fn send(&self, step: Ready) -> Result<Look> {
        let (sent, merge) = (step.begin(&self.place.client).await, &self.merge);
        let understood = match sent.result() {
            Ok(_) => true,
            Err(error) if not_understood(error) => false,
            Err(_) => return sent.settle().await.map(|_| Ok(Vec::new())),
        };
        if understood {
            let now = self.look().await;
            if !sent.is_fresh() || now.as_ref().map_or(true, |now| merge.is_kept(now)) {
                sent.settle().await?;
                return Ok(now);
            }
        }
        let again = self.write(&sent, &merge.after, Self::FIRST.other()).await;
        if let (Err(error), false) = (&again, understood) {
            // Refused in both spellings, so that nothing changed: the first words count.
            let refused = error.status().is_some_and(|status| (400..500).contains(&status));
            let sent = if refused { sent } else { sent.with_result(again) };
            return sent.settle().await.map(|_| Ok(Vec::new()));
        }
        match self.look().await {
            Ok(now) if merge.keeps_everybody(&now) => {
                let sent = if again.is_ok() { sent.with_result(again) } else { sent };
                sent.settle().await.map(|_| Ok(now))
            }
            Err(unseen) if again.is_ok() => {
                sent.with_result(again).settle().await.map(|_| Err(unseen))
            }
            _ => {
                let error = self.put_back(&sent).await;
                sent.with_result(Err(error)).settle().await.map(|_| Ok(Vec::new()))
            }
        }
    }

    /// Write the list from before, in both spellings if need be, and say how that ended.
    async fn put_back(&self, sent: &Sent) -> Error {
        for key in [Self::FIRST, Self::FIRST.other()] {
            // Whether it was accepted is told by the look.
            let _ = self.write(sent, &self.merge.before, key).await;
            if self.look().await.is_ok_and(|now| self.merge.is_as_before(&now)) {
                let message = "the server lost shares; the list from before was put back";
                return Error::new(ErrorKind::Server, message)
                    .with_next_step("share the data model on the web page");
            }
        }
        let message = "the server lost shares, and the list from before could not be put back";
        Error::new(ErrorKind::Server, message).with_next_step(
            "share the data model on the web page; the journal and the preview hold the list",
        )
    }

    async fn write(&self, sent: &Sent, list: &[ModelShare], key: PartyKey) -> Result<Answer> {
        sent.again(&self.place.client, self.method(), self.path.clone(), rows(list, key)).await
    }

    async fn look(&self) -> Look {
        self.place.client.shares_at(self.path.clone()).await
    }
}

/// Whether the server did not understand the list, so that the other spelling may help.
fn not_understood(error: &Error) -> bool {
    let understood = error.report().code.is_some_and(|code| UNDERSTOOD.contains(&code));
    matches!(error.status(), Some(400 | 422)) && !understood
}
