//! Shapes from JSON Schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{BOOL, DOUBLE, Field, Fields, INT, LIST, NULL, NUMBER, OBJECT, Shape, TEXT};

/// Deepest nesting of a schema that is followed; what is deeper may be anything. Schemas may refer
/// to themselves.
const MAX_SCHEMA_DEPTH: usize = 12;

/// Most parts of a schema that are followed; the rest may be anything.
const MAX_SCHEMA_PARTS: usize = 4_000;

impl Shape {
    /// The shape of a result, from the output schema of an operation.
    ///
    /// An object whose fields are named has no others, unless the schema says so: results are
    /// written from types, and a field that the type does not have is a slip of the pen.
    #[must_use]
    pub fn of_result(schema: &Value) -> Self {
        Reader { root: schema, left: MAX_SCHEMA_PARTS, closed: true }.shape(schema, 0)
    }

    /// The shape of arguments, from the input schema of an operation.
    #[must_use]
    pub fn of_arguments(schema: &Value) -> Self {
        Reader { root: schema, left: MAX_SCHEMA_PARTS, closed: false }.shape(schema, 0)
    }

    /// The shape of a literal.
    #[must_use]
    pub fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Shape::of(NULL),
            Value::Bool(_) => Shape::of(BOOL),
            Value::Number(number) if number.is_f64() => Shape::of(DOUBLE),
            Value::Number(_) => Shape::of(INT),
            Value::String(text) => Shape::text(text),
            Value::Array(items) => {
                Shape::list(items.iter().map(Shape::of_value).fold(Shape::nothing(), Shape::or))
            }
            Value::Object(fields) => Shape::object(
                fields.iter().map(|(name, value)| (name.clone(), Shape::of_value(value))),
            ),
        }
    }
}

struct Reader<'a> {
    root: &'a Value,
    left: usize,
    /// Whether objects with named fields have no others.
    closed: bool,
}

impl Reader<'_> {
    fn shape(&mut self, schema: &Value, depth: usize) -> Shape {
        self.left = self.left.saturating_sub(1);
        let Value::Object(schema) = schema else { return Shape::any() };
        if depth > MAX_SCHEMA_DEPTH || self.left == 0 {
            return Shape::any();
        }
        if let Some(reference) = schema.get("$ref") {
            let target = reference
                .as_str()
                .and_then(|path| path.strip_prefix('#'))
                .and_then(|path| self.root.pointer(path));
            return target.map_or_else(Shape::any, |target| self.shape(&target.clone(), depth + 1));
        }
        if let Some(value) = schema.get("const") {
            return Shape::of_value(value);
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return values.iter().map(Shape::of_value).fold(Shape::nothing(), Shape::or);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(options)) = schema.get(word) {
                // What stands beside the options narrows them further, or not at all.
                return options
                    .iter()
                    .map(|option| self.shape(option, depth + 1))
                    .fold(Shape::nothing(), Shape::or);
            }
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            return match parts.as_slice() {
                [part] => self.shape(part, depth + 1),
                _ => Shape::any(),
            };
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if schema.contains_key("properties") => vec!["object"],
            _ => return Shape::any(),
        };
        types
            .into_iter()
            .map(|name| self.typed(name, schema, depth))
            .fold(Shape::nothing(), Shape::or)
    }

    fn typed(&mut self, name: &str, schema: &Map<String, Value>, depth: usize) -> Shape {
        match name {
            "null" => Shape::of(NULL),
            "boolean" => Shape::of(BOOL),
            "integer" => Shape::of(INT),
            "number" => Shape::of(NUMBER),
            "string" => Shape::of(TEXT),
            "array" => {
                let items = match schema.get("items") {
                    Some(items) if !schema.contains_key("prefixItems") => {
                        self.shape(items, depth + 1)
                    }
                    _ => Shape::any(),
                };
                Shape { items: Some(Arc::new(items)), ..Shape::of(LIST) }
            }
            "object" => {
                Shape { fields: Some(Arc::new(self.fields(schema, depth))), ..Shape::of(OBJECT) }
            }
            _ => Shape::any(),
        }
    }

    fn fields(&mut self, schema: &Map<String, Value>, depth: usize) -> Fields {
        let required: Vec<&str> = match schema.get("required") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut known = BTreeMap::new();
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, property) in properties {
                let shape = self.shape(property, depth + 1);
                let required = required.contains(&name.as_str());
                known.insert(name.clone(), Field { shape, required });
            }
        }
        let patterns = schema.contains_key("patternProperties");
        let others = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) if !patterns => None,
            None if self.closed && !known.is_empty() && !patterns => None,
            Some(others @ Value::Object(_)) if !patterns => Some(self.shape(others, depth + 1)),
            _ => Some(Shape::any()),
        };
        Fields { known, others }
    }
}
