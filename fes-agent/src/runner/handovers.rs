//! What previews have read, for a while, so that a run that is approved soon does not read it again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sisense_core::run::Handover;

/// Most previews whose documents are kept at a time; each holds a few megabytes at most.
const MOST: usize = 4;

/// How long they are kept.
const AGE: Duration = Duration::from_secs(10 * 60);

/// By the ids of the approvals. In memory only.
#[derive(Default)]
pub(super) struct Handovers(Mutex<HashMap<String, (Instant, Handover)>>);

impl Handovers {
    pub(super) fn keep(&self, approval: &str, handover: Handover) {
        self.put(approval, handover, Instant::now());
    }

    fn put(&self, approval: &str, handover: Handover, now: Instant) {
        // A poisoned lock means a panic elsewhere; the map is whole after every statement.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (since, _)| now.duration_since(*since) < AGE);
        if kept.len() >= MOST {
            let oldest = kept.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                kept.remove(&id);
            }
        }
        kept.insert(approval.to_owned(), (now, handover));
    }

    /// What the preview of an approval has read, once; nothing when it is not known any more.
    pub(super) fn take(&self, approval: &str) -> Handover {
        self.get(approval, Instant::now())
    }

    fn get(&self, approval: &str, now: Instant) -> Handover {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.remove(approval).filter(|(since, _)| now.duration_since(*since) < AGE);
        known.map(|(_, handover)| handover).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(kept: &Handovers) -> usize {
        kept.0.lock().unwrap().len()
    }

    #[test]
    fn few_are_kept_and_not_for_long() {
        let kept = Handovers::default();
        let start = Instant::now();
        for at in 0..6 {
            kept.put(&at.to_string(), Handover::default(), start + Duration::from_secs(at));
        }
        assert_eq!(count(&kept), MOST);
        kept.get("5", start + Duration::from_secs(6));
        assert_eq!(count(&kept), MOST - 1, "it is taken once");
        kept.put("new", Handover::default(), start + AGE + Duration::from_secs(5));
        assert_eq!(count(&kept), 1, "those that are too old are gone");
    }
}
