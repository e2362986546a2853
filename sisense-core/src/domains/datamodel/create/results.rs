//! What a plan and its ends mean as results.

use super::behavior::increment_column;
use super::parts::Plan;
use super::send::End;
use super::{CreatedDataset, CreatedTable, TableColumn};
use crate::documents::{Column, Table, TableKind, type_name};
use crate::domains::lookup::connections::SourceColumn;

/// A dataset of a plan, with how making it ended.
pub(super) fn dataset(plan: &Plan, place: usize, model: &str, end: &End) -> CreatedDataset {
    let part = &plan.datasets[place];
    CreatedDataset {
        dataset_id: end.id.clone(),
        name: end.text("name").or_else(|| part.name.clone()),
        fullname: end.text("fullname").or_else(|| part.fullname.clone()),
        kind: plan.model.kind,
        datamodel_id: model.to_owned(),
        connection_id: part.connection.oid.clone(),
        connection_name: part.connection.name.clone(),
        provider: part.connection.provider.clone(),
        database: Some(part.database.clone()),
        schema_name: Some(part.schema.clone()),
        table_count: part.tables,
        created: end.created,
    }
}

/// A table of a plan, with how making it ended. `behaves` tells that its build behaviour was set.
pub(super) fn table(
    plan: &Plan,
    place: usize,
    (model, dataset): (&str, &str),
    end: &End,
    behaves: bool,
) -> CreatedTable {
    let part = &plan.tables[place];
    let told = end.table().or_else(|| part.known.clone());
    let columns: Vec<TableColumn> = match &told {
        Some(table) => table.columns.iter().map(known_column).collect(),
        None => part.columns.iter().map(source_column).collect(),
    };
    let (mut behavior, mut increment) = match &told {
        Some(table) => (table.build_behavior.clone(), increment_column(table).map(str::to_owned)),
        None => (part.behavior.first()["type"].as_str().map(str::to_owned), None),
    };
    if behaves {
        behavior = Some("accumulativeSync".to_owned());
        increment.clone_from(&part.behavior.column);
    }
    let custom = told.as_ref().is_some_and(|table| table.kind == TableKind::Custom);
    CreatedTable {
        table_id: end.id.clone(),
        name: part.wish.table_name.clone(),
        datamodel_id: model.to_owned(),
        dataset_id: dataset.to_owned(),
        kind: if custom { "custom" } else { "base" }.to_owned(),
        column_count: columns.len(),
        columns,
        build_behavior: behavior,
        increment_column: increment,
        import_query: told
            .and_then(|table: Table| table.import_query)
            .or_else(|| part.wish.import_query.clone()),
        created: end.created,
        needs_deploy: if part.part.new || part.patch { Some(true) } else { plan.model.pending },
    }
}

fn known_column(column: &Column) -> TableColumn {
    TableColumn {
        column_id: column.id.clone(),
        name: column.name.clone(),
        type_code: column.type_code,
        type_name: column.type_name.clone(),
    }
}

fn source_column(column: &SourceColumn) -> TableColumn {
    TableColumn {
        column_id: None,
        name: column.name.clone(),
        type_code: column.db_type,
        type_name: column.db_type.map(type_name),
    }
}
