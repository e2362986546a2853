//! Lists, single dashboards, and what a reference stands for.

use serde_json::{Map, Value};

use super::{
    Dashboard, DashboardDetails, Dashboards, GetDashboardById, GetDashboardByName,
    ResolveDashboardReference, ResolvedDashboard,
};
use crate::documents::DashboardDocument;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::{about, is_object_id, not_found, pick, required, same};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{ApiPath, Query};

impl Dashboards {
    /// List all dashboards of the deployment, one row each.
    ///
    /// Returns id, title, owner, folder, data source, dates and shares. One request; widgets and
    /// filters stay on the server.
    ///
    /// # Errors
    /// `forbidden` when the token is not an admin's.
    ///
    /// # Ask
    /// - List all dashboards
    /// - How many dashboards do we have?
    /// - Which dashboards use the data model Sample ECommerce?
    /// - Which dashboards are based on the model Finance?
    /// - Show every dashboard with its owner and folder
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_all_dashboards(&self) -> Result<Vec<Dashboard>> {
        let rows = self.client.list_dashboards(Vec::new()).await?;
        Ok(rows.iter().map(Dashboard::from).collect())
    }

    /// Get one dashboard by its id.
    ///
    /// Returns the dashboard with its filters and settings, and on request the number of its
    /// widgets. One request.
    ///
    /// # Errors
    /// `invalid_input` when the id is not 24 hexadecimal digits, `not_found` when there is no such
    /// dashboard, `forbidden` when the token is not an admin's.
    ///
    /// # Ask
    /// - Show me dashboard 5f0000000000000000000001
    /// - Who owns dashboard 5f0000000000000000000001?
    /// - Details of the dashboard with the id 5f0000000000000000000001
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_dashboard_by_id(&self, params: GetDashboardById) -> Result<DashboardDetails> {
        let id = params.dashboard_id.trim();
        if !is_object_id(id) {
            return Err(Error::invalid(format!("not an id of 24 hexadecimal digits: {id}"))
                .with_next_step("give the id, or ask by title"));
        }
        self.details(id, params.count_widgets).await.map_err(about("dashboard", id))
    }

    /// Get one dashboard by its title.
    ///
    /// Returns the dashboard with its filters and settings, and on request the number of its
    /// widgets. Usually one request; when no title fits, all dashboards are looked through
    /// ignoring case.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` with ids and owners when several
    /// dashboards have the title, `forbidden` when the token is not an admin's.
    ///
    /// # Ask
    /// - Show me the dashboard Pipeline
    /// - Which filters does the dashboard Sales Overview have?
    /// - Who is the owner of the dashboard Costs?
    /// - Which data source does the dashboard Campaign use?
    /// - Details of the dashboard Pipeline
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_dashboard_by_name(
        &self,
        params: GetDashboardByName,
    ) -> Result<DashboardDetails> {
        let name = params.dashboard_name.as_str();
        required("the dashboard's title", name)?;
        let filter = vec![("name", name.to_owned())];
        let rows = self.rows(filter, params.count_widgets).await;
        let rows = rows.map_err(about("dashboard", name))?;
        let title = |row: &DashboardDocument| row.title().unwrap_or_default().to_owned();
        let titles: Vec<(String, &DashboardDocument)> =
            rows.iter().map(|row| (title(row), row)).collect();
        let describe = |row: &(String, &DashboardDocument)| {
            let owner = DashboardRecord::try_from_document(row.1).ok().and_then(|r| r.owner);
            format!(
                "{} ({}, owner {})",
                row.0,
                row.1.id().unwrap_or("unknown"),
                owner.as_deref().unwrap_or("unknown")
            )
        };
        match pick("dashboard", name, &titles, |row| row.0.as_str(), describe)? {
            Some((_, row)) => details(row, params.count_widgets),
            None => {
                let record = self.client.find_dashboard(name).await?;
                self.details(&record.oid, params.count_widgets).await
            }
        }
    }

