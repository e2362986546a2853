//! Changes throughout a dashboard document. Everything that is not meant stays as it is.

use serde_json::Value;

use super::dashboard::DashboardDocument;
use super::datasource::{encoded_title, name_of, same_name};
use super::dim::Dim;
use super::json::text;

/// Name a column anew wherever the dashboard names it. Returns how many texts were changed.
///
/// With a `data_source`, only what is about that data model is touched. Titles that people gave
/// stay.
pub fn rename_column(
    dashboard: &mut DashboardDocument,
    data_source: Option<&str>,
    table: &str,
    from: &str,
    to: &str,
) -> usize {
    let old = format!("{table}.{from}");
    let rename = |name: &str| {
        // The table keeps the spelling of the document, which often differs from the model's.
        same_name(name, &old).then(|| match name.get(..table.len()) {
            Some(written) if same_name(written, table) => format!("{written}.{to}"),
            _ => format!("{table}.{to}"),
        })
    };
    let hints = Hints { table: (table, table), column: Some((from, to)) };
    Rename { data_source, name: &rename, hints }.dashboard(dashboard)
}

/// Name a table anew wherever the dashboard names one of its columns. Returns how many texts were
/// changed.
///
/// `known_tables` are the names of the model's tables: a name may hold dots, so that one table's
/// name may be the beginning of another's.
pub fn rename_table(
    dashboard: &mut DashboardDocument,
    data_source: Option<&str>,
    known_tables: &[String],
    from: &str,
    to: &str,
) -> usize {
    let rename = |name: &str| {
        let known = |table: &str| known_tables.iter().any(|known| same_name(known, table));
        let mut splits = Dim::parse(name).splits();
        let (table, column) = splits.find(|(table, _)| same_name(table, from) || known(table))?;
        same_name(table, from).then(|| format!("{to}.{column}"))
    };
    let hints = Hints { table: (from, to), column: None };
    Rename { data_source, name: &rename, hints }.dashboard(dashboard)
}

/// Point a dashboard from one data model to another of the same columns: the dashboard, its
/// widgets, filters and hierarchies. Returns how many data sources were changed.
///
/// With `from` only data sources of that title are touched, else all. `live` says what the new
/// model is, where that is known.
pub fn change_data_source(
    dashboard: &mut DashboardDocument,
    from: Option<&str>,
    to: &str,
    live: Option<bool>,
) -> usize {
    let change = SourceChange { from, to, live };
    change.value(dashboard.value_mut())
}

/// The texts beside a `dim`.
struct Hints<'a> {
    table: (&'a str, &'a str),
    column: Option<(&'a str, &'a str)>,
}

struct Rename<'a> {
    data_source: Option<&'a str>,
    /// The new form of `table.column`, when it is the one that is meant.
    name: &'a dyn Fn(&str) -> Option<String>,
    hints: Hints<'a>,
}

impl Rename<'_> {
    fn dashboard(&self, dashboard: &mut DashboardDocument) -> usize {
        self.value(dashboard.value_mut(), None)
    }

    fn value(&self, value: &mut Value, data_source: Option<&str>) -> usize {
        match value {
            Value::Array(items) => items.iter_mut().map(|i| self.value(i, data_source)).sum(),
            Value::Object(_) => self.object(value, data_source),
            _ => 0,
        }
    }

    fn object(&self, object: &mut Value, data_source: Option<&str>) -> usize {
        let own = object.get("datasource").and_then(name_of);
        let own = own.or_else(|| text(object, "elasticubeTitle")).map(str::to_owned);
        let data_source = own.as_deref().or(data_source);
        let mut changed = 0;
        let meant = match (self.data_source, data_source) {
            (Some(wanted), Some(here)) => same_name(wanted, here),
            _ => true,
        };
        if meant {
            changed += self.names(object);
        }
        let Value::Object(members) = object else { return changed };
        for (key, member) in members.iter_mut().filter(|(key, _)| *key != "datasource") {
            if meant && key == "ignore" {
                changed += self.ignored(member);
            }
            changed += self.value(member, data_source);
        }
        changed
    }

    /// The texts of one object: `dim` with `table` and `column` beside it, the `field` of a panel
    /// item, and names written straight into a formula.
    fn names(&self, object: &mut Value) -> usize {
        let mut changed = 0;
        let renamed = match text(object, "dim") {
            Some(dim) => self.dim(dim),
            None => {
                let pair = text(object, "table").zip(text(object, "column"));
                pair.and_then(|(table, column)| (self.name)(&format!("{table}.{column}")))
            }
        };
        if let Some(renamed) = renamed {
            if object.get("dim").is_some_and(Value::is_string) {
                changed += set(object, "dim", renamed);
            }
            changed += self.hint(object, "table", Some(self.hints.table));
            changed += self.hint(object, "column", self.hints.column);
        }
        if let Some(id) = object.get_mut("field").filter(|field| field.is_object()) {
            let renamed = text(id, "id").and_then(|text| self.field(text));
            changed += renamed.map_or(0, |text| set(id, "id", text));
        }
        let context = object.get("context").and_then(Value::as_object);
        let is_key = |token: &str| context.is_some_and(|keys| keys.contains_key(token));
        let renamed = text(object, "formula").and_then(|formula| self.formula(formula, &is_key));
        changed + renamed.map_or(0, |formula| set(object, "formula", formula))
    }

    fn hint(&self, object: &mut Value, key: &str, names: Option<(&str, &str)>) -> usize {
        match names {
            Some((from, to)) if from != to => {
                let old = text(object, key).is_some_and(|text| same_name(text, from));
                if old { set(object, key, to.to_owned()) } else { 0 }
            }
            _ => 0,
        }
    }

    /// A `dim` with its brackets and its calendar mark as they were.
    fn dim(&self, dim: &str) -> Option<String> {
        let parsed = Dim::parse(dim);
        let renamed = (self.name)(parsed.name)?;
        let text = format!("{renamed}{}", parsed.calendar);
        Some(if dim.trim().starts_with('[') { format!("[{text}]") } else { text })
    }

    /// The id of a field: a `dim`, for dates with an underscore and the level behind it.
    fn field(&self, id: &str) -> Option<String> {
        let end = id.find(']').filter(|_| id.starts_with('['))? + 1;
        Some(format!("{}{}", self.dim(&id[..end])?, &id[end..]))
    }

    fn formula(&self, formula: &str, is_key: &dyn Fn(&str) -> bool) -> Option<String> {
        let mut text = String::with_capacity(formula.len());
        let mut changed = false;
        let mut rest = formula;
        while let Some(open) = rest.find('[') {
            let Some(close) = rest[open..].find(']') else { break };
            let token = &rest[open..=open + close];
            text.push_str(&rest[..open]);
            match self.dim(token).filter(|_| !is_key(token)) {
                Some(renamed) => {
                    text.push_str(&renamed);
                    changed = true;
                }
                None => text.push_str(token),
            }
            rest = &rest[open + close + 1..];
        }
        text.push_str(rest);
        changed.then_some(text)
    }

    /// The dashboard filters that a widget ignores are named by their `dim` alone.
    fn ignored(&self, ignore: &mut Value) -> usize {
        let Some(Value::Array(dims)) = ignore.get_mut("dimensions") else { return 0 };
        let mut changed = 0;
        for dim in dims {
            if let Some(renamed) = dim.as_str().and_then(|text| self.dim(text)) {
                *dim = Value::String(renamed);
                changed += 1;
            }
        }
        changed
    }
}

