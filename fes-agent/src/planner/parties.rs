//! Users and groups within arguments: new users, changes to users, and shares.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::fill::{Fill, Reading, role, unused};
use super::find::{Form, Mention};
use super::question::{MissingValue, Why};
use super::things::{near, not_given};
use crate::catalogue::lexicon::Class;
use crate::host::Kind;

/// The roles that a question offers.
const ROLES: [&str; 3] = ["viewer", "designer", "dataDesigner"];

static LAST_OR_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(first|last)\s*name\b.*?\bto\s+[\x22'“]?([\p{L}][\p{L}’'-]*)").ok()
});

static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:named|called|name is|name)\s+([\p{Lu}][\p{L}’'-]*)\s+([\p{Lu}][\p{L}’'-]*)")
        .ok()
});

/// A new user: e-mail and role are required, names and groups are taken when given.
pub(super) fn new_user(fill: &mut Fill, parameter: &str, reading: &Reading<'_>) {
    let mut data = Map::new();
    let email = unused(reading, fill)
        .find(|(_, mention)| mention.form == Form::Email)
        .map(|(place, mention)| (place, mention.text.clone()));
    match email {
        Some((place, email)) => {
            fill.used.insert(place);
            data.insert("email".to_owned(), json!(email));
        }
        None => fill.missing.push(MissingValue::new("email", "e-mail", Why::NotGiven)),
    }
    match role(reading) {
        Some(role) => {
            fill.words += 1;
            data.insert("role".to_owned(), json!(role));
        }
        None => fill.missing.push(role_missing()),
    }
    if let Some(found) = NAMED.as_ref().and_then(|pattern| pattern.captures(reading.text)) {
        data.insert("first_name".to_owned(), json!(found[1]));
        data.insert("last_name".to_owned(), json!(found[2]));
        let full = format!("{} {}", &found[1], &found[2]);
        let places: Vec<usize> = unused(reading, fill)
            .filter(|(_, mention)| full.contains(&mention.text))
            .map(|(place, _)| place)
            .collect();
        fill.used.extend(places);
    }
    let groups = groups(fill, reading);
    if !groups.is_empty() {
        data.insert("groups".to_owned(), json!(groups));
    }
    fill.args.insert(parameter.to_owned(), Value::Object(data));
}

fn role_missing() -> MissingValue {
    let some = ROLES.iter().map(|role| (*role).to_owned()).collect();
    MissingValue::new("role", "role", Why::NotGiven).options(None, some)
}

/// The groups that are named, each used up. One that does not exist is asked about.
fn groups(fill: &mut Fill, reading: &Reading<'_>) -> Vec<String> {
    let mut groups = Vec::new();
    let open: Vec<(usize, Mention)> = unused(reading, fill)
        .filter(|(_, m)| {
            !m.of(Kind::Group).is_empty() || (m.label == Some("group") && m.may_be(Kind::Group))
        })
        .map(|(place, mention)| (place, mention.clone()))
        .collect();
    for (place, mention) in open {
        fill.used.insert(place);
        match party(&mention, Kind::Group, reading) {
            Ok(name) => groups.push(name),
            Err(missing) => fill.missing.push(*missing),
        }
    }
    groups
}

/// Changes to a user: a role, groups to join or to leave, a name.
pub(super) fn changes(fill: &mut Fill, parameter: &str, reading: &Reading<'_>) {
    let mut data = Map::new();
    let said = |word: &str| reading.pieces.iter().any(|piece| piece.is(word));
    if let Some(role) = role(reading) {
        fill.words += 1;
        data.insert("role".to_owned(), json!(role));
    }
    let groups = groups(fill, reading);
    if !groups.is_empty() {
        let leave = said("remove") || said("delete");
        let key = if leave { "remove_groups" } else { "add_groups" };
        data.insert(key.to_owned(), json!(groups));
    }
    if let Some(found) = LAST_OR_FIRST.as_ref().and_then(|p| p.captures(reading.text)) {
        let key = if found[1].eq_ignore_ascii_case("first") { "first_name" } else { "last_name" };
        data.insert(key.to_owned(), json!(found[2]));
        let places: Vec<usize> = unused(reading, fill)
            .filter(|(_, mention)| mention.text == found[2])
            .map(|(place, _)| place)
            .collect();
        fill.used.extend(places);
    }
    let lower = reading.text.to_lowercase();
    let email = unused(reading, fill)
        .find(|(_, mention)| mention.form == Form::Email)
        .map(|(place, mention)| (place, mention.text.clone()));
    if (lower.contains("email") || lower.contains("e-mail"))
        && let Some((place, email)) = email
    {
        fill.used.insert(place);
        data.insert("email".to_owned(), json!(email));
    }
    if data.is_empty() && fill.missing.is_empty() {
        let some = ["a role", "a group to join or leave", "a name"].map(str::to_owned).to_vec();
        let missing = MissingValue::new(parameter, "change", Why::NotGiven);
        fill.missing.push(missing.options(None, some));
    }
    fill.args.insert(parameter.to_owned(), Value::Object(data));
}

