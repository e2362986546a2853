//! From what the checks saw to what a person should look at. Pure code.

use super::{Check, Finding, Severity};
use crate::documents::Column;
use crate::domains::lookup::models::Titled;
use crate::domains::lookup::models::never_deployed;
use crate::domains::wellcheck::import_queries::has_query;
use crate::domains::wellcheck::rls_datatypes::is_text;
use crate::domains::wellcheck::{
    CompositeKey, CustomTable, DashboardStructure, DashboardWidgetCount, FindingAsset, FoundIn,
    IslandTable, RelationCheck, SecuredColumn, TableImportQuery, WidePivot, YesNo,
};

/// Codes of the types that hold text: Char, Text, VarChar.
const TEXTS: [i64; 3] = [3, 18, 22];

/// The limits of dashboards.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaxOf {
    pub(super) fields: u32,
    pub(super) widgets: u32,
    pub(super) levels: u32,
}

/// What the checks saw of one dashboard.
pub(super) struct OneDashboard {
    pub(super) structure: DashboardStructure,
    pub(super) count: DashboardWidgetCount,
    pub(super) pivots: Vec<WidePivot>,
    /// The title of its data model, when there is none of that title.
    pub(super) gone: Option<String>,
}

fn over(count: usize, most: u32) -> bool {
    count > usize::try_from(most).unwrap_or(usize::MAX)
}

pub(super) fn of_dashboard(one: &OneDashboard, max: MaxOf) -> Vec<Finding> {
    let asset = FindingAsset {
        kind: FoundIn::Dashboard,
        id: Some(one.structure.dashboard_id.clone()),
        title: one.structure.dashboard_title.clone(),
    };
    let mut found = Vec::new();
    let mut say = |severity, check, what: String, what_to_do: &str| {
        found.push(finding(severity, check, &asset, what, what_to_do));
    };
    if let Some(model) = &one.gone {
        say(
            Severity::High,
            Check::MissingDatamodel,
            format!("no data model has the title of its own: {model}"),
            "give it another data model, unless this is a perspective",
        );
    }
    let widgets = one.count.widget_count;
    if over(widgets, max.widgets) {
        say(
            Severity::Medium,
            Check::WidgetCounts,
            format!("it has {widgets} widgets, more than {}", max.widgets),
            "split it, or drop widgets that nobody reads; each runs a query of its own",
        );
    }
    let levels = one.structure.filter_levels;
    if over(levels, max.levels) {
        say(
            Severity::Medium,
            Check::FilterLevels,
            format!("a dependent filter has {levels} levels, more than {}", max.levels),
            "use fewer levels; each waits for the one above",
        );
    }
    for pivot in &one.pivots {
        let name = match (&pivot.widget_title, &pivot.widget_id) {
            (Some(title), _) => format!("the pivot \"{title}\""),
            (None, Some(id)) => format!("the pivot {id}"),
            (None, None) => "a pivot".to_owned(),
        };
        say(
            Severity::Medium,
            Check::PivotFields,
            format!("{name} has {} fields, more than {}", pivot.field_count, max.fields),
            "drop fields, or show them in a second table",
        );
    }
    if let Some(count) = one.count.not_in_layout.filter(|count| *count > 0) {
        say(
            Severity::Low,
            Check::WidgetCounts,
            format!("{} not on screen", widgets_are(count)),
            "delete them, or give them a place",
        );
    }
    if one.count.ghost_cells > 0 {
        say(
            Severity::Low,
            Check::WidgetCounts,
            format!("the layout has {} for widgets that are gone", places(one.count.ghost_cells)),
            "remove them: edit the layout and save it",
        );
    }
    found
}

fn finding(
    severity: Severity,
    check: Check,
    asset: &FindingAsset,
    what: String,
    what_to_do: &str,
) -> Finding {
    Finding { severity, check, asset: asset.clone(), what, what_to_do: what_to_do.to_owned() }
}

fn widgets_are(count: usize) -> String {
    if count == 1 { "1 widget is".to_owned() } else { format!("{count} widgets are") }
}

fn places(count: usize) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

fn model_asset(id: &Option<String>, title: &str) -> FindingAsset {
    FindingAsset { kind: FoundIn::Datamodel, id: id.clone(), title: Some(title.to_owned()) }
}

