//! Which columns a document names, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::datasource::name_of;
use super::dim::bracketed;
use super::json::{is_true, list, owned, text};

/// One place where a document names a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// The column as written, such as `[Commerce.Date (Calendar)]`.
    pub dim: String,
    /// The `table` member beside it: a second opinion, often in another case than the model's.
    pub table_hint: Option<String>,
    /// The `column` member beside it, a second opinion too.
    pub column_hint: Option<String>,
    /// Where it is named.
    pub place: Place,
    /// Title of the data source that holds here: the reference's own, else the widget's, else the
    /// dashboard's.
    pub datasource_title: Option<String>,
    /// Whether the item or filter around it is switched off.
    pub disabled: bool,
}

/// Where a document names a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Which part of the document.
    pub source: PlaceSource,
    /// Id of the widget, for a widget.
    pub widget_id: Option<String>,
    /// Title of the widget, for a widget that has one.
    pub widget_title: Option<String>,
    /// Name of the widget's panel, or title of the hierarchy.
    pub panel: Option<String>,
    /// What the column is there for.
    pub role: Role,
    /// The date level, such as `months`.
    pub level: Option<String>,
}

/// A part of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceSource {
    /// A dashboard filter.
    Filter,
    /// A filter that the dashboard returns to.
    DefaultFilter,
    /// A widget.
    Widget,
    /// A drill hierarchy.
    Hierarchy,
    /// A saved formula.
    Formula,
    /// Anywhere else.
    #[default]
    Other,
}

/// What a column is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To group by.
    Dimension,
    /// To aggregate, alone or inside a formula.
    Measure,
    /// To restrict.
    Filter,
    /// To rank by, in a filter that keeps the top or the bottom.
    Rank,
    /// A level of a hierarchy.
    Hierarchy,
    /// A step of a drill path.
    Drill,
    /// Something else, such as an option of an add-on.
    #[default]
    Other,
}

impl Role {
    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Dimension => "dimension",
            Role::Measure => "measure",
            Role::Filter => "filter",
            Role::Rank => "rank",
            Role::Hierarchy => "hierarchy",
            Role::Drill => "drill",
            Role::Other => "other",
        }
    }
}

impl Place {
    /// The place in a few words, such as `widget "Revenue by Country": categories (dimension)`.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = match self.source {
            PlaceSource::Filter => return "dashboard filter".to_owned(),
            PlaceSource::DefaultFilter => return "default filter".to_owned(),
            PlaceSource::Hierarchy => "hierarchy",
            PlaceSource::Formula => "formula",
            PlaceSource::Other => return "elsewhere in the dashboard".to_owned(),
            PlaceSource::Widget => {
                let widget = self.widget_title.as_deref().or(self.widget_id.as_deref());
                let panel = self.panel.as_deref().unwrap_or("options");
                let role = self.role.as_str();
                return format!("widget \"{}\": {panel} ({role})", widget.unwrap_or("?"));
            }
        };
        match &self.panel {
            Some(title) => format!("{name} \"{title}\""),
            None => name.to_owned(),
        }
    }
}

/// Every column that a piece of a document names: a list of hierarchies or formulas, a filter, a
/// query. `source` says what the piece is.
#[must_use]
pub fn references_in(value: &Value, source: PlaceSource) -> Vec<Reference> {
    let mut found = Vec::new();
    Walk::new(source, None).value(value, &mut found);
    found
}

/// Every column that a dashboard names.
pub(super) fn references_of_dashboard(dashboard: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    let Value::Object(members) = dashboard else { return found };
    let datasource = members.get("datasource").and_then(name_of);
    for (key, member) in members {
        let source = match key.as_str() {
            "filters" => PlaceSource::Filter,
            "defaultFilters" => PlaceSource::DefaultFilter,
            "hierarchies" => PlaceSource::Hierarchy,
            "widgets" => {
                for widget in list(dashboard, "widgets") {
                    let mut walk = Walk::new(PlaceSource::Widget, datasource);
                    walk.place.widget_id = owned(widget, "oid").or_else(|| owned(widget, "_id"));
                    walk.place.widget_title = owned(widget, "title");
                    walk.value(widget, &mut found);
                }
                continue;
            }
            "datasource" => continue,
            _ => PlaceSource::Other,
        };
        Walk::new(source, datasource).value(member, &mut found);
    }
    found
}

/// What is known on the way down to a column.
#[derive(Clone)]
struct Walk<'a> {
    place: Place,
    datasource: Option<&'a str>,
    disabled: bool,
    /// A role that everything below has, whatever it looks like.
    forced: Option<Role>,
    in_panel: bool,
    in_context: bool,
}

