//! What the generated table is made of: operations as data, arguments in, results out.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::domains::lookup;
use crate::error::{Error, ErrorKind, Result};
use crate::generated;
use crate::operation::{Operation, Outcome};
use crate::run::{Partial, Run};

/// The deployments that a call works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deployments<'a> {
    pub(crate) source: &'a Client,
    pub(crate) target: Option<&'a Client>,
}

impl<'a> Deployments<'a> {
    /// The target of an operation that has one.
    #[allow(dead_code, reason = "used as soon as a domain takes a target")]
    pub(crate) fn target(self) -> Result<&'a Client> {
        self.target.ok_or_else(|| {
            Error::invalid("this operation needs a target deployment besides the source")
                .with_next_step("name a source and a target")
        })
    }
}

struct Table {
    operations: Vec<Operation>,
    /// Every word that a call may use, to the operation's place.
    names: HashMap<String, usize>,
    /// Domains whose data cannot be read. A test proves that there are none; were there one, calls
    /// would say so instead of pretending that the operation does not exist.
    broken: Vec<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(&generated::JSON));

impl Table {
    fn read(domains: &[(&str, &str)]) -> Self {
        let mut table = Table { operations: Vec::new(), names: HashMap::new(), broken: Vec::new() };
        for (domain, json) in domains {
            match serde_json::from_str::<Vec<Operation>>(json) {
                Ok(operations) => table.operations.extend(operations),
                Err(error) => {
                    tracing::error!(domain, %error, "the built-in registry cannot be read");
                    table.broken.push(format!("{domain}: {error}"));
                }
            }
        }
        for (place, operation) in table.operations.iter().enumerate() {
            for id in std::iter::once(&operation.id).chain(&operation.aliases) {
                table.names.insert(id.clone(), place);
                table.names.insert(id.replace('.', "_"), place);
            }
        }
        table
    }
}

/// All operations, by id.
#[must_use]
pub fn operations() -> &'static [Operation] {
    &TABLE.operations
}

/// The operation with this id or alias, in dotted or underscore form.
#[must_use]
pub fn find(id: &str) -> Option<&'static Operation> {
    TABLE.names.get(id).and_then(|place| TABLE.operations.get(*place))
}

/// The ids that are nearest to a word, best first; at most five, none that is far off.
#[must_use]
pub fn nearest(id: &str) -> Vec<String> {
    lookup::nearest(id, operations().iter().map(|operation| operation.id.as_str()))
}

/// Whether arguments fit an operation. Sends nothing.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] naming the operation and the argument that is missing, unknown or of
/// another type; or, for an unknown id, the nearest ids.
pub fn check(id: &str, args: &Value) -> Result<()> {
    let operation = resolve(id)?;
    let id = operation.id.as_str();
    generated::check_in(operation.domain(), id, args.clone()).map_err(|e| e.with_operation(id))
}

/// Call an operation by its id on one deployment.
///
/// # Errors
/// Those of [`check`] before anything is sent, then those of the operation. Each names the
/// operation.
pub async fn call(client: &Client, run: &Run, id: &str, args: Value) -> Result<Outcome> {
    call_between(client, None, run, id, args).await
}

/// Call an operation by its id on a source and, where the operation has one, a target.
///
/// # Errors
/// Those of [`call`]; [`ErrorKind::InvalidInput`] too when the operation needs a target.
pub async fn call_between(
    source: &Client,
    target: Option<&Client>,
    run: &Run,
    id: &str,
    args: Value,
) -> Result<Outcome> {
    let operation = resolve(id)?;
    let id = operation.id.as_str();
    generated::call_in(operation.domain(), Deployments { source, target }, run, id, args)
        .await
        .map_err(|error| error.with_operation(id))
}

fn resolve(id: &str) -> Result<&'static Operation> {
    find(id).ok_or_else(|| unknown(id))
}

/// No operation has this id.
pub(crate) fn unknown(id: &str) -> Error {
    if !TABLE.broken.is_empty() {
        let broken = TABLE.broken.join(", ");
        return Error::new(
            ErrorKind::Unexpected,
            format!("the built-in registry cannot be read: {broken}"),
        );
    }
    let near = nearest(id);
    let next = if near.is_empty() { "list the tools" } else { "use one of the candidates" };
    Error::invalid(format!("no such tool: {id}")).with_candidates(near).with_next_step(next)
}

/// Arguments as their type. No arguments at all are an empty object.
pub(crate) fn decode<P: DeserializeOwned>(args: Value) -> Result<P> {
    let args = if args.is_null() { Value::Object(Map::new()) } else { args };
    if !args.is_object() {
        return Err(Error::invalid("the arguments are no object of names and values"));
    }
    serde_path_to_error::deserialize(args).map_err(|error| {
        let path = error.path().to_string();
        let told = without_value(&error.inner().to_string());
        let message = if path == "." {
            format!("the arguments do not fit: {told}")
        } else {
            format!("the argument `{path}` does not fit: {told}")
        };
        Error::invalid(message).with_next_step("see the operation's input schema")
    })
}

/// Refuse arguments where there are none.
pub(crate) fn no_arguments(args: Value) -> Result<()> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    decode::<Nothing>(args).map(drop)
}

/// serde quotes the value that does not fit, which may be a secret; the wish alone is enough.
fn without_value(message: &str) -> String {
    let quoting = ["invalid type: ", "invalid value: "];
    match message.rfind(", expected ") {
        Some(at) if quoting.iter().any(|start| message.starts_with(start)) => {
            format!("it should be {}", plain(&message[at + ", expected ".len()..]))
        }
        _ => message.to_owned(),
    }
}

/// What a value should be, in the words of JSON instead of those of Rust.
fn plain(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    }
}

/// The future of one operation: boxed, so that the future of a whole domain stays small, and proven
/// to be `Send` here, where the operation is, instead of in a program that spawns it.
pub(crate) fn send<'a, T: 'a>(
    future: impl Future<Output = Result<T>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>> {
    Box::pin(future)
}

/// A whole result as JSON.
pub(crate) fn whole<T: Serialize>(value: T) -> Result<Outcome> {
    part(Partial::whole(value))
}

/// A result that may be a part as JSON.
pub(crate) fn part<T: Serialize>(partial: Partial<T>) -> Result<Outcome> {
    let result = serde_json::to_value(partial.value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "the result cannot be written as JSON").with_source(error)
    })?;
    Ok(Outcome { result, missing: partial.missing })
}

#[cfg(test)]
mod tests;
