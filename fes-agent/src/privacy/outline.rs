//! Schemas in few words, so that a prompt can hold those of a dozen operations.

use serde_json::{Map, Value};

/// How deep an outline goes.
const MAX_DEPTH: usize = 6;

/// Longest outline of one schema, in bytes.
const MAX_BYTES: usize = 1600;

/// What a JSON Schema says of a value's form, such as `{ users: [{ email: string | null }] }`.
pub(super) fn outline(schema: &Value) -> String {
    let mut out = Outline { root: schema, text: String::new() };
    out.schema(schema, 0);
    out.text
}

struct Outline<'a> {
    root: &'a Value,
    text: String,
}

impl Outline<'_> {
    fn full(&self) -> bool {
        self.text.len() >= MAX_BYTES
    }

    fn schema(&mut self, schema: &Value, depth: usize) {
        let Some(map) = schema.as_object() else {
            self.text.push_str("any");
            return;
        };
        if depth > MAX_DEPTH || self.full() {
            self.text.push('…');
            return;
        }
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|path| self.root.pointer(path));
            match target {
                Some(target) => self.schema(&target.clone(), depth + 1),
                None => self.text.push_str("any"),
            }
            return;
        }
        if let Some(only) = map.get("const") {
            self.text.push_str(&only.to_string());
            return;
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array) {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            self.text.push_str(&values.join(" | "));
            return;
        }
        if let Some(any) = ["oneOf", "anyOf"].iter().find_map(|key| map.get(*key)?.as_array()) {
            for (at, one) in any.iter().enumerate() {
                if at > 0 {
                    self.text.push_str(" | ");
                }
                self.schema(one, depth + 1);
            }
            return;
        }
        match map.get("type") {
            Some(Value::String(kind)) => self.kind(kind, map, depth),
            Some(Value::Array(kinds)) => {
                for (at, kind) in kinds.iter().filter_map(Value::as_str).enumerate() {
                    if at > 0 {
                        self.text.push_str(" | ");
                    }
                    self.kind(kind, map, depth);
                }
            }
            _ => self.text.push_str("any"),
        }
    }

    fn kind(&mut self, kind: &str, map: &Map<String, Value>, depth: usize) {
        match kind {
            "object" => self.object(map, depth),
            "array" => {
                self.text.push('[');
                match map.get("items") {
                    Some(items) => self.schema(items, depth + 1),
                    None => self.text.push_str("any"),
                }
                self.text.push(']');
            }
            other => self.text.push_str(other),
        }
    }

    fn object(&mut self, map: &Map<String, Value>, depth: usize) {
        let members = map.get("properties").and_then(Value::as_object);
        let Some(members) = members.filter(|members| !members.is_empty()) else {
            self.text.push_str("{ }");
            return;
        };
        let required = map.get("required").and_then(Value::as_array);
        self.text.push_str("{ ");
        for (at, (name, member)) in members.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            if self.full() {
                self.text.push('…');
                break;
            }
            self.text.push_str(name);
            if !required.is_some_and(|list| list.iter().any(|one| one == name.as_str())) {
                self.text.push('?');
            }
            self.text.push_str(": ");
            self.schema(member, depth + 1);
        }
        self.text.push_str(" }");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_the_form_of_a_real_answer() {
        let operation = sisense_core::generated::find("access.users_per_group").unwrap();
        insta::assert_snapshot!(outline(&operation.output_schema));
    }

    #[test]
    fn a_schema_that_goes_round_or_on_ends() {
        let round = json!({ "$ref": "#/$defs/A", "$defs": {
            "A": { "type": "object", "properties": { "a": { "$ref": "#/$defs/A" },
                                                     "b": { "$ref": "#/$defs/A" } } } } });
        assert!(outline(&round).len() < 2 * MAX_BYTES, "{}", outline(&round));
        let wide: Map<String, Value> =
            (0..10_000).map(|n| (format!("member_{n}"), json!({ "type": "string" }))).collect();
        assert!(outline(&json!({ "type": "object", "properties": wide })).len() < 2 * MAX_BYTES);
        for all in sisense_core::generated::operations() {
            assert!(outline(&all.output_schema).len() < 2 * MAX_BYTES, "{}", all.id);
        }
    }

    #[test]
    fn what_is_no_schema_is_anything() {
        for schema in [json!(true), json!({}), json!({ "$ref": "#/$defs/none" })] {
            assert_eq!(outline(&schema), "any");
        }
    }
}
