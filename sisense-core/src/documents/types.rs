//! Names of the numeric column type codes of a data model.

/// The name of a column's type code; `code <n>` for one that is not known.
#[must_use]
pub fn type_name(code: i64) -> String {
    let name = match code {
        0 => "BigInt",
        2 => "Boolean",
        3 => "Char",
        4 => "DateTime",
        5 => "Decimal",
        6 => "Float",
        8 => "Integer",
        13 => "Real",
        16 => "SmallInt",
        18 => "Text",
        19 => "Timestamp",
        20 => "TinyInt",
        22 => "VarChar",
        31 => "Date",
        32 => "Time",
        40 => "Double",
        41 => "Numeric",
        43 => "TimestampWithTimezone",
        44 => "TimeWithTimezone",
        other => return format!("code {other}"),
    };
    name.to_owned()
}
