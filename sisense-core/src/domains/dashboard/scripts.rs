//! Scripts of dashboards and widgets: code that runs in the browser of everybody who looks.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use super::owner::{Borrow, Ended, left_behind};
use super::rows::minimal;
use super::{AddDashboardScript, AddWidgetScript, Dashboards, Publish, ScriptChange};
use crate::documents::DashboardDocument;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::required;
use crate::domains::steps::Step;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Entry, Missing, Outcome, Partial, Run, Undo};
use crate::transport::ApiPath;

impl Dashboards {
    /// Set the script of a dashboard.
    ///
    /// A dashboard of somebody else is taken over for a moment and given back with its shares.
    /// Recipients get the script after a publish: at once only when that is asked for. Nothing is
    /// written when the script is as wanted already. An empty text takes the script away.
    ///
    /// # Errors
    /// `not_found` or `ambiguous` for the dashboard, `invalid_input` when `executing_user` is not
    /// the token's user, `forbidden` when the token may not borrow the dashboard. That a publish or
    /// the way back failed after the script was set is told by what is missing in the answer.
    ///
    /// # Ask
    /// - Add this script to the dashboard 5f0000000000000000000001
    /// - Replace the script of dashboard 5f0000000000000000000001 and publish it
    /// - Set the JavaScript of the dashboard Pipeline
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk high -->
    pub async fn add_dashboard_script(
        &self,
        run: &Run,
        params: AddDashboardScript,
    ) -> Result<Partial<ScriptChange>> {
        let wish = Wish {
            operation: "dashboard.add_dashboard_script",
            dashboard: &params.dashboard_id,
            widget: None,
            script: params.script.text(),
            executing_user: params.executing_user.as_deref(),
            publish: params.publish,
        };
        self.set_script(run, wish).await
    }

    /// Set the script of one widget.
    ///
    /// A dashboard of somebody else is taken over for a moment and given back with its shares. By
    /// default the dashboard is then published over every copy, so that edits which recipients made
    /// in theirs are lost: choose `publish` otherwise to keep them. Nothing is written when the
    /// script is as wanted already. An empty text takes the script away.
    ///
    /// # Errors
    /// `not_found` for the dashboard or the widget, `ambiguous` for the dashboard, `invalid_input`
    /// when `executing_user` is not the token's user, `forbidden` when the token may not borrow the
    /// dashboard. That a publish or the way back failed after the script was set is told by what
    /// is missing in the answer.
    ///
    /// # Ask
    /// - Add this script to widget 5f0000000000000000000002 of dashboard 5f0000000000000000000001
    /// - Set the widget script but do not publish
    /// - Replace the JavaScript of a chart on the dashboard Pipeline
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk high -->
    pub async fn add_widget_script(
        &self,
        run: &Run,
        params: AddWidgetScript,
    ) -> Result<Partial<ScriptChange>> {
        required("the widget's id", &params.widget_id)?;
        let wish = Wish {
            operation: "dashboard.add_widget_script",
            dashboard: &params.dashboard_id,
            widget: Some(&params.widget_id),
            script: params.script.text(),
            executing_user: params.executing_user.as_deref(),
            publish: params.publish,
        };
        self.set_script(run, wish).await
    }

    async fn set_script(&self, run: &Run, wish: Wish<'_>) -> Result<Partial<ScriptChange>> {
        let record = self.client.find_dashboard(wish.dashboard).await?;
        let (caller, document) = join(self.client.whoami(), self.load(&record.oid)).await;
        let caller = caller?;
        if let Some(user) = wish.executing_user.filter(|user| !caller.is(user)) {
            let message = format!("the token is not this user's: {user}");
            return Err(Error::invalid(message).with_next_step("use the token of that user"));
        }
        let found = Found::read(&document?, record, &wish)?;
        let entries = run.recorded().await?;
        let Some(work) = self.work(&wish, &found, &entries) else {
            return Ok(Partial::whole(found.result(false, "the script is as wanted already")));
        };
        let borrow = self.borrow(&found, &work, &caller.id, &entries).await?;
        if work.steps.is_empty() && borrow.is_none() {
            return Ok(Partial::whole(found.result(false, "the script is as wanted already")));
        }
        let borrowed = borrow.is_some();
        let sets = found.script != wish.script;
        let publishes = work.steps.len() > usize::from(sets);
        let ended =
            self.work_as_owner(run, wish.operation, &found.record, borrow, work.steps).await?;
        let mut result = found.result(sets, "the script will be set");
        result.ownership_borrowed = borrowed;
        result.publish_needed = sets && !publishes;
        let Some(ended) = ended else { return Ok(Partial::whole(result)) };
        finish(result, ended, sets, publishes)
    }

