//! Which columns a dashboard names.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::{ColumnSource, ColumnUse, DashboardColumn, Dashboards, GetDashboardColumns};
use crate::documents::{
    DashboardDocument, Dim, ModelDocument, ModelIndex, PlaceSource, Reference, same_name,
};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial};

impl Dashboards {
    /// List the columns that a dashboard's widgets and filters name.
    ///
    /// Returns one row per data model, table and column, with every place that names it: panels,
    /// formulas at any depth, ranks, simple and dependent filters, default filters, hierarchies.
    /// Names are spelled as the dashboard spells them first; compared with the data models, as those
    /// do, and each row tells whether the model has the column. Columns that only a script names are
    /// not seen. Two requests, and one per data model that is compared.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when several dashboards have the title,
    /// `forbidden` when the token is not an admin's. A data model that cannot be read makes the
    /// answer a part.
    ///
    /// # Ask
    /// - Which columns does the dashboard Pipeline use?
    /// - Which fields are in the filters of Sales Overview?
    /// - Does the dashboard Pipeline name columns that are gone?
    /// - List the columns that are used in the widgets of the dashboard Costs
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_dashboard_columns(
        &self,
        params: GetDashboardColumns,
    ) -> Result<Partial<Vec<DashboardColumn>>> {
        let record = self.client.find_dashboard(&params.dashboard_name).await?;
        let document = self.load(&record.oid).await?;
        let references = document.references();
        let (models, missing) = if params.compare_with_datamodel {
            self.models(&references).await?
        } else {
            Default::default()
        };
        Ok(Partial { value: columns(&document, &record.oid, references, &models), missing })
    }

    /// The whole document of one dashboard.
    pub(super) async fn load(&self, id: &str) -> Result<DashboardDocument> {
        let ids = [id.to_owned()];
        let mut loaded = self.client.load_dashboards(&ids).await;
        if let Some((_, error)) = loaded.failed.pop() {
            return Err(error.with_asset(format!("dashboard {id}")));
        }
        let document = loaded.documents.pop().ok_or_else(|| Error::not_found("dashboard", id))?;
        DashboardDocument::from_value(document)
    }

    /// The data models that the references are about. Without one, its names stay as the dashboard
    /// writes them, and whether it has such columns is not known.
    async fn models(&self, references: &[Reference]) -> Result<(Models, Vec<Missing>)> {
        let mut titles: Vec<&str> =
            references.iter().filter_map(|r| r.datasource_title.as_deref()).collect();
        titles.sort_unstable();
        titles.dedup();
        let read = titles.iter().map(|title| async move {
            let Some(found) = self.client.find_model_if_any(title).await? else { return Ok(None) };
            let model = ModelDocument::from_value(found)?;
            let index = model.index();
            Ok::<_, Error>(Some((model, index)))
        });
        let (mut models, mut missing) = (Models::new(), Vec::new());
        for (title, read) in titles.iter().zip(join_all(read).await) {
            match read {
                Ok(Some(model)) => drop(models.insert((*title).to_owned(), model)),
                // A dashboard may outlive its model; there is nothing to read then.
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error),
                Err(error) => missing.push(Missing::new(format!("data model \"{title}\""), error)),
            }
        }
        Ok((models, missing))
    }
}

/// Models by title, with what finds a column in them.
type Models = HashMap<String, (ModelDocument, ModelIndex)>;

fn columns(
    document: &DashboardDocument,
    id: &str,
    references: Vec<Reference>,
    models: &Models,
) -> Vec<DashboardColumn> {
    let mut rows: Vec<DashboardColumn> = Vec::new();
    for reference in references {
        let model = reference.datasource_title.as_ref().and_then(|title| models.get(title));
        let key = model.and_then(|(_, index)| index.resolve(&reference.dim));
        let named = model.zip(key).and_then(|((model, _), key)| {
            let table = model.tables().nth(key.table)?;
            Some((table.name.clone(), table.columns.get(key.column)?.name.clone()))
        });
        let in_model = model.map(|_| named.is_some());
        let (table, column) = named.unwrap_or_else(|| as_written(&reference));
        let place = reference.place;
        let use_ = ColumnUse {
            widget_id: place.widget_id.clone(),
            panel: place.panel,
            role: place.role,
            disabled: reference.disabled,
        };
        let known = rows.iter_mut().find(|row| {
            row.datamodel == reference.datasource_title
                && same_name(&row.table, &table)
                && same_name(&row.column, &column)
        });
        match known {
            Some(row) if row.used_in.contains(&use_) => {}
            Some(row) => row.used_in.push(use_),
            None => rows.push(DashboardColumn {
                dashboard_name: document.title().unwrap_or_default().to_owned(),
                dashboard_id: id.to_owned(),
                datamodel: reference.datasource_title,
                table,
                column,
                in_model,
                source: match place.source {
                    PlaceSource::Filter | PlaceSource::DefaultFilter => ColumnSource::Filter,
                    PlaceSource::Widget => ColumnSource::Widget,
                    PlaceSource::Hierarchy => ColumnSource::Hierarchy,
                    PlaceSource::Formula | PlaceSource::Other => ColumnSource::Other,
                },
                widget_id: place.widget_id,
                widget_title: place.widget_title,
                used_in: vec![use_],
            }),
        }
    }
    rows
}

/// Table and column as the dashboard writes them. Both may hold dots; the members beside the name
/// tell where the table ends, and without them the last dot is taken.
fn as_written(reference: &Reference) -> (String, String) {
    let dim = Dim::parse(&reference.dim);
    let hinted = reference.table_hint.as_deref().and_then(|hint| {
        dim.splits().find(|(table, _)| table.to_lowercase() == hint.to_lowercase())
    });
    let (table, column) = hinted.or_else(|| dim.splits().next()).unwrap_or(("", dim.name));
    (table.to_owned(), column.to_owned())
}
