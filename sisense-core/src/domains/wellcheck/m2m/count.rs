//! Counts the keys: one query per column, and one per set of columns that is not clear by then.

use futures_util::StreamExt;
use futures_util::stream;

use super::judge::{Answers, Counts};
use super::plan::{KeyColumn, Plan};
use crate::client::Client;
use crate::domains::lookup::sql::{SqlRows, is_refusal, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;

/// How many counts run at once.
const QUERIES: usize = 4;

/// What to count.
#[derive(Clone, Copy, Debug)]
pub(in crate::domains::wellcheck) struct Limits {
    pub(in crate::domains::wellcheck) include_live: bool,
    pub(in crate::domains::wellcheck) max_queries: usize,
}

/// What came out of it.
#[derive(Debug, Default)]
pub(in crate::domains::wellcheck) struct Counted {
    /// Per data model.
    pub(super) answers: Vec<Answers>,
    pub(in crate::domains::wellcheck) queries_run: usize,
    pub(in crate::domains::wellcheck) queries_skipped: usize,
    pub(in crate::domains::wellcheck) live_not_counted: Vec<String>,
    pub(in crate::domains::wellcheck) missing: Vec<Missing>,
}

/// One query: which data model, which of its questions, and the SQL.
struct Job {
    plan: usize,
    question: Question,
    sql: String,
}

#[derive(Clone, Copy, Debug)]
enum Question {
    Key(usize),
    /// A composite's left or right side.
    Set(usize, bool),
}

/// Count the keys of data models.
///
/// # Errors
/// Only when the token is not accepted.
pub(in crate::domains::wellcheck) async fn count(
    client: &Client,
    plans: &[Plan],
    limits: Limits,
    asked: impl Fn(usize, usize) + Send,
) -> Result<Counted> {
    let mut counting = Counting {
        client,
        plans,
        counted: Counted {
            answers: plans.iter().map(Answers::none).collect(),
            ..Counted::default()
        },
        failed: plans.iter().map(|_| Vec::new()).collect(),
        stopped: vec![false; plans.len()],
        left: limits.max_queries,
        asked,
    };
    let jobs = counting.keys(limits);
    // The first query of each data model tells whether it can be queried at all.
    let (first, rest): (Vec<Job>, Vec<Job>) =
        jobs.into_iter().partition(|job| matches!(job.question, Question::Key(0)));
    counting.run(first).await?;
    counting.run(rest).await?;
    let sets = counting.sets();
    counting.run(sets).await?;
    Ok(counting.finish())
}

struct Counting<'a, F> {
    client: &'a Client,
    plans: &'a [Plan],
    counted: Counted,
    /// Per data model: what failed, and why.
    failed: Vec<Vec<(String, Error)>>,
    /// Data models that cannot be queried at all.
    stopped: Vec<bool>,
    left: usize,
    asked: F,
}

