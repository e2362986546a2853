//! From text to the syntax tree. The only file that knows the parser.

use std::sync::Arc;

use cel::Env;
use cel::common::ast::{
    CallExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, SourceInfo, operators,
};

use super::ast::{Binary, Each, Element, Entry, Kind, Node, Span, What};
use super::fault::{Fault, FaultKind, MAX_NAME_CHARS};
use super::function::{Function, NoFunction, meant};
use super::keep::keep;
use super::limits::{MAX_DEPTH, MAX_NODES, MAX_SOURCE_BYTES, PARSER_RECURSION};
use super::text::Text;
use super::value::Val;
use crate::host::clip;

/// The tree of an expression, and how many values of it are kept.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) kept: usize,
}

/// Read an expression. Needs the deep stack.
pub(super) fn parse(source: &str) -> Result<Tree, Fault> {
    if source.len() > MAX_SOURCE_BYTES {
        let reason = format!(
            "the expression has {} bytes; at most {MAX_SOURCE_BYTES} are allowed",
            source.len()
        );
        return Err(Fault::new(FaultKind::TooLarge, reason));
    }
    if source.trim().is_empty() {
        return Err(Fault::new(FaultKind::Syntax, "the expression is empty"));
    }
    let parser = Env::default().parser().max_recursion_depth(PARSER_RECURSION);
    let (expression, info) =
        parser.parse_with_source_info(source).map_err(|errors| syntax(source, &errors))?;
    let mut reader =
        Reader { source, text: Text::new(source), info: &info, locals: Vec::new(), nodes: 0 };
    let mut root = reader.node(&expression, 0)?;
    let kept = keep(&mut root);
    Ok(Tree { root, kept })
}

/// The first of the parser's errors, without its list of every token that might follow.
fn syntax(source: &str, errors: &cel::ParseErrors) -> Fault {
    let in_words = |error: &&cel::ParseError| !error.msg.contains("Context");
    let error = errors.errors.iter().find(in_words).or(errors.errors.first());
    let Some(error) = error else {
        return Fault::new(FaultKind::Syntax, "this is not an expression");
    };
    if errors.errors.iter().any(|error| error.msg.contains("ecursion limit")) {
        let reason = format!("the expression is nested deeper than {PARSER_RECURSION}");
        return Fault::new(FaultKind::TooLarge, reason);
    }
    let (line, column) = error.pos;
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let before: usize =
        source.split_inclusive('\n').take(line - 1).map(|text| text.chars().count()).sum();
    let start = before + usize::try_from(column - 1).unwrap_or(0);
    let start = u32::try_from(start.min(source.chars().count())).unwrap_or(u32::MAX);
    let message = error.msg.strip_prefix("Syntax error: ").unwrap_or(&error.msg);
    let message = message.split(" expecting ").next().unwrap_or(message);
    let message = message
        .replace("mismatched input '<EOF>'", "the expression ends too early")
        .replace("mismatched input", "unexpected")
        .replace("extraneous input", "unexpected")
        .replace("no viable alternative at input", "unexpected")
        .replace("<EOF>", "end of the expression");
    // The parser's word for a part that it could not make.
    let message =
        if message.contains("Context") { "this is incomplete".to_owned() } else { message };
    let rest = source.chars().count().saturating_sub(start as usize);
    let end = start + u32::try_from(rest.min(20)).unwrap_or(0);
    Fault::at(source, Span { start, end }, FaultKind::Syntax, &message)
}

struct Reader<'a> {
    source: &'a str,
    text: Text,
    info: &'a SourceInfo,
    locals: Vec<Arc<str>>,
    nodes: usize,
}