struct SourceChange<'a> {
    from: Option<&'a str>,
    to: &'a str,
    live: Option<bool>,
}

impl SourceChange<'_> {
    fn value(&self, value: &mut Value) -> usize {
        match value {
            Value::Array(items) => items.iter_mut().map(|item| self.value(item)).sum(),
            Value::Object(members) => {
                let mut changed = 0;
                for (key, member) in members.iter_mut() {
                    changed += if key == "datasource" {
                        usize::from(self.source(member))
                    } else {
                        self.value(member)
                    };
                }
                changed + usize::from(self.hierarchy(value))
            }
            _ => 0,
        }
    }

    fn is_meant(&self, title: &str) -> bool {
        self.from.is_none_or(|from| same_name(from, title))
    }

    fn source(&self, source: &mut Value) -> bool {
        let Some(old) = name_of(source).filter(|old| self.is_meant(old)).map(str::to_owned) else {
            return false;
        };
        let before = source.clone();
        if let Value::String(name) = source {
            *name = name.strip_suffix(old.as_str()).unwrap_or("").to_owned() + self.to;
            return before != *source;
        }
        if text(source, "title").is_some() {
            set(source, "title", self.to.to_owned());
        }
        let server = text(source, "fullname").and_then(|full| full.strip_suffix(old.as_str()));
        if let Some(server) = server.map(str::to_owned) {
            set(source, "fullname", format!("{server}{}", self.to));
        }
        self.derived(source, "database", "a", &old);
        self.derived(source, "id", "_a", &old);
        if let Value::Object(members) = source {
            if let Some(live) = self.live.filter(|live| *live || members.contains_key("live")) {
                members.insert("live".to_owned(), Value::Bool(live));
            }
            // The time belongs to the old model.
            if before != Value::Object(members.clone()) && old != self.to {
                members.remove("lastBuildTime");
            }
        }
        before != *source
    }

    /// Members that repeat the title, plainly for live models and in an encoded form for others.
    /// One that cannot be written for the new title is left out: title and full name decide.
    fn derived(&self, source: &mut Value, key: &str, mark: &str, old: &str) {
        let Some(written) = text(source, key).map(str::to_owned) else { return };
        if written == old {
            set(source, key, self.to.to_owned());
            return;
        }
        let Some(encoded) = encoded_title(old) else { return };
        let cut = written.len().saturating_sub(encoded.len());
        let (Some(head), Some(tail)) = (written.get(..cut), written.get(cut..)) else { return };
        if !head.ends_with(mark) || !tail.eq_ignore_ascii_case(&encoded) {
            return;
        }
        // The older style writes the title in capitals.
        let capitals = tail != encoded;
        let title = if capitals { self.to.to_uppercase() } else { self.to.to_owned() };
        match encoded_title(&title) {
            Some(new) => {
                set(source, key, format!("{head}{new}"));
            }
            None => {
                if let Value::Object(members) = source {
                    members.remove(key);
                }
            }
        }
    }

    /// A hierarchy names its model by title, and by an id of the same form as a data source's.
    fn hierarchy(&self, hierarchy: &mut Value) -> bool {
        let Some(old) = text(hierarchy, "elasticubeTitle").map(str::to_owned) else { return false };
        if !self.is_meant(&old) || old == self.to {
            return false;
        }
        set(hierarchy, "elasticubeTitle", self.to.to_owned());
        self.derived(hierarchy, "cubeId", "_a", &old);
        true
    }
}

/// Write a text into a member that is there. Returns 1 when that changed it.
fn set(object: &mut Value, key: &str, text: String) -> usize {
    match object.get_mut(key) {
        Some(member) if member.as_str() != Some(text.as_str()) => {
            *member = Value::String(text);
            1
        }
        _ => 0,
    }
}
