//! `fes-mcp skills`: procedures that become plans.

use std::collections::BTreeMap;

use clap::Subcommand;
use comfy_table::{Table, presets};
use fes_agent::skills::Skill;
use serde_json::{Value, json};

use super::act::session;
use super::ask::carry_out;
use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure};

/// Commands of `skills`.
#[derive(Debug, Subcommand)]
pub enum SkillsCommand {
    /// List the skills
    List,
    /// Show one: what it does, what it has to be told, its steps
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Run one; changes are shown and wait for your yes
    #[command(after_help = "\
Examples:
  fes-mcp skills run unused-columns
  fes-mcp skills run ready-for-ai \"datamodel=Sample ECommerce\"
  fes-mcp skills run offboard-user user=bob@example.com")]
    Run {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// What it has to be told
        #[arg(value_name = "PARAMETER=VALUE", value_parser = told)]
        told: Vec<(String, String)>,
        /// Approve what the preview shows, without being asked
        #[arg(long)]
        approve: bool,
    },
}

fn told(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("give it as name=value".to_owned()),
    }
}

/// List, show or run.
pub async fn run(cli: &Cli, command: &SkillsCommand, out: &Out) -> Result<Exit, Failure> {
    let room = Room::open(cli).await?;
    let done = Box::pin(act(&room, command, out)).await;
    room.close().await;
    done
}

async fn act(room: &Room, command: &SkillsCommand, out: &Out) -> Result<Exit, Failure> {
    let skills = room.agent.skills();
    match command {
        SkillsCommand::List => {
            if out.is_json() {
                out.json(&skills.all().map(describe).collect::<Vec<_>>());
            } else {
                out.text(&list(skills.all()));
            }
        }
        SkillsCommand::Show { name } => {
            let skill = skills.get(name)?;
            if out.is_json() {
                let mut value = describe(skill);
                value["text"] = json!(skill.body());
                value["steps"] = json!(skill.steps());
                out.json(&value);
            } else {
                out.text(&format!("{}\n\n{}", skill.front().description, skill.body()));
            }
        }
        SkillsCommand::Run { name, told, approve } => {
            let session = session(room);
            let values: BTreeMap<String, String> = told.iter().cloned().collect();
            let plan = room.agent.skill_plan(&session, name, &values).await?;
            return carry_out(room, &session, plan, *approve, out).await;
        }
    }
    Ok(Exit::Done)
}

fn describe(skill: &Skill) -> Value {
    json!(skill.front())
}

fn list<'a>(skills: impl Iterator<Item = &'a Skill>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Name", "What", "Told", "Ask"]);
    for skill in skills {
        let front = skill.front();
        let told: Vec<&str> = front.parameters.keys().map(String::as_str).collect();
        table.add_row([
            front.name.clone(),
            front.description.clone(),
            told.join(", "),
            front.ask.first().cloned().unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}
