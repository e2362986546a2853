//! What the templates are filled with. They escape everything that they are given.

use askama::Template;
use fes_agent::{Pending, State};
use jiff::Timestamp;
use sisense_core::operation::Risk;
use sisense_core::run::Change;

use crate::approvals;
use crate::preview::{self, Row, Rows};

/// Most rows of one migration on a page, those in trouble first.
const MOST_ROWS: usize = 5_000;
/// Most changes of one migration that are shown field by field.
const MOST_CHANGES: usize = 300;

/// The list of approvals.
#[derive(Template)]
#[template(path = "approvals.html")]
pub struct ListPage {
    items: Vec<Item>,
    waiting: String,
}

impl ListPage {
    /// Show these approvals.
    pub fn new(records: &[Pending]) -> Self {
        let waiting = match records.len() {
            1 => "1 approval waits for you.".to_owned(),
            n => format!("{n} approvals wait for you."),
        };
        ListPage { items: records.iter().map(Item::new).collect(), waiting }
    }
}

/// One approval.
#[derive(Template)]
#[template(path = "approval.html")]
pub struct RecordPage {
    /// The approval.
    pub item: Item,
    /// The mark of its form.
    pub csrf: String,
    /// Whether the form asks for the operator's code.
    pub needs_code: bool,
    /// What was wrong with the last answer.
    pub error: Option<String>,
}

/// A few sentences.
#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    /// The heading.
    pub title: String,
    /// The sentences.
    pub lines: Vec<String>,
    /// Where to go back to.
    pub back: Option<String>,
}

/// One approval, in words.
pub struct Item {
    id: String,
    goal: String,
    deployment: String,
    principal: String,
    state: &'static str,
    open: bool,
    created: String,
    expires: String,
    high_risk: bool,
    typed_name: Option<String>,
    /// How many changes there are.
    count: usize,
    /// The migrations, asset by asset.
    migrations: Vec<Rows>,
    /// The changes, or the first ones of a large migration.
    changes: Vec<ChangeView>,
    left_out: usize,
    /// How the preview came about.
    notes: Vec<String>,
}

impl Item {
    /// Put an approval in words.
    pub fn new(record: &Pending) -> Self {
        let migrations = preview::migrations(record, MOST_ROWS);
        let (changes, left_out) = preview::changes(record, MOST_CHANGES);
        Item {
            id: record.id.clone(),
            goal: approvals::goal(record),
            deployment: preview::places(record),
            principal: record.principal.clone(),
            state: approvals::words(record.state),
            open: record.state == State::Pending,
            created: when(record.created),
            expires: when(record.expires),
            high_risk: record.changes.iter().any(|change| change.risk == Risk::High),
            typed_name: preview::typed_name(&record.changes).map(str::to_owned),
            count: record.changes.len(),
            migrations,
            changes: changes.map(ChangeView::new).collect(),
            left_out,
            notes: preview::notes(record),
        }
    }
}

struct ChangeView {
    summary: String,
    action: &'static str,
    asset: String,
    deployment: String,
    risk: &'static str,
    high_risk: bool,
    rows: Vec<Row>,
    notes: Vec<String>,
    undo: String,
}

impl ChangeView {
    fn new(change: &Change) -> Self {
        ChangeView {
            summary: change.summary.clone(),
            action: change.action.as_str(),
            asset: change.asset.to_string(),
            deployment: change.asset.deployment.clone(),
            risk: preview::risk(change.risk),
            high_risk: change.risk == Risk::High,
            rows: preview::rows(change),
            notes: change.notes.clone(),
            undo: preview::undo(&change.undo),
        }
    }
}

/// A time to the second, with how far away it is.
fn when(time: Timestamp) -> String {
    let seconds = time.as_second() - Timestamp::now().as_second();
    let minutes = seconds.abs().div_euclid(60);
    let away = match (seconds >= 0, minutes) {
        (true, 0) => "in less than a minute".to_owned(),
        (true, n) => format!("in {n} min"),
        (false, 0) => "just now".to_owned(),
        (false, n) => format!("{n} min ago"),
    };
    format!("{} ({away})", time.strftime("%Y-%m-%d %H:%M:%S UTC"))
}
