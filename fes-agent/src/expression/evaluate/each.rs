//! What is done for each item of a list: `filter`, `map`, `all`, `exists`, `exists_one`, `sortBy`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::ast::{Each, Node, Span, What};
use super::super::budget::{Stop, Why};
use super::super::value::Val;
use super::{Evaluated, Evaluator, PLACE_BYTES, kind};

impl Evaluator<'_> {
    pub(super) fn each(&mut self, each: &Each, span: Span) -> Evaluated {
        let items = match self.node(&each.over)? {
            Val::List(items) => items,
            Val::Object(fields) => {
                self.budget.step(span, fields.len())?;
                self.budget.charge(span, fields.len() * PLACE_BYTES)?;
                Arc::new(fields.keys().cloned().map(Val::Text).collect())
            }
            other => {
                let name = What::NAMES.iter().find(|(_, what)| *what == each.what);
                let name = name.map_or("this", |(name, _)| name);
                return Err(kind(each.over.span, name, "a list", &other));
            }
        };
        match each.what {
            What::Filter => self.filter(each, &items, span),
            What::Map => self.map(each, &items, span),
            What::All => self.some(each, &items, false),
            What::Exists => self.some(each, &items, true),
            What::ExistsOne => {
                let mut count = 0_usize;
                for item in items.iter() {
                    count += usize::from(self.holds(&each.body, item)?);
                }
                Ok(Val::Bool(count == 1))
            }
            What::SortBy => {
                let mut keyed = Vec::with_capacity(items.len());
                self.budget.charge(span, items.len() * 3 * PLACE_BYTES)?;
                for item in items.iter() {
                    keyed.push((self.with(&each.body, item)?, item.clone()));
                }
                self.sorted(keyed, span)
            }
        }
    }

    /// A node with one more local.
    fn with(&mut self, node: &Node, item: &Val) -> Evaluated {
        self.locals.push(item.clone());
        let result = self.node(node);
        self.locals.pop();
        result
    }

    fn holds(&mut self, node: &Node, item: &Val) -> Result<bool, Stop> {
        match self.with(node, item)? {
            Val::Bool(bool) => Ok(bool),
            other => Err(kind(node.span, "a condition", "a boolean", &other)),
        }
    }

    fn filter(&mut self, each: &Each, items: &[Val], span: Span) -> Evaluated {
        let mut kept = Vec::new();
        for item in items {
            if self.holds(&each.body, item)? {
                self.budget.charge(span, PLACE_BYTES)?;
                kept.push(item.clone());
            }
        }
        Ok(Val::list(kept))
    }

    fn map(&mut self, each: &Each, items: &[Val], span: Span) -> Evaluated {
        let mut made = Vec::new();
        for item in items {
            if let Some(only) = &each.only
                && !self.holds(only, item)?
            {
                continue;
            }
            self.budget.charge(span, PLACE_BYTES)?;
            made.push(self.with(&each.body, item)?);
        }
        Ok(Val::list(made))
    }

    /// `exists` and `all`: an item that decides does so even where others have no value.
    fn some(&mut self, each: &Each, items: &[Val], decides: bool) -> Evaluated {
        let mut first = None;
        for item in items {
            match self.holds(&each.body, item) {
                Ok(bool) if bool == decides => return Ok(Val::Bool(decides)),
                Ok(_) => {}
                Err(stop) if stop.may_be_absorbed() => first = first.or(Some(stop)),
                Err(stop) => return Err(stop),
            }
        }
        match first {
            Some(stop) => Err(stop),
            None => Ok(Val::Bool(!decides)),
        }
    }

    /// Items in the order of their keys; equal ones keep their places.
    pub(super) fn sorted(&mut self, mut keyed: Vec<(Val, Val)>, span: Span) -> Evaluated {
        let mut bytes = 0_usize;
        if let Some((first, _)) = keyed.first() {
            for (key, _) in &keyed {
                bytes = bytes.max(if let Val::Text(text) = key { text.len() } else { 0 });
                let number = |val: &Val| matches!(val, Val::Int(_) | Val::Double(_));
                let text = |val: &Val| matches!(val, Val::Text(_));
                if !(number(first) && number(key) || text(first) && text(key)) {
                    let why = Why::Kind {
                        what: "sorting",
                        needs: "only numbers or only texts",
                        found: if number(key) || text(key) { "both" } else { key.kind() },
                    };
                    return Err(Stop::new(span, why));
                }
            }
        }
        // As many comparisons as sorting may need, counted before it starts.
        let rounds = keyed.len().checked_ilog2().unwrap_or(0) as usize + 1;
        self.budget
            .step(span, keyed.len().saturating_mul(rounds).saturating_mul(1 + bytes / 64))?;
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            (Val::Text(a), Val::Text(b)) => a.cmp(b),
            _ => super::number::order(a, b).unwrap_or(Ordering::Equal),
        });
        Ok(Val::list(keyed.into_iter().map(|(_, item)| item).collect()))
    }
}