/// What the document of a data model tells by itself.
pub(super) fn of_model(model: &Titled) -> Vec<Finding> {
    let document = &model.document;
    let asset = model_asset(&document.id().map(str::to_owned), &model.title);
    let mut found = Vec::new();
    if never_deployed(document) {
        let (what, to_do) = if document.is_live() {
            ("it was never published", "publish it, or delete it")
        } else {
            ("it was never built", "build it, or delete it")
        };
        let (severity, check) = (Severity::Medium, Check::NeverBuilt);
        found.push(finding(severity, check, &asset, what.to_owned(), to_do));
    }
    let index = document.index();
    for relation in document.relations() {
        let keys: Vec<(String, &Column)> = relation
            .ends
            .iter()
            .filter(|end| !end.dropped)
            .filter_map(|end| {
                let key = index.by_id(end.column_id.as_deref()?)?;
                let table = document.tables().nth(key.table)?;
                let column = table.columns.get(key.column)?;
                Some((format!("{}.{}", table.name, column.name), column))
            })
            .collect();
        if keys.len() < 2 {
            continue;
        }
        let text = |column: &Column| column.type_code.is_some_and(|code| TEXTS.contains(&code));
        let names: Vec<&str> =
            keys.iter().filter(|(_, column)| text(column)).map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            found.push(finding(
                Severity::Low,
                Check::TextKeys,
                &asset,
                format!("a relation joins by text: {}", names.join(", ")),
                "join by a number, which is faster and smaller",
            ));
        }
    }
    found
}

pub(super) fn of_custom_tables(tables: &[CustomTable]) -> Vec<Finding> {
    let union = tables.iter().filter(|table| table.has_union == YesNo::Yes);
    union
        .map(|table| {
            finding(
                Severity::Medium,
                Check::CustomTables,
                &model_asset(&table.datamodel_id, &table.datamodel_name),
                format!("the custom table \"{}\" uses UNION", table.table_name),
                "bring the rows together in the source or by an import query",
            )
        })
        .collect()
}

/// One line per data model: an import query is no fault.
pub(super) fn of_import_queries(model: &Titled, tables: &[TableImportQuery]) -> Vec<Finding> {
    let count = tables.iter().filter(|table| has_query(table)).count();
    if count == 0 {
        return Vec::new();
    }
    let asset = model_asset(&model.document.id().map(str::to_owned), &model.title);
    vec![finding(
        Severity::Info,
        Check::ImportQueries,
        &asset,
        format!("{count} of {} base tables are filled by an import query", tables.len()),
        "see that the queries still fit their sources",
    )]
}

pub(super) fn of_islands(tables: &[IslandTable]) -> Vec<Finding> {
    let faults = tables.iter().filter(|table| !table.single_table_model);
    faults
        .map(|table| {
            let severity = if table.hidden { Severity::Low } else { Severity::Medium };
            let dropped =
                if table.dropped_relation { "; a relation of it was dropped" } else { "" };
            finding(
                severity,
                Check::IslandTables,
                &model_asset(&table.datamodel_id, &table.datamodel_name),
                format!("nothing joins the table \"{}\"{dropped}", table.table_name),
                "add a relation, or remove the table; filters of other tables do not reach it",
            )
        })
        .collect()
}

pub(super) fn of_security(columns: &[SecuredColumn]) -> Vec<Finding> {
    let mut found = Vec::new();
    for column in columns {
        let asset = model_asset(&column.datamodel_id, &column.datamodel_name);
        let name = joined(&column.table_name, &column.column_name);
        if column.orphaned {
            found.push(finding(
                Severity::High,
                Check::RlsDatatypes,
                &asset,
                format!("data security is on a column that is gone: {name}"),
                "move the rules to another column, or remove them",
            ));
        } else if is_text(column) {
            let kind = column.column_type.as_deref().or(column.datatype.as_deref());
            found.push(finding(
                Severity::Low,
                Check::RlsDatatypes,
                &asset,
                format!("data security is on {}: {name}", kind.unwrap_or("no number")),
                "secure a numeric key, which is faster",
            ));
        }
    }
    found
}

pub(super) fn of_relations(relations: &[RelationCheck]) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in relations {
        let asset = model_asset(&row.datamodel_id, &row.datamodel_name);
        let left = joined(&row.left_table, &row.left_column);
        let right = joined(&row.right_table, &row.right_column);
        let repeats = row.left_unique == Some(false) && row.right_unique == Some(false);
        let perhaps = row.is_m2m.is_none() && row.composite == CompositeKey::Untested && repeats;
        if row.is_m2m == Some(true) || perhaps {
            let (severity, what) = if perhaps {
                (Severity::Medium, "perhaps many-to-many")
            } else {
                (Severity::High, "many-to-many")
            };
            found.push(finding(
                severity,
                Check::M2mRelationships,
                &asset,
                format!("{what}: {left} and {right}"),
                "put a table with one row per value between them, or totals are too high",
            ));
        } else if [&row.left_column, &row.right_column].iter().any(|column| column.is_none()) {
            found.push(finding(
                Severity::Medium,
                Check::BrokenRelations,
                &asset,
                format!("a relation names a column that is gone: {left} and {right}"),
                "mend or remove the relation",
            ));
        }
    }
    found
}

fn joined(table: &Option<String>, column: &Option<String>) -> String {
    let part = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
    format!("{}.{}", part(table), part(column))
}
