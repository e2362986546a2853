//! What a migration did or would do, and what came of taking a run back: a row per asset, and counts
//! that add up.

use serde_json::Value;

use crate::host::clip;

/// The outcomes of a row, in the order in which they are told.
const OUTCOMES: [(&str, &str); 15] = [
    ("created", "created"),
    ("would_create", "would create"),
    ("overwritten", "overwritten"),
    ("would_overwrite", "would overwrite"),
    ("duplicated", "duplicated"),
    ("would_duplicate", "would duplicate"),
    ("taken_back", "taken back"),
    ("would_take_back", "would take back"),
    ("nothing_to_do", "nothing to do"),
    ("skipped", "skipped"),
    ("kept", "kept"),
    ("not_possible", "not possible"),
    ("failed", "failed"),
    ("blocked", "blocked"),
    ("unknown", "unknown"),
];

/// Outcomes that a person has to look at, the gravest first.
const TROUBLE: [&str; 5] = ["unknown", "failed", "blocked", "kept", "not_possible"];

/// How many assets in trouble a sentence names.
const NAMED: usize = 3;

/// Longest reason in a sentence, in characters.
const LONGEST_REASON: usize = 160;

/// One asset of a migration.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The kind of asset.
    pub kind: String,
    /// Its name, title or e-mail.
    pub name: String,
    /// Its id on the source.
    pub source_id: Option<String>,
    /// Its id on the target.
    pub target_id: Option<String>,
    /// What became of it, such as `created`, or would, such as `would_create`.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// What differs between the source and what is there.
    pub differs: Vec<String>,
    /// What went wrong beside the asset itself, or is not as it was sent.
    pub problems: Vec<String>,
    /// What else to know.
    pub notes: Vec<String>,
    /// Its place among the rows that the operation gave.
    pub place: usize,
}

/// What a migration, or the way back of a run, did or, in a preview, would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// How many assets were asked for.
    pub requested: u64,
    /// A row per asset.
    pub items: Vec<Item>,
    /// What else the person should know.
    pub warnings: Vec<String>,
    /// Whether everything that was asked for is there, and nothing was left out.
    pub complete: bool,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Migration {
    /// Whether the result of an operation is that of a migration.
    #[must_use]
    pub fn is(result: &Value) -> bool {
        let has = |key, fits: fn(&Value) -> bool| result.get(key).is_some_and(fits);
        has("requested", Value::is_u64)
            && has("items", Value::is_array)
            && has("complete", Value::is_boolean)
    }

    /// Read the result of an operation. Gives nothing for one that is no migration.
    #[must_use]
    pub fn read(result: &Value) -> Option<Migration> {
        let requested = result.get("requested")?.as_u64()?;
        let items = result.get("items")?.as_array()?;
        let complete = result.get("complete")?.as_bool()?;
        let warnings = result.get("warnings").and_then(Value::as_array);
        Some(Migration {
            requested,
            items: items.iter().enumerate().map(item).collect(),
            warnings: warnings.map_or_else(Vec::new, |all| all.iter().map(words).collect()),
            complete,
            stopped: result.get("stopped").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// How many rows have an outcome.
    #[must_use]
    pub fn count(&self, outcome: &str) -> u64 {
        self.items.iter().filter(|item| item.outcome == outcome).count() as u64
    }

    /// Whether each asset that was asked for has its row, and each row an outcome that is known.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.told() == self.requested
    }

    /// Whether everything that was asked for is there and told.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
            && !self.stopped
            && self.adds_up()
            && TROUBLE.iter().all(|outcome| self.count(outcome) == 0)
            && self.items.iter().all(|item| item.problems.is_empty())
    }

    fn told(&self) -> u64 {
        OUTCOMES.iter().map(|(outcome, _)| self.count(outcome)).sum()
    }

    /// The counts in one line, such as `asked 200 = created 190 + skipped 5 + failed 5`.
    #[must_use]
    pub fn totals(&self) -> String {
        let mut parts: Vec<String> = OUTCOMES
            .iter()
            .map(|(outcome, words)| (self.count(outcome), words))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{words} {count}"))
            .collect();
        let told = self.told();
        if told < self.requested {
            parts.push(format!("not told {}", self.requested - told));
        }
        if parts.is_empty() {
            parts.push("nothing".to_owned());
        }
        let sum = format!("asked {} = {}", self.requested, parts.join(" + "));
        match told > self.requested {
            true => format!("{sum}, which is {} more than asked", told - self.requested),
            false => sum,
        }
    }

    /// What happened in plain words: trouble first, then the counts.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut sentences: Vec<String> = Vec::new();
        if self.stopped {
            sentences.push("Stopped before the end.".to_owned());
        }
        for outcome in TROUBLE {
            let lead = match outcome {
                "unknown" => "It is not known whether these were written",
                "failed" => "Failed",
                "kept" => "Left as they are",
                "not_possible" => "No way back",
                _ => "Blocked",
            };
            sentences.extend(name_some(lead, self.items.iter().filter(|i| i.outcome == outcome)));
        }
        let flawed = |item: &&Item| !item.problems.is_empty() && !item.is_in_trouble();
        sentences.extend(name_some("Not all right", self.items.iter().filter(flawed)));
        if sentences.is_empty() && !self.is_complete() {
            sentences.push("This is not the whole.".to_owned());
        }
        sentences.push(format!("Totals: {}.", self.totals()));
        sentences.extend(match self.warnings.as_slice() {
            [] => None,
            [one] => Some(format!("Note: {}.", one.trim_end_matches('.'))),
            many => Some(format!("{} notes.", many.len())),
        });
        sentences.join(" ")
    }
}

