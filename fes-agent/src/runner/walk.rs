//! Walks the steps of a plan: evaluates what their arguments refer to, repeats loops, and lets reads
//! that do not need each other run side by side. What a call means is the visitor's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Map, Value, json};
use sisense_core::error::ErrorReport;
use sisense_core::{Error, ErrorKind, Result};

use crate::expression::{Data, Expression, Fault, Limits, Scope};
use crate::host::Tools;
use crate::plan::{Call, Flow, Loop, Resolved, Step, call_sources, substitute, writes};

/// One call of a plan as it came out: with literal arguments, in one round of each loop around it.
pub(super) struct Visit<'a> {
    pub(super) call: &'a Call,
    pub(super) args: Map<String, Value>,
    pub(super) at: At,
    /// Whether nothing that this plan writes can change its answer.
    pub(super) closed: bool,
    /// Whether an expression names its result, or that of a loop around it.
    pub(super) named: bool,
}

impl Visit<'_> {
    /// A result as expressions see it: null where none names it, so that a long one is not copied.
    pub(super) fn value(&self, result: &Value) -> Value {
        if self.named { result.clone() } else { Value::Null }
    }
}

/// Where a call stands: its path, and the rounds of the loops around it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) rounds: Vec<usize>,
    pub(super) path: String,
}

impl At {
    fn of(&self, step: &str) -> At {
        At { rounds: self.rounds.clone(), path: join(&self.path, step) }
    }

