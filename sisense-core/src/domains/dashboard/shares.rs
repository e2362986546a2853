//! With whom dashboards are shared.

use futures_util::future::{join, try_join, try_join3};
use reqwest::Method;
use serde_json::{Value, json};

use super::rights::Recipient;
use super::rows::{is_owner, minimal, ordered, recipients};
use super::{
    AddDashboardShares, DashboardShare, Dashboards, GetDashboardShare, NewShare, PartyType,
    SharesChange, UpdatedShare,
};
use crate::domains::lookup::dashboards::{DashboardRecord, DashboardShares};
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::parties::{Parties, resolve};
use crate::domains::lookup::users::{Found, UserRecord};
use crate::domains::steps::{Step, admin, admit};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, AssetKind, Change, Missing, Partial, Run, Undo};
use crate::transport::ApiPath;

const ADD: &str = "dashboard.add_dashboard_shares";

impl Dashboards {
    /// Share a dashboard with users and groups; others keep what they have.
    ///
    /// Who has it already with another rule gets the new one and keeps the subscription. The owner
    /// stays the owner. Nothing is written when all have it like that already. Every name is
    /// resolved before anything is sent. Returns who was added, updated and left as is, and warns
    /// of recipients with whom the data model is not shared.
    ///
    /// # Errors
    /// `not_found` with all names that fit nobody, `ambiguous` for a name that fits several,
    /// `invalid_input` when one party is named twice with different rules, `forbidden` when the
    /// token may not share the dashboard. That the server did not keep a row is told by what is
    /// missing in the answer.
    ///
    /// # Ask
    /// - Share the dashboard Pipeline with the group Analysts for viewing
    /// - Let ann@example.com edit dashboard 5f0000000000000000000001
    /// - Give bob@example.com view access to the dashboard Sales Overview
    /// - Add the group Support as viewer to the dashboard Costs
    /// - The group Marketing should be able to see the dashboard Campaign
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn add_dashboard_shares(
        &self,
        run: &Run,
        params: AddDashboardShares,
    ) -> Result<Partial<SharesChange>> {
        if params.shares.is_empty() {
            return Err(Error::invalid("there is nobody to share with")
                .with_next_step("name at least one user or group"));
        }
        let record = self.client.find_dashboard(&params.dashboard_id).await?;
        let (shares, parties) = try_join(
            self.client.dashboard_shares(&record.oid),
            self.resolve_parties(&params.shares),
        )
        .await?;
        let merge = Merge::new(&shares, &record, &parties);
        let mut result = merge.result(&record, recipients(&shares));
        if merge.is_nothing() {
            return Ok(Partial::whole(result));
        }
        let new: Vec<Recipient> = merge.recipients(parties);
        let warnings = self.rights_warnings(record.datasource.as_ref(), &new).await;
        let step = self.share_step(&record, &shares, &merge, &warnings);
        result.warnings = warnings;
        result.share_count += merge.added.len();
        let Some(ready) = admit(run, vec![step]).await? else {
            return Ok(Partial::whole(result));
        };
        for step in ready {
            step.send(&self.client).await?;
        }
        let mut missing = Vec::new();
        match self.client.dashboard_shares(&record.oid).await {
            Ok(now) => {
                result.share_count = recipients(&now);
                missing.extend(merge.lost(&now));
            }
            Err(error) => missing.push(Missing::new("a look at the list after the write", error)),
        }
        Ok(Partial { value: result, missing })
    }