/// Name the first of some rows, and count the others.
fn name_some<'a>(lead: &str, mut rows: impl Iterator<Item = &'a Item>) -> Option<String> {
    let named: Vec<String> = rows.by_ref().take(NAMED).map(Item::in_words).collect();
    if named.is_empty() {
        return None;
    }
    let more = rows.count();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Some(format!("{lead}: {}{more}.", named.join("; ")))
}

impl Item {
    /// What became of it, in words.
    #[must_use]
    pub fn outcome_in_words(&self) -> String {
        self.outcome.replace('_', " ")
    }

    /// Whether a person has to look at it: it failed, is blocked, or nobody knows how it ended.
    #[must_use]
    pub fn is_in_trouble(&self) -> bool {
        TROUBLE.contains(&self.outcome.as_str())
    }

    /// Why it is as it is, and what else to know, in one text.
    #[must_use]
    pub fn why(&self) -> String {
        let mut parts: Vec<String> = self.reason.iter().cloned().collect();
        if !self.differs.is_empty() {
            parts.push(format!("differs: {}", self.differs.join(", ")));
        }
        parts.extend(self.problems.iter().map(|problem| format!("problem: {problem}")));
        parts.extend(self.notes.iter().cloned());
        parts.join("; ")
    }

    fn in_words(&self) -> String {
        let what = format!("{} \"{}\"", self.kind, self.name);
        match self.reason.iter().chain(&self.problems).next() {
            Some(reason) => {
                format!("{what}, {}", clip(reason.trim_end_matches('.'), LONGEST_REASON))
            }
            None => what,
        }
    }
}