    /// Find out which dashboard an id or a title stands for.
    ///
    /// Returns id and title when exactly one dashboard fits, and otherwise why not, with what fits
    /// or nearly fits. A text of 24 hexadecimal digits is tried as an id first, then as a title.
    ///
    /// # Errors
    /// `forbidden` when the token is not an admin's. That nothing or too much fits is an answer,
    /// not an error.
    ///
    /// # Ask
    /// - Which dashboard is meant by Pipeline?
    /// - What is the id of the dashboard Sales Overview?
    /// - Find the dashboard id of Costs
    /// - Give me the identifier of the dashboard Campaign
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn resolve_dashboard_reference(
        &self,
        params: ResolveDashboardReference,
    ) -> Result<ResolvedDashboard> {
        let unresolved = |status_code, error: &Error| ResolvedDashboard {
            success: false,
            status_code,
            dashboard_id: None,
            dashboard_title: None,
            error: Some(error.report().message.clone()),
            candidates: error.candidates().to_vec(),
        };
        match self.client.find_dashboard(&params.dashboard_ref).await {
            Ok(record) => Ok(ResolvedDashboard {
                success: true,
                status_code: 200,
                dashboard_title: record.title.clone(),
                dashboard_id: Some(record.oid),
                error: None,
                candidates: Vec::new(),
            }),
            // An endpoint in the error means that the server lacks the call, not the dashboard.
            Err(error) if error.report().endpoint.is_some() => Err(error),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(unresolved(404, &error)),
            Err(error) if error.kind() == ErrorKind::Ambiguous => Ok(unresolved(409, &error)),
            Err(error) => Err(error),
        }
    }

    async fn details(&self, id: &str, count_widgets: bool) -> Result<DashboardDetails> {
        let rows = self.rows(vec![("id", id.to_owned())], count_widgets).await?;
        let row = rows.iter().find(|row| row.id().is_some_and(|oid| same(oid, id)));
        details(row.ok_or_else(|| not_found("dashboard", id, []))?, count_widgets)
    }

    /// Whole rows of the admin's list.
    async fn rows(&self, filter: Query, widgets: bool) -> Result<Vec<DashboardDocument>> {
        let mut query = vec![("dashboardType", "owner".to_owned())];
        query.extend(filter);
        if widgets {
            query.push(("expand", "widgets".to_owned()));
        }
        let path = ApiPath::new(["api", "v1", "dashboards", "admin"]);
        let rows: Vec<Map<String, Value>> =
            self.client.transport().get(path, query).await?.decode_list()?;
        let rows = rows.into_iter().map(Value::Object).collect();
        DashboardDocument::many_from_value(Value::Array(rows))
    }
}

impl DashboardRecord {
    fn try_from_document(document: &DashboardDocument) -> Result<Self> {
        serde_json::from_value(document.value().clone()).map_err(|error| {
            Error::new(ErrorKind::Decode, "a row of the list of dashboards does not fit")
                .with_source(error)
        })
    }
}

fn details(document: &DashboardDocument, widgets: bool) -> Result<DashboardDetails> {
    let mut dashboard = Dashboard::from(&DashboardRecord::try_from_document(document)?);
    let value = document.value();
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let owner = value.get("owner").filter(|owner| owner.is_object());
    dashboard.owner_name = owner.and_then(|owner| {
        ["userName", "email"].iter().find_map(|key| owner.get(*key)?.as_str().map(str::to_owned))
    });
    Ok(DashboardDetails {
        dashboard,
        desc: text("desc").filter(|desc| !desc.is_empty()),
        filters: document.filters().to_vec(),
        filter_count: document.filters().len(),
        widget_count: (widgets && document.holds_widgets()).then(|| document.widgets().count()),
        has_script: document.has_script(),
        instance_type: text("instanceType"),
        settings: value.get("settings").filter(|settings| !settings.is_null()).cloned(),
    })
}
