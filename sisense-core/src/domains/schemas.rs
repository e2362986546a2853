//! Which types an operation takes and gives, for the generator.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

/// The input and output schemas of operations by id.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct OperationSchemas {
    operations: BTreeMap<&'static str, Schemas>,
}

#[derive(Debug, Serialize)]
struct Schemas {
    input: Value,
    output: Value,
}

impl OperationSchemas {
    /// Say that an operation takes `P` and gives `R`.
    pub(crate) fn add<P: JsonSchema, R: JsonSchema>(&mut self, id: &'static str) {
        let input = generator().into_root_schema_for::<P>().to_value();
        let output = generator_of_results().into_root_schema_for::<R>().to_value();
        self.operations.insert(id, Schemas { input, output });
    }
}

/// Schemas are whole in themselves: no references that a strict client must follow.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
}

fn generator_of_results() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.meta_schema = None)
        .for_serialize()
        .into_generator()
}
