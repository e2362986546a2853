//! Values that expressions work on: shared, ordered, and free of surprises in their numbers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::fault::{Fault, FaultKind};
use super::limits::{MAX_INPUT_BYTES, MAX_VALUE_DEPTH};

/// A value. Cloning shares.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Val {
    Null,
    Bool(bool),
    /// Within `i64::MIN..=u64::MAX`.
    Int(i128),
    /// Finite.
    Double(f64),
    Text(Arc<str>),
    List(Arc<Vec<Val>>),
    /// Sorted by name, so that whatever goes through it does so in one order.
    Object(Arc<BTreeMap<Arc<str>, Val>>),
    /// What `.?x` and `[?x]` give.
    Optional(Option<Arc<Val>>),
}

/// Bytes that are counted for one value beside its text.
pub(super) const VALUE_BYTES: usize = 8;

impl Val {
    /// The word for its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Val::Null => "null",
            Val::Bool(_) => "a boolean",
            Val::Int(_) | Val::Double(_) => "a number",
            Val::Text(_) => "text",
            Val::List(_) => "a list",
            Val::Object(_) => "an object",
            Val::Optional(_) => "an optional",
        }
    }

    pub(super) fn text(text: &str) -> Val {
        Val::Text(text.into())
    }

    pub(super) fn list(items: Vec<Val>) -> Val {
        Val::List(Arc::new(items))
    }

    /// As JSON, if it is small enough and holds no optional.
    pub(super) fn to_json(&self, most_bytes: usize) -> Result<Value, (FaultKind, String)> {
        Writer { left: most_bytes, most: most_bytes }.value(self, 0)
    }
}

struct Writer {
    left: usize,
    most: usize,
}

impl Writer {
    fn take(&mut self, bytes: usize) -> Result<(), (FaultKind, String)> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            let reason = format!("the result is too large: more than {} bytes", self.most);
            (FaultKind::TooLarge, reason)
        })?;
        Ok(())
    }

    fn value(&mut self, val: &Val, depth: usize) -> Result<Value, (FaultKind, String)> {
        if depth > MAX_VALUE_DEPTH {
            let reason = format!("the result is nested deeper than {MAX_VALUE_DEPTH}");
            return Err((FaultKind::TooLarge, reason));
        }
        self.take(VALUE_BYTES)?;
        let number =
            |what| (FaultKind::Arithmetic, format!("the result holds a number that {what}"));
        Ok(match val {
            Val::Null => Value::Null,
            Val::Bool(bool) => Value::Bool(*bool),
            Val::Int(int) => {
                Value::Number(Number::from_i128(*int).ok_or_else(|| number("is too large"))?)
            }
            Val::Double(double) => {
                Value::Number(Number::from_f64(*double).ok_or_else(|| number("is not finite"))?)
            }
            Val::Text(text) => {
                self.take(text.len())?;
                Value::String(text.as_ref().to_owned())
            }
            Val::List(items) => {
                let items: Result<_, _> =
                    items.iter().map(|item| self.value(item, depth + 1)).collect();
                Value::Array(items?)
            }
            Val::Object(fields) => {
                let mut object = Map::new();
                for (name, field) in fields.iter() {
                    self.take(name.len())?;
                    object.insert(name.as_ref().to_owned(), self.value(field, depth + 1)?);
                }
                Value::Object(object)
            }
            Val::Optional(_) => {
                let reason = "the result holds an optional: end it with `.orValue(x)`";
                return Err((FaultKind::WrongKind, reason.to_owned()));
            }
        })
    }
}

/// A value that expressions read: the result of a step, or an item of a loop. Cloning shares.
///
/// ```
/// use fes_agent::expression::Data;
/// use serde_json::json;
///
/// let users = Data::from_json(&json!([{ "email": "ann@example.com" }]))?;
/// # Ok::<(), fes_agent::expression::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Data(pub(super) Val);

impl Data {
    /// Take over a JSON value.
    ///
    /// # Errors
    /// `too_large` for more than [`MAX_INPUT_BYTES`] bytes (its texts and names, and 8 for each
    /// value) or a nesting deeper than [`MAX_VALUE_DEPTH`].
    pub fn from_json(value: &Value) -> Result<Data, Fault> {
        let mut reader = Reader { left: MAX_INPUT_BYTES, names: HashMap::new() };
        reader.value(value, 0).map(Data).map_err(|reason| Fault::new(FaultKind::TooLarge, reason))
    }

    /// The items, when it is a list.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Data>> {
        match &self.0 {
            Val::List(items) => Some(items.iter().cloned().map(Data).collect()),
            _ => None,
        }
    }
}

struct Reader<'a> {
    left: usize,
    names: HashMap<&'a str, Arc<str>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            format!(
                "the value is too large for expressions: more than {} MiB",
                MAX_INPUT_BYTES / (1024 * 1024)
            )
        })?;
        Ok(())
    }

    fn value(&mut self, value: &'a Value, depth: usize) -> Result<Val, String> {
        if depth > MAX_VALUE_DEPTH {
            return Err(format!("the value is nested deeper than {MAX_VALUE_DEPTH}"));
        }
        self.take(VALUE_BYTES)?;
        Ok(match value {
            Value::Null => Val::Null,
            Value::Bool(bool) => Val::Bool(*bool),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(int), ..) => Val::Int(int.into()),
                (_, Some(int), _) => Val::Int(int.into()),
                (.., Some(double)) if double.is_finite() => Val::Double(double),
                _ => return Err("the value holds a number that is not finite".into()),
            },
            Value::String(text) => {
                self.take(text.len())?;
                Val::text(text)
            }
            Value::Array(items) => {
                let items: Result<_, _> =
                    items.iter().map(|item| self.value(item, depth + 1)).collect();
                Val::list(items?)
            }
            Value::Object(object) => {
                let mut fields = BTreeMap::new();
                for (name, field) in object {
                    self.take(name.len())?;
                    let shared = self.name(name);
                    fields.insert(shared, self.value(field, depth + 1)?);
                }
                Val::Object(Arc::new(fields))
            }
        })
    }

    /// One copy of each name, however many rows have it.
    fn name(&mut self, name: &'a str) -> Arc<str> {
        self.names.entry(name).or_insert_with(|| name.into()).clone()
    }
}

/// The values that an expression may name.
///
/// ```
/// use fes_agent::expression::{Data, Scope};
/// use serde_json::json;
///
/// let scope = Scope::new().with("users", Data::from_json(&json!([]))?);
/// # Ok::<(), fes_agent::expression::Fault>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scope(BTreeMap<String, Data>);

impl Scope {
    /// No value.
    #[must_use]
    pub fn new() -> Self {
        Scope::default()
    }

    /// The same scope with one more value. A value that has the name already is replaced.
    #[must_use]
    pub fn with(mut self, name: &str, data: Data) -> Self {
        self.set(name, data);
        self
    }

    /// Add a value. A value that has the name already is replaced.
    pub fn set(&mut self, name: &str, data: Data) {
        self.0.insert(name.to_owned(), data);
    }

    /// The value with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.0.get(name)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
