//! What the answer to an import says of each document. Pure code.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::transport::Body;

/// What makes a document large, and is not looked at.
const LARGE: [&str; 7] =
    ["widgets", "layout", "previewLayout", "filters", "defaultFilters", "script", "style"];

/// The answer to an import, which holds whole documents: without what makes them large.
pub(super) struct ImportAnswer(Value);

impl ImportAnswer {
    pub(super) fn value(&self) -> &Value {
        &self.0
    }
}

impl Body for ImportAnswer {
    fn nothing() -> Self {
        ImportAnswer(Value::Null)
    }

    fn read(text: &[u8]) -> serde_json::Result<Self> {
        let mut json = serde_json::Deserializer::from_slice(text);
        let value = Lean.deserialize(&mut json)?;
        json.end()?;
        Ok(ImportAnswer(value))
    }
}

/// Reads a value without its large members.
struct Lean;

impl<'de> DeserializeSeed<'de> for Lean {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lean {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Lean)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if LARGE.contains(&key.as_str()) {
                members.next_value::<IgnoredAny>()?;
            } else {
                map.insert(key, members.next_value_seed(Lean)?);
            }
        }
        Ok(map.into())
    }
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It came in under this id.
    Made(String),
    /// The target had it.
    Skipped,
    /// It did not come in, and why.
    Failed(String),
    /// The answer does not speak of it.
    Nothing,
}

/// A document that was sent: its id and title.
pub(super) struct Asked<'a> {
    pub(super) oid: &'a str,
    pub(super) title: &'a str,
}

struct Line {
    oid: Option<String>,
    title: String,
    told: Told,
}

