//! What stands in a column: a pure function of model, table, column and row, so that nothing is
//! held and every start shows the same.

use super::super::doc::text;
use crate::sql::Cell;

/// The code of text.
pub(super) const TEXT: i64 = 18;

/// The families of type codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Whole,
    Number,
    Date,
    Boolean,
    Text,
}

impl Family {
    pub(super) fn of(code: i64) -> Self {
        match code {
            0 | 8 | 16 | 20 => Self::Whole,
            5 | 6 | 13 | 40 | 41 => Self::Number,
            4 | 19 | 31 | 32 | 43 | 44 => Self::Date,
            2 => Self::Boolean,
            _ => Self::Text,
        }
    }
}

/// Names that go by row: no two rows of a small table share one.
const LISTS: [(&str, &[&str]); 12] = [
    ("Category", &["Cell Phones", "Cameras", "Computers", "Audio, Video", "Games", "Garden"]),
    ("Brand", &["Acme", "Übermut", "Nord & Süd", "Kestrel", "Łódka", "O'Hara", "Pine \"Oak\""]),
    ("Country", &["Germany", "Türkiye", "France", "Japan", "Brazil", "Côte d'Ivoire", "Kenya"]),
    ("Continent", &["Europe", "Asia", "Europe", "Asia", "America", "Africa", "Africa"]),
    ("ISO Code", &["DE", "TR", "FR", "JP", "BR", "CI", "KE"]),
    ("Division", &["Cardiology", "Surgery", "Radiology", "Pediatrics"]),
    ("Diagnosis", &["Asthma", "Fracture, closed", "Migraine", "Anemia", "Ménière's disease"]),
    ("Full Name", &["Ines Roth", "Kaan Öz", "Mary O'Neil", "Li Wei", "Zoë van Dam"]),
    ("Campaign", &["Spring Fair", "Webinar \"Live\"", "Newsletter, EU", "Partners"]),
    ("Account", &["Hansa AG", "Smith, Jones & Co.", "Åkerlund AB", "Delta", "Ikaría"]),
    ("Warehouse", &["Hamburg Nord", "Łódź", "São Paulo", "Kyoto"]),
    ("Part", &["Bolt, M8", "Nut \"wide\"", "Dübel", "Washer", "Hinge"]),
];

/// Names that are drawn for each row.
const DRAWN: [(&str, &[&str]); 17] = [
    ("Gender", &["Female", "Male", "Unspecified"]),
    ("Age Range", &["0-18", "19-24", "25-34", "35-44", "45-54", "55-64", "65+"]),
    ("Condition", &["New", "Used", "Refurbished", "Unspecified"]),
    ("Region Code", &["North", "South", "East", "West"]),
    ("Region", &["North", "South", "East", "West"]),
    ("Owner Region", &["EMEA", "AMER", "APAC"]),
    ("Reason", &["Too small, \"runs tight\"", "Wrong colour", "Beschädigt\nbeim Versand", "Other"]),
    ("Season", &["Spring", "Summer", "Autumn", "Winter"]),
    ("Subcategory", &["Small", "Large", "Accessories"]),
    ("Supplier", &["Meyer & Söhne", "Global Trade, Inc.", "Orient"]),
    ("Source Channel", &["Search", "Mail", "Direct", "Social"]),
    ("Stage", &["New", "Qualified", "Won", "Lost"]),
    ("Industry", &["Retail", "Health", "Energy"]),
    ("Specialty", &["Heart", "Bones", "Skin", "Eyes"]),
    ("Blood Type", &["A+", "B+", "AB-", "0+"]),
    ("Status", &["free", "taken", "blocked"]),
    ("Remark", &["ok", "handle with care, \"fragile\"", "zwei\nZeilen", "düşük stok", "a\tb"]),
];

/// A well-mixed number for a row.
pub(super) fn mix(seed: u64, row: usize) -> u64 {
    let mut bits = seed.wrapping_add((row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number for texts: FNV-1a, with a mark between them.
pub(super) fn seed(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The value of a column that joins nothing.
pub(super) fn plain(name: &str, family: Family, seed: u64, row: usize) -> Cell {
    let drawn = mix(seed, row);
    let draw = |limit: u64| drawn % limit;
    match family {
        Family::Whole => Cell::Int(draw(if name == "Quantity" { 9 } else { 1000 }) as i64 + 1),
        Family::Number => Cell::Float((draw(100_000) + 1) as f64 / 100.0),
        Family::Boolean => Cell::Bool(draw(2) == 1),
        Family::Date => date(draw(730)),
        Family::Text => words(name, drawn, row),
    }
}

fn words(name: &str, drawn: u64, row: usize) -> Cell {
    if let Some((_, list)) = LISTS.iter().find(|(known, _)| *known == name) {
        let word = list[row % list.len()];
        let again = row / list.len();
        return Cell::text(match (again, name) {
            (0, _) | (_, "Continent") => word.to_owned(),
            _ => format!("{word} {}", again + 1),
        });
    }
    if let Some((_, list)) = DRAWN.iter().find(|(known, _)| *known == name) {
        return Cell::text(list[drawn as usize % list.len()]);
    }
    match drawn % 11 {
        0 => Cell::Null,
        rest => Cell::Text(format!("{name} {}", rest + drawn / 11 % 10)),
    }
}

/// Some day from 2024 on, with a time.
fn date(days: u64) -> Cell {
    let (mut year, mut left) = (2024, days);
    loop {
        let long = if year % 4 == 0 { 366 } else { 365 };
        if left < long {
            break;
        }
        left -= long;
        year += 1;
    }
    let months = [31, if year % 4 == 0 { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    Cell::Text(format!("{year}-{month:02}-{:02}T{:02}:30:00", left + 1, days % 24))
}

/// The value of a key: the same number reads the same in every table that it joins.
pub(super) fn key(number: usize, family: Family, label: &str) -> Cell {
    match family {
        Family::Whole | Family::Number => Cell::Int(number as i64),
        Family::Boolean => Cell::Bool(number % 2 == 1),
        Family::Date => date(number as u64),
        Family::Text => {
            let initials = label.split_whitespace().filter_map(|word| word.chars().next());
            Cell::Text(format!("{}-{number:03}", initials.collect::<String>()))
        }
    }
}

/// Whether a build leaves a column out.
pub(super) fn is_left_out(column: &serde_json::Value) -> bool {
    column.get("import") == Some(&serde_json::Value::Bool(false)) || text(column, "name").is_empty()
}
