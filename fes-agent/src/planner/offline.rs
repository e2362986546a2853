//! The planner without a model: ranks, fills, and asks when it is not sure. Deterministic.

use async_trait::async_trait;
use serde_json::Value;
use sisense_core::{Operation, Result};

use super::choose::{Choice, choices, ignores_limit, kinds, may_name, understood};
use super::everything::spelled_out;
use super::fill::Reading;
use super::find::{Form, mentions};
use super::follow::follow_up;
use super::question::{Decline, MissingValue, Question, Suggestion, Why};
use super::split::{split, text as words};
use super::{Answer, Planner, Request};
use crate::catalogue::Hints;
use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{MAX_REQUEST, Piece, pieces};
use crate::host::Kind;
use crate::plan::{Call, MAX_STEPS, Plan, Step};
use crate::privacy::without_secrets;

/// How near two operations may be for the person to be asked which is meant.
const NEAR: f64 = 1.0;

/// How many turns back a follow-up may refer.
const RECENT: usize = 3;

/// How many things that could be asked instead a decline names.
const SUGGESTED: usize = 3;

/// How many examples are shown when nothing is near.
const EXAMPLES: usize = 5;

/// The planner that is always there: no network but the deployment's, no model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

/// What became of one part of a request.
enum Part {
    Calls(Vec<(String, serde_json::Map<String, Value>)>),
    Question(Question),
    Decline(Decline),
}

#[async_trait]
impl Planner for Offline {
    async fn plan(&self, request: &Request<'_>) -> Result<Answer> {
        let whole = request.whole();
        // An answer is put into its question; anything else may go on with what was said.
        let answers = whole.trim() != request.text.trim();
        let recent = || request.history.iter().rev().take(RECENT);
        let planned = recent().find(|turn| turn.plan.is_some());
        let before = planned.or_else(|| recent().next()).filter(|_| !answers);
        let meant = before.and_then(|turn| follow_up(turn, &whole, request.operations));
        let text = meant.as_deref().unwrap_or(&whole).trim();
        if let Some(decline) = unfit(text) {
            return Ok(Answer::Decline(decline));
        }
        let all = pieces(text);
        let everything = spelled_out(&all);
        let (text, all) = match &everything {
            Some(text) => (text.as_str(), pieces(text)),
            None => (text, all),
        };
        if may_name(&all) {
            let wanted = kinds(request.catalogue, request.operations, &all);
            request.directory.load(&wanted).await;
        }
        let parts = split(&all, &mentions(&all, request.directory));
        if let Some(first) = needs_answer(&parts) {
            let why = format!("The rest needs the answer to \"{first}\": ask for that first.");
            return Ok(Answer::Decline(Decline::new(why)));
        }
        if parts.len() > 1
            && let Some(answer) = several(request, text, &parts).await
        {
            return Ok(answer);
        }
        Ok(match one(request, text, &all).await {
            Part::Calls(calls) => plan(request, text, vec![calls]),
            Part::Question(question) => Answer::Question(question),
            Part::Decline(decline) => Answer::Decline(decline),
        })
    }
}

/// Why a text cannot be planned, whoever plans.
pub(super) fn unfit(text: &str) -> Option<Decline> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Decline::new("There is nothing to do yet."));
    }
    if text.chars().count() > MAX_REQUEST {
        let why = format!("A request has at most {MAX_REQUEST} characters.");
        return Some(Decline::new(why));
    }
    if names_secret(text) {
        let why = "Passwords and tokens do not belong into a request in words. Call the operation \
                   with its arguments instead.";
        return Some(Decline::new(why));
    }
    None
}

/// The first part, when a later one is about its answer: "who else has that role?"
fn needs_answer(parts: &[Vec<Piece>]) -> Option<String> {
    let (first, rest) = parts.split_first()?;
    let back = |pair: &[Piece]| match pair {
        [word, noun] => {
            ["that", "this", "those", "these", "same"].contains(&word.lower().as_str())
                && matches!(noun.class(), Some(Class::Thing | Class::Aspect))
        }
        _ => false,
    };
    rest.iter().any(|part| part.windows(2).any(back)).then(|| words(first))
}

/// Whether a request gives a secret: it would be kept with the goal, and shown.
fn names_secret(text: &str) -> bool {
    without_secrets(text) != text || text.to_lowercase().contains("password")
}

/// Plan each part by itself. Nothing when one of them is no request of its own: then the whole is
/// read as one.
async fn several(request: &Request<'_>, text: &str, parts: &[Vec<Piece>]) -> Option<Answer> {
    let mut all = Vec::new();
    let mut question = None;
    for part in parts {
        match one(request, &words(part), part).await {
            Part::Calls(calls) => all.push(calls),
            Part::Question(asked) => {
                question.get_or_insert(asked);
            }
            Part::Decline(_) => return None,
        }
    }
    match question {
        Some(question) => Some(Answer::Question(Question { request: text.to_owned(), ..question })),
        None => Some(plan(request, text, all)),
    }
}

fn plan(
    request: &Request<'_>,
    goal: &str,
    parts: Vec<Vec<(String, serde_json::Map<String, Value>)>>,
) -> Answer {
    let calls: Vec<_> = parts.into_iter().flatten().collect();
    if calls.len() > MAX_STEPS {
        let why = format!("That is more than {MAX_STEPS} steps at once. Ask for fewer.");
        return Answer::Decline(Decline::new(why));
    }
    let steps = calls
        .into_iter()
        .enumerate()
        .map(|(n, (tool, args))| Step::Call(Call::new(&format!("step{}", n + 1), &tool, args)))
        .collect();
    Answer::Plan(Plan { goal: goal.to_owned(), steps }.in_order(request.tools))
}

