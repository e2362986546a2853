//! The registry as data, for readers, other programs and the dispatch.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::registry::files::Files;
use crate::registry::model::{Operation, Registry};

/// The version of the files' shape. It grows when a reader of the old shape would fail.
const VERSION: u32 = 1;

pub fn files(registry: &Registry) -> Result<Files> {
    let mut files = Files::new();
    let mut index = Map::new();
    for domain in &registry.domains {
        let name = &domain.name;
        let file = format!("operations/{name}.json");
        for operation in &domain.operations {
            index.insert(operation.id.clone(), entry(&file, operation)?);
        }
        let text = pretty(&domain.operations)?;
        files.insert(format!("sisense-core/src/generated/{name}.json"), text.clone());
        files.insert(format!("registry/{file}"), text);
    }
    let index = json!({ "version": VERSION, "operations": index });
    files.insert("registry/index.json".into(), pretty(&index)?);
    files.insert("registry/schema/registry.schema.json".into(), pretty(&schema())?);
    Ok(files)
}

fn entry(file: &str, operation: &Operation) -> Result<Value> {
    let canonical = serde_json_canonicalizer::to_string(operation)?;
    Ok(json!({
        "file": file,
        "sha256": hex::encode(Sha256::digest(canonical.as_bytes())),
        "effect": operation.effect,
        "summary": operation.summary,
    }))
}

fn pretty(value: &impl serde::Serialize) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// The JSON Schema of `index.json` and of the files in `operations/`.
fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let operation = generator.subschema_for::<Operation>();
    let operations = json!({
        "description": "A file of `operations/`: the operations of one domain, sorted by id.",
        "type": "array",
        "items": operation,
    });
    let index = json!({
        "description": "The file `index.json`: where each operation is.",
        "type": "object",
        "properties": {
            "version": { "const": VERSION },
            "operations": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "file": { "description": "The file, from the folder of the index.", "type": "string" },
                        "sha256": {
                            "description": "SHA-256 of the operation's canonical JSON (RFC 8785).",
                            "type": "string",
                            "pattern": "^[0-9a-f]{64}$",
                        },
                        "effect": generator.subschema_for::<crate::registry::model::Effect>(),
                        "summary": { "type": "string", "maxLength": 80 },
                    },
                    "required": ["file", "sha256", "effect", "summary"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["version", "operations"],
        "additionalProperties": false,
    });
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The registry of operations",
        "oneOf": [operations, index],
        "$defs": definitions,
    })
}
