//! Of which types the columns are by which data security decides.

use serde_json::Value;

use super::each;
use super::load::{self, Also, MOST_MODELS, Model};
use super::{CheckDatamodels, SecuredColumn, SecurityTypeCheck, Wellcheck};
use crate::documents::{Column, same_name};
use crate::domains::lookup::models::Titled;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial};

/// Codes of the types that hold numbers: BigInt, Decimal, Float, Integer, Real, SmallInt, TinyInt,
/// Double, Numeric.
const NUMBERS: [i64; 9] = [0, 5, 6, 8, 13, 16, 20, 40, 41];

impl Wellcheck {
    /// Tell the types of the columns by which data security decides.
    ///
    /// One row per secured column: the type in the rules and in the model, whether it holds numbers
    /// (text is the slower choice), how many rules there are, and whether the model still has it.
    /// No rules give no rows; a refusal is an error. At most 500 data models; `["*"]` means all. A
    /// reference that fits none, or several, is named and does not stop the rest. Two requests per
    /// data model.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not read data models or
    /// the rules of any of them.
    ///
    /// # Ask
    /// - Check the data types of the row level security in Sample ECommerce
    /// - Which data models have data security on text columns?
    /// - Are the security columns of the cube Finance numbers or text?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_datamodel_rls_datatypes(
        &self,
        params: CheckDatamodels,
    ) -> Result<Partial<SecurityTypeCheck>> {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
        let (mut rows, mut failed, mut refused) = (Vec::new(), Vec::new(), true);
        let mut read = each::model(&self.client, &params.datamodels, Also::Security, |model| {
            let found = secured(&model);
            refused &= found.is_refused();
            rows.extend(found.columns);
            failed.extend(found.missing);
        })
        .await?;
        if refused && let Some(first) = failed.first() {
            return Err(Error::from(first.error.clone()).with_asset(first.what.clone()));
        }
        read.missing.extend(failed);
        let value = SecurityTypeCheck {
            text_count: rows.iter().filter(|row| is_text(row)).count(),
            orphaned_count: rows.iter().filter(|row| row.orphaned).count(),
            secured_columns: rows,
            datamodels_checked: read.checked,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// Whether a secured column is known to hold no numbers.
pub(super) fn is_text(row: &SecuredColumn) -> bool {
    row.numeric == Some(false)
}

/// What the security of one data model says.
pub(super) struct Secured {
    pub(super) columns: Vec<SecuredColumn>,
    /// What could not be read, or was not understood.
    pub(super) missing: Option<Missing>,
}

impl Secured {
    fn is_refused(&self) -> bool {
        self.missing.as_ref().is_some_and(|missing| missing.error.kind == ErrorKind::Forbidden)
    }
}

/// The secured columns of a data model that was read with its security.
pub(super) fn secured(model: &Model) -> Secured {
    let what = format!("data security of \"{}\"", model.titled.title);
    let rules = match &model.security {
        Some(Ok(rules)) => rules.as_slice(),
        Some(Err(error)) => {
            let missing = Missing::new(what, Error::from(error.report().clone()));
            return Secured { columns: Vec::new(), missing: Some(missing) };
        }
        None => &[],
    };
    let unclear = rules.iter().filter(|rule| !names_column(rule)).count();
    let missing = (unclear > 0).then(|| {
        let message = format!("rules that name no table and column: {unclear}");
        Missing::new(what, Error::new(ErrorKind::Decode, message))
    });
    Secured { columns: secured_columns(&model.titled, rules), missing }
}

fn member<'a>(rule: &'a Value, key: &str) -> Option<&'a str> {
    rule.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn names_column(rule: &Value) -> bool {
    member(rule, "table").is_some() && member(rule, "column").is_some()
}

/// One row per column that rules name, in the order of the rules.
fn secured_columns(model: &Titled, rules: &[Value]) -> Vec<SecuredColumn> {
    let mut rows: Vec<SecuredColumn> = Vec::new();
    for rule in rules {
        let (Some(table), Some(column)) = (member(rule, "table"), member(rule, "column")) else {
            continue;
        };
        let is = |known: &Option<String>, name: &str| {
            known.as_deref().is_some_and(|known| same_name(known, name))
        };
        let known =
            rows.iter_mut().find(|row| is(&row.table_name, table) && is(&row.column_name, column));
        match known {
            Some(row) => row.rule_count += 1,
            None => rows.push(row(model, rule, table, column)),
        }
    }
    rows
}

fn row(model: &Titled, rule: &Value, table: &str, column: &str) -> SecuredColumn {
    let document = &model.document;
    let found: Option<&Column> = document.index().find(table, column).and_then(|key| {
        document.tables().nth(key.table).and_then(|table| table.columns.get(key.column))
    });
    let datatype = member(rule, "datatype").map(str::to_owned);
    let said = datatype.as_deref().map(|said| said.eq_ignore_ascii_case("numeric"));
    SecuredColumn {
        datamodel_id: document.id().map(str::to_owned),
        datamodel_name: model.title.clone(),
        table_name: Some(table.to_owned()),
        column_name: Some(column.to_owned()),
        column_type: found.and_then(|column| column.type_name.clone()),
        numeric: found.and_then(|column| column.type_code).map(is_number).or(said),
        datatype,
        rule_count: 1,
        orphaned: found.is_none(),
    }
}

fn is_number(code: i64) -> bool {
    NUMBERS.contains(&code)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn model() -> Titled {
        let columns = json!([
            {"oid": "1", "name": "Region", "type": 18}, {"oid": "2", "name": "Rep ID", "type": 8},
            {"oid": "3", "name": "Odd"},
        ]);
        let model = json!({"oid": "m", "title": "Shop", "datasets": [
            {"schema": {"tables": [{"oid": "t", "name": "Sales", "columns": columns}]}}]});
        Titled::from_value(model).unwrap()
    }

    fn rule(table: &str, column: &str, datatype: Value) -> Value {
        json!({"_id": "r", "table": table, "column": column, "datatype": datatype, "shares": []})
    }

    #[test]
    fn each_column_is_told_once_with_its_type_in_the_model() {
        let rules = [
            rule("Sales", "Region", json!("text")),
            rule("sales", "REGION", json!("text")),
            rule("Sales", "Rep ID", json!("text")),
            rule("Sales", "Gone", json!("numeric")),
            rule("Nowhere", "Region", Value::Null),
            rule("Sales", "Odd", json!("numeric")),
        ];
        let rows = secured_columns(&model(), &rules);
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                let column = row.column_name.as_deref().unwrap();
                (column, row.column_type.as_deref(), row.numeric, row.rule_count, row.orphaned)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Region", Some("Text"), Some(false), 2, false),
                ("Rep ID", Some("Integer"), Some(true), 1, false),
                ("Gone", None, Some(true), 1, true),
                ("Region", None, None, 1, true),
                ("Odd", None, Some(true), 1, false),
            ]
        );
        assert_eq!(rows[1].datatype.as_deref(), Some("text"));
    }

    #[test]
    fn rules_that_name_nothing_are_not_understood() {
        let security =
            Some(Ok(vec![json!({"table": "Sales"}), rule("Sales", "Region", json!("text"))]));
        let found = secured(&Model { titled: model(), security });
        assert_eq!(found.columns.len(), 1);
        assert_eq!(found.missing.unwrap().error.kind, ErrorKind::Decode);
    }
}