impl<F: Fn(usize, usize) + Send> Counting<'_, F> {
    /// A query per key column, as far as the limit goes.
    fn keys(&mut self, limits: Limits) -> Vec<Job> {
        let mut jobs = Vec::new();
        for (at, plan) in self.plans.iter().enumerate().filter(|(_, plan)| !plan.keys.is_empty()) {
            if plan.never_built {
                let error = Error::new(ErrorKind::Unsupported, "the data model was never built")
                    .with_asset(format!("data model \"{}\"", plan.title))
                    .with_next_step(if plan.live { "publish it first" } else { "build it first" });
                self.counted.answers[at].nothing(error.report().message.as_str());
                self.counted.missing.push(Missing::new(relations_of(plan), error));
                self.stopped[at] = true;
                continue;
            }
            if plan.live && !limits.include_live {
                let why = "a live model: its keys are counted only on request";
                self.counted.answers[at].nothing(why);
                self.counted.live_not_counted.push(plan.title.clone());
                self.stopped[at] = true;
                continue;
            }
            for (place, key) in plan.keys.iter().enumerate() {
                if self.take() {
                    let sql = key_query(key);
                    jobs.push(Job { plan: at, question: Question::Key(place), sql });
                } else {
                    self.counted.answers[at].keys[place] = Err(OVER_LIMIT.to_owned());
                }
            }
        }
        jobs
    }

    /// A query per set of columns, on both sides where no column is unique by itself.
    fn sets(&mut self) -> Vec<Job> {
        let mut jobs = Vec::new();
        let plans = self.plans;
        for (at, plan) in plans.iter().enumerate() {
            if self.stopped[at] {
                continue;
            }
            for (place, composite) in plan.composites.iter().enumerate() {
                let answers = &self.counted.answers[at];
                let open = |side: &[usize]| answers.is_open(side);
                if !open(&composite.left) || !open(&composite.right) {
                    continue;
                }
                for (left, side) in [(true, &composite.left), (false, &composite.right)] {
                    // One column only: its own count says it.
                    if side.len() < 2 {
                        continue;
                    }
                    if self.take() {
                        let sql = set_query(&plan.keys, side);
                        jobs.push(Job { plan: at, question: Question::Set(place, left), sql });
                    } else {
                        let set = self.counted.answers[at].set(place, left);
                        *set = Some(Err(OVER_LIMIT.to_owned()));
                    }
                }
            }
        }
        jobs
    }

    fn take(&mut self) -> bool {
        if self.left == 0 {
            self.counted.queries_skipped += 1;
            return false;
        }
        self.left -= 1;
        true
    }

    async fn run(&mut self, jobs: Vec<Job>) -> Result<()> {
        let client = self.client;
        let jobs: Vec<Job> = jobs.into_iter().filter(|job| !self.stopped[job.plan]).collect();
        let total = self.counted.queries_run + jobs.len();
        let titles: Vec<String> =
            jobs.iter().map(|job| self.plans[job.plan].title.clone()).collect();
        // Made before the stream: one that makes them would not be free to move to a thread.
        let queries: Vec<_> = jobs
            .into_iter()
            .zip(titles)
            .map(|(job, title)| async move {
                let answer = client.sql(&title, &job.sql, 1, 0).await;
                (job, answer)
            })
            .collect();
        let mut answers = stream::iter(queries).buffered(QUERIES);
        while let Some((job, answer)) = answers.next().await {
            self.counted.queries_run += 1;
            (self.asked)(self.counted.queries_run, total);
            self.keep(&job, answer)?;
        }
        Ok(())
    }

    fn keep(&mut self, job: &Job, answer: Result<SqlRows>) -> Result<()> {
        let plan = &self.plans[job.plan];
        let answers = &mut self.counted.answers[job.plan];
        match job.question {
            Question::Key(place) => {
                let counts = answer.and_then(|rows| key_counts(&rows));
                let key = &plan.keys[place];
                if let Err(error) = &counts {
                    self.failed[job.plan].push((name(key), Error::from(error.report().clone())));
                    self.stopped[job.plan] |= ends(error);
                }
                if counts.as_ref().is_err_and(|e| e.kind() == ErrorKind::Unauthenticated) {
                    return counts.map(drop);
                }
                answers.keys[place] = counts.map_err(|error| reason(&error, key.hidden));
            }
            Question::Set(place, left) => {
                let groups = answer.and_then(|rows| number(&rows, 0));
                if groups.as_ref().is_err_and(|e| e.kind() == ErrorKind::Unauthenticated) {
                    return groups.map(drop);
                }
                // Lost, or refused by a server that cannot count sets: not known either way.
                if let Err(error) = &groups {
                    let what = format!("a key of several columns of \"{}\"", plan.title);
                    let error = Error::from(error.report().clone());
                    self.counted.missing.push(Missing::new(what, error));
                }
                *answers.set(place, left) = Some(groups.map_err(|error| reason(&error, false)));
            }
        }
        Ok(())
    }

    /// Say what is missing: once for a data model of which nothing could be counted.
    fn finish(mut self) -> Counted {
        for ((at, plan), failed) in self.plans.iter().enumerate().zip(self.failed) {
            let answers = &mut self.counted.answers[at];
            let any = answers.keys.iter().any(Result::is_ok);
            let count = failed.len();
            for (key, error) in failed {
                if any {
                    let what = format!("key {key} of \"{}\"", plan.title);
                    self.counted.missing.push(Missing::new(what, error));
                } else {
                    let error = if count > 1 {
                        error.with_next_step("check that the data model was built")
                    } else {
                        error
                    };
                    answers.unasked(&error.report().message);
                    self.counted.missing.push(Missing::new(relations_of(plan), error));
                    break;
                }
            }
        }
        if self.counted.queries_skipped > 0 {
            let error = Error::invalid(format!(
                "no more than {} counts were to run",
                self.counted.queries_run
            ))
            .with_next_step("give a higher max_queries, or name fewer data models");
            let what = format!("{} counts of keys", self.counted.queries_skipped);
            self.counted.missing.push(Missing::new(what, error));
        }
        self.counted
    }
}

