//! Plans that hold a secret, which the store does not keep: in memory, until their approval's time
//! is over.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::approval::Pending;
use crate::plan::Plan;

/// Most plans that are kept at a time; the one that ends first makes room.
const MAX_PLANS: usize = 200;

/// Plans by the ids of their approvals.
#[derive(Default)]
pub(crate) struct Plans(Mutex<HashMap<String, Kept>>);

struct Kept {
    session: String,
    plan: Plan,
    expires: Timestamp,
}

impl Plans {
    /// Keep the plan of an approval that cannot be run without it.
    pub(crate) fn keep(&self, pending: &Pending, plan: Plan, now: Timestamp) {
        let mut plans = self.lock();
        plans.retain(|_, kept| kept.expires > now);
        if plans.len() >= MAX_PLANS {
            let first = plans.iter().min_by_key(|(_, kept)| kept.expires);
            if let Some(id) = first.map(|(id, _)| id.clone()) {
                plans.remove(&id);
            }
        }
        let (session, expires) = (pending.session.clone(), pending.expires);
        plans.insert(pending.id.clone(), Kept { session, plan, expires });
    }

    /// Take a plan out.
    pub(crate) fn take(&self, approval: &str) -> Option<Plan> {
        self.lock().remove(approval).map(|kept| kept.plan)
    }

    /// Forget what belongs to a session, and what is over.
    pub(crate) fn forget(&self, sessions: &[String], now: Timestamp) {
        self.lock().retain(|_, kept| kept.expires > now && !sessions.contains(&kept.session));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        // A poisoned lock means a panic elsewhere; the map is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pending;

    #[test]
    fn plans_go_with_their_time_and_with_their_session() {
        let plans = Plans::default();
        let now = Timestamp::from_second(1_000).unwrap();
        let one = |id: &str, session: &str, expires: i64| {
            let mut one = pending(id);
            one.session = session.to_owned();
            one.expires = Timestamp::from_second(expires).unwrap();
            plans.keep(&one, one.plan.clone(), now);
        };
        one("a", "s1", 1_100);
        one("b", "s2", 1_100);
        one("c", "s2", 1_001);
        plans.forget(&["s1".to_owned()], Timestamp::from_second(1_050).unwrap());
        assert!(plans.take("a").is_none() && plans.take("c").is_none());
        assert!(plans.take("b").is_some());
        assert!(plans.take("b").is_none(), "it is taken once");
    }

    #[test]
    fn the_number_is_bounded() {
        let plans = Plans::default();
        let now = Timestamp::from_second(0).unwrap();
        for n in 0..=MAX_PLANS {
            let mut one = pending(&format!("p{n}"));
            one.expires = Timestamp::from_second(100 + n as i64).unwrap();
            plans.keep(&one, one.plan.clone(), now);
        }
        assert!(plans.take("p0").is_none());
        assert!(plans.take("p1").is_some());
    }
}
