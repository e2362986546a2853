//! From JSON Schema to types that Python and TypeScript both have.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::registry::model::{Domain, Operation};

/// A type of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Any,
    Null,
    Bool,
    Integer,
    Number,
    Text,
    /// One of these values.
    Literal(Vec<Value>),
    List(Box<Type>),
    /// An object with members of any name.
    Map(Box<Type>),
    /// A [`Shape`] by name.
    Named(String),
    Union(Vec<Type>),
}

/// An object with known members.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub doc: String,
    pub fields: Vec<Field>,
}

/// A member of an object, or an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub doc: String,
    pub required: bool,
    pub ty: Type,
}

/// The types of one domain: the named objects, and what each operation takes and gives.
#[derive(Debug)]
pub struct Types {
    pub shapes: BTreeMap<String, Shape>,
    pub operations: Vec<(Vec<Field>, Type)>,
}

impl Types {
    /// The types of a domain, in the order of its operations.
    pub fn of(domain: &Domain) -> Self {
        let mut types = Types { shapes: BTreeMap::new(), operations: Vec::new() };
        for operation in &domain.operations {
            let taken = types.arguments(operation);
            let given = types.result(operation);
            types.operations.push((taken, given));
        }
        types
    }

    fn arguments(&mut self, operation: &Operation) -> Vec<Field> {
        let mut reader = Reader::new(self, operation, &operation.input_schema);
        match &operation.input_schema {
            Value::Object(schema) => reader.fields(schema, &pascal(&operation.method.name)),
            _ => Vec::new(),
        }
    }

    fn result(&mut self, operation: &Operation) -> Type {
        let word = innermost(&operation.method.result);
        let schema = &operation.output_schema;
        Reader::new(self, operation, schema).ty(schema, &word)
    }

    /// Name a shape. The same name for another shape gets the operation's name in front.
    fn name(&mut self, wish: &str, owner: &str, shape: Shape) -> String {
        let mut name = wish.to_owned();
        let mut number = 1;
        loop {
            match self.shapes.get(&name) {
                None => {
                    self.shapes.insert(name.clone(), shape);
                    return name;
                }
                Some(known) if *known == shape => return name,
                Some(_) if number == 1 => name = format!("{owner}{wish}"),
                Some(_) => name = format!("{owner}{wish}{number}"),
            }
            number += 1;
        }
    }
}

/// Reads one schema.
struct Reader<'a> {
    types: &'a mut Types,
    /// The operation's name, for shapes that would clash.
    owner: String,
    definitions: Option<&'a Map<String, Value>>,
    /// Definitions that are being read: one that holds itself ends here.
    open: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(types: &'a mut Types, operation: &Operation, schema: &'a Value) -> Self {
        Reader {
            types,
            owner: pascal(&operation.method.name),
            definitions: schema.get("$defs").and_then(Value::as_object),
            open: Vec::new(),
        }
    }

    fn ty(&mut self, schema: &Value, wish: &str) -> Type {
        let Value::Object(schema) = schema else { return Type::Any };
        if let Some(word) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(word);
        }
        if let Some(value) = schema.get("const") {
            return Type::Literal(vec![value.clone()]);
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            let (nulls, values): (Vec<_>, Vec<_>) =
                values.iter().cloned().partition(Value::is_null);
            let null = (!nulls.is_empty()).then_some(Type::Null);
            return union(std::iter::once(Type::Literal(values)).chain(null));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(Value::Array(choices)) = schema.get(key) {
                let several = choices.iter().filter(|choice| is_object(choice)).count() > 1;
                let types: Vec<Type> = choices
                    .iter()
                    .enumerate()
                    .map(|(place, choice)| {
                        let wish = match several {
                            true => format!("{wish}{}", told_by(choice, place)),
                            false => wish.to_owned(),
                        };
                        self.ty(choice, &wish)
                    })
                    .collect();
                return union(types);
            }
        }
        match schema.get("type") {
            Some(Value::String(word)) => self.simple(word, schema, wish),
            Some(Value::Array(words)) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                union(
                    words
                        .into_iter()
                        .map(|word| self.simple(word, schema, wish))
                        .collect::<Vec<_>>(),
                )
            }
            _ if schema.contains_key("properties") => self.simple("object", schema, wish),
            _ => Type::Any,
        }
    }

    fn simple(&mut self, word: &str, schema: &Map<String, Value>, wish: &str) -> Type {
        match word {
            "null" => Type::Null,
            "boolean" => Type::Bool,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "string" => Type::Text,
            "array" => {
                let item =
                    schema.get("items").map_or(Type::Any, |item| self.ty(item, &single(wish)));
                Type::List(Box::new(item))
            }
            "object" => {
                let named = schema.get("properties").and_then(Value::as_object);
                if named.is_none_or(Map::is_empty) {
                    let more = schema.get("additionalProperties");
                    let value = more.map_or(Type::Any, |more| self.ty(more, &single(wish)));
                    return Type::Map(Box::new(value));
                }
                let shape = Shape { doc: doc(schema), fields: self.fields(schema, wish) };
                Type::Named(self.types.name(wish, &self.owner, shape))
            }
            _ => Type::Any,
        }
    }

    fn fields(&mut self, schema: &Map<String, Value>, of: &str) -> Vec<Field> {
        let Some(Value::Object(named)) = schema.get("properties") else { return Vec::new() };
        let required = schema.get("required").and_then(Value::as_array);
        named
            .iter()
            .map(|(name, schema)| Field {
                name: name.clone(),
                doc: schema.as_object().map(doc).unwrap_or_default(),
                required: required.is_some_and(|names| names.iter().any(|known| known == name)),
                ty: self.ty(schema, &format!("{of}{}", pascal(name))),
            })
            .collect()
    }

    fn reference(&mut self, word: &str) -> Type {
        let name = word.rsplit('/').next().unwrap_or(word);
        if self.open.iter().any(|open| open == name) {
            return Type::Any;
        }
        let Some(schema) = self.definitions.and_then(|all| all.get(name)) else { return Type::Any };
        self.open.push(name.to_owned());
        let ty = self.ty(schema, name);
        self.open.pop();
        ty
    }
}

