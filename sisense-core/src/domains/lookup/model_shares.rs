//! With whom data models are shared: extract and live models keep it in different places.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::documents::ModelDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath};

/// A share of a model. Answers name the party `partyId`, some older ones `party`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) struct ModelShare {
    pub(crate) party_id: Option<String>,
    pub(crate) kind: Option<String>,
    /// `w`, `r` or `a` on the wire.
    pub(crate) permission: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "partyId", default)]
    party_id: Option<String>,
    #[serde(default)]
    party: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    permission: Option<String>,
}

impl From<Wire> for ModelShare {
    fn from(wire: Wire) -> Self {
        let given = |text: &String| !text.is_empty();
        let party_id = wire.party_id.filter(given).or(wire.party.filter(given));
        ModelShare { party_id, kind: wire.kind, permission: wire.permission }
    }
}

/// Under which key a share names its party when it is written. Servers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartyKey {
    /// What answers hold, and the server's own tests send.
    PartyId,
    /// What the oldest specification says.
    Party,
}

impl PartyKey {
    pub(crate) fn other(self) -> Self {
        match self {
            PartyKey::PartyId => PartyKey::Party,
            PartyKey::Party => PartyKey::PartyId,
        }
    }
}

impl ModelShare {
    /// The row that is written.
    pub(crate) fn row(&self, key: PartyKey) -> Value {
        let (kind, permission) = (&self.kind, &self.permission);
        match key {
            PartyKey::PartyId => {
                json!({"partyId": self.party_id, "type": kind, "permission": permission})
            }
            PartyKey::Party => {
                json!({"party": self.party_id, "type": kind, "permission": permission})
            }
        }
    }

    /// A row that every server reads: the party under both keys. For writing a known list back, where
    /// nothing is left to find out.
    pub(crate) fn row_for_any(&self) -> Value {
        let mut row = self.row(PartyKey::PartyId);
        row["party"] = json!(self.party_id);
        row
    }

    /// Whether the server told all that a row needs, so that writing it back loses nothing.
    pub(crate) fn is_whole(&self) -> bool {
        self.party_id.is_some() && self.kind.is_some() && self.permission.is_some()
    }
}

pub(crate) fn extract_permissions(title: &str) -> ApiPath {
    ApiPath::new(["api", "elasticubes", "localhost", title, "permissions"])
}

pub(crate) fn live_permissions(oid: &str) -> ApiPath {
    ApiPath::new(["api", "v1", "elasticubes", "live", oid, "permissions"])
}

/// Where a model's list is read and written.
pub(crate) fn permissions_of(model: &ModelDocument) -> Result<ApiPath> {
    let (name, path): (_, fn(&str) -> ApiPath) = if model.is_live() {
        (model.id(), live_permissions)
    } else {
        (model.title(), extract_permissions)
    };
    name.map(path).ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the data model has no id or no title")
            .with_next_step("report this answer; the deployment's version may be new")
    })
}

/// The shares that a model's document carries; `None` when it carries none at all.
pub(crate) fn shares_in(model: &ModelDocument) -> Result<Option<Vec<ModelShare>>> {
    match model.raw().get("shares") {
        None | Some(Value::Null) => Ok(None),
        Some(rows) => Answer::new(200, rows.clone()).decode_list().map(Some),
    }
}

impl Client {
    /// The shares at one of the two places: a list, or an object that holds it.
    pub(crate) async fn shares_at(&self, path: ApiPath) -> Result<Vec<ModelShare>> {
        let answer = self.transport().get(path, Vec::new()).await?;
        match answer.body().get("shares").cloned() {
            Some(rows) => answer.with_body(rows).decode_list(),
            None => answer.decode_list(),
        }
    }
}
