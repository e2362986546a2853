//! How values flow between the steps of a plan: its expressions, and which steps need which.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sisense_core::{Error, Result};

use super::{Call, Plan, Step, references};
use crate::expression::Expression;
use crate::host::Tools;

/// The expressions of a plan, parsed once.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    parsed: HashMap<String, Arc<Expression>>,
    named: HashSet<String>,
}

impl Flow {
    /// Parse every expression of a plan.
    ///
    /// # Errors
    /// `invalid_input` for one that is no expression.
    pub(crate) fn of(plan: &Plan) -> Result<Self> {
        let mut sources = BTreeSet::new();
        collect(&plan.steps, &mut sources);
        let mut flow = Flow::default();
        for source in sources {
            let parsed = Expression::parse(&source).map_err(|fault| {
                Error::invalid(format!("an expression cannot be read: {fault}"))
                    .with_next_step("mend the plan and give it again")
            })?;
            flow.named.extend(parsed.names().into_iter().map(str::to_owned));
            flow.parsed.insert(source, Arc::new(parsed));
        }
        Ok(flow)
    }

    /// An expression of the plan.
    pub(crate) fn expression(&self, source: &str) -> Option<Arc<Expression>> {
        self.parsed.get(source).cloned()
    }

    /// The names that a step needs from outside itself.
    pub(crate) fn needs(&self, step: &Step) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.add_needs(step, &mut names);
        names
    }

    fn add_needs(&self, step: &Step, names: &mut BTreeSet<String>) {
        match step {
            Step::Call(call) => {
                for source in call_sources(call) {
                    names.extend(self.names(&source));
                }
            }
            Step::Loop(inner) => {
                names.extend(self.names(&inner.for_each));
                names.extend(inner.when.iter().flat_map(|when| self.names(when)));
                let mut within = BTreeSet::new();
                inner.steps.iter().for_each(|step| self.add_needs(step, &mut within));
                within.remove(&inner.item);
                for step in &inner.steps {
                    within.remove(step.id());
                }
                names.extend(within);
            }
        }
    }

    /// The names in an expression.
    pub(crate) fn names(&self, source: &str) -> BTreeSet<String> {
        let names = self.parsed.get(source).map(|parsed| parsed.names()).unwrap_or_default();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Whether any expression names a step.
    pub(crate) fn is_named(&self, id: &str) -> bool {
        self.named.contains(id)
    }

    /// The top steps whose results decide what is written: writes, and what they need.
    pub(crate) fn decisive(&self, plan: &Plan, tools: &dyn Tools) -> HashSet<String> {
        let mut wanted = HashSet::new();
        for step in plan.steps.iter().rev() {
            if writes(step, tools) || wanted.contains(step.id()) {
                wanted.insert(step.id().to_owned());
                wanted.extend(self.needs(step));
            }
        }
        wanted
    }
}

/// Whether a step, or one within it, may change something.
pub(crate) fn writes(step: &Step, tools: &dyn Tools) -> bool {
    match step {
        Step::Call(call) => {
            tools.find(&call.tool).is_none_or(|operation| operation.effect.writes())
        }
        Step::Loop(inner) => inner.steps.iter().any(|step| writes(step, tools)),
    }
}

/// The expressions of a call: those of its arguments, and its condition.
pub(crate) fn call_sources(call: &Call) -> Vec<String> {
    let arguments = references(&call.args).into_iter().map(|(_, source)| source);
    arguments.chain(call.when.clone()).collect()
}

fn collect(steps: &[Step], sources: &mut BTreeSet<String>) {
    for step in steps {
        match step {
            Step::Call(call) => sources.extend(call_sources(call)),
            Step::Loop(inner) => {
                sources.insert(inner.for_each.clone());
                sources.extend(inner.when.clone());
                collect(&inner.steps, sources);
            }
        }
    }
}