impl Reader<'_> {
    fn fault(&self, span: Span, kind: FaultKind, reason: &str) -> Fault {
        Fault::at(self.source, span, kind, reason)
    }

    fn not_allowed(&self, span: Span, what: &str) -> Fault {
        self.fault(span, FaultKind::NotAllowed, &format!("{what} cannot be used in a plan"))
    }

    /// Where the token of a node stands.
    fn token(&self, id: u64) -> Span {
        self.text.token(self.info.offset_for(id).unwrap_or_default())
    }

    fn node(&mut self, expression: &IdedExpr, depth: usize) -> Result<Node, Fault> {
        let span = self.token(expression.id);
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let reason = format!("the expression has more than {MAX_NODES} parts");
            return Err(Fault::new(FaultKind::TooLarge, reason));
        }
        if depth > MAX_DEPTH {
            let reason = format!("the expression is nested deeper than {MAX_DEPTH}");
            return Err(Fault::new(FaultKind::TooLarge, reason));
        }
        match &expression.expr {
            Expr::Literal(literal) => {
                let kind = Kind::Literal(self.literal(literal, span)?);
                Ok(Node { span, kind })
            }
            Expr::Ident(name) => self.name(name, span),
            Expr::Select(select) if !select.test => {
                let of = self.node(&select.operand, depth + 1)?;
                Ok(self.field(of, &select.field, false, span))
            }
            Expr::List(list) => self.list(list, span, depth),
            Expr::Map(map) => self.object(map, span, depth),
            Expr::Call(call) => self.call(call, span, depth),
            Expr::Struct(_) => Err(self.not_allowed(span, "a message")),
            Expr::Select(_) | Expr::Comprehension(_) | Expr::Unspecified => {
                Err(self.not_allowed(span, "this"))
            }
        }
    }

    fn boxed(&mut self, expression: &IdedExpr, depth: usize) -> Result<Box<Node>, Fault> {
        self.node(expression, depth).map(Box::new)
    }

    fn literal(&self, literal: &LiteralValue, span: Span) -> Result<Val, Fault> {
        Ok(match literal {
            LiteralValue::Null => Val::Null,
            LiteralValue::Boolean(bool) => Val::Bool(**bool),
            LiteralValue::Int(int) => Val::Int((**int).into()),
            LiteralValue::UInt(int) => Val::Int((**int).into()),
            LiteralValue::Double(double) => Val::Double(**double),
            LiteralValue::String(text) => Val::text(text.inner()),
            LiteralValue::Bytes(_) => return Err(self.not_allowed(span, "a text of bytes")),
        })
    }

    fn name(&mut self, name: &str, span: Span) -> Result<Node, Fault> {
        if name.starts_with('.') {
            return Err(self.not_allowed(span, "a name with a leading dot"));
        }
        let kind = match self.locals.iter().rposition(|local| local.as_ref() == name) {
            Some(place) => Kind::Local(place),
            None => Kind::Name(name.into()),
        };
        Ok(Node { span, kind })
    }

    fn field(&self, of: Node, name: &str, optional: bool, dot: Span) -> Node {
        let span = self.text.balanced(of.span.and(self.text.field(name, dot)));
        Node { span, kind: Kind::Field { of: Box::new(of), name: name.into(), optional } }
    }

    fn list(&mut self, list: &ListExpr, token: Span, depth: usize) -> Result<Node, Fault> {
        let mut span = token;
        let mut elements = Vec::new();
        for (index, element) in list.elements.iter().enumerate() {
            let value = self.node(element, depth + 1)?;
            span = span.and(value.span);
            let optional = list.optional_indices.contains(&index);
            elements.push(Element { value, optional });
        }
        Ok(Node { span: self.text.closed(span, ']'), kind: Kind::List(elements) })
    }

    fn object(&mut self, map: &MapExpr, token: Span, depth: usize) -> Result<Node, Fault> {
        let mut span = token;
        let mut entries: Vec<Entry> = Vec::new();
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return Err(self.not_allowed(span, "a message"));
            };
            let key = self.node(&entry.key, depth + 1)?;
            match &key.kind {
                Kind::Literal(Val::Text(name)) => {
                    let same = |known: &Entry| matches!(&known.key.kind, Kind::Literal(Val::Text(other)) if other == name);
                    if entries.iter().any(same) {
                        return Err(self.fault(
                            key.span,
                            FaultKind::NotAllowed,
                            "the object has this field already",
                        ));
                    }
                }
                Kind::Literal(_) => {
                    let reason = "the name of a field is text: put it in quotes";
                    return Err(self.fault(key.span, FaultKind::WrongKind, reason));
                }
                _ => {}
            }
            let value = self.node(&entry.value, depth + 1)?;
            span = span.and(value.span);
            entries.push(Entry { key, value, optional: entry.optional });
        }
        Ok(Node { span: self.text.closed(span, '}'), kind: Kind::Object(entries) })
    }

    fn call(&mut self, call: &CallExpr, token: Span, depth: usize) -> Result<Node, Fault> {
        match &call.target {
            None => match self.operator(call, token, depth)? {
                Some(node) => Ok(node),
                None => self.global(call, token, depth),
            },
            Some(target) => self.member(target, call, token, depth),
        }
    }

    fn operator(
        &mut self,
        call: &CallExpr,
        token: Span,
        depth: usize,
    ) -> Result<Option<Node>, Fault> {
        let down = depth + 1;
        let name = call.func_name.as_str();
        let node = match (name, call.args.as_slice()) {
            (operators::LOGICAL_NOT, [of]) => {
                let of = self.boxed(of, down)?;
                Node { span: token.and(of.span), kind: Kind::Not(of) }
            }
            (operators::NEGATE, [of]) => {
                let of = self.boxed(of, down)?;
                Node { span: token.and(of.span), kind: Kind::Negate(of) }
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let parts =
                    [self.node(condition, down)?, self.node(yes, down)?, self.node(no, down)?];
                let span = parts.iter().fold(token, |span, part| span.and(part.span));
                let span = self.text.balanced(span);
                Node { span, kind: Kind::If(Box::new(parts)) }
            }
            (operators::INDEX | operators::OPT_INDEX, [of, index]) => {
                let of = self.boxed(of, down)?;
                let index = self.boxed(index, down)?;
                let span = self.text.closed(token.and(of.span).and(index.span), ']');
                let span = self.text.balanced(span);
                let optional = name == operators::OPT_INDEX;
                Node { span, kind: Kind::Index { of, index, optional } }
            }
            (operators::OPT_SELECT, [of, field]) => {
                let of = self.node(of, down)?;
                let Expr::Literal(LiteralValue::String(field)) = &field.expr else {
                    return Err(self.not_allowed(token, "this"));
                };
                self.field(of, field.inner(), true, token)
            }
            (_, [left, right]) => {
                let Some(kind) = binary(name) else { return Ok(None) };
                let pair = Box::new([self.node(left, down)?, self.node(right, down)?]);
                let span = pair.iter().fold(token, |span, part| span.and(part.span));
                Node { span: self.text.balanced(span), kind: kind(pair) }
            }
            _ => return Ok(None),
        };
        Ok(Some(node))
    }

    /// `f(x)`: the token is the bracket, the name stands before it.
    fn global(&mut self, call: &CallExpr, bracket: Span, depth: usize) -> Result<Node, Fault> {
        let name = call.func_name.as_str();
        let span = self.text.named(name, bracket);
        if name == "has" {
            return self.has(call, span, depth);
        }
        if What::named(name).is_some() {
            let reason = format!("it is called as `list.{name}(x, …)`");
            return Err(self.fault(span, FaultKind::UnknownFunction, &reason));
        }
        let args = self.nodes(&call.args, depth)?;
        self.function(name, false, args, span, span)
    }

    fn has(&mut self, call: &CallExpr, span: Span, depth: usize) -> Result<Node, Fault> {
        let wrong = "it is called as `has(x.field)`";
        let [of] = call.args.as_slice() else {
            return Err(self.fault(span, FaultKind::UnknownFunction, wrong));
        };
        let of = self.node(of, depth + 1)?;
        let span = self.text.closed(span.and(of.span), ')');
        match of.kind {
            Kind::Field { of, name, optional: false } => {
                Ok(Node { span, kind: Kind::Has { of, name } })
            }
            _ => Err(self.fault(span, FaultKind::UnknownFunction, wrong)),
        }
    }

    /// `x.f(y)`
    fn member(
        &mut self,
        target: &IdedExpr,
        call: &CallExpr,
        bracket: Span,
        depth: usize,
    ) -> Result<Node, Fault> {
        let name = call.func_name.as_str();
        let word = self.text.named(name, bracket);
        if let Some(what) = What::named(name) {
            return self.each(what, target, call, word, depth);
        }
        let target = self.node(target, depth + 1)?;
        let span = target.span.and(word);
        let mut args = vec![target];
        args.extend(self.nodes(&call.args, depth)?);
        self.function(name, true, args, word, span)
    }

    fn nodes(&mut self, all: &[IdedExpr], depth: usize) -> Result<Vec<Node>, Fault> {
        all.iter().map(|one| self.node(one, depth + 1)).collect()
    }

    fn function(
        &self,
        name: &str,
        member: bool,
        args: Vec<Node>,
        word: Span,
        span: Span,
    ) -> Result<Node, Fault> {
        let function = Function::find(name, member, args.len()).map_err(|none| match none {
            NoFunction::Otherwise(how) => self.fault(word, FaultKind::UnknownFunction, &how),
            NoFunction::Unknown => {
                let reason = format!("unknown function `{}`", clip(name, MAX_NAME_CHARS));
                let all = Function::names().chain(What::NAMES.iter().map(|(name, _)| *name));
                self.fault(word, FaultKind::UnknownFunction, &reason)
                    .offering(meant(name), all.chain(["has"]))
            }
        })?;
        let span = args.iter().fold(span, |span, arg| span.and(arg.span));
        let span = self.text.balanced(self.text.closed(span, ')'));
        Ok(Node { span, kind: Kind::Call { function, args } })
    }

    fn each(
        &mut self,
        what: What,
        target: &IdedExpr,
        call: &CallExpr,
        word: Span,
        depth: usize,
    ) -> Result<Node, Fault> {
        let name = call.func_name.as_str();
        let (item, only, body) = match call.args.as_slice() {
            [item, body] => (item, None, body),
            [item, only, body] if what == What::Map => (item, Some(only), body),
            _ => {
                let reason = format!("it is called as `list.{name}(x, …)`");
                return Err(self.fault(word, FaultKind::UnknownFunction, &reason));
            }
        };
        let Expr::Ident(item) = &item.expr else {
            let reason = "the first argument is the name of an item, such as `x`";
            return Err(self.fault(self.token(item.id), FaultKind::UnknownFunction, reason));
        };
        let over = self.node(target, depth + 1)?;
        self.locals.push(item.as_str().into());
        let parts = only
            .map(|only| self.node(only, depth + 1))
            .transpose()
            .and_then(|only| Ok((only, self.node(body, depth + 1)?)));
        self.locals.pop();
        let (only, body) = parts?;
        let span = self.text.closed(over.span.and(word).and(body.span), ')');
        let span = self.text.balanced(span);
        Ok(Node { span, kind: Kind::Each(Box::new(Each { what, over, only, body })) })
    }
}