    /// Whether the dashboard must be borrowed, or is still borrowed from before a resume.
    async fn borrow(
        &self,
        found: &Found,
        work: &Work,
        me: &str,
        entries: &[Entry],
    ) -> Result<Option<Borrow>> {
        // Who owns it is not told: it is tried as it is, since nobody could get it back.
        let Some(owner) = found.record.owner.clone() else { return Ok(None) };
        let mine = owner == me;
        let due = !work.steps.is_empty();
        let (owner, rows) = match left_behind(entries, &found.record.oid, &work.tag) {
            Some(left) => left,
            None if mine || !due => return Ok(None),
            None => (owner, minimal(&self.client.dashboard_shares(&found.record.oid).await?)),
        };
        let take = !mine && due;
        let (me, tag) = (me.to_owned(), work.tag.clone());
        Ok(Some(Borrow { me, owner, rows, tag, take, give_back: take || mine }))
    }

    /// The script, unless it is so already, and the publish, unless it was done before a resume.
    /// `None` when this run has nothing to do with the script that is there.
    fn work(&self, wish: &Wish<'_>, found: &Found, entries: &[Entry]) -> Option<Work> {
        let mut steps = Vec::new();
        let tag = if found.script == wish.script {
            let before = entries.iter().find(|entry| {
                entry.change.action == Action::Update
                    && entry.change.asset.id.as_deref() == Some(found.asset_id())
                    && entry.change.after == json!({"script": wish.script})
                    && entry.outcome != Outcome::Failed
            });
            tag_of(&before?.change)
        } else {
            let step = self.script_step(wish, found);
            let tag = tag_of(&step.change);
            steps.push(step);
            tag
        };
        let published = entries.iter().any(|entry| {
            entry.change.action == Action::Publish
                && entry.change.after.get("work").and_then(Value::as_str) == Some(tag.as_str())
                && entry.outcome == Outcome::Done
        });
        if wish.publish != Publish::None && !published {
            steps.push(self.publish_step(wish, found, &tag));
        }
        Some(Work { steps, tag })
    }

    fn script_step(&self, wish: &Wish<'_>, found: &Found) -> Step {
        let id = found.record.oid.as_str();
        let (kind, name, mut path) =
            (AssetKind::Dashboard, found.record.title(), vec!["api", "dashboards", id]);
        let (kind, name) = match wish.widget {
            Some(widget) => {
                path.extend(["widgets", widget]);
                (AssetKind::Widget, found.widget_title.as_deref().unwrap_or(widget))
            }
            None => (kind, name),
        };
        let undo = if found.script.is_empty() {
            Undo::Partly("an empty script takes its place".to_owned())
        } else {
            Undo::Yes("the script from before is set again".to_owned())
        };
        let summary = format!("Set the script of {kind} \"{name}\"");
        let mut change = Change::new(
            wish.operation,
            self.asset(kind, found.asset_id(), name),
            Action::Update,
            summary,
        )
        .before(json!({"script": found.script}))
        .after(json!({"script": wish.script}))
        .note("a script runs in the browser of everybody who opens the dashboard")
        .undo(undo)
        .risk(Risk::High);
        if wish.publish == Publish::None {
            change = change.note("recipients get it after the next publish");
        }
        Step {
            change,
            method: Method::PUT,
            path: ApiPath::new(path),
            query: Vec::new(),
            body: Some(json!({"script": wish.script})),
            if_refused: None,
        }
    }

    fn publish_step(&self, wish: &Wish<'_>, found: &Found, tag: &str) -> Step {
        let (id, title) = (found.record.oid.as_str(), found.record.title());
        let force = wish.publish == Publish::Force;
        let shares = found.record.shares.as_deref().unwrap_or_default();
        let editors = shares.iter().filter(|row| row.rule.as_deref() == Some("edit")).count();
        let asset = self.asset(AssetKind::Dashboard, id, title);
        let mut change = Change::new(
            wish.operation,
            asset,
            Action::Publish,
            format!("Publish dashboard \"{title}\""),
        )
        .after(json!({"force": force, "work": tag}))
        .undo(Undo::No("what recipients saw before is gone".to_owned()));
        if force {
            change = change
                .note(format!(
                    "edits in the copies of recipients are lost; shared for editing with: {editors}"
                ))
                .risk(Risk::High);
        }
        Step {
            change,
            method: Method::POST,
            path: ApiPath::new(["api", "v1", "dashboards", id, "publish"]),
            query: vec![("force", force.to_string())],
            body: None,
            if_refused: None,
        }
    }
}

