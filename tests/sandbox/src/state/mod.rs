//! What the deployment holds, and the rules that its data obeys.

pub(crate) mod build_log;
pub(crate) mod builds;
pub(crate) mod bulk;
pub(crate) mod columns;
pub(crate) mod connections;
pub(crate) mod custom_sql;
pub(crate) mod dashboards;
pub(crate) mod datasets;
pub(crate) mod dependencies;
pub(crate) mod doc;
pub(crate) mod documents;
pub(crate) mod folders;
pub(crate) mod groups;
pub(crate) mod ids;
pub(crate) mod import;
pub(crate) mod instances;
pub(crate) mod listing;
pub(crate) mod model_export;
pub(crate) mod model_import;
pub(crate) mod models;
pub(crate) mod padding;
pub(crate) mod roles;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod running;
pub(crate) mod sealed;
pub(crate) mod security;
pub(crate) mod shares;
pub(crate) mod sources;
pub(crate) mod tables;
pub(crate) mod users;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::config::Variants;
use crate::sandbox::Tokens;
use crate::touched::Touched;
use builds::Builds;
use connections::Connection;
use dashboards::Dashboard;
use ids::Ids;
use running::Running;
use sources::Sources;

/// Documents by id. Ids grow with time, so the order is that of creation.
pub(crate) type Table = BTreeMap<String, Value>;

/// Everything in memory.
#[derive(Clone)]
pub(crate) struct Deployment {
    pub(crate) ids: Ids,
    pub(crate) variants: Variants,
    pub(crate) tokens: Tokens,
    /// The one tenant that every document is stamped with.
    pub(crate) tenant: String,
    /// Users by `_id`.
    pub(crate) users: Table,
    /// Groups by `_id`.
    pub(crate) groups: Table,
    /// Roles by `_id`.
    pub(crate) roles: Table,
    /// Folders by `oid`.
    pub(crate) folders: Table,
    /// Dashboards by `oid`.
    pub(crate) dashboards: BTreeMap<String, Dashboard>,
    /// Models by `oid`, as the v2 schema shows them.
    pub(crate) models: Table,
    /// What queries see of models whose draft was edited or built, by model `oid`.
    pub(crate) running: BTreeMap<String, Running>,
    /// Builds, oldest first.
    pub(crate) builds: Builds,
    /// Connections by `oid`.
    pub(crate) connections: BTreeMap<String, Connection>,
    /// The databases behind the connections.
    pub(crate) sources: Sources,
    /// Build schedules by model `oid`.
    pub(crate) schedules: Table,
    /// Data-security rules by `_id`.
    pub(crate) security: Table,
    /// How many rows the tables of the models have.
    pub(crate) row_counts: rows::RowCounts,
    /// Drill hierarchies, each with the model's title.
    pub(crate) hierarchies: Vec<Value>,
    /// Shared formulas, each with the model's title.
    pub(crate) formulas: Vec<Value>,
    /// Perspectives that people made, each with the model's id. Default ones stand for the models
    /// and are not kept.
    pub(crate) perspectives: Vec<Value>,
    /// User ids by token.
    pub(crate) sessions: HashMap<String, String>,
    /// Mails that the server would have sent.
    pub(crate) mails: Vec<Value>,
    /// What the request that is being answered has touched so far.
    pub(crate) touched: Vec<Touched>,
    /// Seats: admins, designers, viewers.
    pub(crate) seats: [usize; 3],
}

impl Deployment {
    /// Everything as one document, for assertions.
    pub(crate) fn dump(&self) -> Value {
        let rows = |table: &Table| table.values().cloned().collect::<Vec<_>>();
        json!({
            "users": rows(&self.users),
            "groups": rows(&self.groups),
            "roles": rows(&self.roles),
            "folders": rows(&self.folders),
            "dashboards": self.dashboards.values().map(Dashboard::dump).collect::<Vec<_>>(),
            "models": rows(&self.models),
            "running": self.running.iter().map(|(oid, one)| (oid.clone(), one.dump())).collect::<Map<_, _>>(),
            "builds": self.all_builds(),
            "connections": self.connections.values().map(|one| &one.doc).collect::<Vec<_>>(),
            "schedules": self.schedules,
            "security": rows(&self.security),
            "hierarchies": self.hierarchies,
            "formulas": self.formulas,
            "perspectives": self.perspectives,
            "mails": self.mails,
        })
    }
}
