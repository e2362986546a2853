//! What data security rules say, and for whom.

use futures_util::future::join;

use super::rule::{RuleRecord, RuleShare};
use super::{GetDatasecurityDetail, RuleShareType, SecurityRule};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::parties::Parties;
use crate::error::Result;
use crate::run::{Missing, Partial};

impl Datamodel {
    /// List the data security rules of a data model, a row for each party.
    ///
    /// A rule lets a party see everything, nothing, only some values, or all but some. Values are
    /// data of the model. Where a rule does not say which, its value is `null` and it is marked as
    /// uncertain. Rules for the same person combine to the stricter one, so a row alone is not what
    /// somebody sees. Parties that no longer exist keep their id and have no name. Two requests,
    /// two more for the names of parties where the server does not tell them.
    ///
    /// # Errors
    /// `not_found` with the nearest titles; `forbidden` when the token may not see the rules, which
    /// is never an empty list. Lists of users or groups that are refused leave names out, and are
    /// named as missing.
    ///
    /// # Ask
    /// - Show the data security rules of Sample ECommerce in detail
    /// - Which values may each group see in the cube Finance?
    /// - Who sees what by row level security in the model Sales?
    /// - Who sees which rows of the data model Leads?
    /// - List each security rule with its users, groups and values
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn get_datasecurity_detail(
        &self,
        params: GetDatasecurityDetail,
    ) -> Result<Partial<Vec<SecurityRule>>> {
        let (model, rules) = self.rules(&params.datamodel_name).await?;
        let nameless = |share: &RuleShare| share.id().is_some() && share.name().is_none();
        let (mut parties, mut missing) = (Parties::default(), Vec::new());
        if rules.iter().flat_map(|rule| &rule.shares).any(nameless) {
            let lists = join(self.client.list_users_brief(), self.client.list_groups());
            let (users, groups) = lists.await;
            let mut lost = |what: &str, error| missing.push(Missing::new(what, error));
            let users = users.unwrap_or_else(|error| {
                lost("names of users", error);
                Vec::new()
            });
            let groups = groups.unwrap_or_else(|error| {
                lost("names of groups", error);
                Vec::new()
            });
            parties = Parties::new(&users, &groups);
        }
        let (title, index) = (model.title(), model.index());
        let rows = |rule: &RuleRecord| rows(title, rule, rule.is_orphaned(&index), &parties);
        let value = rules.iter().flat_map(rows).collect();
        Ok(Partial { value, missing })
    }
}

fn rows(
    title: Option<&str>,
    rule: &RuleRecord,
    orphaned: bool,
    parties: &Parties,
) -> Vec<SecurityRule> {
    let nobody = SecurityRule {
        datamodel_name: title.map(str::to_owned),
        rule_id: rule.id.clone(),
        table_name: rule.table.clone(),
        column_name: rule.column.clone(),
        data_type: rule.data_type.clone(),
        value: rule.value(),
        exclusionary: rule.exclusionary,
        all_members: rule.all_members,
        interpretation: rule.interpretation(),
        share_type: RuleShareType::None,
        share_id: None,
        share_name: None,
        rule_description: format!("for nobody: {}", rule.describe()),
        orphaned,
    };
    if rule.shares.is_empty() {
        return vec![nobody];
    }
    let row = |share: &RuleShare| {
        let share_type = share.share_type();
        let id = share.id().filter(|_| share_type != RuleShareType::Everyone);
        let found = || id.and_then(|id| parties.name(share.kind.as_deref(), id));
        let name = match share_type {
            RuleShareType::Everyone => Some("Everyone"),
            _ => share.name().or_else(found),
        };
        let who = name.or(id).unwrap_or("somebody");
        SecurityRule {
            share_type,
            share_id: id.map(str::to_owned),
            share_name: name.map(str::to_owned),
            rule_description: format!("{who} {}", rule.describe()),
            ..nobody.clone()
        }
    };
    rule.shares.iter().map(row).collect()
}
