//! Reads the operations out of the source, without compiling it.

mod docs;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::{Attribute, Expr, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, Lit, Meta, Type};

use super::model::{Domain, Method, Operation, Place, Problem, Scope};

pub use docs::unlink;

/// One file of a domain.
#[derive(Debug)]
pub struct Source {
    /// The folder below `domains`.
    pub domain: String,
    /// The path as it is shown.
    pub file: String,
    pub text: String,
}

/// How the client gives the handler of a domain.
struct Accessor {
    handler: String,
    takes_target: bool,
}

/// Read all domains, or say everything that must be mended.
pub fn read(sources: &[Source]) -> Result<Vec<Domain>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut folders: BTreeMap<&str, Vec<(&Source, syn::File)>> = BTreeMap::new();
    for source in sources {
        match syn::parse_file(&source.text) {
            Ok(parsed) => folders.entry(&source.domain).or_default().push((source, parsed)),
            Err(error) => problems.push(Problem {
                place: Place { file: source.file.clone(), line: error.span().start().line },
                message: format!("this is no Rust: {error}"),
            }),
        }
    }
    let mut domains = Vec::new();
    for (name, files) in folders {
        let accessor = files.iter().find_map(|(_, file)| accessor(name, &file.items));
        let mut operations = Vec::new();
        for (source, file) in &files {
            let mut room = Room { name, source, accessor: accessor.as_ref(), problems: Vec::new() };
            room.items(&file.items, &mut operations);
            problems.append(&mut room.problems);
        }
        let Some(accessor) = accessor.filter(|_| !operations.is_empty()) else { continue };
        operations.sort_by(|a: &Operation, b| a.id.cmp(&b.id));
        let root =
            files.iter().find(|(source, _)| source.file.ends_with(&format!("{name}/mod.rs")));
        let summary = root.map(|(_, file)| docs::first_paragraph(&doc_lines(&file.attrs)));
        domains.push(Domain {
            name: name.to_owned(),
            summary: summary.unwrap_or_default(),
            takes_target: accessor.takes_target,
            operations,
        });
    }
    problems.extend(clashes(&domains));
    if problems.is_empty() { Ok(domains) } else { Err(problems) }
}

/// Ids that two operations share, in any form that a call may use.
fn clashes(domains: &[Domain]) -> Vec<Problem> {
    let mut known: BTreeMap<String, &Operation> = BTreeMap::new();
    let mut problems = Vec::new();
    for operation in domains.iter().flat_map(|domain| &domain.operations) {
        for name in operation.names() {
            match known.insert(name.clone(), operation) {
                Some(other) if other.id != operation.id || other.method != operation.method => {
                    problems.push(Problem {
                        place: operation.method.place.clone(),
                        message: format!(
                            "the id {name} also names {}; rename one or remove the alias",
                            other.id
                        ),
                    });
                }
                _ => {}
            }
        }
    }
    problems
}

/// Finds `impl Client { pub fn <domain>(&self) -> Handler }`.
fn accessor(domain: &str, items: &[Item]) -> Option<Accessor> {
    items.iter().filter_map(|item| handler_impl(item, "Client")).find_map(|block| {
        block.items.iter().find_map(|item| {
            let ImplItem::Fn(method) = item else { return None };
            let syn::ReturnType::Type(_, output) = &method.sig.output else { return None };
            if method.sig.ident != domain || method.sig.asyncness.is_some() {
                return None;
            }
            Some(Accessor {
                handler: word(output)?,
                takes_target: method.sig.inputs.iter().any(|a| matches!(a, FnArg::Typed(_))),
            })
        })
    })
}

fn handler_impl<'a>(item: &'a Item, handler: &str) -> Option<&'a ItemImpl> {
    let Item::Impl(block) = item else { return None };
    let inherent = block.trait_.is_none();
    (inherent && word(&block.self_ty).as_deref() == Some(handler)).then_some(block)
}

fn word(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// One file of one domain while it is read.
struct Room<'a> {
    name: &'a str,
    source: &'a Source,
    accessor: Option<&'a Accessor>,
    problems: Vec<Problem>,
}

