//! Where a turn is: told while it goes on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// A plan is being made.
    Planning,
    /// There is a plan.
    Planned,
    /// A step failed, and another plan is being made.
    Replanning,
    /// There is another plan.
    Replanned,
    /// A step is being done.
    Executing,
    /// A step has ended.
    Completed,
    /// A model tells what came of it.
    Summarizing,
}

/// Where a turn is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What is being done.
    pub phase: PhaseKind,
    /// Which step of the plan, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// How many steps the plan has, those within loops counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// The step's operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_id: Option<String>,
    /// Whether the step succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// The plan, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// Where phases go. It must not block.
pub type PhaseSink = Arc<dyn Fn(Phase) + Send + Sync>;

impl Phase {
    pub(crate) fn planning() -> Self {
        let phase = PhaseKind::Planning;
        Phase { phase, step: None, max_steps: None, tool_id: None, ok: None, plan: None }
    }

    pub(crate) fn replanning() -> Self {
        Phase { phase: PhaseKind::Replanning, ..Phase::planning() }
    }

    pub(crate) fn summarizing() -> Self {
        Phase { phase: PhaseKind::Summarizing, ..Phase::planning() }
    }

    /// There is a plan: the first one, or another.
    pub(crate) fn planned(plan: Plan, again: bool) -> Self {
        let phase = if again { PhaseKind::Replanned } else { PhaseKind::Planned };
        let max_steps = Some(plan.calls().len());
        Phase { phase, max_steps, plan: Some(plan), ..Phase::planning() }
    }

    pub(crate) fn executing(plan: &Plan, id: &str) -> Self {
        let calls = plan.calls();
        let place = calls.iter().position(|call| call.id == id);
        Phase {
            phase: PhaseKind::Executing,
            step: place.map(|place| place + 1),
            max_steps: Some(calls.len()),
            tool_id: place.and_then(|place| calls.get(place)).map(|call| call.tool.clone()),
            ..Phase::planning()
        }
    }

    pub(crate) fn completed(self, ok: bool) -> Self {
        Phase { phase: PhaseKind::Completed, ok: Some(ok), ..self }
    }
}
