//! What a person wants a user to be: checked and resolved before anything is sent.

use serde_json::{Map, Value};

use crate::domains::access::UserPreferences;
use crate::domains::lookup::groups::{GroupRecord, find_group_in};
use crate::domains::lookup::roles::{RoleRecord, find_role};
use crate::domains::lookup::users::Named;
use crate::error::{Error, Result};
use crate::operation::Risk;

/// The roles that every deployment has, from the one that may do least.
const RANKS: [&str; 7] =
    ["consumer", "contributor", "dataDesigner", "dataAdmin", "tenantAdmin", "admin", "super"];

/// Refuse what can be no e-mail. The server takes addresses without a top-level domain.
pub(super) fn check_email(email: &str) -> Result<()> {
    let parts = email.split_once('@');
    let fits = parts
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits && !email.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(Error::invalid(format!("this is no e-mail address: {email}"))
        .with_next_step("give an address like ann@example.com"))
}

pub(super) fn resolve_role<'a>(
    roles: &'a [RoleRecord],
    wanted: &str,
    errors: &mut Vec<Error>,
) -> Option<&'a RoleRecord> {
    find_role(roles, wanted).map_err(|error| errors.push(error)).ok()
}

/// The groups of these names, each once. Groups in which everybody is are left out: they are never
/// written into a user's list.
pub(super) fn resolve_groups(
    all: &[GroupRecord],
    names: &[String],
    errors: &mut Vec<Error>,
) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for name in names {
        match find_group_in(all, name) {
            Ok(group) if group.is_implied() || found.iter().any(|one| one.id == group.id) => {}
            Ok(group) => found.push(Named { id: group.id.clone(), name: group.name.clone() }),
            Err(error) => errors.push(error),
        }
    }
    found
}

/// The names of groups in a fixed order, for people and for comparing.
pub(super) fn names(groups: &[Named]) -> Vec<String> {
    let mut names: Vec<String> =
        groups.iter().map(|group| group.name.clone().unwrap_or_else(|| group.id.clone())).collect();
    names.sort();
    names
}

pub(super) fn ids(groups: &[Named]) -> Vec<&str> {
    groups.iter().map(|group| group.id.as_str()).collect()
}

/// Whether two lists hold the same groups, in whatever order.
pub(super) fn same_groups(a: &[Named], b: &[Named]) -> bool {
    a.len() == b.len() && a.iter().all(|one| b.iter().any(|other| other.id == one.id))
}

/// Giving a role that may do more than the old one, or that nobody can rank, asks for more care.
pub(super) fn risk_of_role(old: Option<&str>, new: &str) -> Risk {
    let rank = |name: &str| RANKS.iter().position(|known| *known == name);
    match (old.map(rank), rank(new)) {
        // A new user with an everyday role.
        (None, Some(new)) if new < 3 => Risk::Normal,
        (Some(Some(old)), Some(new)) if new <= old => Risk::Normal,
        _ => Risk::High,
    }
}

impl UserPreferences {
    /// The members that are given, with their wire names.
    pub(super) fn given(&self) -> Map<String, Value> {
        let pairs = [("localeId", &self.locale_id), ("language", &self.language)];
        pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.as_deref()?))))
            .collect()
    }
}

/// What to do about the refusals that are known by number.
pub(super) fn advise(error: Error) -> Error {
    let next = match error.report().code {
        Some(2003 | 2009) => "give the members that are missing or empty",
        Some(2004) => "the e-mail or login is taken: look the user up and update it instead",
        Some(2006) => "there is a system administrator already: choose another role",
        Some(2007) => "all seats of the licence are taken: free one or ask for more",
        Some(2011) => "the system administrator cannot be deleted",
        Some(601) => "an id is malformed: look the role and the groups up again",
        _ => return error,
    };
    let mut report = error.into_report();
    report.next_step = Some(next.to_owned());
    report.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_host() {
        for good in ["ann@example.com", "ann@localhost", "a+b@x.y"] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in ["", "ann", "@x", "ann@", "a b@x", "a@b@c"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn more_rights_ask_for_more_care() {
        assert_eq!(risk_of_role(None, "consumer"), Risk::Normal);
        assert_eq!(risk_of_role(None, "admin"), Risk::High);
        assert_eq!(risk_of_role(Some("admin"), "consumer"), Risk::Normal);
        assert_eq!(risk_of_role(Some("consumer"), "contributor"), Risk::High);
        assert_eq!(risk_of_role(Some("consumer"), "Auditor"), Risk::High);
        assert_eq!(risk_of_role(Some("Auditor"), "consumer"), Risk::High);
    }
}
