//! What one dashboard names, taken out of its document.

use std::collections::BTreeSet;

use crate::documents::dashboard::DashboardDocument;
use crate::documents::references::Reference;

/// Why a document without its widgets counts as not read.
pub(super) const WITHOUT_WIDGETS: &str = "the document came without its widgets";

/// What one dashboard names. The document itself, which is much larger, may be dropped.
#[derive(Clone, Debug)]
pub struct DashboardUse {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) holds_widgets: bool,
    pub(super) has_script: bool,
    pub(super) references: Vec<Reference>,
    /// Whether a reference names no data source, so that it may be about any model.
    pub(super) unsourced: bool,
    sources: BTreeSet<String>,
}

impl DashboardUse {
    /// Read a dashboard.
    #[must_use]
    pub fn of(dashboard: &DashboardDocument) -> Self {
        let references = dashboard.references();
        let main = dashboard.data_source().and_then(|source| source.title);
        let named = references.iter().filter_map(|r| r.datasource_title.as_deref());
        DashboardUse {
            id: dashboard.id().map(str::to_owned),
            title: dashboard.title().map(str::to_owned),
            holds_widgets: dashboard.holds_widgets(),
            has_script: dashboard.has_any_script(),
            unsourced: references.iter().any(|r| r.datasource_title.is_none()),
            sources: named.chain(main.as_deref()).map(folded).collect(),
            references,
        }
    }

    /// Whether the dashboard, a widget or a filter has the model of this title as data source.
    #[must_use]
    pub fn names(&self, title: &str) -> bool {
        self.sources.contains(&folded(title))
    }
}

/// Two titles that mean the same are equal in this form.
fn folded(title: &str) -> String {
    title.trim().to_lowercase()
}