/// Plan one request. When the names of the likeliest kinds do not explain it, those of the others
/// are looked at too.
async fn one(request: &Request<'_>, text: &str, part: &[Piece]) -> Part {
    if !may_name(part) {
        return read(request, text, part);
    }
    request.directory.load(&kinds(request.catalogue, request.operations, part)).await;
    match read(request, text, part) {
        Part::Calls(calls) => Part::Calls(calls),
        Part::Question(_) | Part::Decline(_) => {
            request.directory.load(&Kind::ALL).await;
            read(request, text, part)
        }
    }
}

fn read(request: &Request<'_>, text: &str, part: &[Piece]) -> Part {
    let mentions = mentions(part, request.directory);
    let reading = Reading { text, pieces: part, mentions: &mentions, directory: request.directory };
    let choices = choices(request.catalogue, request.operations, &reading);
    let Some(best) = choices.first() else { return Part::Decline(unsure(request, part)) };
    if !understood(best, request.catalogue, &reading) {
        return Part::Decline(unsure(request, part));
    }
    if ignores_limit(best, &reading) {
        let why = "I cannot leave anything out of an answer, or turn it round: ask without the \
                   exception, and filter what comes.";
        return Part::Decline(Decline { text: why.to_owned(), nearest: nearest(request, part) });
    }
    if let Some(question) = two_kinds(text, &choices, &reading) {
        return Part::Question(question);
    }
    if !best.complete() {
        return Part::Question(Question::new(text, &best.operation.id, best.fill.missing.clone()));
    }
    let calls = calls(best);
    for (tool, args) in &calls {
        if let Err(error) = request.tools.check(tool, &Value::Object(args.clone())) {
            let message = &error.report().message;
            let why = format!("I would call {tool}, but cannot say it completely: {message}.");
            return Part::Decline(Decline { nearest: nearest(request, part), text: why });
        }
    }
    Part::Calls(calls)
}

/// The call, and one more for each further value of its one thing.
fn calls(choice: &Choice<'_>) -> Vec<(String, serde_json::Map<String, Value>)> {
    let id = choice.operation.id.clone();
    let mut calls = vec![(id.clone(), choice.fill.args.clone())];
    for (name, values) in &choice.fill.more {
        for value in values {
            let mut args = choice.fill.args.clone();
            args.insert(name.clone(), value.clone());
            calls.push((id.clone(), args));
        }
    }
    calls
}

/// A name that two kinds of things have, and operations on both that fit about as well.
fn two_kinds(text: &str, choices: &[Choice<'_>], reading: &Reading<'_>) -> Option<Question> {
    let best = choices.first()?;
    for (place, mention) in reading.mentions.iter().enumerate() {
        let kinds: Vec<Kind> =
            Kind::ALL.into_iter().filter(|kind| !mention.of(*kind).is_empty()).collect();
        if mention.form != Form::Known || kinds.len() < 2 || mention.label.is_some() {
            continue;
        }
        let near: Vec<&Choice<'_>> = choices
            .iter()
            .filter(|choice| choice.fill.used.contains(&place) && best.score - choice.score < NEAR)
            .collect();
        let taken = |kind: &Kind| {
            near.iter().any(|choice| {
                crate::catalogue::slots(choice.operation)
                    .iter()
                    .any(|(_, slot, need)| *need && slot.kind() == Some(*kind))
            })
        };
        let meant: Vec<String> = kinds
            .iter()
            .filter(|kind| taken(kind))
            .map(|kind| format!("{} \"{}\"", kind.as_str(), mention.text))
            .collect();
        if meant.len() > 1 {
            let missing = MissingValue::new("kind", "kind of thing", Why::Ambiguous)
                .given(&mention.text)
                .options(Some(meant.len()), meant);
            return Some(Question::new(text, &best.operation.id, vec![missing]));
        }
    }
    None
}

fn unsure(request: &Request<'_>, part: &[Piece]) -> Decline {
    let near = nearest(request, part);
    if !near.is_empty() {
        let text = "I am not sure what is meant, so nothing was done.".to_owned();
        return Decline { text, nearest: near };
    }
    // Nothing is near: show what can be asked for, one thing of each domain.
    let mut domains: Vec<&str> = Vec::new();
    let examples = request.operations.iter().filter(|operation| {
        let new = !operation.ask.is_empty() && !domains.contains(&operation.domain());
        if new {
            domains.push(operation.domain());
        }
        new
    });
    Decline {
        text: "I do not understand this as something to do with a Sisense deployment.".to_owned(),
        nearest: examples.take(EXAMPLES).map(|operation| suggestion(operation)).collect(),
    }
}

fn suggestion(operation: &Operation) -> Suggestion {
    Suggestion {
        tool: operation.id.clone(),
        summary: operation.summary.clone(),
        ask: operation.ask.first().cloned(),
    }
}

fn nearest(request: &Request<'_>, part: &[Piece]) -> Vec<Suggestion> {
    request
        .catalogue
        .rank_pieces(part, &Hints::default())
        .into_iter()
        .filter_map(|hit| request.operations.iter().find(|o| o.id == hit.id))
        .take(SUGGESTED)
        .map(|operation| suggestion(operation))
        .collect()
}