impl<'a> Walk<'a> {
    fn new(source: PlaceSource, datasource: Option<&'a str>) -> Self {
        let forced = match source {
            PlaceSource::Filter | PlaceSource::DefaultFilter => Some(Role::Filter),
            PlaceSource::Hierarchy => Some(Role::Hierarchy),
            PlaceSource::Formula => Some(Role::Measure),
            PlaceSource::Other | PlaceSource::Widget => None,
        };
        let place = Place { source, ..Place::default() };
        Walk { place, datasource, disabled: false, forced, in_panel: false, in_context: false }
    }

    fn value(&self, value: &'a Value, found: &mut Vec<Reference>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.value(item, found)),
            Value::Object(_) => self.object(value, found),
            _ => {}
        }
    }

    fn object(&self, object: &'a Value, found: &mut Vec<Reference>) {
        let mut here = self.clone();
        here.enter(object);
        let references = found.len();
        if let Some(dim) = text(object, "dim") {
            found.push(here.reference(dim.to_owned(), object));
        } else if let (Some(table), Some(column)) = (text(object, "table"), text(object, "column"))
        {
            found.push(here.reference(format!("[{table}.{column}]"), object));
        }
        if found.len() == references {
            here.formula(object, found);
        }
        let Value::Object(members) = object else { return };
        for (key, member) in members {
            match key.as_str() {
                "datasource" => {}
                "panels" => here.panels(member, found),
                key => here.below(key).value(member, found),
            }
        }
    }

    /// Take from an object what holds for everything below it.
    fn enter(&mut self, object: &'a Value) {
        let own = object.get("datasource").and_then(name_of);
        if let Some(name) = own.or_else(|| text(object, "elasticubeTitle")) {
            self.datasource = Some(name);
        }
        self.disabled |= is_true(object, "disabled");
        let named = matches!(self.place.source, PlaceSource::Hierarchy | PlaceSource::Formula);
        if named && self.place.panel.is_none() {
            self.place.panel = owned(object, "title");
        }
    }

    fn panels(&self, panels: &'a Value, found: &mut Vec<Reference>) {
        let Value::Array(panels) = panels else { return self.value(panels, found) };
        for panel in panels {
            let mut inside = self.clone();
            inside.in_panel = true;
            inside.place.panel = owned(panel, "name");
            if inside.place.panel.as_deref().is_some_and(|n| n.eq_ignore_ascii_case("filters")) {
                inside.forced = Some(Role::Filter);
            }
            inside.value(panel, found);
        }
    }

    /// The state below a member: its name says what a column there is for.
    fn below(&self, key: &str) -> Self {
        let mut below = self.clone();
        let ranks = self.forced == Some(Role::Rank);
        match key {
            "filter" if !ranks => below.forced = Some(Role::Filter),
            "by" if self.forced == Some(Role::Filter) => below.forced = Some(Role::Rank),
            "context" => below.in_context = true,
            "hierarchies" => below.forced = Some(Role::Hierarchy),
            "drillHistory" | "through" | "parent" => below.forced = Some(Role::Drill),
            _ => {}
        }
        below
    }

    fn reference(&self, dim: String, object: &Value) -> Reference {
        let mut place = self.place.clone();
        place.role = self.role(object);
        place.level = owned(object, "level")
            .or_else(|| object.get("filter").and_then(|filter| owned(filter, "level")));
        Reference {
            dim,
            table_hint: owned(object, "table"),
            column_hint: owned(object, "column"),
            place,
            datasource_title: self.datasource.map(str::to_owned),
            disabled: self.disabled,
        }
    }

    fn role(&self, object: &Value) -> Role {
        if let Some(role) = self.forced {
            return role;
        }
        if !self.in_panel {
            return Role::Other;
        }
        let aggregates = text(object, "agg").is_some();
        let restricts = object.get("filter").is_some_and(Value::is_object);
        match (self.in_context, aggregates) {
            (true, false) if restricts => Role::Filter,
            (true, _) | (false, true) => Role::Measure,
            (false, false) if text(object, "type") == Some("measure") => Role::Measure,
            (false, false) => Role::Dimension,
        }
    }

    /// A formula names its columns in `context`, and some write them straight into the text. A
    /// constant such as `"0"` names none.
    fn formula(&self, object: &Value, found: &mut Vec<Reference>) {
        let Some(formula) = text(object, "formula") else { return };
        let context = object.get("context").and_then(Value::as_object);
        for name in bracketed(formula).filter(|name| name.contains('.')) {
            let token = format!("[{name}]");
            let is_key =
                context.is_some_and(|keys| keys.contains_key(&token) || keys.contains_key(name));
            if is_key {
                continue;
            }
            let mut reference = self.reference(token, &Value::Null);
            if matches!(reference.place.role, Role::Dimension) {
                reference.place.role = Role::Measure;
            }
            found.push(reference);
        }
    }
}
