//! Generated data, for load: plain, plentiful, and the same for the same seed.

use serde_json::{Value, json};

use super::board::{Board, agg, date, dim, extract, panel, widget};
use super::people::{Person, group};
use super::sketch::{model, table};
use crate::config::Sizes;
use crate::state::Deployment;
use crate::state::doc::set;

/// Most models that generated dashboards are spread over when no models are generated.
const ONLY_MODEL: &str = "Generated Model 0001";

/// Adds so many of everything.
pub(super) fn generate(deployment: &mut Deployment, sizes: Sizes) {
    let groups: Vec<String> = (1..=sizes.groups)
        .map(|at| format!("Generated Group {at:04}"))
        .inspect(|name| drop(group(deployment, name)))
        .collect();
    let mut owners = vec![deployment.first_admin()];
    let mut readers = Vec::new();
    for at in 1..=sizes.users {
        let role = if at % 10 == 0 { "contributor" } else { "consumer" };
        let mut person = Person::new(
            &format!("user{at:05}@load.example"),
            &format!("User{at:05}"),
            "Load",
            role,
        );
        if !groups.is_empty() {
            let name = groups[deployment.ids.below(groups.len())].as_str();
            person = person.groups(&[name]);
        }
        let id = person.settle(deployment);
        if role == "contributor" { owners.push(id) } else { readers.push(id) }
    }
    let admin = deployment.first_admin();
    for at in 1..=sizes.models {
        generated_model(deployment, at, &admin);
    }
    for at in 1..=sizes.dashboards {
        let source = match sizes.models {
            0 => ONLY_MODEL.to_owned(),
            models => format!("Generated Model {:04}", 1 + at % models),
        };
        let owner = owners[at % owners.len()].clone();
        let widgets = (0..sizes.widgets_per_dashboard).map(generated_widget).collect();
        let mut board = Board::new("", &owner, extract(&source)).widgets(widgets);
        if !readers.is_empty() {
            let reader = readers[deployment.ids.below(readers.len())].clone();
            board = board.share(&reader, "user", "view");
        }
        board.with("title", format!("Generated Dashboard {at:05}")).settle(deployment);
    }
}

fn generated_model(deployment: &mut Deployment, at: usize, creator: &str) {
    let facts = table(
        "Facts",
        "PostgreSQL",
        &["Key:int", "When:datetime", "Amount:decimal", "Count:int", "Label:text", "Unused:text"],
    );
    let keys = table("Keys", "PostgreSQL", &["Key:int", "Name:text", "Spare:text"]);
    let title = format!("Generated Model {at:04}");
    model(deployment, &title, "extract", creator, vec![facts, keys], &[("Facts.Key", "Keys.Key")]);
}

fn generated_widget(at: usize) -> Value {
    let mut made = match at % 3 {
        0 => widget(
            "",
            "indicator",
            "indicator/numeric",
            &[panel("value", &[agg("sum", "Facts", "Amount")])],
        ),
        1 => widget(
            "",
            "chart/column",
            "column/classic",
            &[
                panel("categories", &[dim("Keys", "Name", "text")]),
                panel("values", &[agg("sum", "Facts", "Count")]),
            ],
        ),
        _ => widget(
            "",
            "chart/line",
            "line/classic",
            &[
                panel("x-axis", &[date("Facts", "When", "months")]),
                panel("values", &[agg("sum", "Facts", "Amount")]),
            ],
        ),
    };
    set(&mut made, "title", json!(format!("Widget {at:03}")));
    made
}
