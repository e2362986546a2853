//! One widget of a dashboard document.

use serde_json::Value;

use super::datasource::DataSource;
use super::json::{is_true, list, text};

/// A look at one widget. It borrows the document; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct WidgetView<'a>(&'a Value);

/// One panel of a widget, such as `rows` or `values`.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// The panel's name as written. Its case varies between products.
    pub name: &'a str,
    /// The items as they are, disabled ones included.
    pub items: &'a [Value],
}

impl<'a> WidgetView<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        WidgetView(value)
    }

    /// The widget as it is in the document.
    #[must_use]
    pub fn value(self) -> &'a Value {
        self.0
    }

    /// The widget's id.
    #[must_use]
    pub fn id(self) -> Option<&'a str> {
        text(self.0, "oid").or_else(|| text(self.0, "_id"))
    }

    /// The title, unless it is blank.
    #[must_use]
    pub fn title(self) -> Option<&'a str> {
        text(self.0, "title")
    }

    /// The type, such as `chart/pie` or `pivot2`; blank where the document has none.
    #[must_use]
    pub fn kind(self) -> &'a str {
        text(self.0, "type").unwrap_or("")
    }

    /// The subtype, such as `pie/classic`; blank where the document has none.
    #[must_use]
    pub fn subtype(self) -> &'a str {
        text(self.0, "subtype").unwrap_or("")
    }

    /// Whether this is a pivot table, of the older or the newer kind.
    #[must_use]
    pub fn is_pivot(self) -> bool {
        matches!(self.kind(), "pivot" | "pivot2")
    }

    /// The widget's script, unless it is blank.
    #[must_use]
    pub fn script(self) -> Option<&'a str> {
        text(self.0, "script")
    }

    /// The widget's own data source. It wins over the dashboard's.
    #[must_use]
    pub fn data_source(self) -> Option<DataSource> {
        self.0.get("datasource").and_then(DataSource::from_value)
    }

    /// The panels in the order of the document.
    pub fn panels(self) -> impl Iterator<Item = Panel<'a>> {
        let metadata = self.0.get("metadata").unwrap_or(&Value::Null);
        list(metadata, "panels").iter().map(|panel| Panel {
            name: text(panel, "name").unwrap_or(""),
            items: list(panel, "items"),
        })
    }

    /// Ids of the dashboards that a click on this widget leads to.
    pub fn jump_targets(self) -> impl Iterator<Item = &'a str> {
        let config = self.0.get("drillToDashboardConfig").or_else(|| {
            self.0.get("options").and_then(|options| options.get("drillToDashboardConfig"))
        });
        list(config.unwrap_or(&Value::Null), "dashboardIds").iter().filter_map(|target| {
            target.as_str().or_else(|| text(target, "id")).or_else(|| text(target, "oid"))
        })
    }
}

impl Panel<'_> {
    /// Whether this is the panel of the widget's own filters.
    #[must_use]
    pub fn is_filters(&self) -> bool {
        self.name.eq_ignore_ascii_case("filters")
    }

    /// How many items are switched off. They are kept in the document and not queried.
    #[must_use]
    pub fn disabled_count(&self) -> usize {
        self.items.iter().filter(|item| is_true(item, "disabled")).count()
    }
}