/// What makes a node of an operator with two operands.
fn binary(name: &str) -> Option<impl Fn(Box<[Node; 2]>) -> Kind> {
    enum Which {
        And,
        Or,
        Other(Binary),
    }
    let which = match name {
        operators::LOGICAL_AND => Which::And,
        operators::LOGICAL_OR => Which::Or,
        operators::ADD => Which::Other(Binary::Add),
        operators::SUBSTRACT => Which::Other(Binary::Subtract),
        operators::MULTIPLY => Which::Other(Binary::Multiply),
        operators::DIVIDE => Which::Other(Binary::Divide),
        operators::MODULO => Which::Other(Binary::Remainder),
        operators::EQUALS => Which::Other(Binary::Equal),
        operators::NOT_EQUALS => Which::Other(Binary::NotEqual),
        operators::LESS => Which::Other(Binary::Less),
        operators::LESS_EQUALS => Which::Other(Binary::LessOrEqual),
        operators::GREATER => Which::Other(Binary::Greater),
        operators::GREATER_EQUALS => Which::Other(Binary::GreaterOrEqual),
        operators::IN => Which::Other(Binary::In),
        _ => return None,
    };
    Some(move |pair| match which {
        Which::And => Kind::And(pair),
        Which::Or => Kind::Or(pair),
        Which::Other(operator) => Kind::Binary(operator, pair),
    })
}
