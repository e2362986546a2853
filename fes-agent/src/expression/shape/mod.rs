//! What is known of a value before there is one: its kinds, fields and items.
//!
//! A shape is a union: each kind that the value may have. What is not known is [`Shape::any`], and
//! fits everywhere. Only what is certainly wrong is a fault.

mod fits;
mod infer;
mod operators;
mod schema;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::Val;

pub use fits::Misfit;
pub(super) use infer::infer;

/// The kinds of values, as bits.
pub(super) const NULL: u8 = 1;
pub(super) const BOOL: u8 = 2;
pub(super) const INT: u8 = 4;
pub(super) const DOUBLE: u8 = 8;
pub(super) const TEXT: u8 = 16;
pub(super) const LIST: u8 = 32;
pub(super) const OBJECT: u8 = 64;
pub(super) const OPTIONAL: u8 = 128;
pub(super) const NUMBER: u8 = INT | DOUBLE;

/// What is known of a value: its kinds, and what its parts are.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// No kind at all is what the items of an empty list have.
    kinds: u8,
    any: bool,
    /// The only texts that it may be, when they are known.
    texts: Option<Arc<BTreeSet<String>>>,
    items: Option<Arc<Shape>>,
    fields: Option<Arc<Fields>>,
    /// What an optional holds.
    inner: Option<Arc<Shape>>,
}

/// The fields of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields {
    known: BTreeMap<String, Field>,
    /// What fields that are not known have; nothing when there are no others.
    others: Option<Shape>,
}

#[derive(Clone, Debug, PartialEq)]
struct Field {
    shape: Shape,
    required: bool,
}

impl Shape {
    /// Nothing is known.
    #[must_use]
    pub fn any() -> Self {
        Shape { any: true, ..Shape::nothing() }
    }

    /// True or false.
    #[must_use]
    pub fn boolean() -> Self {
        Shape::of(BOOL)
    }

    /// A list of items of one shape.
    #[must_use]
    pub fn list(items: Shape) -> Self {
        Shape { items: Some(Arc::new(items)), ..Shape::of(LIST) }
    }

    /// An object with exactly these fields.
    #[must_use]
    pub fn object(fields: impl IntoIterator<Item = (String, Shape)>) -> Self {
        let known = fields
            .into_iter()
            .map(|(name, shape)| (name, Field { shape, required: true }))
            .collect();
        Shape::with_fields(Fields { known, others: None })
    }

    /// The same shape, or null.
    #[must_use]
    pub fn or_null(self) -> Self {
        self.or(Shape::of(NULL))
    }

    /// What this or the other is.
    #[must_use]
    pub fn or(self, other: Shape) -> Self {
        if self.any || other.any {
            return Shape::any();
        }
        let texts = match (self.kinds & TEXT != 0, other.kinds & TEXT != 0) {
            (true, true) => match (self.texts, other.texts) {
                (Some(a), Some(b)) => Some(Arc::new(a.union(&b).cloned().collect())),
                _ => None,
            },
            (true, false) => self.texts,
            _ => other.texts,
        };
        Shape {
            kinds: self.kinds | other.kinds,
            any: false,
            texts,
            items: both(self.items, other.items, Shape::or),
            fields: both(self.fields, other.fields, Fields::or),
            inner: both(self.inner, other.inner, Shape::or),
        }
    }

    pub(super) fn nothing() -> Self {
        Shape { kinds: 0, any: false, texts: None, items: None, fields: None, inner: None }
    }

    pub(super) fn of(kinds: u8) -> Self {
        Shape { kinds, ..Shape::nothing() }
    }

    pub(super) fn text(text: &str) -> Self {
        let texts = Some(Arc::new(BTreeSet::from([text.to_owned()])));
        Shape { texts, ..Shape::of(TEXT) }
    }

    fn with_fields(fields: Fields) -> Self {
        Shape { fields: Some(Arc::new(fields)), ..Shape::of(OBJECT) }
    }

    pub(super) fn optional(inner: Shape) -> Self {
        Shape { inner: Some(Arc::new(inner)), ..Shape::of(OPTIONAL) }
    }

    /// Whether nothing certain can be said.
    fn is_open(&self) -> bool {
        self.any || self.kinds == 0
    }

    /// Whether it may be of one of these kinds.
    fn may_be(&self, kinds: u8) -> bool {
        self.is_open() || self.kinds & kinds != 0
    }

    /// The names of its fields, as far as they are known.
    fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().flat_map(|fields| fields.known.keys());
        fields.map(String::as_str)
    }

    /// What its items are, if it may be a list.
    fn item(&self) -> Shape {
        self.items.as_deref().cloned().unwrap_or_else(Shape::any)
    }

    /// What it holds, if it may be an optional.
    fn held(&self) -> Shape {
        self.inner.as_deref().cloned().unwrap_or_else(Shape::any)
    }

    /// The shape of a value of an expression.
    pub(super) fn of_val(val: &Val) -> Self {
        match val {
            Val::Null => Shape::of(NULL),
            Val::Bool(_) => Shape::of(BOOL),
            Val::Int(_) => Shape::of(INT),
            Val::Double(_) => Shape::of(DOUBLE),
            Val::Text(text) => Shape::text(text),
            Val::List(items) => {
                Shape::list(items.iter().map(Shape::of_val).fold(Shape::nothing(), Shape::or))
            }
            Val::Object(fields) => Shape::object(
                fields.iter().map(|(name, val)| (name.as_ref().to_owned(), Shape::of_val(val))),
            ),
            Val::Optional(inner) => {
                Shape::optional(inner.as_deref().map_or_else(Shape::nothing, Shape::of_val))
            }
        }
    }
}

fn both<T: Clone>(a: Option<Arc<T>>, b: Option<Arc<T>>, or: fn(T, T) -> T) -> Option<Arc<T>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Arc::new(or(Arc::unwrap_or_clone(a), Arc::unwrap_or_clone(b)))),
        (a, b) => a.or(b),
    }
}

impl Fields {
    /// A field, if the object may have it.
    fn get(&self, name: &str) -> Option<Shape> {
        self.known.get(name).map(|field| field.shape.clone()).or_else(|| self.others.clone())
    }

    /// What any of the fields may be.
    fn all(&self) -> Shape {
        let others = self.others.clone().unwrap_or_else(Shape::nothing);
        self.known.values().map(|field| field.shape.clone()).fold(others, Shape::or)
    }

    fn or(mut self, other: Fields) -> Fields {
        for (name, field) in &mut self.known {
            field.required &= other.known.get(name).is_some_and(|field| field.required);
        }
        for (name, field) in other.known {
            match self.known.get_mut(&name) {
                Some(known) => known.shape = known.shape.clone().or(field.shape),
                None => {
                    self.known.insert(name, Field { required: false, ..field });
                }
            }
        }
        self.others = match (self.others, other.others) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.or(b),
        };
        self
    }
}

/// The shapes of the values that an expression may name.
#[derive(Clone, Debug, Default)]
pub struct Shapes(BTreeMap<String, Shape>);

impl Shapes {
    /// No value.
    #[must_use]
    pub fn new() -> Self {
        Shapes::default()
    }

    /// Add the shape of a value. One that has the name already is replaced.
    pub fn set(&mut self, name: &str, shape: Shape) {
        self.0.insert(name.to_owned(), shape);
    }

    /// Take a value away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The shape of the value with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
