//! Whole documents of dashboards, by export.

use std::collections::HashSet;
use std::pin::pin;

use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{ApiPath, Items};

/// How many documents one export asks for.
const CHUNK: usize = 20;
/// How many exports are under way at once.
const EXPORTS: usize = 4;

/// A whole document as its JSON text, which takes less room than what is read from it.
#[derive(Clone, Debug)]
pub(crate) struct DashboardText {
    pub(crate) oid: String,
    json: Box<RawValue>,
}

impl DashboardText {
    pub(crate) fn new(oid: String, json: Box<RawValue>) -> Self {
        DashboardText { oid, json }
    }

    /// A part of an export; `None` when it has no id.
    fn of(json: Box<RawValue>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Head {
            oid: String,
        }
        let Head { oid } = serde_json::from_str(json.get()).ok()?;
        Some(DashboardText { oid, json })
    }

    /// The document: a `Value`, or one that borrows from this text.
    pub(crate) fn read<'a, D: Deserialize<'a>>(&'a self) -> Result<D> {
        serde_json::from_str(self.json.get()).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the dashboard's document is not JSON: {error}"))
                .with_next_step("open the dashboard in Sisense and save it again")
        })
    }

    pub(crate) fn json(&self) -> &str {
        self.json.get()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.json.get().len()
    }

    pub(crate) fn into_json(self) -> Box<RawValue> {
        self.json
    }
}

/// Whole documents, and those that could not be loaded.
#[derive(Debug)]
pub(crate) struct Loaded<D = Value> {
    pub(crate) documents: Vec<D>,
    pub(crate) failed: Vec<(String, Error)>,
    /// Ids of the documents that came without the admin's flag: they are the caller's own copies,
    /// which differ from the owner's until that one is published.
    pub(crate) copies: Vec<String>,
}

impl<D> Loaded<D> {
    fn new() -> Self {
        Loaded { documents: Vec::new(), failed: Vec::new(), copies: Vec::new() }
    }

    fn failed(failed: Vec<(String, Error)>) -> Self {
        Loaded { failed, ..Loaded::new() }
    }

    fn extend(&mut self, more: Self) {
        self.documents.extend(more.documents);
        self.failed.extend(more.failed);
        self.copies.extend(more.copies);
    }
}

impl Loaded<DashboardText> {
    fn take(&mut self, exported: Exported) {
        if exported.copies {
            self.copies.extend(exported.documents.iter().map(|one| one.oid.clone()));
        }
        self.documents.extend(exported.documents);
    }

    /// Read the texts, one after the other.
    fn read(self) -> Loaded {
        let Loaded { documents, failed, copies } = self;
        let mut loaded = Loaded { documents: Vec::with_capacity(documents.len()), failed, copies };
        for text in documents {
            match text.read() {
                Ok(document) => loaded.documents.push(document),
                Err(error) => loaded.failed.push((text.oid, error)),
            }
        }
        loaded
    }
}

/// What one export answered.
struct Exported {
    documents: Vec<DashboardText>,
    copies: bool,
}

impl Client {
    /// Load whole documents, in chunks and side by side. A chunk that fails is read id by id, so
    /// that one bad dashboard names itself.
    pub(crate) async fn load_dashboards(&self, ids: &[String]) -> Loaded {
        self.load_texts(ids).await.read()
    }

    /// The same, as texts.
    pub(crate) async fn load_texts(&self, ids: &[String]) -> Loaded<DashboardText> {
        let mut loaded = Loaded::new();
        let mut parts = pin!(self.text_parts(ids));
        while let Some((_, part)) = parts.next().await {
            loaded.extend(part);
        }
        loaded
    }

    /// Documents part by part, so that few are held at once: how many ids were asked for, and what
    /// came.
    pub(crate) fn dashboard_parts(&self, ids: &[String]) -> impl Stream<Item = (usize, Loaded)> {
        self.text_parts(ids).map(|(count, part)| (count, part.read()))
    }

    fn text_parts(&self, ids: &[String]) -> impl Stream<Item = (usize, Loaded<DashboardText>)> {
        let chunks: Vec<Vec<String>> = ids.chunks(CHUNK).map(<[String]>::to_vec).collect();
        stream::iter(chunks)
            .map(move |chunk| async move { (chunk.len(), self.load_chunk(&chunk).await) })
            .buffered(EXPORTS)
    }

    async fn load_chunk(&self, ids: &[String]) -> Loaded<DashboardText> {
        let mut loaded = Loaded::new();
        match self.export(ids).await {
            Ok(exported) => loaded.take(exported),
            // One id is its own failure; trying it alone again would ask the same.
            Err(error) if ids.len() == 1 => return Loaded::failed(vec![(ids[0].clone(), error)]),
            // Nobody answers, or nobody may: the single ids would fare no better.
            Err(error) if hopeless(&error) => {
                let report = error.into_report();
                let failed = ids.iter().map(|id| (id.clone(), report.clone().into()));
                return Loaded::failed(failed.collect());
            }
            Err(_) => {}
        }
        let have: HashSet<String> = loaded.documents.iter().map(|one| one.oid.clone()).collect();
        for id in ids.iter().filter(|id| !have.contains(*id)) {
            match self.export(std::slice::from_ref(id)).await {
                Ok(one) if one.documents.iter().any(|text| text.oid == *id) => {
                    loaded.take(one);
                }
                Ok(_) => loaded.failed.push((id.clone(), Error::not_found("dashboard", id))),
                Err(error) => loaded.failed.push((id.clone(), error)),
            }
        }
        loaded
    }

    async fn export(&self, ids: &[String]) -> Result<Exported> {
        let path = ApiPath::new(["api", "v1", "dashboards", "export"]);
        let query = vec![("dashboardIds", ids.join(","))];
        let (answer, as_admin) = self.get_with_or_without_flag::<Items>(path, query).await?;
        let found = answer.into_objects("a list of dashboards")?;
        let documents = found.into_iter().filter_map(DashboardText::of).collect();
        Ok(Exported { documents, copies: !as_admin })
    }
}

/// Whether asking again for each id alone can only fail the same way.
fn hopeless(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::Connect
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
    )
}

pub(crate) fn document_id(document: &Value) -> Option<String> {
    document.get("oid").and_then(Value::as_str).map(str::to_owned)
}