fn item((place, row): (usize, &Value)) -> Item {
    let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let texts = |key: &str| {
        let all = row.get(key).and_then(Value::as_array);
        all.map_or_else(Vec::new, |all| all.iter().map(words).collect::<Vec<String>>())
    };
    let mut problems = texts("problems");
    if row.get("verified").and_then(Value::as_bool) == Some(false) {
        problems.push("what is there is not what was sent".to_owned());
    }
    let mut notes = texts("notes");
    let unmapped = row.get("unmapped").and_then(Value::as_array);
    let names: Vec<&str> = unmapped
        .into_iter()
        .flatten()
        .filter_map(|party| party.get("name").and_then(Value::as_str))
        .collect();
    if !names.is_empty() {
        notes.push(format!("not on the target: {}", names.join(", ")));
    }
    Item {
        kind: text("kind").unwrap_or_else(|| "asset".to_owned()).replace('_', " "),
        name: text("name").or_else(|| text("title")).unwrap_or_default(),
        source_id: text("source_id"),
        target_id: text("target_id"),
        outcome: text("outcome").unwrap_or_default(),
        reason: text("reason"),
        differs: texts("differs"),
        problems,
        notes,
        place,
    }
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(outcomes: &[(&str, usize)]) -> Value {
        let rows: Vec<Value> = outcomes
            .iter()
            .flat_map(|(outcome, count)| (0..*count).map(move |n| (outcome, n)))
            .map(|(outcome, n)| {
                let reason = (*outcome != "created").then_some("no such role on the target.");
                json!({ "kind": "user", "name": format!("{outcome}{n}"), "outcome": outcome,
                    "reason": reason })
            })
            .collect();
        json!(rows)
    }

    fn read(requested: u64, complete: bool, items: Value) -> Migration {
        let result = json!({ "requested": requested, "complete": complete, "items": items });
        Migration::read(&result).unwrap()
    }

    #[test]
    fn trouble_comes_first_and_the_totals_add_up() {
        let items = rows(&[("created", 190), ("skipped", 5), ("failed", 5)]);
        let migration = read(200, false, items);
        let summary = migration.summary();
        assert!(summary.starts_with("Failed: user \"failed0\", no such role on the target; user"));
        assert!(
            summary
                .contains("; and 2 more. Totals: asked 200 = created 190 + skipped 5 + failed 5.")
        );
        assert!(migration.adds_up() && !migration.is_complete());
    }

    #[test]
    fn what_has_no_row_is_never_hidden() {
        let short = read(3, true, rows(&[("created", 1)]));
        assert_eq!(short.totals(), "asked 3 = created 1 + not told 2");
        assert!(!short.is_complete() && short.summary().starts_with("This is not the whole."));
        let strange = read(2, true, json!([{ "outcome": "created" }, { "outcome": "odd" }]));
        assert_eq!(strange.totals(), "asked 2 = created 1 + not told 1");
        let long = read(1, true, rows(&[("created", 2)]));
        assert_eq!(long.totals(), "asked 1 = created 2, which is 1 more than asked");
        assert!(!long.is_complete());
    }

    #[test]
    fn complete_needs_more_than_the_word() {
        assert!(read(1, true, rows(&[("created", 1)])).is_complete());
        assert!(read(0, true, json!([])).is_complete());
        assert_eq!(read(0, true, json!([])).totals(), "asked 0 = nothing");
        for trouble in TROUBLE {
            assert!(!read(1, true, rows(&[(trouble, 1)])).is_complete(), "{trouble}");
        }
    }

    #[test]
    fn what_cannot_be_taken_back_is_said_first() {
        let items = rows(&[("would_take_back", 3), ("nothing_to_do", 1), ("not_possible", 1)]);
        let back = read(5, false, items);
        let words = "No way back: user \"not_possible0\", no such role on the target. Totals: asked 5 \
                     = would take back 3 + nothing to do 1 + not possible 1.";
        assert_eq!(back.summary(), words);
    }

    #[test]
    fn a_row_with_a_problem_is_not_all_right() {
        let migration = read(
            2,
            true,
            json!([
                { "kind": "dashboard", "name": "A", "outcome": "created", "verified": true,
                  "problems": ["the shares could not be set"],
                  "unmapped": [{ "kind": "user", "name": "zoe" }] },
                { "kind": "dashboard", "name": "B", "outcome": "overwritten", "verified": false,
                  "differs": ["widgets", "filters"] },
            ]),
        );
        assert!(!migration.is_complete());
        let words = "Not all right: dashboard \"A\", the shares could not be set; dashboard \"B\", \
                     what is there is not what was sent. Totals: ";
        assert!(migration.summary().starts_with(words), "{}", migration.summary());
        let why: Vec<String> = migration.items.iter().map(Item::why).collect();
        assert_eq!(why[0], "problem: the shares could not be set; not on the target: zoe");
        assert!(why[1].starts_with("differs: widgets, filters; problem: "), "{}", why[1]);
    }

    #[test]
    fn another_result_is_no_migration() {
        for other in [json!(null), json!([]), json!({ "requested": 1, "items": [] })] {
            assert_eq!(Migration::read(&other), None, "{other}");
        }
    }
}
