//! Two deployments, and how a test previews, approves and runs between them.

use serde_json::json;
use sisense_core::domains::migration::{Item, ItemOutcome, Migration, Migrations};
use sisense_core::{Client, Limits, Run};
use sisense_sandbox::{Sandbox, SandboxConfig, Sizes};

use super::super::support::{client, client_of};

/// A source and a target with a client of each.
pub struct Pair {
    pub source: Sandbox,
    pub target: Sandbox,
    pub from: Client,
    pub to: Client,
}

impl Pair {
    pub async fn start(source: SandboxConfig, target: SandboxConfig) -> Self {
        let source = SandboxConfig { name: "source".to_owned(), ..source };
        let target = SandboxConfig { name: "target".to_owned(), ..target };
        let source = Sandbox::start(source).await.unwrap();
        let target = Sandbox::start(target).await.unwrap();
        let (from, to) = (client(&source), client(&target));
        Pair { source, target, from, to }
    }

    /// The story on the source, a bare target.
    pub async fn to_a_bare_one() -> Self {
        Pair::start(SandboxConfig::default(), bare()).await
    }

    /// Reach both with other limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.from = client_of(&self.source, limits.clone());
        self.to = client_of(&self.target, limits);
    }

    pub fn migrations(&self) -> Migrations {
        self.from.migration(&self.to)
    }

    /// Preview, see that nothing was written, approve, run.
    pub async fn approved<F>(&self, operation: impl Fn(Run) -> F) -> (Migration, Migration)
    where
        F: Future<Output = sisense_core::Result<Migration>>,
    {
        let before = self.target.state();
        let preview = Run::preview().start();
        let planned = operation(preview.clone()).await.unwrap();
        assert_eq!(self.target.state(), before, "a preview changes nothing");
        assert_eq!(self.source.counts().writes, 0, "the source is only read");
        assert_eq!(self.target.counts().writes, 0, "a preview sends no write");
        let run = Run::approved(preview.changes()).handover(preview.handover()).start();
        let done = operation(run.clone()).await.unwrap();
        assert_eq!(run.left(), [], "every approved change was made");
        assert_eq!(self.source.counts().writes, 0, "the source is only read");
        add_up(&planned);
        add_up(&done);
        (planned, done)
    }
}

/// A deployment without the story.
pub fn bare() -> SandboxConfig {
    SandboxConfig { story: false, ..SandboxConfig::default() }
}

/// The totals are those of the rows.
pub fn add_up(m: &Migration) {
    let sum =
        m.created + m.overwritten + m.duplicated + m.skipped + m.failed + m.blocked + m.unknown;
    assert_eq!(m.requested, sum);
    assert_eq!(m.requested, m.items.len() as u64);
}

/// The row of an asset by its name.
pub fn row<'a>(migration: &'a Migration, name: &str) -> &'a Item {
    let row = migration.items.iter().find(|item| item.name == name);
    row.unwrap_or_else(|| panic!("no row for {name} in {:#?}", migration.items))
}

/// How many rows ended so.
pub fn count(migration: &Migration, outcome: ItemOutcome) -> usize {
    migration.items.iter().filter(|item| item.outcome == outcome).count()
}

/// Two deployments with the same things, and the source ahead of the target.
pub async fn ahead() -> Pair {
    let sizes = Sizes {
        users: 12,
        groups: 2,
        models: 2,
        dashboards: 6,
        folders: 2,
        widgets_per_dashboard: 2,
        ..Sizes::default()
    };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let run = Run::unattended().start();
    everything(&pair, &run, "skip").await;
    // Somebody goes on working on the source.
    let state = pair.source.state();
    for dashboard in state["dashboards"].as_array().unwrap().iter().take(4) {
        change(&pair, dashboard["oid"].as_str().unwrap()).await;
    }
    pair
}

/// Somebody works on a dashboard of the source.
pub async fn change(pair: &Pair, oid: &str) {
    let export = ["api", "v1", "dashboards", "export"];
    let query = [("dashboardIds", oid), ("adminAccess", "true")];
    let mut document = pair.from.read(&export, &query).await.unwrap().into_body()[0].take();
    document["desc"] = "changed on the source".into();
    document["widgets"].as_array_mut().unwrap().pop();
    pair.source.load(document).unwrap();
}

/// All steps of a migration, with shares and owners.
pub async fn everything(pair: &Pair, run: &Run, action: &str) -> Vec<Migration> {
    let migrations = pair.migrations();
    let models = match action {
        "skip" => json!({ "shares": true }),
        _ => json!({ "shares": true, "action": action }),
    };
    let dashboards = json!({ "action": action, "migrate_share": true, "change_ownership": true });
    vec![
        migrations.migrate_all_groups(run).await.unwrap(),
        migrations.migrate_all_users(run).await.unwrap(),
        migrations
            .migrate_all_datamodels(run, serde_json::from_value(models).unwrap())
            .await
            .unwrap(),
        migrations
            .migrate_all_dashboards(run, serde_json::from_value(dashboards).unwrap())
            .await
            .unwrap(),
    ]
}