    /// List the users and groups with whom a dashboard is shared.
    ///
    /// Returns one row each with name, rule and subscription; the owner's own row has no rule.
    /// Parties that no longer exist are kept with a `null` name. An empty list means that the
    /// dashboard is not shared. Three requests.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when several dashboards have the title,
    /// `forbidden` when the token is not an admin's.
    ///
    /// # Ask
    /// - With whom is the dashboard Pipeline shared?
    /// - Who can edit Sales Overview?
    /// - Who has access to the dashboard Costs?
    /// - Show the shares of the dashboard Campaign
    /// - Is the dashboard Pipeline shared with ann@example.com?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_dashboard_share(
        &self,
        params: GetDashboardShare,
    ) -> Result<Vec<DashboardShare>> {
        let (record, users, groups) = try_join3(
            self.client.find_dashboard(&params.dashboard_name),
            self.client.list_users_brief(),
            self.client.list_groups(),
        )
        .await?;
        let (rows, owner) = match &record.shares {
            Some(rows) => (rows.clone(), record.owner.clone()),
            None => {
                let shares = self.client.dashboard_shares(&record.oid).await?;
                (shares.shares, shares.owner.or_else(|| record.owner.clone()))
            }
        };
        let parties = Parties::new(&users, &groups);
        Ok(rows
            .into_iter()
            .map(|row| DashboardShare {
                dashboard_id: record.oid.clone(),
                dashboard: record.title().to_owned(),
                share_name: parties.name(row.kind.as_deref(), &row.share_id).map(str::to_owned),
                is_owner: is_owner(&row, owner.as_deref()),
                share_type: row.kind,
                share_id: row.share_id,
                rule: row.rule,
                subscribe: row.subscribe,
            })
            .collect())
    }

    /// Every name's party. All names that fit nobody are named together.
    async fn resolve_parties(&self, wishes: &[NewShare]) -> Result<Vec<Party>> {
        let of = |kind: PartyType| wishes.iter().filter(move |wish| wish.kind == kind);
        let users = async {
            let mut named = of(PartyType::User);
            match (named.next(), named.next()) {
                (None, _) => Ok(Vec::new()),
                // One user is asked for by e-mail, which is a small answer.
                (Some(wish), None) => match self.client.find_user_if_any(&wish.name).await? {
                    Found::One(user) => Ok(vec![*user]),
                    Found::None(all) => Ok(all),
                },
                _ => self.client.list_users_brief().await,
            }
        };
        let groups = async {
            if of(PartyType::Group).next().is_some() {
                self.client.list_groups().await
            } else {
                Ok(Vec::new())
            }
        };
        let (users, groups) = join(users, groups).await;
        let (users, groups): (Vec<UserRecord>, Vec<GroupRecord>) = (users?, groups?);
        let wanted = wishes.iter().map(|wish| (wish.kind, wish.name.as_str()));
        let mut parties: Vec<Party> = Vec::new();
        for (found, wish) in resolve(wanted, &users, &groups)?.into_iter().zip(wishes) {
            let party = Party { id: found.id, wish: wish.clone(), groups: found.groups };
            add_party(&mut parties, party)?;
        }
        Ok(parties)
    }

    fn share_step(
        &self,
        record: &DashboardRecord,
        shares: &DashboardShares,
        merge: &Merge,
        warnings: &[String],
    ) -> Step {
        let asset = self.asset(AssetKind::Dashboard, &record.oid, record.title());
        let names: Vec<String> =
            merge.changed.iter().map(|(_, name, rule)| format!("{name} ({rule})")).collect();
        let summary = format!("Share dashboard \"{}\" with {}", record.title(), names.join(", "));
        let mut change = Change::new(ADD, asset, Action::Share, summary)
            .before(json!({"shares": ordered(&merge.named(minimal(shares)))}))
            .after(json!({"shares": ordered(&merge.named(merge.rows.clone()))}))
            .undo(Undo::Yes("the list from before is written again".to_owned()));
        for warning in warnings {
            change = change.note(warning);
        }
        Step {
            change,
            method: Method::POST,
            path: ApiPath::new(["api", "shares", "dashboard", &record.oid]),
            query: admin(),
            body: Some(json!({"sharesTo": merge.rows})),
            if_refused: Some(Vec::new()),
        }
    }
}

/// A wish whose name is resolved.
struct Party {
    id: String,
    wish: NewShare,
    groups: Vec<String>,
}

/// Keep each party once. Naming one twice with the same rule is harmless.
fn add_party(parties: &mut Vec<Party>, party: Party) -> Result<()> {
    match parties.iter().find(|known| known.id == party.id) {
        None => parties.push(party),
        Some(known) if known.wish.rule == party.wish.rule => {}
        Some(_) => {
            let message = format!("named twice with different rules: {}", party.wish.name);
            return Err(Error::invalid(message).with_next_step("name each party once"));
        }
    }
    Ok(())
}