    fn round(&self, step: &str, round: usize) -> At {
        let mut rounds = self.rounds.clone();
        rounds.push(round);
        At { rounds, path: format!("{}[{round}]", join(&self.path, step)) }
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

/// Why a call is not made.
#[derive(Clone, Debug)]
pub(super) enum Left {
    /// Its condition, or that of a loop around it, is false.
    Condition,
    /// It needs the result of a step that has none: which, and why.
    Needs(String),
    /// Its arguments cannot be computed.
    Failed(Box<ErrorReport>),
}

impl Left {
    fn failed(error: Error) -> Self {
        Left::Failed(Box::new(error.into_report()))
    }
}

/// What is done at each call.
#[async_trait]
pub(super) trait Visitor: Send + Sync {
    /// Whether a top step is looked at at all.
    fn wants(&self, step: &Step) -> bool;

    /// Whether the walk has ended before its end.
    fn is_over(&self) -> bool;

    /// Make a call. Gives its result, or nothing when there is none; null stands for one that no
    /// expression names.
    async fn call(&self, visit: Visit<'_>) -> Option<Value>;

    /// A call is not made.
    fn left(&self, call: &Call, at: &At, why: Left);
}

/// A walk over one plan.
pub(super) struct Walk<'a> {
    pub(super) tools: &'a dyn Tools,
    pub(super) flow: &'a Flow,
    pub(super) visitor: &'a dyn Visitor,
    /// What is known already from the preview.
    pub(super) given: &'a Resolved,
    /// What came out in this walk.
    pub(super) found: Mutex<Resolved>,
    /// How many reads run at once.
    pub(super) parallel: usize,
    /// Calls so far, those within loops each time.
    pub(super) calls: AtomicUsize,
}

/// Most calls of one walk: loops within loops can ask for very many.
const MAX_CALLS: usize = 5_000;

/// The results that expressions can name.
#[derive(Clone, Default)]
struct Known {
    values: BTreeMap<String, Data>,
    /// Steps without a result, and why.
    gone: BTreeMap<String, String>,
    /// Steps whose result rests on a write of this plan.
    open: BTreeSet<String>,
    /// Whether a write of this plan comes before.
    written: bool,
    /// Whether an expression names a loop around.
    named: bool,
}

/// What a step leaves behind.
struct Bound {
    value: Option<Value>,
    open: bool,
}

impl Bound {
    const GONE: Bound = Bound { value: None, open: false };
}

impl<'a> Walk<'a> {
    /// Walk all steps.
    pub(super) async fn all(&self, steps: &'a [Step]) {
        let wanted: Vec<&Step> = steps.iter().filter(|step| self.visitor.wants(step)).collect();
        self.steps(wanted, Known::default(), At::default()).await;
    }

    /// What came out of the expressions.
    pub(super) fn into_found(self) -> Resolved {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps in order; neighbouring ones that only read run side by side as far as they do not
    /// need each other.
    fn steps<'s>(
        &'s self,
        steps: Vec<&'s Step>,
        mut known: Known,
        at: At,
    ) -> BoxFuture<'s, Vec<(&'s Step, Option<Value>)>> {
        async move {
            let mut results = Vec::with_capacity(steps.len());
            let mut rest = steps.as_slice();
            while let Some(first) = rest.first() {
                if self.visitor.is_over() {
                    break;
                }
                let count = self.side_by_side(rest);
                let (now, later) = rest.split_at(count);
                // Futures in a list, and not a closure over borrowed steps: only those can be spawned.
                let futures: Vec<_> =
                    now.iter().map(|step| self.step(step, known.clone(), at.clone())).collect();
                let bound: Vec<Bound> =
                    stream::iter(futures).buffered(self.parallel).collect().await;
                known.written |= writes(first, self.tools);
                for (step, bound) in now.iter().zip(bound) {
                    known.bind(step.id(), &bound, self.flow.is_named(step.id()));
                    results.push((*step, bound.value));
                }
                rest = later;
            }
            results
        }
        .boxed()
    }

    /// How many of the first steps may run at once: one that writes, or reads of which none needs
    /// another.
    fn side_by_side(&self, steps: &[&Step]) -> usize {
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for step in steps {
            let needs = self.flow.needs(step);
            if writes(step, self.tools) || needs.iter().any(|name| ids.contains(name.as_str())) {
                break;
            }
            ids.insert(step.id());
        }
        ids.len().max(1)
    }

    async fn step(&self, step: &Step, known: Known, at: At) -> Bound {
        match step {
            Step::Call(call) => self.call(call, known, at.of(&call.id)).await,
            Step::Loop(inner) => self.repeat(inner, known, at).await,
        }
    }

    async fn call(&self, call: &Call, known: Known, at: At) -> Bound {
        let leave = |why| {
            self.visitor.left(call, &at, why);
            Bound::GONE
        };
        let sources = call_sources(call);
        let names: BTreeSet<String> = sources.iter().flat_map(|s| self.flow.names(s)).collect();
        if let Some(name) = known.lacks(&names) {
            return leave(Left::Needs(name));
        }
        match self.condition(call.when.as_deref(), &known, &at.path).await {
            Ok(true) => {}
            Ok(false) => {
                self.visitor.left(call, &at, Left::Condition);
                return Bound { value: Some(Value::Null), open: known.is_open(&names) };
            }
            Err(error) => return leave(Left::failed(error.with_operation(&call.tool))),
        }
        if self.calls.fetch_add(1, Ordering::Relaxed) >= MAX_CALLS {
            let message = format!("the plan would make more than {MAX_CALLS} calls");
            let error = Error::invalid(message).with_next_step("narrow its loops");
            return leave(Left::failed(error.with_operation(&call.tool)));
        }
        let args = match self.arguments(call, &known, &at.path).await {
            Ok(args) => args,
            Err(error) => return leave(Left::failed(error.with_operation(&call.tool))),
        };
        let open = known.written || known.is_open(&names);
        let writes = self.tools.find(&call.tool).is_none_or(|o| o.effect.writes());
        let named = known.named || self.flow.is_named(&call.id);
        let value = self.visitor.call(Visit { call, args, at, closed: !open, named }).await;
        Bound { value, open: open || writes }
    }

    async fn repeat(&self, inner: &Loop, known: Known, at: At) -> Bound {
        let path = at.of(&inner.id).path;
        let leave = |why: Left| {
            leave_all(self.visitor, &inner.steps, &at.of(&inner.id), &why);
            Bound::GONE
        };
        let head = std::iter::once(inner.for_each.as_str()).chain(inner.when.as_deref());
        let names: BTreeSet<String> = head.flat_map(|source| self.flow.names(source)).collect();
        if let Some(name) = known.lacks(&names) {
            return leave(Left::Needs(name));
        }
        let open = known.is_open(&names);
        match self.condition(inner.when.as_deref(), &known, &path).await {
            Ok(true) => {}
            Ok(false) => {
                leave(Left::Condition);
                return Bound { value: Some(json!([])), open };
            }
            Err(error) => return leave(Left::failed(error)),
        }
        let items = match self.items(inner, &known, &path).await {
            Ok(items) => items,
            Err(error) => return leave(Left::failed(error)),
        };
        let in_turn = inner.steps.iter().any(|step| writes(step, self.tools));
        let mut rounds = Vec::with_capacity(items.len());
        for (round, item) in items.iter().enumerate() {
            let mut known = known.clone();
            known.named |= self.flow.is_named(&inner.id);
            let bound = Bound { value: Some(item.clone()), open };
            known.bind(&inner.item, &bound, true);
            let steps: Vec<&Step> = inner.steps.iter().collect();
            rounds.push(self.steps(steps, known, at.round(&inner.id, round)));
        }
        let side_by_side = if in_turn { 1 } else { self.parallel };
        let done: Vec<_> = stream::iter(rounds).buffered(side_by_side).collect().await;
        let results = done.into_iter().map(|round| {
            let results = round.into_iter();
            let members = results.map(|(step, value)| (step.id().to_owned(), value.into()));
            Value::Object(members.collect())
        });
        Bound { value: Some(Value::Array(results.collect())), open: open || in_turn }
    }

    async fn condition(&self, when: Option<&str>, known: &Known, path: &str) -> Result<bool> {
        let Some(when) = when else { return Ok(true) };
        if let Some(given) = self.given.conditions.get(path) {
            return Ok(*given);
        }
        let holds = self.evaluate(when, known, Expression::evaluate_condition).await?;
        if !known.is_open(&self.flow.names(when)) {
            self.note().conditions.insert(path.to_owned(), holds);
        }
        Ok(holds)
    }

    async fn items(&self, inner: &Loop, known: &Known, path: &str) -> Result<Vec<Value>> {
        if let Some(given) = self.given.loops.get(path) {
            return Ok(given.clone());
        }
        let items = self.evaluate(&inner.for_each, known, Expression::evaluate_list).await?;
        if !known.is_open(&self.flow.names(&inner.for_each)) {
            self.note().loops.insert(path.to_owned(), items.clone());
        }
        Ok(items)
    }

    async fn arguments(
        &self,
        call: &Call,
        known: &Known,
        path: &str,
    ) -> Result<Map<String, Value>> {
        let sources = crate::plan::references(&call.args);
        if sources.is_empty() {
            return Ok(call.args.clone());
        }
        if let Some(given) = self.given.arguments.get(path) {
            return Ok(given.clone());
        }
        let mut values = BTreeMap::new();
        let mut open = false;
        for (_, source) in sources {
            let value = self.evaluate(&source, known, Expression::evaluate).await?;
            open |= known.is_open(&self.flow.names(&source));
            values.insert(source, value);
        }
        let args = substitute(&call.args, &mut |source| {
            let value = values.get(source).cloned();
            value.ok_or_else(|| Error::invalid("a reference is not text"))
        })?;
        if !open {
            self.note().arguments.insert(path.to_owned(), args.clone());
        }
        Ok(args)
    }

    /// Evaluate aside: an expression may take its time.
    async fn evaluate<T: Send + 'static>(
        &self,
        source: &str,
        known: &Known,
        how: fn(&Expression, &Scope, &Limits) -> Result<T, Fault>,
    ) -> Result<T> {
        let parsed = self
            .flow
            .expression(source)
            .ok_or_else(|| Error::new(ErrorKind::Unexpected, "an expression was not parsed"))?;
        let mut scope = Scope::new();
        for name in parsed.names() {
            if let Some(data) = known.values.get(name) {
                scope.set(name, data.clone());
            }
        }
        let done = tokio::task::spawn_blocking(move || how(&parsed, &scope, &Limits::default()));
        let done = done.await.map_err(|error| {
            Error::new(ErrorKind::Unexpected, "an expression broke off").with_source(error)
        })?;
        done.map_err(|fault| Error::invalid(fault.to_string()))
    }

