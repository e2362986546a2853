//! From counts to verdicts. Pure code.

use super::plan::{End, Pair, Plan};
use crate::domains::wellcheck::{CompositeKey, RelationCheck};

/// What was counted of one key column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) rows: u64,
    /// Rows in which the key is not null.
    pub(super) filled: u64,
    pub(super) distinct: u64,
}

impl Counts {
    fn is_unique(self) -> bool {
        self.filled == self.distinct
    }

    fn nulls(self) -> u64 {
        self.rows.saturating_sub(self.filled)
    }
}

/// A number, or why it is not known.
type Answer<T> = Result<T, String>;

/// What was counted of one data model.
#[derive(Debug)]
pub(super) struct Answers {
    /// Per key column.
    pub(super) keys: Vec<Answer<Counts>>,
    /// Per composite: the distinct sets of its left and its right side, where they were asked for.
    sets: Vec<[Option<Answer<u64>>; 2]>,
}

const NOT_COUNTED: &str = "not counted";

impl Answers {
    pub(super) fn none(plan: &Plan) -> Self {
        Answers {
            keys: vec![Err(NOT_COUNTED.to_owned()); plan.keys.len()],
            sets: vec![[None, None]; plan.composites.len()],
        }
    }

    /// Nothing is known, for one reason.
    pub(super) fn nothing(&mut self, why: &str) {
        self.keys.iter_mut().for_each(|key| *key = Err(why.to_owned()));
    }

    /// What was not asked for is not known for this reason.
    pub(super) fn unasked(&mut self, why: &str) {
        let unasked = |key: &&mut Answer<Counts>| key.as_ref().is_err_and(|e| e == NOT_COUNTED);
        self.keys.iter_mut().filter(unasked).for_each(|key| *key = Err(why.to_owned()));
    }

    pub(super) fn set(&mut self, composite: usize, left: bool) -> &mut Option<Answer<u64>> {
        &mut self.sets[composite][usize::from(!left)]
    }

    fn counts(&self, end: &End) -> Option<Counts> {
        self.keys.get(end.key?)?.as_ref().ok().copied()
    }

    /// Whether these columns are counted, and none of them is unique by itself.
    pub(super) fn is_open(&self, side: &[usize]) -> bool {
        side.iter().all(|key| self.keys[*key].as_ref().is_ok_and(|counts| !counts.is_unique()))
    }

    /// Whether the columns of a side are unique together.
    fn set_is_unique(&self, side: &[usize], groups: Option<&Answer<u64>>) -> Answer<bool> {
        let counts: Vec<Counts> =
            side.iter().filter_map(|key| self.keys[*key].as_ref().ok().copied()).collect();
        if counts.iter().any(|counts| counts.is_unique()) {
            return Ok(true);
        }
        if let Some(why) = side.iter().find_map(|key| self.keys[*key].as_ref().err()) {
            return Err(why.clone());
        }
        if side.len() < 2 {
            return Ok(false);
        }
        let groups =
            *groups.map_or(Err(NOT_COUNTED), |set| set.as_ref().map_err(String::as_str))?;
        let mut gaps = counts.iter().filter(|counts| counts.nulls() > 0);
        let filled = match (gaps.next(), gaps.next()) {
            (None, _) => counts.first().map_or(0, |counts| counts.rows),
            (Some(one), None) => one.filled,
            // How many rows have all of them is not known, but as many groups as rows are.
            (Some(_), Some(_)) => {
                let most = counts.iter().map(|counts| counts.filled).min().unwrap_or(0);
                return if groups == most {
                    Ok(true)
                } else {
                    Err("several columns of the key have nulls".to_owned())
                };
            }
        };
        Ok(groups == filled)
    }

    /// Whether the columns of both sides are unique together: left and right of the pair.
    fn together(&self, plan: &Plan, pair: &Pair) -> Option<Answer<[bool; 2]>> {
        let (place, in_order) = pair.composite?;
        let composite = plan.composites.get(place)?;
        let [left, right] = self.sets.get(place)?;
        let left = self.set_is_unique(&composite.left, left.as_ref());
        let right = self.set_is_unique(&composite.right, right.as_ref());
        // One unique side is enough: the other one need not be counted.
        let both = match (left, right) {
            (Ok(true), right) => Ok([true, right.unwrap_or(false)]),
            (left, Ok(true)) => Ok([left.unwrap_or(false), true]),
            (Ok(left), Ok(right)) => Ok([left, right]),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        Some(both.map(|[left, right]| if in_order { [left, right] } else { [right, left] }))
    }
}

/// One row per pair of columns that a relation joins.
pub(in crate::domains::wellcheck) fn judge(plan: &Plan, answers: &Answers) -> Vec<RelationCheck> {
    plan.pairs.iter().map(|pair| row(plan, answers, pair)).collect()
}

fn row(plan: &Plan, answers: &Answers, pair: &Pair) -> RelationCheck {
    let (left, right) = (answers.counts(&pair.left), answers.counts(&pair.right));
    let alone = [left, right].map(|counts| counts.map(Counts::is_unique));
    let m2m = |left: Option<bool>, right: Option<bool>| match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(false),
        (Some(false), Some(false)) => Some(true),
        _ => None,
    };
    let mut reason = unknown(answers, pair);
    let (composite, is_m2m) = match answers.together(plan, pair) {
        None => (CompositeKey::None, m2m(alone[0], alone[1])),
        Some(Ok([left, right])) => (CompositeKey::Tested, Some(!left && !right)),
        Some(Err(why)) => {
            reason = reason.or(Some(why));
            // Neither column is unique alone; together they may be.
            (CompositeKey::Untested, m2m(alone[0], alone[1]).filter(|m2m| !m2m))
        }
    };
    RelationCheck {
        datamodel_id: plan.id.clone(),
        datamodel_name: plan.title.clone(),
        left_table: pair.left.table.clone(),
        left_column: pair.left.column.clone(),
        left_unique: alone[0],
        right_table: pair.right.table.clone(),
        right_column: pair.right.column.clone(),
        right_unique: alone[1],
        is_m2m,
        composite,
        relation_id: pair.relation.clone(),
        rows_left: left.map(|counts| counts.rows),
        rows_right: right.map(|counts| counts.rows),
        nulls_left: left.map(Counts::nulls),
        nulls_right: right.map(Counts::nulls),
        reason,
    }
}

/// Why one of the two columns is not counted.
fn unknown(answers: &Answers, pair: &Pair) -> Option<String> {
    [&pair.left, &pair.right].into_iter().find_map(|end| match end.key {
        None => Some("the relation names a column that the data model does not have".to_owned()),
        Some(key) => answers.keys.get(key)?.as_ref().err().cloned(),
    })
}
