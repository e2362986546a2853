//! `fes-mcp migrate`: groups, users, data models and dashboards from a source to a target, as one
//! plan that is previewed asset by asset, approved once and run.

use clap::{Args, ValueEnum};
use fes_agent::plan::{Call, Step};
use fes_agent::{Plan, Prepared};
use serde_json::{Map, Value, json};

use super::act::session;
use super::ask::{carry_out, follow, tell};
use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure};
use crate::preview;

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Order: groups, users, data models, dashboards, whatever order is asked. Roles, groups and users are
mapped by name. Every asset has its row in the preview and in the report.

Examples:
  fes-mcp migrate --sandbox --dry-run
  fes-mcp migrate groups users --deployment prod=https://bi.example.com \\
                  --deployment dev=https://dev.example.com --source prod --target dev
  fes-mcp migrate dashboards --action overwrite --shares --ownership …")]
pub struct MigrateArgs {
    /// What to migrate [default: all]
    #[arg(value_name = "WHAT", value_enum)]
    pub what: Vec<What>,

    /// What happens to data models and dashboards that exist on the target
    #[arg(long, value_enum, default_value_t = OnTarget::Skip)]
    pub action: OnTarget,

    /// Bring the shares of data models and dashboards along
    #[arg(long)]
    pub shares: bool,

    /// Give dashboards to their owners of the source; needs --shares
    #[arg(long, requires = "shares")]
    pub ownership: bool,

    /// Show what would happen, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,

    /// Approve what the preview shows, without being asked
    #[arg(long)]
    pub yes: bool,
}

/// What can be migrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Groups
    Groups,
    /// Users
    Users,
    /// Data models
    Datamodels,
    /// Dashboards
    Dashboards,
    /// All of these
    All,
}

/// What happens to what exists on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnTarget {
    /// It stays as it is
    Skip,
    /// It is replaced, and can be brought back with `runs undo`
    Overwrite,
    /// A copy is made beside it
    Duplicate,
}

impl OnTarget {
    fn word(self) -> &'static str {
        match self {
            OnTarget::Skip => "skip",
            OnTarget::Overwrite => "overwrite",
            OnTarget::Duplicate => "duplicate",
        }
    }
}

/// Preview, ask, run, report.
pub async fn run(cli: &Cli, args: &MigrateArgs, out: &Out) -> Result<Exit, Failure> {
    let room = Room::open(cli).await?;
    let done = Box::pin(migrate(&room, args, out)).await;
    room.close().await;
    done
}

async fn migrate(room: &Room, args: &MigrateArgs, out: &Out) -> Result<Exit, Failure> {
    let Some(target) = &room.target else {
        let known = room.agent.tools().deployments();
        return Err(Failure::bad_usage("a migration needs a target beside the source")
            .with_next_step(format!(
                "name a source and a target with --source and --target; configured: {}. \
                 Give another deployment with --deployment NAME=URL",
                known.join(", ")
            )));
    };
    let plan = plan(args, &room.deployment, target);
    let session = session(room);
    if !args.dry_run {
        return carry_out(room, &session, plan, args.yes, out).await;
    }
    let prepared = {
        let (_follower, options) = follow(room, out);
        room.agent.prepare(&session, plan, options).await?
    };
    match prepared {
        Prepared::Done(report) => Ok(tell(&report, out)),
        Prepared::Denied(denial) => Err(Failure::failed(denial.to_string())),
        Prepared::NeedsApproval(pending) => {
            // Nobody is to decide about what was only looked at.
            room.agent.reject(&pending.id, &super::act::operator()).await?;
            if out.is_json() {
                out.json(&json!({
                    "ok": true,
                    "dry_run": true,
                    "source": pending.deployment,
                    "target": pending.target,
                    "steps": preview::steps_json(&pending, usize::MAX),
                    "preview": pending.changes,
                }));
            } else {
                out.text(&preview::whole(&pending));
                out.note("\nNothing was changed: this was a dry run.");
            }
            Ok(Exit::Done)
        }
    }
}

fn plan(args: &MigrateArgs, source: &str, target: &str) -> Plan {
    const ALL: [What; 4] = [What::Groups, What::Users, What::Datamodels, What::Dashboards];
    let everything = args.what.is_empty() || args.what.contains(&What::All);
    let wanted = ALL.into_iter().filter(|what| everything || args.what.contains(what));
    let steps = wanted.map(|what| step(what, args)).map(Step::Call).collect();
    Plan { goal: format!("Migrate {} from {source} to {target}", words(args, everything)), steps }
}

fn words(args: &MigrateArgs, everything: bool) -> String {
    if everything {
        return "everything".to_owned();
    }
    let names = args.what.iter().map(|what| match what {
        What::Groups => "groups",
        What::Users => "users",
        What::Datamodels => "data models",
        What::Dashboards => "dashboards",
        What::All => "everything",
    });
    names.collect::<Vec<_>>().join(", ")
}

fn step(what: What, args: &MigrateArgs) -> Call {
    let mut given: Map<String, Value> = Map::new();
    let action = json!(args.action.word());
    let (id, tool) = match what {
        What::Groups | What::All => ("groups", "migration.migrate_all_groups"),
        What::Users => ("users", "migration.migrate_all_users"),
        What::Datamodels => {
            // Without an action what exists is left as it is.
            if args.action != OnTarget::Skip {
                given.insert("action".to_owned(), action);
            }
            given.insert("shares".to_owned(), json!(args.shares));
            ("datamodels", "migration.migrate_all_datamodels")
        }
        What::Dashboards => {
            given.insert("action".to_owned(), action);
            given.insert("migrate_share".to_owned(), json!(args.shares));
            given.insert("change_ownership".to_owned(), json!(args.ownership));
            ("dashboards", "migration.migrate_all_dashboards")
        }
    };
    Call::new(id, tool, given)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn args(what: &[What], action: OnTarget) -> MigrateArgs {
        MigrateArgs {
            what: what.to_vec(),
            action,
            shares: true,
            ownership: false,
            dry_run: false,
            yes: false,
        }
    }

    #[test]
    fn everything_is_one_plan_in_order() {
        let plan = plan(&args(&[], OnTarget::Skip), "prod", "dev");
        let tools: Vec<&str> = plan.calls().iter().map(|call| call.tool.as_str()).collect();
        assert_eq!(
            tools,
            [
                "migration.migrate_all_groups",
                "migration.migrate_all_users",
                "migration.migrate_all_datamodels",
                "migration.migrate_all_dashboards",
            ]
        );
        assert_eq!(plan.goal, "Migrate everything from prod to dev");
    }

    #[test]
    fn the_action_is_for_what_can_be_replaced() {
        let asked = [What::Dashboards, What::Groups, What::Datamodels];
        let plan = plan(&args(&asked, OnTarget::Overwrite), "prod", "dev");
        let args: Vec<Value> = plan.calls().iter().map(|call| call.arguments()).collect();
        assert_eq!(
            args,
            [
                json!({}),
                json!({ "action": "overwrite", "shares": true }),
                json!({ "action": "overwrite", "migrate_share": true, "change_ownership": false }),
            ]
        );
        assert_eq!(plan.goal, "Migrate dashboards, groups, data models from prod to dev");
    }
}
