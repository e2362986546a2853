//! Whether a value of one shape may stand where another is needed.

use serde_json::Value;

use super::{BOOL, DOUBLE, Fields, INT, LIST, NUMBER, OBJECT, Shape, TEXT};
use crate::expression::MAX_CANDIDATES;
use crate::host::clip;

/// A place where a value does not fit: its path from the value on, such as `.shares[].name`, why,
/// and what there is instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The path from the value on; empty for the value itself.
    pub path: String,
    /// Why, in one sentence.
    pub reason: String,
    /// The names that there are instead.
    pub candidates: Vec<String>,
}

impl Misfit {
    fn new(reason: impl Into<String>) -> Self {
        Misfit { path: String::new(), reason: reason.into(), candidates: Vec::new() }
    }

    fn within(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

impl Shape {
    /// Whether a value of this shape may stand where `needed` is needed. What is not certain fits.
    ///
    /// # Errors
    /// The first place where it certainly does not.
    pub fn fits(&self, needed: &Shape) -> Result<(), Misfit> {
        if self.is_open() || needed.is_open() {
            return Ok(());
        }
        // A whole number is a number, and a double may be a whole one only by its schema.
        let wanted = needed.kinds | if needed.kinds & DOUBLE != 0 { INT } else { 0 };
        let common = self.kinds & wanted;
        if common == 0 {
            let reason = format!("this is {self}, where {needed} is needed");
            // Perhaps what is needed is one of its fields.
            let candidates = self.names().take(MAX_CANDIDATES).map(str::to_owned).collect();
            return Err(Misfit { candidates, ..Misfit::new(reason) });
        }
        // Where the value may be of another kind that fits, its parts are not certain.
        if common == TEXT
            && let (Some(mine), Some(theirs)) = (&self.texts, &needed.texts)
            && mine.is_disjoint(theirs)
        {
            return Err(Misfit::new(format!("this is {self}, where {needed} is needed")));
        }
        if common == LIST
            && let (Some(mine), Some(theirs)) = (&self.items, &needed.items)
        {
            mine.fits(theirs).map_err(|misfit| misfit.within("[]"))?;
        }
        if common == OBJECT
            && let (Some(mine), Some(theirs)) = (&self.fields, &needed.fields)
        {
            mine.fits(theirs)?;
        }
        Ok(())
    }

    /// What a field of an argument must be; anything where it is not known.
    #[must_use]
    pub fn field(&self, name: &str) -> Shape {
        match &self.fields {
            Some(fields) if !self.any => fields.get(name).unwrap_or_else(Shape::any),
            _ => Shape::any(),
        }
    }

    /// What the items of an argument must be; anything where it is not known.
    #[must_use]
    pub fn items(&self) -> Shape {
        if self.any { Shape::any() } else { self.item() }
    }

    /// Check the names of an object's members: each is known, none that is required is missing.
    #[must_use]
    pub fn misfits_of_names<'a>(
        &self,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<Misfit> {
        let Some(fields) = self.fields.as_ref().filter(|_| !self.any) else { return Vec::new() };
        fields.unknown(names.clone()).chain(fields.missing(names)).collect()
    }

    /// Whether this may be a list, and whether an object: how far a literal may be looked into.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        match value {
            Value::Object(_) => self.may_be(OBJECT),
            Value::Array(_) => self.may_be(LIST),
            Value::Number(number) if !number.is_f64() => self.may_be(NUMBER),
            _ => true,
        }
    }
}

impl Fields {
    fn unknown<'a>(&self, names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = Misfit> {
        names.filter(|name| self.get(name).is_none()).map(|name| Misfit {
            candidates: self.known.keys().take(MAX_CANDIDATES).cloned().collect(),
            ..Misfit::new(format!("`{}` is not known here", clip(name, 60)))
        })
    }

    fn missing<'a>(
        &self,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = Misfit> {
        self.known
            .iter()
            .filter(move |(name, field)| {
                field.required && !names.clone().any(|given| given == name.as_str())
            })
            .map(|(name, _)| Misfit::new(format!("`{name}` is missing")))
    }

    fn fits(&self, needed: &Fields) -> Result<(), Misfit> {
        let certain = self.known.iter().filter(|(_, field)| field.required);
        if let Some(misfit) = needed.unknown(certain.map(|(name, _)| name.as_str())).next() {
            return Err(misfit);
        }
        if self.others.is_none()
            && let Some(misfit) = needed.missing(self.known.keys().map(String::as_str)).next()
        {
            return Err(misfit);
        }
        for (name, field) in &self.known {
            if let Some(theirs) = needed.get(name) {
                field.shape.fits(&theirs).map_err(|misfit| misfit.within(&format!(".{name}")))?;
            }
        }
        Ok(())
    }
}

impl Shape {
    /// Some value of this shape, to try the arguments around it.
    #[must_use]
    pub(crate) fn sample(&self) -> Value {
        let is = |kinds: u8| self.kinds & kinds != 0;
        match (&self.texts, &self.fields) {
            (Some(texts), _) if is(TEXT) => {
                texts.first().map_or_else(|| Value::from("x"), |text| text.as_str().into())
            }
            _ if is(TEXT) || self.is_open() => "x".into(),
            _ if is(INT) => 1.into(),
            _ if is(DOUBLE) => 1.5.into(),
            _ if is(BOOL) => true.into(),
            _ if is(LIST) => Value::Array(Vec::new()),
            (_, Some(fields)) if is(OBJECT) => {
                let required = fields.known.iter().filter(|(_, field)| field.required);
                required.map(|(name, field)| (name.clone(), field.shape.sample())).collect()
            }
            _ => Value::Null,
        }
    }
}
