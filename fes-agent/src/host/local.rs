//! Operations in this very process, over one client per deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sisense_core::generated;
use sisense_core::run::Journal;
use sisense_core::undo::undo;
use sisense_core::{Client, Error, ErrorKind, Operation, Outcome, Result, Run};

use super::{Kind, Name, Place, Tools, names, unknown_deployment};

/// The operations of `sisense-core`, called in this process.
#[derive(Clone, Debug)]
pub struct Local {
    default: String,
    clients: BTreeMap<String, Client>,
}

impl Local {
    /// Named clients; a client's name is its deployment's. The first one is the default.
    ///
    /// # Errors
    /// `config` when there is none, or two have the same name.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Result<Self> {
        let mut named = BTreeMap::new();
        let mut default = None;
        for client in clients {
            let name = client.name().to_owned();
            default.get_or_insert_with(|| name.clone());
            if named.insert(name.clone(), client).is_some() {
                let message = format!("two deployments have the same name: {name}");
                return Err(Error::new(ErrorKind::Config, message)
                    .with_next_step("give each deployment a name of its own"));
            }
        }
        let default = default.ok_or_else(|| {
            Error::new(ErrorKind::Config, "no deployment is configured")
                .with_next_step("configure a deployment: its URL and its token")
        })?;
        Ok(Local { default, clients: named })
    }

    fn client(&self, deployment: &str) -> Result<&Client> {
        self.clients
            .get(deployment)
            .ok_or_else(|| unknown_deployment(self.deployments(), deployment))
    }
}

#[async_trait]
impl Tools for Local {
    fn operations(&self) -> &[Operation] {
        generated::operations()
    }

    fn deployments(&self) -> Vec<String> {
        let others = self.clients.keys().filter(|name| **name != self.default);
        std::iter::once(&self.default).chain(others).cloned().collect()
    }

    fn find(&self, id: &str) -> Option<&Operation> {
        generated::find(id)
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        generated::check(id, args)
    }

    async fn call(&self, place: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let source = self.client(place.source)?;
        let target = place.target.map(|name| self.client(name)).transpose()?;
        generated::call_between(source, target, run, id, args).await
    }

    async fn undo(&self, run: &Run, original: &str, journal: Arc<dyn Journal>) -> Result<Outcome> {
        let clients: Vec<Client> = self.clients.values().cloned().collect();
        let undone = undo(&clients, run, original, journal).await?;
        let result = serde_json::to_value(undone).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the result cannot be written as JSON")
                .with_source(error)
        })?;
        Ok(Outcome { result, missing: Vec::new() })
    }

    async fn role(&self, deployment: &str) -> Result<Option<String>> {
        let caller = self.client(deployment)?.whoami().await?;
        Ok(caller.base_role_name.clone().or_else(|| caller.role_name.clone()))
    }

    fn lists(&self, kind: Kind) -> Option<&str> {
        Some(names::lister(kind))
    }

    async fn names(&self, deployment: &str, kind: Kind) -> Result<Vec<Name>> {
        names::of(self, deployment, kind).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sisense_core::Secret;

    fn client(name: &str) -> Client {
        let builder = Client::builder("https://bi.example.com").name(name);
        builder.token(Secret::new("t")).build().unwrap()
    }

    #[test]
    fn the_first_deployment_is_the_default_and_names_are_unique() {
        let local = Local::new([client("prod"), client("dev")]).unwrap();
        assert_eq!(local.deployments(), ["prod", "dev"]);
        assert_eq!(Local::new([]).unwrap_err().kind(), ErrorKind::Config);
        let twice = Local::new([client("prod"), client("prod")]).unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::Config);
        let error = local.client("prdo").unwrap_err();
        assert_eq!(error.candidates(), ["prod", "dev"]);
    }
}