fn doc(schema: &Map<String, Value>) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn is_object(schema: &Value) -> bool {
    schema.get("properties").is_some()
}

/// The word that tells one choice of several: its constant member, or its place.
fn told_by(choice: &Value, place: usize) -> String {
    let members = choice.get("properties").and_then(Value::as_object);
    let word = members.and_then(|members| {
        members.values().find_map(|member| member.get("const").and_then(Value::as_str))
    });
    word.map_or_else(|| (place + 1).to_string(), pascal)
}

/// One type for several: flat, without repeats, `null` last.
fn union(types: impl IntoIterator<Item = Type>) -> Type {
    let mut flat: Vec<Type> = Vec::new();
    let mut literals: Vec<Value> = Vec::new();
    let mut null = false;
    let mut waiting: Vec<Type> = types.into_iter().collect();
    waiting.reverse();
    while let Some(ty) = waiting.pop() {
        match ty {
            Type::Union(inner) => waiting.extend(inner.into_iter().rev()),
            Type::Null => null = true,
            Type::Any => return Type::Any,
            Type::Literal(values) => {
                literals.extend(
                    values.into_iter().filter(|v| !literals.contains(v)).collect::<Vec<_>>(),
                );
            }
            other if !flat.contains(&other) => flat.push(other),
            _ => {}
        }
    }
    if !literals.is_empty() {
        flat.insert(0, Type::Literal(literals));
    }
    if null {
        flat.push(Type::Null);
    }
    if flat.len() == 1 { flat.remove(0) } else { Type::Union(flat) }
}

/// `Vec<Option<User>>` is about a `User`.
fn innermost(result: &str) -> String {
    let word = result.rsplit('<').next().unwrap_or(result).trim_end_matches('>');
    let word = word.rsplit(", ").next().unwrap_or(word);
    if word.chars().next().is_some_and(char::is_alphabetic) { word.into() } else { "Result".into() }
}

/// One of several: `Shares` → `Share`.
fn single(name: &str) -> String {
    match name.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with('s') => one.to_owned(),
        _ => format!("{name}Item"),
    }
}

/// `get_user` → `GetUser`.
pub fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

/// `get_user` → `getUser`.
pub fn camel(name: &str) -> String {
    let mut letters = pascal(name).chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_lowercase();
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_schemas_of_operations_hold() {
        let mut operation = Operation::sample("access", "list_users");
        operation.method.result = "Vec<User>".into();
        operation.input_schema = json!({
            "type": "object",
            "properties": {
                "by": {"oneOf": [{"const": "name"}, {"const": "id"}]},
                "script": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"text": {"type": "string"}}}]},
                "limit": {"type": ["integer", "null"], "description": "At most."},
                "shares": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}}
            },
            "required": ["by"]
        });
        operation.output_schema = json!({
            "type": "array", "items": {"$ref": "#/$defs/User"},
            "$defs": {
                "User": {"type": "object", "properties": {
                    "boss": {"anyOf": [{"$ref": "#/$defs/User"}, {"type": "null"}]},
                    "more": {"type": "object", "additionalProperties": {"type": "number"}}
                }, "required": ["boss"]}
            }
        });
        let domain = Domain {
            name: "access".into(),
            summary: String::new(),
            takes_target: false,
            operations: vec![operation],
        };
        let types = Types::of(&domain);
        insta::assert_debug_snapshot!(types);
    }

    #[test]
    fn names_are_those_of_each_language() {
        assert_eq!(pascal("get_all-m2m"), "GetAllM2m");
        assert_eq!(camel("get_user"), "getUser");
        assert_eq!(innermost("HashMap<String, Vec<User>>"), "User");
        assert_eq!(innermost("()"), "Result");
        assert_eq!(single("AddShares"), "AddShare");
    }
}
