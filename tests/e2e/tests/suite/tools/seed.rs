//! The catalogue of the tools that this project follows: each is here, under its ids and with its
//! parameters. Skips visibly where the catalogue is not beside the checkout.

use serde_json::{Map, Value, json};
use sisense_core::{Effect, generated};

use crate::suite::support::{captures, load};

/// Tools of the seed.
fn seed() -> Option<Vec<Value>> {
    let catalogue = captures()?.parent()?.join("fes/tools-catalogue.json");
    if !catalogue.is_file() {
        eprintln!("SKIPPED: no catalogue of tools beside the checkout");
        return None;
    }
    let tools = load(&catalogue);
    let tools = tools.as_array().unwrap().iter();
    let seed = tools.filter(|tool| tool["in_seed"] == true);
    Some(seed.cloned().collect())
}

#[test]
fn every_tool_of_the_seed_is_here_under_its_ids() {
    let Some(seed) = seed() else { return };
    assert_eq!(seed.len(), 62);
    for tool in &seed {
        let later = tool["tool_id"].as_str().unwrap();
        let early = later.replacen("access_management.", "access.", 1);
        for id in [later, early.as_str()] {
            for form in [id.to_owned(), id.replace('.', "_")] {
                let found = generated::find(&form).map(|operation| operation.id.as_str());
                assert_eq!(found, Some(early.as_str()), "{form}");
            }
        }
    }
}

#[test]
fn every_parameter_of_the_seed_is_taken() {
    let Some(seed) = seed() else { return };
    let mut unknown = Vec::new();
    for tool in &seed {
        let id = tool["tool_id"].as_str().unwrap();
        for parameter in tool["params"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            // The value may not fit; the name must.
            let args = Value::Object(Map::from_iter([(name.to_owned(), json!("x"))]));
            let told = generated::check(id, &args).err().map(|error| error.to_string());
            if told.is_some_and(|told| told.contains("unknown field")) {
                unknown.push(format!("{id}: {name}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// Effects are declared. Where the catalogue guessed one from a name, `registry/README.md` says why
/// ours differs.
#[test]
fn effects_are_those_of_the_seed_but_for_the_two_that_it_guessed_wrong() {
    let Some(seed) = seed() else { return };
    let differs = seed.iter().filter_map(|tool| {
        let operation = generated::find(tool["tool_id"].as_str()?)?;
        let writes = operation.effect != Effect::Read;
        (tool["mutates"] != writes).then_some(operation.id.as_str())
    });
    let differs: Vec<&str> = differs.collect();
    assert_eq!(differs, ["datamodel.generate_connections_payload", "wellcheck.run_full_wellcheck"]);
}