    fn note(&self) -> std::sync::MutexGuard<'_, Resolved> {
        // A poisoned lock means a panic elsewhere; the maps are whole after every statement.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn leave_all(visitor: &dyn Visitor, steps: &[Step], at: &At, why: &Left) {
    for step in steps {
        match step {
            Step::Call(call) => visitor.left(call, &at.of(&call.id), why.clone()),
            Step::Loop(inner) => leave_all(visitor, &inner.steps, &at.of(&inner.id), why),
        }
    }
}

impl Known {
    /// Keep a step's result, where an expression names it.
    fn bind(&mut self, id: &str, bound: &Bound, named: bool) {
        if bound.open {
            self.open.insert(id.to_owned());
        }
        let Some(value) = &bound.value else {
            self.gone.insert(id.to_owned(), format!("{id} has no result"));
            return;
        };
        if !named {
            return;
        }
        match Data::from_json(value) {
            Ok(data) => {
                self.values.insert(id.to_owned(), data);
            }
            Err(fault) => {
                self.gone.insert(id.to_owned(), format!("the result of {id}: {fault}"));
            }
        }
    }

    fn lacks(&self, names: &BTreeSet<String>) -> Option<String> {
        names.iter().find_map(|name| self.gone.get(name)).cloned()
    }

    fn is_open(&self, names: &BTreeSet<String>) -> bool {
        names.iter().any(|name| self.open.contains(name))
    }
}
