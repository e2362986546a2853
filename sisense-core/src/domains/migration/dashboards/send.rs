//! The import requests of a chunk, and what came of each document.

use std::collections::{BTreeMap, HashSet, VecDeque};

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::super::Migrations;
use super::Work;
use super::answer::{Asked, ImportAnswer, Told, told};
use super::chunk::{Going, Turn, stopped};
use super::meaning::Meaning;
use super::read::Importable;
use super::wish::What;
use crate::domains::lookup::exports::DashboardText;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Pass;
use crate::transport::{Answer, ApiPath, Content};

/// Largest import request in bytes, unless one document alone is larger.
const LARGEST_BODY: usize = 10_000_000;

/// What is the same for all documents of one request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    what: What,
    folder: Option<String>,
}

/// What became of each document that was to be sent, by its place in the chunk.
type Results = Vec<(usize, Result<Answer>)>;

impl Migrations {
    /// Send all of the chunk that are let through and not there yet.
    pub(super) async fn import(&self, work: &Work<'_>, open: &mut [Going]) -> Results {
        let mut results = Vec::new();
        for (kind, mut batches) in batches(work, open) {
            while let Some(batch) = batches.pop_front() {
                if work.run.is_cancelled() {
                    results.extend(batch.into_iter().map(|at| (at, Err(stopped()))));
                    continue;
                }
                let sent = self.send_batch(work, &kind, open, &batch).await;
                match sent {
                    // One bad document refuses the whole request; halves find it.
                    Err(error) if refuses_content(&error) && batch.len() > 1 => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        results.extend(self.load_again(work, open, &batch).await);
                        let left = |half: &[usize]| -> Vec<usize> {
                            let has = |at: &&usize| {
                                open.get(**at).is_some_and(|one| one.document.is_some())
                            };
                            half.iter().filter(has).copied().collect()
                        };
                        for half in [left(second), left(first)] {
                            if !half.is_empty() {
                                batches.push_front(half);
                            }
                        }
                    }
                    Err(error) if is_refused(&error) => {
                        let report = error.into_report();
                        results
                            .extend(batch.iter().map(|at| (*at, Err(Error::from(report.clone())))));
                    }
                    Err(error) => {
                        let report = error.into_report();
                        for at in batch {
                            let found = match open.get(at) {
                                Some(one) => self.found(work, one).await,
                                None => None,
                            };
                            let result = found.map(|id| Answer::made(&id));
                            results.push((at, result.ok_or_else(|| report.clone().into())));
                        }
                    }
                    Ok(answer) => {
                        results.extend(self.heard(work, &kind, open, &batch, &answer).await);
                    }
                }
            }
        }
        results
    }

    async fn send_batch(
        &self,
        work: &Work<'_>,
        kind: &Kind,
        open: &mut [Going],
        batch: &[usize],
    ) -> Result<Answer<ImportAnswer>> {
        let documents: Vec<Importable> = batch
            .iter()
            .filter_map(|at| open.get_mut(*at).and_then(|one| one.document.take()))
            .collect();
        let passes: Vec<&Pass> = batch.iter().filter_map(|at| pass_of(open.get(*at)?)).collect();
        let mut query = vec![("action", kind.what.word().to_owned())];
        if kind.what == What::Overwrite && work.options.republish {
            query.push(("republish", "true".to_owned()));
        }
        if let Some(folder) = &kind.folder {
            query.push(("importFolder", folder.clone()));
        }
        let path = ApiPath::new(["api", "v1", "dashboards", "import", "bulk"]);
        let body = Some(Content::Text(list_of(documents)));
        self.target.transport().write_all(&passes, Method::POST, path, query, body).await
    }

    /// What the answer says of each document. What it does not speak of is looked up.
    async fn heard(
        &self,
        work: &Work<'_>,
        kind: &Kind,
        open: &[Going],
        batch: &[usize],
        answer: &Answer<ImportAnswer>,
    ) -> Results {
        let going: Vec<&Going> = batch.iter().filter_map(|at| open.get(*at)).collect();
        let asked: Vec<Asked<'_>> = going
            .iter()
            .map(|one| Asked { oid: one.oid(), title: one.wish.source.title() })
            .collect();
        let mut results = Vec::new();
        for ((at, one), told) in batch.iter().zip(&going).zip(told(answer.body().value(), &asked)) {
            let result = match told {
                Told::Made(id) => {
                    work.claim(&id);
                    Ok(Answer::made(&id))
                }
                Told::Skipped => {
                    let message = "the target has the dashboard by now, and skipped it";
                    Err(Error::new(ErrorKind::Drifted, message)
                        .with_next_step("look at a new preview and approve it"))
                }
                Told::Failed(reason) => Err(answer.refused(
                    ErrorKind::InvalidInput,
                    format!("the target did not take the dashboard: {reason}"),
                )),
                Told::Nothing => match self.found(work, one).await {
                    Some(id) => Ok(Answer::made(&id)),
                    None => Err(unclear(kind)),
                },
            };
            results.push((*at, result));
        }
        results
    }

    /// Load the documents of a refused request once more. Gives those that cannot be had any more.
    async fn load_again(&self, work: &Work<'_>, open: &mut [Going], batch: &[usize]) -> Results {
        let ids: Vec<String> =
            batch.iter().filter_map(|at| open.get(*at)).map(|one| one.oid().to_owned()).collect();
        let loaded = self.source.load_texts(&ids).await;
        let mut lost: Vec<(String, Error)> = loaded.failed;
        for text in loaded.documents {
            let id = text.oid.clone();
            let Some(one) = batch
                .iter()
                .find(|at| open.get(**at).is_some_and(|one| one.oid() == id))
                .and_then(|at| open.get_mut(*at))
            else {
                continue;
            };
            let read = self.folder_of(work, &one.wish).and_then(|folder| {
                one.here = Some(Meaning::of(&text.read()?));
                Importable::of(&text, folder)
            });
            match read {
                Ok(document) => one.document = Some(document),
                Err(error) => lost.push((id, error)),
            }
        }
        let mut results = Vec::new();
        for at in batch {
            let Some(one) = open.get(*at).filter(|one| one.document.is_none()) else { continue };
            let why = lost.iter().position(|(id, _)| id == one.oid());
            let error = match why {
                Some(place) => lost.swap_remove(place).1,
                None => Error::not_found("dashboard", one.oid()),
            };
            results.push((*at, Err(error)));
        }
        results
    }

    /// The id under which the target holds what was sent, when it does.
    pub(super) async fn found(&self, work: &Work<'_>, one: &Going) -> Option<String> {
        let here = one.here.clone()?;
        if one.wish.what != What::Duplicate {
            let id = one.oid().to_owned();
            let loaded = self.target.load_texts(std::slice::from_ref(&id)).await;
            let there = Meaning::of(&loaded.documents.first()?.read().ok()?);
            return (there.digest() == here.digest()).then_some(id);
        }
        let rows = self.target.list_dashboards(Vec::new()).await.ok()?;
        let known: HashSet<String> =
            work.run.entries().into_iter().filter_map(|entry| entry.id).collect();
        // What a resumed run finds beside these may be its own copy.
        let others = match &one.earlier {
            Some(entry) => texts(&entry.change.before["others"]),
            None => one.wish.others.clone(),
        };
        let title = one.wish.source.title();
        let ids: Vec<String> = rows
            .iter()
            .filter(|row| row.owner.as_deref() == Some(&work.me.id))
            .filter(|row| row.title().starts_with(title) && row.oid != one.oid())
            .map(|row| row.oid.clone())
            .filter(|id| !others.contains(id) && !known.contains(id))
            .filter(|id| !work.trail.made(id))
            .collect();
        let loaded = self.target.load_texts(&ids).await;
        let here = here.untitled();
        let fits = |text: &&DashboardText| {
            text.read().is_ok_and(|document| Meaning::of(&document).untitled() == here)
        };
        let mut fitting = loaded.documents.iter().filter(fits).map(|text| text.oid.clone());
        // Twins of one meaning get a copy each.
        fitting.find(|id| work.claim(id))
    }
}

