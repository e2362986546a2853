//! Good calls: what every operation answers is what its output schema says.

use sisense_core::{Run, generated};

use super::calls::{Known, arguments, operations};
use crate::suite::support::{client, sandbox};

#[tokio::test]
async fn every_answer_is_of_its_output_schema() {
    let shared = sandbox().await;
    let known = Known::of(&shared);
    let mut wrong = Vec::new();
    for operation in operations() {
        let id = operation.id.as_str();
        // A write needs a deployment that nothing was changed in.
        let own = if operation.effect.writes() { Some(sandbox().await) } else { None };
        let client = client(own.as_ref().unwrap_or(&shared));
        let run = Run::unattended().start();
        let outcome = match generated::call(&client, &run, id, arguments(id, &known)).await {
            Ok(outcome) => outcome,
            Err(error) => {
                wrong.push(format!("{id}: {error}"));
                continue;
            }
        };
        if !outcome.missing.is_empty() {
            wrong.push(format!("{id} is only a part: {:?}", outcome.missing));
        }
        let schema = jsonschema::validator_for(&operation.output_schema).unwrap();
        for error in schema.iter_errors(&outcome.result) {
            wrong.push(format!("{id}: {} at {}", error, error.instance_path()));
        }
        let empty = outcome.result.as_array().is_some_and(Vec::is_empty);
        if empty || outcome.result.is_null() {
            wrong.push(format!("{id}: an empty answer shows nothing"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_schema_is_a_schema_that_says_something() {
    for operation in generated::operations() {
        for (which, schema) in
            [("input", &operation.input_schema), ("output", &operation.output_schema)]
        {
            assert!(jsonschema::meta::is_valid(schema), "{} {which}", operation.id);
            let bare = schema.as_object().is_none_or(|map| {
                !["type", "$ref", "anyOf", "oneOf", "enum"].iter().any(|key| map.contains_key(*key))
            });
            assert!(!bare, "{} {which} accepts anything: {schema}", operation.id);
        }
    }
}