/// What the answer says of each document: by id, else by title, which must fit one document and one
/// line. An answer about one document speaks of that one.
pub(super) fn told(answer: &Value, asked: &[Asked<'_>]) -> Vec<Told> {
    let mut lines = lines(answer);
    let mut result = vec![Told::Nothing; asked.len()];
    if let ([_], true) = (asked, lines.len() == 1) {
        return lines.into_iter().map(|line| line.told).collect();
    }
    for (told, one) in result.iter_mut().zip(asked) {
        let same =
            |line: &Line| line.oid.as_deref().is_some_and(|oid| oid.eq_ignore_ascii_case(one.oid));
        if let Some(at) = lines.iter().position(same) {
            *told = lines.swap_remove(at).told;
        }
    }
    // By the same title first; then by one that begins with it, which is that of a copy.
    let same = |line: &str, title: &str| line == title;
    let copy = |line: &str, title: &str| !title.is_empty() && line.starts_with(title);
    for fits in [same as fn(&str, &str) -> bool, copy] {
        let waiting: Vec<usize> =
            (0..asked.len()).filter(|at| result[*at] == Told::Nothing).collect();
        let mut taken = Vec::new();
        for at in &waiting {
            let title = asked[*at].title;
            let mut own = (0..lines.len()).filter(|line| fits(&lines[*line].title, title));
            let (Some(line), None) = (own.next(), own.next()) else { continue };
            let rivals = waiting.iter().filter(|o| fits(&lines[line].title, asked[**o].title));
            if rivals.count() == 1 {
                taken.push((*at, line));
            }
        }
        taken.sort_by_key(|(_, line)| std::cmp::Reverse(*line));
        for (at, line) in taken {
            result[at] = lines.swap_remove(line).told;
        }
    }
    result
}

fn lines(answer: &Value) -> Vec<Line> {
    let list = |keys: &[&str]| -> Vec<Value> {
        let found = keys.iter().find_map(|key| answer.get(*key));
        rows(found.unwrap_or(&Value::Null))
    };
    let made = match answer {
        // The published contract shows a plain list.
        Value::Array(rows) => rows.clone(),
        _ => list(&["succeded", "succeeded"]),
    };
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let line = |row: &Value, told: Told| Line {
        oid: text(row, "oid"),
        title: text(row, "title").unwrap_or_default(),
        told,
    };
    let made = made.iter().filter_map(|row| Some(line(row, Told::Made(text(row, "oid")?))));
    let mut lines: Vec<Line> = made.collect();
    lines.extend(list(&["skipped"]).iter().map(|row| line(row, Told::Skipped)));
    lines.extend(list(&["failed"]).iter().map(|row| {
        let reason = row.pointer("/error/message").or_else(|| row.get("message"));
        let reason = reason.or_else(|| row.get("error")).and_then(Value::as_str);
        line(row, Told::Failed(reason.unwrap_or("the server gives no reason").to_owned()))
    }));
    lines
}

/// A list, or an object with a list for each kind of failure.
fn rows(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(rows) => rows.clone(),
        Value::Object(kinds) => kinds.values().flat_map(rows).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked() -> [Asked<'static>; 3] {
        [
            Asked { oid: "a1", title: "One" },
            Asked { oid: "b2", title: "Two" },
            Asked { oid: "c3", title: "Three" },
        ]
    }

    #[test]
    fn each_document_gets_its_own_line() {
        let answer = json!({
            "succeded": [{"oid": "A1", "title": "Renamed"}],
            "skipped": [{"title": "Two"}],
            "failed": {"odd": [{"title": "Three", "error": {"message": "bad"}}]},
        });
        let expected = [Told::Made("A1".into()), Told::Skipped, Told::Failed("bad".into())];
        assert_eq!(told(&answer, &asked()), expected);
    }

    #[test]
    fn a_new_id_is_matched_by_a_title_that_only_one_has() {
        let answer = json!({"succeeded": [{"oid": "x9", "title": "Two"}]});
        let expected = [Told::Nothing, Told::Made("x9".into()), Told::Nothing];
        assert_eq!(told(&answer, &asked()), expected);
        let mut twins = asked();
        twins[2].title = "Two";
        assert_eq!(told(&answer, &twins), [Told::Nothing, Told::Nothing, Told::Nothing]);
        let two =
            json!({"succeded": [{"oid": "x8", "title": "One"}, {"oid": "x9", "title": "One"}]});
        assert_eq!(told(&two, &asked()), [Told::Nothing, Told::Nothing, Told::Nothing]);
    }

    #[test]
    fn copies_are_known_by_the_title_that_theirs_begins_with() {
        let lines = json!([{"oid": "x1", "title": "One (1)"}, {"oid": "x2", "title": "Two (1)"}]);
        let answer = json!({ "succeded": lines });
        let expected = [Told::Made("x1".into()), Told::Made("x2".into()), Told::Nothing];
        assert_eq!(told(&answer, &asked()), expected);
        let mut near = asked();
        near[1].title = "On";
        assert_eq!(told(&answer, &near)[..2], [Told::Nothing, Told::Nothing]);
    }

    #[test]
    fn an_answer_about_one_document_speaks_of_it_whatever_its_title() {
        let one = [Asked { oid: "a1", title: "One" }];
        let answer = json!({"succeded": [{"oid": "x9", "title": "One (1)"}]});
        assert_eq!(told(&answer, &one), [Told::Made("x9".into())]);
        let failed = json!({"failed": [{"title": "", "error": "no"}]});
        assert_eq!(told(&failed, &one), [Told::Failed("no".into())]);
        assert_eq!(told(&json!([{"oid": "a1"}]), &one), [Told::Made("a1".into())]);
    }

    #[test]
    fn of_documents_in_an_answer_the_large_parts_are_left_out() {
        let document = json!({
            "oid": "a1", "title": "One", "widgets": [{"oid": "w"}], "layout": {}, "n": [1, -1, 0.5],
            "desc": null, "shared": true,
        });
        let text = json!({ "succeded": [document], "failed": {} }).to_string();
        let expected = json!({
            "succeded": [{"oid": "a1", "title": "One", "n": [1, -1, 0.5], "desc": null,
                "shared": true}],
            "failed": {},
        });
        assert_eq!(ImportAnswer::read(text.as_bytes()).unwrap().value(), &expected);
        for broken in ["", "{", "{} x", "[1,"] {
            assert!(ImportAnswer::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn an_answer_that_says_nothing_tells_nothing() {
        for answer in [json!(null), json!({}), json!("ok"), json!({"succeded": [{"title": 1}]})] {
            assert!(told(&answer, &asked()).iter().all(|told| *told == Told::Nothing));
        }
    }
}