/// The chunk as requests: of one kind each, within the bounds, and no two documents of one title.
fn batches(work: &Work<'_>, open: &[Going]) -> BTreeMap<Kind, VecDeque<Vec<usize>>> {
    let mut all: BTreeMap<Kind, VecDeque<Vec<usize>>> = BTreeMap::new();
    let mut bytes: BTreeMap<Kind, (usize, HashSet<String>)> = BTreeMap::new();
    for (at, one) in open.iter().enumerate() {
        let (Some(document), true) = (&one.document, pass_of(one).is_some()) else { continue };
        let what = one.wish.what;
        let folder = document.folder.clone().filter(|_| what != What::Overwrite);
        let kind = Kind { what, folder };
        let size = document.json.get().len();
        let title = one.wish.source.title().to_owned();
        let requests = all.entry(kind.clone()).or_default();
        let (held, titles) = bytes.entry(kind).or_default();
        let fits = *held + size <= LARGEST_BODY && !titles.contains(&title);
        match requests.back_mut().filter(|batch| fits && batch.len() < work.options.batch) {
            Some(batch) => batch.push(at),
            None => {
                requests.push_back(vec![at]);
                *held = 0;
                titles.clear();
            }
        }
        *held += size;
        titles.insert(title);
    }
    all
}

fn pass_of(one: &Going) -> Option<&Pass> {
    match &one.main {
        Turn::Open(pass) => Some(pass),
        Turn::Over => None,
    }
}

/// The documents as one text.
fn list_of(documents: Vec<Importable>) -> Bytes {
    let bytes: usize = documents.iter().map(|one| one.json.get().len() + 1).sum();
    let mut list = Vec::with_capacity(bytes + 2);
    list.push(b'[');
    for (at, one) in documents.into_iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        list.extend_from_slice(one.json.get().as_bytes());
    }
    list.push(b']');
    list.into()
}

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn unclear(kind: &Kind) -> Error {
    let word = kind.what.word();
    Error::new(
        ErrorKind::UnknownOutcome,
        format!("the server accepted the import ({word}) and did not say what became of this one"),
    )
    .with_next_step("look at the target, or resume the run, which looks it up")
}

/// Whether the server looked at the content and did not like it.
fn refuses_content(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Conflict | ErrorKind::NotFound)
        || error.status() == Some(413)
}

/// Whether it is certain that nothing was done.
fn is_refused(error: &Error) -> bool {
    refuses_content(error)
        || error.kind() == ErrorKind::Cancelled
        || error.status().is_some_and(|status| (400..500).contains(&status))
}
