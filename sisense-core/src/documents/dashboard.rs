//! A dashboard document: what `.dash` files and exports hold.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::datasource::DataSource;
use super::json::{list, text};
use super::references::{Reference, references_of_dashboard};
use super::widget::WidgetView;
use crate::error::{Error, ErrorKind, Result};

/// A dashboard with its widgets, as a `.dash` file or an export holds it.
///
/// Everything in it that this crate does not know stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DashboardDocument(Value);

impl DashboardDocument {
    /// Take one dashboard: an object, or a list with exactly one object in it.
    ///
    /// # Errors
    /// `decode` when the value holds no dashboard or several.
    pub fn from_value(value: Value) -> Result<Self> {
        let mut documents = Self::many_from_value(value)?;
        match (documents.pop(), documents.len()) {
            (Some(document), 0) => Ok(document),
            (_, rest) => Err(not_a_dashboard(&format!(
                "one dashboard was expected, {} are in the document",
                if rest == 0 { 0 } else { rest + 1 }
            ))),
        }
    }

    /// Take any number of dashboards: an object, or a list of objects.
    ///
    /// # Errors
    /// `decode` when the value, or one element of the list, is not an object.
    pub fn many_from_value(value: Value) -> Result<Vec<Self>> {
        match value {
            Value::Object(_) => Ok(vec![DashboardDocument(value)]),
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Object(_) => Ok(DashboardDocument(item)),
                    _ => Err(not_a_dashboard("an element of the list is not an object")),
                })
                .collect(),
            _ => Err(not_a_dashboard("a dashboard document is an object or a list of objects")),
        }
    }

    /// Read the text of a `.dash` file. A byte order mark at its beginning is skipped.
    ///
    /// # Errors
    /// `decode` when the text is not JSON, or not one or more dashboards.
    pub fn parse_many(text: &str) -> Result<Vec<Self>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value = serde_json::from_str(text).map_err(|error| {
            not_a_dashboard("the dashboard document is not JSON").with_source(error)
        })?;
        Self::many_from_value(value)
    }

    /// Read the text of a `.dash` file that holds one dashboard.
    ///
    /// # Errors
    /// `decode` when the text is not JSON, or holds no dashboard or several.
    pub fn parse(text: &str) -> Result<Self> {
        let documents = Self::parse_many(text)?;
        Self::from_value(Value::Array(documents.into_iter().map(Self::into_value).collect()))
    }

    /// The document as it is.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    pub(super) fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// The document as it is, by value.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }

    /// The public id, the same in all copies of the dashboard.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        text(&self.0, "oid").or_else(|| text(&self.0, "_id"))
    }

    /// The title. Titles are not unique.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        text(&self.0, "title")
    }

    /// The dashboard's data source. A widget or a filter may have another one.
    #[must_use]
    pub fn data_source(&self) -> Option<DataSource> {
        self.0.get("datasource").and_then(DataSource::from_value)
    }

    /// Whether the document carries its widgets at all. A list of dashboards leaves them out, and
    /// what is computed from such a document would be a part.
    #[must_use]
    pub fn holds_widgets(&self) -> bool {
        self.0.get("widgets").is_some_and(Value::is_array)
    }

    /// The widgets in the order of the document, which is not the order on screen.
    pub fn widgets(&self) -> impl Iterator<Item = WidgetView<'_>> {
        list(&self.0, "widgets").iter().map(WidgetView::new)
    }

    /// The dashboard filters as they are: simple ones with `jaql`, dependent ones with `levels`.
    #[must_use]
    pub fn filters(&self) -> &[Value] {
        list(&self.0, "filters")
    }

    /// The dashboard's own script, unless it is blank.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        text(&self.0, "script")
    }

    /// Whether the dashboard itself has a script.
    #[must_use]
    pub fn has_script(&self) -> bool {
        self.script().is_some()
    }

    /// How many widgets have a script.
    #[must_use]
    pub fn widget_script_count(&self) -> usize {
        self.widgets().filter(|widget| widget.script().is_some()).count()
    }

    /// Whether the dashboard or one of its widgets has a script. Columns named there are not seen.
    #[must_use]
    pub fn has_any_script(&self) -> bool {
        self.has_script() || self.widget_script_count() > 0
    }

    /// Ids of the widgets in the layout, in the order on screen. One may be there twice, or name
    /// no widget.
    #[must_use]
    pub fn layout_widget_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        if let Some(layout) = self.0.get("layout") {
            collect_widget_ids(layout, &mut ids);
        }
        ids
    }

    /// Every column that the dashboard names, wherever it names it, in the order of the document.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        references_of_dashboard(&self.0)
    }
}

/// The layout is columns of cells of subcells of elements; newer layouts nest differently, so
/// every object that names a widget counts.
fn collect_widget_ids<'a>(value: &'a Value, ids: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            ids.extend(text(value, "widgetid").or_else(|| text(value, "widgetId")));
            members.values().for_each(|member| collect_widget_ids(member, ids));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_widget_ids(item, ids)),
        _ => {}
    }
}

fn not_a_dashboard(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}
