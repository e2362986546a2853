//! What the server tells about the course of a build.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Deployment;
use super::builds::written;
use super::doc::text;
use super::tables::all_tables;

impl Deployment {
    /// The log of a model's last build from an entry on.
    pub(crate) fn build_log(&self, model: &Value, from: usize) -> Vec<Value> {
        let Some(build) = self.builds.of(text(model, "oid")).next_back() else {
            return Vec::new();
        };
        let mut lines = vec![(build.created, "Info", "Waiting in queue".to_owned())];
        if let Some(started) = build.started() {
            lines.push((started, "Info", "Build started".to_owned()));
            let tables = build.schema.iter().flat_map(|schema| all_tables(schema));
            lines.extend(
                tables.map(|table| (started, "Info", format!("Importing {}", text(table, "name")))),
            );
        }
        if let Some(ended) = &build.ended {
            lines.push(match (&ended.reason, ended.state) {
                (Some(reason), _) => (ended.at, "Error", format!("Build failed: {reason}")),
                (None, state) => (ended.at, "Info", format!("Build {state}")),
            });
        }
        let entry = |(at, (when, verbosity, message)): (usize, (Timestamp, &str, String))| {
            json!({
                "timestamp": written(when), "verbosity": verbosity, "type": "buildFlow",
                "message": message, "trackId": build.oid, "contextRef": null,
                "serverId": model["serverId"], "serverName": model["server"],
                "cubeId": model["title"], "sessionId": build.oid, "buildSeq": at,
                "serverTime": written(when), "typeValue": null,
            })
        };
        lines.into_iter().enumerate().skip(from).map(entry).collect()
    }
}
