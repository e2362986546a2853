//! What protects columns apart from dashboards: security rules, hierarchies, formulas.

use futures_util::future::join3;
use serde_json::Value;

use crate::client::Client;
use crate::documents::ModelRules;
use crate::domains::lookup::models::Titled;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;

/// What was read; `None` is what could not be, and `missing` says why.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    security: Option<Vec<Value>>,
    hierarchies: Option<Vec<Value>>,
    formulas: Option<Vec<Value>>,
    pub(super) missing: Vec<Missing>,
}

impl Inputs {
    /// Read all three side by side. One that fails makes the answer a part; only a token that is
    /// not accepted is an error.
    pub(super) async fn read(client: &Client, model: &Titled) -> Result<Self> {
        let title = model.title.as_str();
        let (security, hierarchies, formulas) = join3(
            client.model_security(&model.document, title),
            client.objects(
                &["api", "elasticubes", "hierarchies"],
                vec![("elasticube", title), ("server", "localhost")],
            ),
            client
                .objects(&["api", "v1", "formulas"], vec![("datasource", title), ("flat", "true")]),
        )
        .await;
        let mut inputs = Inputs::default();
        inputs.security = inputs.keep(format!("data security of \"{title}\""), security)?;
        inputs.hierarchies =
            inputs.keep(format!("drill hierarchies of \"{title}\""), hierarchies)?;
        inputs.formulas = inputs.keep(format!("shared formulas of \"{title}\""), formulas)?;
        let unclear = inputs.security.iter().flatten().filter(|rule| !names_column(rule)).count();
        if unclear > 0 {
            let error = Error::new(
                ErrorKind::Decode,
                format!("rules that name no table and column: {unclear}"),
            );
            inputs.missing.push(Missing::new(format!("data security of \"{title}\""), error));
        }
        Ok(inputs)
    }

    fn keep(&mut self, what: String, read: Result<Vec<Value>>) -> Result<Option<Vec<Value>>> {
        match read {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => Err(error.with_asset(what)),
            Err(error) => {
                self.missing.push(Missing::new(what, error));
                Ok(None)
            }
        }
    }

    pub(super) fn rules(&self) -> ModelRules<'_> {
        ModelRules {
            security: self.security.as_deref(),
            hierarchies: self.hierarchies.as_deref(),
            formulas: self.formulas.as_deref(),
        }
    }
}

fn names_column(rule: &Value) -> bool {
    ["table", "column"].iter().all(|key| {
        rule.get(key).and_then(Value::as_str).is_some_and(|name| !name.trim().is_empty())
    })
}
