//! The order in which migrations depend on each other, and the plan that takes a run back.

use serde_json::{Map, json};
use sisense_core::Scope;

use super::{Call, Plan, Step};
use crate::host::Tools;

/// The word that stands for an operation in the plan that takes a run back. No operation has this
/// id, so that no plan that is handed in can hold it.
const UNDO: &str = "runs.undo";

impl Plan {
    /// The plan that takes a run back.
    pub(crate) fn undo_of(run: &str, goal: &str) -> Self {
        let args = Map::from_iter([("run".to_owned(), json!(run))]);
        let goal = match goal.trim() {
            "" => format!("Take back the run {run}"),
            goal => format!("Take back: {goal}"),
        };
        Plan { goal, steps: vec![Step::Call(Call::new("undo", UNDO, args))] }
    }

    /// The run that this plan takes back, if it is such a plan.
    #[must_use]
    pub fn undoes(&self) -> Option<&str> {
        match self.steps.as_slice() {
            [Step::Call(call)] if call.tool == UNDO => call.args.get("run")?.as_str(),
            _ => None,
        }
    }

    /// The same plan with its migrations in the order in which they depend on each other: groups,
    /// users, data models, dashboards, shares. Other steps keep their places.
    pub(crate) fn in_order(mut self, tools: &dyn Tools) -> Self {
        let places: Vec<usize> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| matches!(step, Step::Call(call) if is_between(call, tools)))
            .map(|(place, _)| place)
            .collect();
        let mut migrations: Vec<Step> = places.iter().map(|p| self.steps[*p].clone()).collect();
        migrations.sort_by_key(rank);
        for (place, step) in places.into_iter().zip(migrations) {
            self.steps[place] = step;
        }
        self
    }
}

/// Whether a call works between a source and a target.
pub(crate) fn is_between(call: &Call, tools: &dyn Tools) -> bool {
    tools.find(&call.tool).is_some_and(|operation| operation.scope == Scope::SourceTarget)
}

/// What comes first: whatever others refer to.
fn rank(step: &Step) -> usize {
    const ORDER: [&str; 5] = ["group", "user", "datamodel", "dashboard_share", "dashboard"];
    let Step::Call(call) = step else { return ORDER.len() };
    match ORDER.iter().position(|word| call.tool.contains(word)) {
        Some(3) => 4,
        Some(4) => 3,
        Some(place) => place,
        None => ORDER.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Known, operation, operation_with};

    fn tools() -> Known {
        let mut all = vec![operation("access.update_user", "update", "normal")];
        for id in ["groups", "users", "datamodels", "dashboards", "dashboard_shares"] {
            let id = format!("migration.migrate_{id}");
            let mut migration = operation_with(&id, "create", "normal", json!({}));
            migration.scope = Scope::SourceTarget;
            all.push(migration);
        }
        Known(all)
    }

    fn plan(tools: &[&str]) -> Plan {
        let steps = tools
            .iter()
            .enumerate()
            .map(|(n, tool)| Step::Call(Call::new(&format!("s{n}"), tool, Map::new())));
        Plan { goal: String::new(), steps: steps.collect() }
    }

    #[test]
    fn migrations_come_in_order_and_the_rest_stays() {
        let asked = plan(&[
            "migration.migrate_dashboard_shares",
            "access.update_user",
            "migration.migrate_dashboards",
            "migration.migrate_users",
            "migration.migrate_datamodels",
            "migration.migrate_groups",
        ]);
        let ordered = asked.in_order(&tools());
        let ids: Vec<&str> = ordered.calls().iter().map(|call| call.tool.as_str()).collect();
        assert_eq!(
            ids,
            [
                "migration.migrate_groups",
                "access.update_user",
                "migration.migrate_users",
                "migration.migrate_datamodels",
                "migration.migrate_dashboards",
                "migration.migrate_dashboard_shares",
            ]
        );
    }

    #[test]
    fn an_undo_is_its_own_kind_of_plan() {
        let undo = Plan::undo_of("r1", " Migrate all ");
        assert_eq!((undo.undoes(), undo.goal.as_str()), (Some("r1"), "Take back: Migrate all"));
        assert_eq!(plan(&["access.update_user"]).undoes(), None);
        assert!(Known(Vec::new()).find(UNDO).is_none());
    }
}
