//! The columns of a custom table, as they follow from its SQL.

use serde_json::{Value, json};

use super::columns::fresh;
use super::datasets::invalid;
use super::doc::{list, set, text};
use super::ids::Ids;
use super::tables::all_tables;
use crate::wire::Reply;

/// Reads the select list of a statement. Columns that were there keep their ids.
pub(super) fn columns(
    ids: &mut Ids,
    model: &Value,
    known: &[Value],
    sql: &str,
) -> Result<Vec<Value>, Reply> {
    let words = words(sql);
    let is = |word: &Word, keyword: &str| {
        !word.quoted && word.depth == 0 && word.text.eq_ignore_ascii_case(keyword)
    };
    let start = words.iter().position(|word| is(word, "select"));
    let start = start.ok_or_else(|| invalid("'expression' must be a SELECT"))?;
    let rest = &words[start + 1..];
    let end = rest.iter().position(|word| is(word, "from")).unwrap_or(rest.len());
    let from = rest.get(end + 1).map_or("", |word| word.text.as_str());
    let mut made: Vec<Value> = Vec::new();
    for item in rest[..end].split(|word| is(word, ",")) {
        match item {
            [] => return Err(invalid("'expression' selects nothing")),
            [star] if is(star, "*") => {
                let source = all_tables(model).find(|table| text(table, "name") == from);
                let columns = source.map_or(&[][..], |table| list(table, "columns"));
                for column in columns {
                    made.push(column_named(ids, model, known, text(column, "name")));
                }
            }
            item => {
                let name = match item.last() {
                    Some(last) if last.text != ")" => last.text.as_str(),
                    _ => "Column",
                };
                made.push(column_named(ids, model, known, name));
            }
        }
    }
    Ok(made)
}

/// A column has the type of the first one of its name in the model; else it is taken for text.
fn column_named(ids: &mut Ids, model: &Value, known: &[Value], name: &str) -> Value {
    if let Some(old) = known.iter().find(|old| text(old, "name") == name) {
        return old.clone();
    }
    let mut column = fresh(ids, name);
    let source = all_tables(model)
        .flat_map(|table| list(table, "columns"))
        .find(|column| text(column, "name") == name);
    for key in ["type", "size", "precision", "scale"] {
        let value = source.map_or_else(
            || if key == "type" { json!(18) } else { Value::Null },
            |source| source[key].clone(),
        );
        set(&mut column, key, value);
    }
    column
}

struct Word {
    text: String,
    quoted: bool,
    depth: usize,
}

/// Splits SQL into names, signs and quoted texts; comments are left out. Round brackets stand
/// at the depth around them.
fn words(sql: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut letters = sql.chars().peekable();
    let mut depth = 0_usize;
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '-' if next == Some('-') => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '/' if next == Some('*') => {
                let mut last = ' ';
                letters.by_ref().find(|letter| {
                    let closed = last == '*' && *letter == '/';
                    last = *letter;
                    closed
                });
            }
            '[' | '"' | '\'' => {
                let close = if letter == '[' { ']' } else { letter };
                let text = letters.by_ref().take_while(|letter| *letter != close).collect();
                found.push(Word { text, quoted: true, depth });
            }
            '(' => {
                found.push(Word { text: letter.to_string(), quoted: false, depth });
                depth += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                found.push(Word { text: letter.to_string(), quoted: false, depth });
            }
            _ if letter.is_whitespace() => {}
            _ if letter.is_alphanumeric() || letter == '_' => {
                let mut text = letter.to_string();
                while let Some(more) =
                    letters.next_if(|next| next.is_alphanumeric() || *next == '_')
                {
                    text.push(more);
                }
                found.push(Word { text, quoted: false, depth });
            }
            _ => found.push(Word { text: letter.to_string(), quoted: false, depth }),
        }
    }
    found
}