/// With whom to share, and what that allows. Everybody who is named gets the same.
pub(super) fn shares(fill: &mut Fill, parameter: &str, rule: &str, reading: &Reading<'_>) {
    let mut shares: Vec<(String, &str)> = Vec::new();
    let open: Vec<(usize, Mention)> =
        unused(reading, fill).map(|(place, mention)| (place, mention.clone())).collect();
    let mut asked = false;
    for (place, mention) in open {
        let kinds = [Kind::Group, Kind::User];
        if mention.form == Form::Email {
            fill.used.insert(place);
            shares.push((mention.text, "user"));
            continue;
        }
        let known: Vec<Kind> =
            kinds.into_iter().filter(|kind| !mention.of(*kind).is_empty()).collect();
        let label = kinds.into_iter().find(|kind| mention.label == Some(kind.as_str()));
        let kind = match (known.as_slice(), label) {
            (_, Some(kind)) => kind,
            ([kind], None) => *kind,
            ([], None) if mention.may_be(Kind::Group) && mention.may_be(Kind::User) => Kind::Group,
            ([], None) => continue,
            _ => {
                let some = vec!["the group".to_owned(), "the user".to_owned()];
                fill.used.insert(place);
                asked = true;
                let missing = MissingValue::new(parameter, "group or user", Why::Ambiguous);
                fill.missing.push(missing.given(&mention.text).options(Some(2), some));
                continue;
            }
        };
        fill.used.insert(place);
        match party(&mention, kind, reading) {
            Ok(name) => shares.push((name, kind.as_str())),
            Err(missing) => {
                asked = true;
                fill.missing.push(*missing);
            }
        }
    }
    if shares.is_empty() && !asked {
        let missing = not_given(parameter, Kind::Group, reading.directory);
        fill.missing.push(MissingValue { what: "group or user".to_owned(), ..missing });
    }
    let Some(allows) = allows(rule, reading) else {
        let options: &[&str] =
            if rule == "rule" { &["view", "edit"] } else { &["USE", "READ", "EDIT"] };
        let some = options.iter().map(|option| (*option).to_owned()).collect();
        let missing = MissingValue::new(rule, "permission", Why::NotGiven);
        fill.missing.push(missing.options(Some(options.len()), some));
        return;
    };
    fill.words += 1;
    let shares: Vec<Value> = shares
        .into_iter()
        .map(|(name, kind)| json!({ "name": name, "type": kind, rule: allows }))
        .collect();
    fill.args.insert(parameter.to_owned(), Value::Array(shares));
}

/// What a share allows, in the words of the operation.
fn allows(rule: &str, reading: &Reading<'_>) -> Option<&'static str> {
    let said = reading.pieces.iter().find_map(|piece| match piece.means() {
        Some((word, Class::Rule)) => Some(word),
        Some(("viewer", Class::Role)) => Some("view"),
        _ => None,
    });
    let sees = reading.pieces.iter().any(|piece| {
        ["see", "open", "look at", "can see", "can open"].contains(&piece.lower().as_str())
    });
    let said = said.or_else(|| sees.then_some("view"));
    let uses = reading.pieces.iter().any(|piece| piece.is("used") && piece.lower() == "use");
    match (rule, said) {
        ("rule", Some("edit")) => Some("edit"),
        ("rule", Some(_)) => Some("view"),
        (_, Some("edit")) => Some("EDIT"),
        (_, Some("use")) => Some("USE"),
        (_, Some(_)) => Some("READ"),
        (_, None) if rule == "permission" && uses => Some("USE"),
        _ => None,
    }
}

/// One user or group by name. A write takes a name only when it is exactly right but for case.
fn party(
    mention: &Mention,
    kind: Kind,
    reading: &Reading<'_>,
) -> Result<String, Box<MissingValue>> {
    let known = mention.of(kind);
    let names = match (known.as_slice(), reading.directory.names(kind)) {
        ([one], _) => return Ok(one.name.clone()),
        // The names could not be loaded: the operation itself looks the name up.
        ([], None) => return Ok(mention.text.clone()),
        ([], Some(names)) => names,
        (many, _) => {
            let some = many.iter().take(3).map(|name| name.name.clone()).collect();
            let missing = MissingValue::new("name", kind.as_str(), Why::Ambiguous);
            let missing = missing.given(&mention.text).options(Some(many.len()), some);
            return Err(Box::new(missing));
        }
    };
    let near = near(&mention.text, names);
    let (why, from) = match near.is_empty() {
        true => (Why::NotThere, names.iter().collect::<Vec<_>>()),
        false => (Why::NotSure, near),
    };
    let some = from.iter().take(3).map(|name| name.name.clone()).collect();
    let missing = MissingValue::new("name", kind.as_str(), why).given(&mention.text);
    Err(Box::new(missing.options(Some(from.len()), some)))
}
