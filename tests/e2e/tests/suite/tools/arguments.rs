//! Bad arguments of every operation: refused with a typed error before anything is sent, and names
//! of things that are not there.

use serde_json::{Map, Value, json};
use sisense_core::{ErrorKind, Operation, Run, generated};
use sisense_sandbox::Sandbox;

use super::calls::{Known, arguments, operations};
use crate::suite::support::{client, sandbox};

/// Everything that is wrong, so that one run tells all of it.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

fn good(operation: &Operation, known: &Known) -> Map<String, Value> {
    arguments(&operation.id, known).as_object().unwrap().clone()
}

fn required(schema: &Value) -> Vec<&str> {
    let names = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).collect()
}

/// A call that must be refused as invalid input, naming the argument, without a request.
async fn refused(sandbox: &Sandbox, id: &str, args: Value, named: &str, wrong: &mut Wrong) {
    let before = sandbox.counts().total;
    let run = Run::unattended().start();
    match generated::call(&client(sandbox), &run, id, args.clone()).await {
        Ok(_) => wrong.0.push(format!("{id} accepts {args}")),
        Err(error) => {
            if error.kind() != ErrorKind::InvalidInput {
                wrong.0.push(format!("{id} {args}: not invalid input: {error}"));
            }
            if !error.to_string().contains(named) {
                wrong.0.push(format!("{id} {args}: does not name `{named}`: {error}"));
            }
            if error.report().operation.as_deref() != Some(id) {
                wrong.0.push(format!("{id} {args}: names no operation: {error}"));
            }
        }
    }
    if sandbox.counts().total != before {
        wrong.0.push(format!("{id} {args}: something was sent"));
    }
}

#[tokio::test]
async fn a_missing_argument_is_named_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let known = Known::of(&sandbox);
    let mut wrong = Wrong::default();
    for operation in operations() {
        for name in required(&operation.input_schema) {
            let mut args = good(operation, &known);
            if args.remove(name).is_none() {
                wrong.0.push(format!("{}: no good argument `{name}`", operation.id));
            }
            refused(&sandbox, &operation.id, args.into(), name, &mut wrong).await;
        }
    }
    wrong.none();
}

/// A value of a type that a schema does not allow, or `None` when it allows all.
fn of_wrong_type(schema: &Value) -> Option<Value> {
    let samples = [json!(12), json!("x"), json!([[]]), json!({"no_such_member": 1}), json!(true)];
    samples.into_iter().rev().find(|sample| !fits(schema, sample))
}

fn fits(schema: &Value, sample: &Value) -> bool {
    jsonschema::is_valid(schema, sample)
}

/// The schema of one argument, with the definitions that it may refer to.
fn argument_schema(operation: &Operation, name: &str) -> Value {
    let mut schema = operation.input_schema["properties"][name].clone();
    if let (Some(map), Some(defs)) = (schema.as_object_mut(), operation.input_schema.get("$defs")) {
        map.insert("$defs".to_owned(), defs.clone());
    }
    schema
}

#[tokio::test]
async fn an_argument_of_the_wrong_type_is_named_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let known = Known::of(&sandbox);
    let mut wrong = Wrong::default();
    for operation in operations() {
        let Some(properties) = operation.input_schema["properties"].as_object() else { continue };
        for name in properties.keys() {
            let Some(bad) = of_wrong_type(&argument_schema(operation, name)) else {
                wrong.0.push(format!("{}: `{name}` accepts anything", operation.id));
                continue;
            };
            let mut args = good(operation, &known);
            args.insert(name.clone(), bad);
            refused(&sandbox, &operation.id, args.into(), name, &mut wrong).await;
        }
    }
    wrong.none();
}

#[tokio::test]
async fn an_unknown_argument_and_no_object_are_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let known = Known::of(&sandbox);
    let mut wrong = Wrong::default();
    for operation in operations() {
        let mut args = good(operation, &known);
        args.insert("surprise".to_owned(), json!(1));
        refused(&sandbox, &operation.id, args.into(), "surprise", &mut wrong).await;
        refused(&sandbox, &operation.id, json!(["a"]), "object", &mut wrong).await;
    }
    wrong.none();
}

/// Arguments that name an asset, with names that nothing has.
const NAMES: [(&str, &str); 13] = [
    ("user_name", "nobody@acme.example"),
    ("group_name", "No Such Group"),
    ("name", "No Such Group"),
    ("folder_name", "No Such Folder"),
    ("new_owner_name", "nobody@acme.example"),
    ("datamodel_name", "No Such Model"),
    ("datamodel_ref", "No Such Model"),
    ("dashboard_id", "0123456789abcdef01234567"),
    ("dashboard_name", "No Such Dashboard"),
    ("dashboard_ref", "No Such Dashboard"),
    ("widget_id", "0123456789abcdef01234567"),
    ("connection_name", "No Such Connection"),
    ("table_name", "No Such Table"),
];

/// Lists of names: one that nothing has makes the answer a part that names it.
const LISTS: [(&str, &str); 2] =
    [("datamodels", "No Such Model"), ("dashboards", "No Such Dashboard")];

/// Names that the operation is about to give, so that nothing needs to have them.
fn is_new_name(id: &str, name: &str) -> bool {
    matches!(
        (id, name),
        ("datamodel.create_datamodel" | "datamodel.setup_datamodel", "datamodel_name")
    )
}

#[tokio::test]
async fn a_name_that_nothing_has_is_an_error_that_says_so_and_nothing_is_written() {
    let sandbox = sandbox().await;
    let known = Known::of(&sandbox);
    let mut wrong = Wrong::default();
    let mut seen = 0;
    for operation in operations() {
        let id = operation.id.as_str();
        let args = good(operation, &known);
        for (name, value) in NAMES.iter().filter(|(name, _)| args.contains_key(*name)) {
            if is_new_name(id, name) {
                continue;
            }
            seen += 1;
            let mut args = args.clone();
            args.insert((*name).to_owned(), json!(value));
            let run = Run::unattended().start();
            match generated::call(&client(&sandbox), &run, id, args.into()).await {
                Ok(outcome) if outcome.result["success"] == json!(false) => {}
                Ok(outcome) => wrong.0.push(format!("{id} finds `{name}`: {outcome:?}")),
                Err(error) => {
                    let kind = error.kind();
                    if kind != ErrorKind::NotFound || !error.to_string().contains(value) {
                        wrong.0.push(format!("{id} `{name}` {kind:?}: {error}"));
                    }
                    if error.report().next_step.is_none() {
                        wrong.0.push(format!("{id} `{name}`: no next step: {error}"));
                    }
                }
            }
        }
        for (name, value) in LISTS.iter().filter(|(name, _)| args.contains_key(*name)) {
            seen += 1;
            let mut args = args.clone();
            let mut list = args[*name].as_array().unwrap().clone();
            list.push(json!(value));
            args.insert((*name).to_owned(), list.into());
            let run = Run::unattended().start();
            let told = match generated::call(&client(&sandbox), &run, id, args.into()).await {
                Ok(outcome) => {
                    let missing = serde_json::to_string(&outcome.missing).unwrap();
                    outcome.result.to_string().contains(value) && missing.contains(value)
                }
                Err(error) => {
                    wrong.0.push(format!("{id}: one unknown name sinks the rest: {error}"));
                    true
                }
            };
            if !told {
                wrong.0.push(format!("{id}: the unknown name is not told"));
            }
        }
    }
    assert!(seen > 15, "only {seen} names");
    assert_eq!(sandbox.counts().writes, 0);
    wrong.none();
}