/// What is to be sent, and what it is called in everything that is done for it.
struct Work {
    steps: Vec<Step>,
    tag: String,
}

/// A short name of a script that is set: of the widget or dashboard, the text before and the text
/// after.
fn tag_of(change: &Change) -> String {
    change.digest().chars().take(12).collect()
}

/// What is asked for.
struct Wish<'a> {
    operation: &'static str,
    dashboard: &'a str,
    widget: Option<&'a str>,
    script: &'a str,
    executing_user: Option<&'a str>,
    publish: Publish,
}

/// What is there.
struct Found {
    record: DashboardRecord,
    widget_id: Option<String>,
    widget_title: Option<String>,
    /// The script now; empty when there is none.
    script: String,
}

impl Found {
    fn read(
        document: &DashboardDocument,
        record: DashboardRecord,
        wish: &Wish<'_>,
    ) -> Result<Self> {
        let text = |value: &Value| {
            value.get("script").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let Some(id) = wish.widget else {
            let script = text(document.value());
            return Ok(Found { record, widget_id: None, widget_title: None, script });
        };
        let widget =
            document.widgets().find(|widget| widget.id() == Some(id)).ok_or_else(|| {
                let named = document.widgets().filter_map(|widget| {
                    Some(format!("{} ({})", widget.title().unwrap_or("untitled"), widget.id()?))
                });
                Error::not_found("widget", id)
                    .with_candidates(named.collect())
                    .with_next_step("name a widget of this dashboard by its id")
            })?;
        Ok(Found {
            widget_id: Some(id.to_owned()),
            widget_title: widget.title().map(str::to_owned),
            script: text(widget.value()),
            record,
        })
    }

    fn asset_id(&self) -> &str {
        self.widget_id.as_deref().unwrap_or(&self.record.oid)
    }

    fn result(&self, changed: bool, message: &str) -> ScriptChange {
        ScriptChange {
            dashboard_id: self.record.oid.clone(),
            title: self.record.title().to_owned(),
            widget_id: self.widget_id.clone(),
            widget_title: self.widget_title.clone(),
            changed,
            previous_script_length: self.script.chars().count(),
            ownership_borrowed: false,
            ownership_returned: None,
            published: false,
            publish_needed: false,
            message: message.to_owned(),
        }
    }
}

/// From how the steps ended to the answer. A script that was set is told, whatever came after.
fn finish(
    mut result: ScriptChange,
    ended: Ended,
    sets: bool,
    publishes: bool,
) -> Result<Partial<ScriptChange>> {
    let mut missing = ended.missing;
    result.ownership_returned = ended.returned;
    result.published = publishes && ended.failed.is_none();
    result.publish_needed = sets && !result.published;
    if let Some(error) = ended.failed {
        if ended.done == 0 && sets {
            return Err(stopped(error, &missing));
        }
        let what = format!("publish of dashboard \"{}\" ({})", result.title, result.dashboard_id);
        missing.insert(0, Missing::new(what, error));
    }
    let mut said = vec![if sets { "the script was set" } else { "the script was set before" }];
    said.push(match (result.published, publishes) {
        (true, _) => "recipients have it",
        (false, true) => "publishing failed",
        (false, false) => "recipients get it after a publish",
    });
    match result.ownership_returned {
        Some(true) => said.push("the dashboard is back with its owner"),
        Some(false) => said.push("the dashboard could not be given back"),
        None => {}
    }
    result.message = said.join("; ");
    Ok(Partial { value: result, missing })
}

/// The error of a script that was not set. Where the way back failed too, it says that as well.
fn stopped(error: Error, missing: &[Missing]) -> Error {
    let mut report = error.into_report();
    if report.kind == ErrorKind::NotFound {
        // The dashboard and the widget are there: they were read before.
        report.kind = ErrorKind::Forbidden;
        report.next_step =
            Some("only the owner may set a script; use the owner's or an admin's token".to_owned());
    }
    if !missing.is_empty() {
        let also: Vec<String> =
            missing.iter().map(|part| format!("{}: {}", part.what, part.error)).collect();
        report.message = format!("{}; and not put right: {}", report.message, also.join("; "));
    }
    Error::from(report)
}
