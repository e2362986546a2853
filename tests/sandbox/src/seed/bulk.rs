//! Generated data, for load: plain, plentiful, and the same for the same seed.

use serde_json::{Value, json};

use super::board::{Board, agg, date, dim, extract, panel, widget};
use super::people::{Person, group};
use super::sketch::{model, table};
use super::story::folder;
use crate::config::Sizes;
use crate::state::Deployment;
use crate::state::doc::{list, set};
use crate::state::padding::text_widget;

/// Most models that generated dashboards are spread over when no models are generated.
const ONLY_MODEL: &str = "Generated Model 0001";
/// How deep generated folders are nested.
const LEVELS: [&str; 3] = ["Area", "Topic", "Detail"];
/// About what a dashboard without widgets weighs as a document, in bytes.
const BARE_DASHBOARD: usize = 700;
/// About what every widget has in addition to what is written below.
const BARE_WIDGET: usize = 650;

/// Adds so many of everything.
pub(super) fn generate(deployment: &mut Deployment, sizes: Sizes) {
    let crowd = people(deployment, sizes);
    let admin = deployment.first_admin();
    for at in 1..=sizes.models {
        generated_model(deployment, at, &admin, &crowd);
    }
    let folders = folders(deployment, sizes.folders, &crowd.owners);
    let padding = padding(sizes);
    for at in 1..=sizes.dashboards {
        let source = match sizes.models {
            0 => ONLY_MODEL.to_owned(),
            models => format!("Generated Model {:04}", 1 + at % models),
        };
        let owner = at % crowd.owners.len();
        let mut widgets: Vec<Value> =
            (0..sizes.widgets_per_dashboard).map(generated_widget).collect();
        widgets.extend(padding.map(text_widget));
        let mut board = Board::new("", &crowd.owners[owner], extract(&source)).widgets(widgets);
        if !folders[owner].is_empty() {
            // Every owner's first dashboard stands at the top, the others in turn in the folders.
            let turn = at / crowd.owners.len() % (folders[owner].len() + 1);
            if let Some(folder) = turn.checked_sub(1).and_then(|turn| folders[owner].get(turn)) {
                board = board.folder(folder);
            }
        }
        for (party, kind, rule) in crowd.some(deployment, 1 + at % 3, &crowd.owners[owner]) {
            board = board.share(&party, kind, if rule { "edit" } else { "view" });
        }
        board.with("title", format!("Generated Dashboard {at:05}")).settle(deployment);
    }
}

/// The people and groups that things belong to and are shared with.
struct Crowd {
    /// The first admin and the designers.
    owners: Vec<String>,
    /// Party id, `user` or `group`, and whether the party can design.
    parties: Vec<(String, &'static str, bool)>,
}

impl Crowd {
    /// So many different parties, or fewer; with each, whether it may edit.
    fn some(
        &self,
        deployment: &mut Deployment,
        wanted: usize,
        owner: &str,
    ) -> Vec<(String, &'static str, bool)> {
        let mut found: Vec<(String, &'static str, bool)> = Vec::new();
        for _ in 0..wanted {
            let Some(party) = self.parties.get(deployment.ids.below(self.parties.len())) else {
                break;
            };
            if party.0 != owner && !found.iter().any(|known| known.0 == party.0) {
                let edits = party.2 && deployment.ids.below(2) == 0;
                found.push((party.0.clone(), party.1, edits));
            }
        }
        found
    }
}

fn people(deployment: &mut Deployment, sizes: Sizes) -> Crowd {
    let names: Vec<String> =
        (1..=sizes.groups).map(|at| format!("Generated Group {at:04}")).collect();
    let groups = names.iter().map(|name| (group(deployment, name), "group", true));
    let mut parties: Vec<_> = groups.collect();
    let mut owners = vec![deployment.first_admin()];
    for at in 1..=sizes.users {
        let designs = at % 10 == 0;
        let role = if designs { "contributor" } else { "consumer" };
        let mut person = Person::new(
            &format!("user{at:05}@load.example"),
            &format!("User{at:05}"),
            "Load",
            role,
        );
        if !names.is_empty() {
            let name = names[deployment.ids.below(names.len())].as_str();
            person = person.groups(&[name]);
        }
        let id = person.settle(deployment);
        if designs {
            owners.push(id.clone());
        }
        parties.push((id, "user", designs));
    }
    Crowd { owners, parties }
}

/// Folders of each owner: chains of three, one in the other, under names that owners share.
fn folders(deployment: &mut Deployment, wanted: usize, owners: &[String]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new(); owners.len()];
    for at in 0..wanted {
        let chain = at / LEVELS.len();
        let own = &mut all[chain % owners.len()];
        let level = at % LEVELS.len();
        let name = format!("{} {:02}", LEVELS[level], 1 + chain / owners.len());
        let parent = own.last().filter(|_| level > 0).cloned();
        own.push(folder(deployment, &name, &owners[chain % owners.len()], parent.as_deref()));
    }
    all
}

/// How much text brings a dashboard to its size.
fn padding(sizes: Sizes) -> Option<usize> {
    let widgets = (0..sizes.widgets_per_dashboard)
        .map(|at| BARE_WIDGET + generated_widget(at).to_string().len());
    let bare = BARE_DASHBOARD + BARE_WIDGET + widgets.sum::<usize>();
    (sizes.widget_bytes > 0).then(|| sizes.widget_bytes.saturating_sub(bare))
}

fn generated_model(deployment: &mut Deployment, at: usize, creator: &str, crowd: &Crowd) {
    let facts = table(
        "Facts",
        "PostgreSQL",
        &["Key:int", "When:datetime", "Amount:decimal", "Count:int", "Label:text", "Unused:text"],
    );
    let keys = table("Keys", "PostgreSQL", &["Key:int", "Name:text", "Spare:text"]);
    let title = format!("Generated Model {at:04}");
    let relations = [("Facts.Key", "Keys.Key")];
    let oid = model(deployment, &title, "extract", creator, vec![facts, keys], &relations);
    let parties = crowd.some(deployment, 1 + at % 2, creator);
    if let Some(model) = deployment.models.get_mut(&oid) {
        let mut shares = list(model, "shares").to_vec();
        shares.extend(parties.iter().map(|(party, kind, edits)| {
            let permission = if *edits { "w" } else { "a" };
            json!({ "partyId": party, "type": kind, "permission": permission })
        }));
        set(model, "shares", shares);
    }
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