const OVER_LIMIT: &str = "not counted: max_queries was reached";

fn relations_of(plan: &Plan) -> String {
    format!("relations of \"{}\"", plan.title)
}

fn name(key: &KeyColumn) -> String {
    format!("{}.{}", key.table, key.column)
}

/// Whether the next query on the same data model can only fail the same way.
fn ends(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden)
}

/// Why a count is not known, for a person.
fn reason(error: &Error, hidden: bool) -> String {
    let message = &error.report().message;
    match hidden && is_refusal(error) {
        true => format!("{message} (the table is hidden, and hidden tables cannot be queried)"),
        false => message.clone(),
    }
}

fn key_query(key: &KeyColumn) -> String {
    let (table, column) = (quoted(&key.table), quoted(&key.column));
    format!(
        "SELECT COUNT(*) AS r, COUNT({column}) AS n, COUNT(DISTINCT {column}) AS u FROM {table}"
    )
}

/// The sets of values that are there. Rows without one of the values join nothing.
fn set_query(keys: &[KeyColumn], side: &[usize]) -> String {
    let columns: Vec<String> = side.iter().map(|key| quoted(&keys[*key].column)).collect();
    let list = columns.join(", ");
    let filled: Vec<String> = columns.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    let filled = filled.join(" AND ");
    let table = side.first().map(|key| quoted(&keys[*key].table)).unwrap_or_default();
    format!(
        "SELECT COUNT(*) AS n FROM (SELECT {list} FROM {table} WHERE {filled} GROUP BY {list}) x"
    )
}

fn key_counts(rows: &SqlRows) -> Result<Counts> {
    Ok(Counts { rows: number(rows, 0)?, filled: number(rows, 1)?, distinct: number(rows, 2)? })
}

fn number(rows: &SqlRows, position: usize) -> Result<u64> {
    rows.number(position).ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the count came without its numbers")
            .with_next_step("try again, or report the server's version")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names_whatever_is_in_them() {
        let key = |column: &str| KeyColumn {
            table: "My.Orders".to_owned(),
            column: column.to_owned(),
            hidden: false,
        };
        assert_eq!(
            key_query(&key("a b")),
            "SELECT COUNT(*) AS r, COUNT([a b]) AS n, COUNT(DISTINCT [a b]) AS u FROM [My.Orders]"
        );
        assert_eq!(
            set_query(&[key("x"), key("odd]\"y")], &[1, 0]),
            "SELECT COUNT(*) AS n FROM (SELECT \"odd]\"\"y\", [x] FROM [My.Orders] \
             WHERE \"odd]\"\"y\" IS NOT NULL AND [x] IS NOT NULL GROUP BY \"odd]\"\"y\", [x]) x"
        );
    }
}