impl Room<'_> {
    fn items(&mut self, items: &[Item], found: &mut Vec<Operation>) {
        for item in items {
            match item {
                Item::Mod(module) if !is_test(&module.attrs) => {
                    if let Some((_, items)) = &module.content {
                        self.items(items, found);
                    }
                }
                Item::Impl(block) if block.trait_.is_none() => self.block(block, found),
                _ => {}
            }
        }
    }

    fn block(&mut self, block: &ItemImpl, found: &mut Vec<Operation>) {
        let of = word(&block.self_ty);
        let is_handler = self.accessor.is_some_and(|known| Some(&known.handler) == of.as_ref());
        for item in &block.items {
            let ImplItem::Fn(method) = item else { continue };
            let lines = doc_lines(&method.attrs);
            let marked = docs::is_marked(&lines);
            let public = matches!(method.vis, syn::Visibility::Public(_));
            let is_async = method.sig.asyncness.is_some();
            let span = method.sig.ident.span();
            if !is_handler {
                if marked {
                    let domain = self.name;
                    self.problem(span, format!(
                        "a method with markers is not in the handler of `{domain}`; move it to the \
                         type that `Client::{domain}` returns"
                    ));
                }
            } else if marked && !(public && is_async) {
                self.problem(span, "an operation is a `pub async fn`; make it one".into());
            } else if public && is_async {
                found.extend(self.operation(method, &lines));
            }
        }
    }

    fn operation(&mut self, method: &ImplItemFn, lines: &[String]) -> Option<Operation> {
        let span = method.sig.ident.span();
        let name = method.sig.ident.to_string();
        let id = format!("{}.{name}", self.name);
        if !docs::is_marked(lines) {
            self.problem(
                span,
                format!(
                    "{id} has no markers; add `<!-- @effect … -->`, `<!-- @scope … -->` and \
                 `<!-- @risk … -->`, or make it `pub(crate)`"
                ),
            );
            return None;
        }
        let first = method.attrs.iter().find(|attribute| attribute.path().is_ident("doc"));
        let first = first.map_or(span, |attribute| attribute.pound_token.span);
        let read = docs::read(lines);
        let shape = signature::read(&method.sig);
        if let Err(problems) = &read {
            for (number, message) in problems {
                let line = first.start().line + number;
                self.problem_at(line, format!("{id}: {message}"));
            }
        }
        if let Err(message) = &shape {
            self.problem(span, format!("{id}: {message}"));
        }
        let (Ok(docs), Ok(shape)) = (read, shape) else { return None };
        let wrong = self.contradictions(&docs, &shape);
        if !wrong.is_empty() {
            wrong.into_iter().for_each(|message| self.problem(span, format!("{id}: {message}")));
            return None;
        }
        let mut aliases = docs.aliases;
        if self.name == "access" {
            aliases.insert(0, format!("access_management.{name}"));
        }
        Some(Operation {
            id,
            aliases,
            summary: docs.summary,
            description: docs.description,
            ask: docs.ask,
            effect: docs.effect,
            idempotent: docs.idempotent,
            scope: docs.scope,
            risk: docs.risk,
            streams: docs.streams,
            partial: shape.partial,
            input_schema: serde_json::Value::Null,
            output_schema: serde_json::Value::Null,
            method: Method {
                name,
                takes_run: shape.takes_run,
                params: shape.params,
                result: shape.result,
                place: self.place(span.start().line),
            },
        })
    }

    fn contradictions(&self, docs: &docs::Docs, shape: &signature::Shape) -> Vec<String> {
        let mut wrong = Vec::new();
        let effect = docs.effect.as_str();
        if effect != "read" && !shape.takes_run {
            wrong.push(format!(
                "an operation with effect `{effect}` writes; take `run: &Run` first and ask the door"
            ));
        }
        if docs.streams && !shape.takes_run {
            wrong.push("`@streams` needs `run: &Run`, where progress goes; take it first".into());
        }
        let two = self.accessor.is_some_and(|accessor| accessor.takes_target);
        if two != (docs.scope == Scope::SourceTarget) {
            let (domain, scope) = (self.name, docs.scope.as_str());
            let takes = if two { "a target" } else { "no target" };
            wrong.push(format!(
                "`@scope {scope}` does not fit `Client::{domain}`, which takes {takes}; change one"
            ));
        }
        wrong
    }

    fn place(&self, line: usize) -> Place {
        Place { file: self.source.file.clone(), line }
    }

    fn problem(&mut self, span: Span, message: String) {
        self.problem_at(span.start().line, message);
    }

    fn problem_at(&mut self, line: usize, message: String) {
        let place = self.place(line);
        self.problems.push(Problem { place, message });
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The lines of a doc comment, without the space that follows the slashes.
fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let Expr::Lit(literal) = &pair.value else { continue };
        let Lit::Str(text) = &literal.lit else { continue };
        if pair.path.is_ident("doc") {
            for line in text.value().split('\n') {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
        }
    }
    lines
}
