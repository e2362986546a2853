//! The shape of an expression's value, from those of what it names.

use super::super::ast::{Each, Entry, Kind, Node, Span, What};
use super::super::fault::{Fault, FaultKind, MAX_NAME_CHARS};
use super::super::value::Val;
use super::{BOOL, Field, Fields, LIST, NULL, NUMBER, OBJECT, OPTIONAL, Shape, Shapes, TEXT};
use crate::host::clip;

/// Work out the shape of a tree. Needs the deep stack.
pub(in super::super) fn infer(source: &str, root: &Node, shapes: &Shapes) -> Result<Shape, Fault> {
    Inference { source, shapes, locals: Vec::new() }.node(root)
}

pub(super) struct Inference<'a> {
    source: &'a str,
    shapes: &'a Shapes,
    locals: Vec<Shape>,
}

impl Inference<'_> {
    pub(super) fn node(&mut self, node: &Node) -> Result<Shape, Fault> {
        let span = node.span;
        match &node.kind {
            Kind::Literal(val) => Ok(Shape::of_val(val)),
            Kind::Name(name) => self.shapes.get(name).cloned().ok_or_else(|| {
                let reason = format!("unknown name `{}`", clip(name, MAX_NAME_CHARS));
                self.fault(span, FaultKind::UnknownName, &reason)
                    .offering(name, self.shapes.names())
            }),
            Kind::Local(place) => Ok(self.locals.get(*place).cloned().unwrap_or_else(Shape::any)),
            Kind::List(elements) => {
                let mut items = Shape::nothing();
                for element in elements {
                    let shape = self.node(&element.value)?;
                    items = items.or(self.given(shape, element.optional, element.value.span)?);
                }
                Ok(Shape::list(items))
            }
            Kind::Object(entries) => self.object(entries),
            Kind::Field { of, name, optional } => {
                let of = self.node(of)?;
                self.field(&of, name, *optional, span)
            }
            Kind::Index { of, index, optional } => {
                let of = self.node(of)?;
                let by = self.node(index)?;
                self.index(&of, &by, &index.kind, *optional, span)
            }
            Kind::Has { of, name } => {
                let of = self.node(of)?;
                self.field(&of, name, true, span)?;
                Ok(Shape::of(BOOL))
            }
            Kind::Not(of) => {
                self.needs(of, BOOL, "`!`", "a boolean")?;
                Ok(Shape::of(BOOL))
            }
            Kind::Negate(of) => {
                let shape = self.needs(of, NUMBER, "`-`", "a number")?;
                Ok(Shape::of(if shape.is_open() { NUMBER } else { shape.kinds & NUMBER }))
            }
            Kind::Binary(operator, pair) => self.binary(*operator, pair, span),
            Kind::And(pair) | Kind::Or(pair) => {
                let what = if matches!(node.kind, Kind::And(_)) { "`&&`" } else { "`||`" };
                for part in pair.iter() {
                    self.needs(part, BOOL, what, "a boolean")?;
                }
                Ok(Shape::of(BOOL))
            }
            Kind::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                self.needs(condition, BOOL, "`? :`", "a boolean")?;
                Ok(self.node(yes)?.or(self.node(no)?))
            }
            Kind::Each(each) => self.each(each),
            Kind::Call { function, args } => self.call(*function, args, span),
            Kind::Kept(_, inner) => self.node(inner),
        }
    }

    pub(super) fn fault(&self, span: Span, kind: FaultKind, reason: &str) -> Fault {
        Fault::at(self.source, span, kind, reason)
    }

    pub(super) fn wrong(&self, span: Span, what: &str, needs: &str, found: &Shape) -> Fault {
        let reason = format!("{what} needs {needs}, and this is {found}");
        self.fault(span, FaultKind::WrongKind, &reason)
    }

    /// The shape of a node that must be able to be of one of these kinds.
    pub(super) fn needs(
        &mut self,
        node: &Node,
        kinds: u8,
        what: &str,
        needs: &str,
    ) -> Result<Shape, Fault> {
        let shape = self.node(node)?;
        if shape.may_be(kinds) {
            return Ok(shape);
        }
        let fault = self.wrong(node.span, what, needs, &shape);
        // Perhaps what is needed is one of its fields.
        Err(if kinds & LIST != 0 { fault.offering("", shape.names()) } else { fault })
    }

    /// What is put into a list or an object.
    fn given(&self, shape: Shape, optional: bool, span: Span) -> Result<Shape, Fault> {
        if !optional {
            return Ok(shape);
        }
        if shape.may_be(OPTIONAL) {
            return Ok(shape.held());
        }
        Err(self.wrong(span, "`?`", "an optional", &shape))
    }

    fn object(&mut self, entries: &[Entry]) -> Result<Shape, Fault> {
        let mut fields = Fields::default();
        for entry in entries {
            self.needs(&entry.key, TEXT, "the name of a field", "text")?;
            let shape = self.node(&entry.value)?;
            let shape = self.given(shape, entry.optional, entry.value.span)?;
            match &entry.key.kind {
                Kind::Literal(Val::Text(name)) => {
                    let field = Field { shape, required: !entry.optional };
                    fields.known.insert(name.as_ref().to_owned(), field);
                }
                _ => fields.others = Some(Shape::any()),
            }
        }
        Ok(Shape::with_fields(fields))
    }

    /// A field of what may be an object, or an optional of one.
    fn field(&self, of: &Shape, name: &str, optional: bool, span: Span) -> Result<Shape, Fault> {
        if of.is_open() {
            return Ok(if optional { Shape::optional(Shape::any()) } else { Shape::any() });
        }
        if of.kinds & OPTIONAL != 0 {
            let held = self.field(&of.held(), name, true, span)?;
            return Ok(if of.kinds & OBJECT == 0 { held } else { Shape::any() });
        }
        if of.kinds & OBJECT == 0 {
            if optional && of.kinds & NULL != 0 {
                return Ok(Shape::optional(Shape::nothing()));
            }
            let shown = clip(name, MAX_NAME_CHARS);
            let reason = if of.kinds & LIST != 0 {
                format!("no field `{shown}` in {of}; go through it, as in `.map(x, x.{shown})`")
            } else {
                format!("no field `{shown}` in {of}")
            };
            return Err(self.fault(span, FaultKind::WrongKind, &reason));
        }
        let Some(fields) = &of.fields else { return Ok(Shape::any()) };
        match fields.get(name) {
            Some(shape) if optional => Ok(Shape::optional(shape)),
            Some(shape) => Ok(shape),
            None => {
                let reason = format!("no field `{}`", clip(name, MAX_NAME_CHARS));
                Err(self.fault(span, FaultKind::UnknownField, &reason).offering(name, of.names()))
            }
        }
    }

    fn index(
        &self,
        of: &Shape,
        by: &Shape,
        index: &Kind,
        optional: bool,
        span: Span,
    ) -> Result<Shape, Fault> {
        let found = |shape: Shape| if optional { Shape::optional(shape) } else { shape };
        if of.is_open() {
            return Ok(found(Shape::any()));
        }
        if of.kinds & OPTIONAL != 0 {
            return self.index(&of.held(), by, index, true, span);
        }
        if !of.may_be(LIST | OBJECT) {
            return Err(self.wrong(span, "`[…]`", "a list or an object", of));
        }
        if of.kinds & OBJECT == 0 && !by.may_be(NUMBER) {
            return Err(self.wrong(span, "an index of a list", "a number", by));
        }
        if of.kinds & LIST == 0 && !by.may_be(TEXT) {
            let fault = self.wrong(span, "an index of an object", "text", by);
            return Err(fault.offering("", of.names()));
        }
        if let Kind::Literal(Val::Text(name)) = index {
            return self.field(of, name, optional, span);
        }
        let mut shape = Shape::nothing();
        if of.kinds & LIST != 0 {
            shape = shape.or(of.item());
        }
        if of.kinds & OBJECT != 0 {
            shape = shape.or(of.fields.as_ref().map_or_else(Shape::any, |fields| fields.all()));
        }
        Ok(found(shape))
    }

    fn each(&mut self, each: &Each) -> Result<Shape, Fault> {
        let name = What::NAMES.iter().find(|(_, what)| *what == each.what);
        let name = name.map_or("this", |(name, _)| name);
        let over = self.needs(&each.over, LIST | OBJECT, name, "a list")?;
        let item = if over.is_open() {
            Shape::any()
        } else {
            let keys = if over.kinds & OBJECT == 0 { Shape::nothing() } else { Shape::of(TEXT) };
            if over.kinds & LIST == 0 { keys } else { keys.or(over.item()) }
        };
        self.locals.push(item.clone());
        let parts = self.within(each);
        self.locals.pop();
        let body = parts?;
        Ok(match each.what {
            What::Filter | What::SortBy => Shape::list(item),
            What::Map => Shape::list(body),
            What::All | What::Exists | What::ExistsOne => Shape::of(BOOL),
        })
    }

    /// The shape of what is worked out for each item.
    fn within(&mut self, each: &Each) -> Result<Shape, Fault> {
        if let Some(only) = &each.only {
            self.needs(only, BOOL, "a condition", "a boolean")?;
        }
        match each.what {
            What::Map => self.node(&each.body),
            What::SortBy => self.needs(&each.body, NUMBER | TEXT, "sorting", "a number or text"),
            _ => self.needs(&each.body, BOOL, "a condition", "a boolean"),
        }
    }
}
