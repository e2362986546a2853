//! Where the API is open, servers differ. Whatever the server does, every operation gives the same
//! answer, but for the few that are listed here with what they give and why.

use serde_json::{Value, json};
use sisense_core::{ErrorKind, Result, Run, generated};
use sisense_sandbox::{Sandbox, Variants};

use super::calls::{self, arguments};
use super::settled::{difference, settled};
use crate::suite::support::{client, sandbox};

/// What an operation gives on a server that differs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gives {
    Error(ErrorKind),
    /// A part that names what is missing.
    Part,
    /// A whole answer that is not the same, and rightly so.
    Another,
}

/// What some operations give on some server, and why.
struct Known {
    switch: &'static str,
    value: &'static str,
    operations: &'static [&'static str],
    gives: Gives,
    why: &'static str,
}

/// Every way in which an answer may differ.
const KNOWN: [Known; 7] = [
    Known {
        switch: "admin_access",
        value: "403",
        operations: &[
            "access.get_unused_columns",
            "access.get_unused_columns_bulk",
            "wellcheck.run_full_wellcheck",
        ],
        gives: Gives::Part,
        why: "dashboards of other people cannot be exported; each is named",
    },
    Known {
        switch: "admin_access",
        value: "403",
        operations: &[
            "dashboard.add_dashboard_script",
            "dashboard.add_dashboard_shares",
            "dashboard.add_widget_script",
            "dashboard.get_dashboard_columns",
            "wellcheck.check_dashboard_structure",
            "wellcheck.check_dashboard_widget_counts",
            "wellcheck.check_pivot_widget_fields",
        ],
        gives: Gives::Error(ErrorKind::Forbidden),
        why: "the only dashboard asked for is another person's",
    },
    Known {
        switch: "expand_with_fields",
        value: "fields-win",
        operations: &["access.change_folder_and_dashboard_ownership"],
        gives: Gives::Another,
        why: "folders that the caller does not see have no name then: one more warning",
    },
    Known {
        switch: "graphql_fields",
        value: "basic",
        operations: &["datamodel.get_all_datamodel"],
        gives: Gives::Another,
        why: "an older server does not tell of changes that wait for a build",
    },
    Known {
        switch: "connections",
        value: "off",
        operations: &[
            "datamodel.create_connections",
            "datamodel.create_dataset",
            "datamodel.get_connection",
            "datamodel.get_table_schema",
            "datamodel.setup_datamodel",
        ],
        gives: Gives::Error(ErrorKind::Unsupported),
        why: "the server has no list of connections",
    },
    Known {
        switch: "sub_select",
        value: "off",
        operations: &[
            "wellcheck.check_datamodel_m2m_relationships",
            "wellcheck.run_full_wellcheck",
        ],
        gives: Gives::Part,
        why: "keys of several columns cannot be counted together",
    },
    Known {
        switch: "admin_rows",
        value: "all",
        operations: &["datamodel.get_row_count"],
        gives: Gives::Another,
        why: "data security does not hold for the admins of this server, who see all rows",
    },
];

/// Every switch with each of its values but the default. The switches name their values themselves.
pub fn others() -> Vec<(String, String)> {
    let defaults = serde_json::to_value(Variants::default()).unwrap();
    let mut all = Vec::new();
    for (switch, default) in defaults.as_object().unwrap() {
        let error = serde_json::from_value::<Variants>(json!({ switch: "no such value" }));
        let told = error.unwrap_err().to_string();
        let (_, values) = told.split_once("expected").unwrap();
        let values = values.split('`').skip(1).step_by(2);
        let values: Vec<&str> = values.filter(|value| *value != default).collect();
        assert!(!values.is_empty(), "{switch}: {told}");
        all.extend(values.into_iter().map(|value| (switch.clone(), value.to_owned())));
    }
    assert!(all.len() > 40, "only {} values", all.len());
    all
}

/// What every operation gives when one switch is set.
async fn answers(sandbox: &Sandbox, variants: Variants) -> Vec<(String, Result<(Value, bool)>)> {
    let mut all = Vec::new();
    let client = client(sandbox);
    sandbox.reset().unwrap();
    sandbox.set_variants(variants);
    let known = calls::Known::of(sandbox);
    for operation in calls::operations() {
        let args = arguments(&operation.id, &known);
        let run = Run::unattended().start();
        let outcome = generated::call(&client, &run, &operation.id, args).await;
        let outcome = outcome.map(|got| (settled(&got.result), got.missing.is_empty()));
        all.push((operation.id.clone(), outcome));
        if operation.effect.writes() {
            sandbox.reset().unwrap();
            sandbox.set_variants(variants);
        }
    }
    all
}

#[tokio::test]
async fn every_server_gives_the_same_answers_but_for_those_that_are_known() {
    let sandbox = sandbox().await;
    let plain = answers(&sandbox, Variants::default()).await;
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for (switch, value) in others() {
        let variants = serde_json::from_value(json!({ &switch: &value })).unwrap();
        let here = answers(&sandbox, variants).await;
        for ((id, wanted), (_, got)) in plain.iter().zip(here) {
            let (wanted, _) = wanted.as_ref().unwrap();
            let told = match &got {
                Err(error) => Some((Gives::Error(error.kind()), error.to_string())),
                Ok((_, false)) => Some((Gives::Part, "a part".to_owned())),
                Ok((result, true)) => difference(wanted, result, "").map(|d| (Gives::Another, d)),
            };
            let Some((gives, told)) = told else { continue };
            let known = KNOWN.iter().any(|known| {
                (known.switch, known.value, known.gives) == (&switch, &value, gives)
                    && known.operations.contains(&id.as_str())
            });
            if known {
                seen.push((switch.clone(), id.clone()));
            } else {
                wrong.push(format!("{switch} = {value}: {id} gives {gives:?}: {told}"));
            }
        }
    }
    for known in KNOWN {
        for id in known.operations {
            if !seen.contains(&(known.switch.to_owned(), (*id).to_owned())) {
                let Known { switch, value, why, .. } = known;
                wrong.push(format!("listed and not seen: {switch} = {value}: {id}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