/// The list that is there and the wishes, put together.
struct Merge {
    rows: Vec<Value>,
    added: Vec<String>,
    updated: Vec<UpdatedShare>,
    unchanged: Vec<String>,
    /// Ids of those who are added or updated, with the rule that they get.
    changed: Vec<(String, String, &'static str)>,
}

impl Merge {
    fn new(shares: &DashboardShares, record: &DashboardRecord, parties: &[Party]) -> Self {
        let owner = shares.owner.as_deref().or(record.owner.as_deref());
        let mut merge = Merge {
            rows: minimal(shares),
            added: Vec::new(),
            updated: Vec::new(),
            unchanged: Vec::new(),
            changed: Vec::new(),
        };
        for party in parties {
            let (name, rule) = (party.wish.name.clone(), party.wish.rule.as_str());
            let row = merge.rows.iter_mut().find(|row| row["shareId"] == party.id.as_str());
            let Some(row) = row else {
                if owner == Some(party.id.as_str()) {
                    merge.unchanged.push(name);
                    continue;
                }
                merge.rows.push(json!({
                    "shareId": party.id,
                    "type": party.wish.kind.as_str(),
                    "rule": rule,
                    "subscribe": party.wish.subscribe.unwrap_or(false)
                }));
                merge.changed.push((party.id.clone(), name.clone(), rule));
                merge.added.push(name);
                continue;
            };
            let is_owner = owner == Some(party.id.as_str()) || row.get("rule").is_none();
            let from = row.get("rule").and_then(Value::as_str).map(str::to_owned);
            let subscribes = party.wish.subscribe.is_none_or(|wish| row["subscribe"] == wish);
            if is_owner || (from.as_deref() == Some(rule) && subscribes) {
                merge.unchanged.push(name);
                continue;
            }
            row["rule"] = json!(rule);
            if let Some(subscribe) = party.wish.subscribe {
                row["subscribe"] = json!(subscribe);
            }
            merge.changed.push((party.id.clone(), name.clone(), rule));
            merge.updated.push(UpdatedShare { name, from, to: rule.to_owned() });
        }
        merge
    }

    fn is_nothing(&self) -> bool {
        self.changed.is_empty()
    }

    /// Rows for a person: whoever is added or changed is named beside the id.
    fn named(&self, mut rows: Vec<Value>) -> Vec<Value> {
        for row in &mut rows {
            let name = self.changed.iter().find(|(id, _, _)| row["shareId"] == id.as_str());
            if let (Some((_, name, _)), Some(row)) = (name, row.as_object_mut()) {
                row.insert("name".to_owned(), json!(name));
            }
        }
        rows
    }

    fn result(&self, record: &DashboardRecord, share_count: usize) -> SharesChange {
        SharesChange {
            dashboard_id: record.oid.clone(),
            title: record.title().to_owned(),
            added: self.added.clone(),
            updated: self.updated.clone(),
            unchanged: self.unchanged.clone(),
            share_count,
            warnings: Vec::new(),
        }
    }

    fn recipients(&self, parties: Vec<Party>) -> Vec<Recipient> {
        let new = |party: &Party| self.changed.iter().any(|(id, _, _)| *id == party.id);
        let recipient =
            |party: Party| Recipient { id: party.id, name: party.wish.name, groups: party.groups };
        parties.into_iter().filter(new).map(recipient).collect()
    }

    /// Rows that the server did not keep.
    fn lost(&self, now: &DashboardShares) -> Vec<Missing> {
        let kept = |id: &str, rule: &str| {
            now.shares.iter().any(|row| row.share_id == id && row.rule.as_deref() == Some(rule))
        };
        self.changed
            .iter()
            .filter(|(id, _, rule)| !kept(id, rule))
            .map(|(_, name, rule)| {
                let message = "the server accepted the list and does not show this row";
                let error = Error::new(ErrorKind::Server, message)
                    .with_next_step("let the owner share it, then publish the dashboard");
                Missing::new(format!("share with {name} ({rule})"), error)
            })
            .collect()
    }
}
