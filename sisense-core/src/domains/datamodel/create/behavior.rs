//! How a build fills a table: the wish, the wire and what a model holds.

use serde_json::{Value, json};

use super::{BuildBehaviorConfig, BuildMode, ModelType};
use crate::documents::Table;
use crate::domains::lookup::connections::SourceColumn;
use crate::domains::lookup::{nearest, pick};
use crate::error::{Error, Result};

/// A checked wish.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Behavior {
    /// None when nothing is wished.
    mode: Option<BuildMode>,
    /// The column of an increment, as the source spells it.
    pub(super) column: Option<String>,
}

impl Behavior {
    /// Refuse what cannot be, before anything is asked of the server.
    pub(super) fn check(config: Option<&BuildBehaviorConfig>, table: &str) -> Result<()> {
        let Some(config) = config else { return Ok(()) };
        let column = config.column_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match (config.mode, column) {
            (BuildMode::Increment, None) => {
                Err(Error::invalid(format!("an increment needs a column: table {table}"))
                    .with_next_step("give column_name in build_behavior_config"))
            }
            (BuildMode::Increment, Some(_)) | (_, None) => Ok(()),
            (_, Some(name)) => Err(Error::invalid(format!(
                "only the mode increment takes a column: table {table}, column {name}"
            ))
            .with_next_step("choose the mode increment, or leave column_name out")),
        }
    }

    /// The wish with its column as the source spells it.
    pub(super) fn read(
        config: Option<&BuildBehaviorConfig>,
        kind: ModelType,
        table: &str,
        columns: &[SourceColumn],
    ) -> Result<Self> {
        let Some(config) = config else { return Ok(Behavior::default()) };
        if kind == ModelType::Live && config.mode != BuildMode::Replace {
            return Err(Error::invalid(format!("a live data model has no build: table {table}"))
                .with_next_step("leave build_behavior_config out, or make an extract model"));
        }
        let mode = Some(config.mode);
        let Some(wanted) = config.column_name.as_deref().map(str::trim).filter(|c| !c.is_empty())
        else {
            return Ok(Behavior { mode, column: None });
        };
        let name = |column: &SourceColumn| column.name.clone();
        let found = pick("column", wanted, columns, |column| column.name.as_str(), name)?;
        let Some(found) = found else {
            let near = nearest(wanted, columns.iter().map(|column| column.name.as_str()));
            return Err(Error::not_found("column", wanted)
                .with_candidates(near)
                .with_asset(format!("table \"{table}\""))
                .with_next_step("name a column of the source's table"));
        };
        Ok(Behavior { mode, column: Some(found.name.clone()) })
    }

    /// Whether it needs the id of a column, which there is only after the table was made.
    pub(super) fn comes_later(&self) -> bool {
        self.column.is_some()
    }

    /// What a new table is made with.
    pub(super) fn first(&self) -> Value {
        let kind = match self.mode {
            Some(BuildMode::ReplaceChanges) => "ignoreIfExists",
            Some(BuildMode::Append) => "accumulativeSync",
            None | Some(BuildMode::Replace | BuildMode::Increment) => "sync",
        };
        json!({ "type": kind, "accumulativeConfig": null })
    }

    /// What a table is changed to for an increment by a column, given by id to the server and by
    /// name to a person.
    pub(super) fn later(column: &str) -> Value {
        json!({
            "type": "accumulativeSync",
            "accumulativeConfig": {
                "column": column, "type": "lastStored", "lastDays": null, "keepOnlyDays": null,
            },
        })
    }

    /// Whether a table of the model is filled like that. What was not wished fits everything.
    pub(super) fn fits(&self, table: &Table) -> bool {
        let kind = table.build_behavior.as_deref().unwrap_or("sync");
        let is = |word: &str| kind.eq_ignore_ascii_case(word);
        match self.mode {
            None => true,
            Some(BuildMode::Replace) => is("sync"),
            Some(BuildMode::ReplaceChanges) => is("ignoreIfExists"),
            Some(BuildMode::Append) => {
                is("accumulativeSync") && table.accumulation_column.is_none()
            }
            Some(BuildMode::Increment) => {
                is("accumulativeSync") && increment_column(table) == self.column.as_deref()
            }
        }
    }

    /// Whether a table was made for this wish and still lacks its second half.
    pub(super) fn is_half(&self, table: &Table) -> bool {
        let kind = table.build_behavior.as_deref().unwrap_or("sync");
        self.comes_later() && kind.eq_ignore_ascii_case("sync")
    }
}

/// The name of the column by which a build of this table finds new rows.
pub(super) fn increment_column(table: &Table) -> Option<&str> {
    let id = table.accumulation_column.as_deref()?;
    let column = table.columns.iter().find(|column| column.id.as_deref() == Some(id))?;
    Some(&column.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn config(mode: BuildMode, column: Option<&str>) -> BuildBehaviorConfig {
        BuildBehaviorConfig { mode, column_name: column.map(str::to_owned) }
    }

    fn columns() -> Vec<SourceColumn> {
        serde_json::from_value(json!([{ "columnName": "Day" }, { "columnName": "Id" }])).unwrap()
    }

    #[test]
    fn a_column_goes_with_an_increment_and_with_nothing_else() {
        let check = |mode, column| Behavior::check(Some(&config(mode, column)), "Orders");
        for wrong in [
            check(BuildMode::Increment, None),
            check(BuildMode::Increment, Some(" ")),
            check(BuildMode::Append, Some("Day")),
        ] {
            assert_eq!(wrong.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        check(BuildMode::Increment, Some("Day")).unwrap();
        check(BuildMode::Append, None).unwrap();
    }

    #[test]
    fn the_column_is_spelled_as_in_the_source_and_must_be_there() {
        let read = |column| {
            let config = config(BuildMode::Increment, Some(column));
            Behavior::read(Some(&config), ModelType::Extract, "Orders", &columns())
        };
        assert_eq!(read("day").unwrap().column.as_deref(), Some("Day"));
        let error = read("Dayy").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.candidates(), ["Day"]);
    }

    #[test]
    fn a_live_model_is_not_filled_by_builds() {
        let read =
            |mode| Behavior::read(Some(&config(mode, None)), ModelType::Live, "Orders", &columns());
        assert_eq!(read(BuildMode::Append).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(read(BuildMode::Replace).is_ok());
    }

    #[test]
    fn what_a_model_holds_is_compared_in_the_servers_words() {
        let table = |behavior: Value| {
            Table::from_value(&json!({
                "name": "Orders", "buildBehavior": behavior,
                "columns": [{ "oid": "c1", "name": "Day" }, { "oid": "c2", "name": "Id" }],
            }))
        };
        let by = |column: &str| {
            let config = config(BuildMode::Increment, Some(column));
            Behavior::read(Some(&config), ModelType::Extract, "Orders", &columns()).unwrap()
        };
        let sync = table(json!({ "type": "sync", "accumulativeConfig": null }));
        let day = table(Behavior::later("c1"));
        assert!(by("Day").fits(&day) && !by("Id").fits(&day) && !by("Day").is_half(&day));
        assert!(by("Day").is_half(&sync) && !by("Day").fits(&sync));
        assert!(Behavior::default().fits(&day), "nothing is wished");
        let append = Behavior { mode: Some(BuildMode::Append), column: None };
        assert!(!append.fits(&day) && append.fits(&table(append.first())));
    }
}
