//! The goals, and the table of shared cases.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use evals::prompts::{Prompt, own};
use evals::score::Scores;
use evals::shared::read;
use fes_agent::catalogue::Catalogue;
use pretty_assertions::assert_eq;
use sisense_core::generated;

#[test]
fn the_goals_are_reached_on_the_prompts_of_this_repository() {
    let catalogue = Catalogue::new(generated::operations());
    let (tuned, held_out) = own().unwrap();
    for (name, prompts) in [("for tuning", tuned), ("held out", held_out)] {
        let scores = Scores::of(name, &catalogue, &prompts);
        let (recall, first) = (scores.recall, scores.first);
        assert!(scores.reached(), "{name}: recall {recall:.3}, first hit {first:.3}");
    }
}

#[test]
fn each_operation_is_asked_for_at_least_three_times_and_held_out_at_least_once() {
    let (tuned, held_out) = own().unwrap();
    for operation in generated::operations() {
        let right = |prompts: &[Prompt]| {
            prompts.iter().filter(|prompt| prompt.tools.contains(&operation.id)).count()
        };
        let (tuned, held) = (right(&tuned), right(&held_out));
        assert!(tuned + held >= 3 && held >= 1, "{}: {tuned} and {held}", operation.id);
    }
}

#[test]
fn no_prompt_is_an_example_of_an_operation() {
    let (tuned, held_out) = own().unwrap();
    let plain = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
    for prompt in tuned.iter().chain(&held_out) {
        let same = generated::operations()
            .iter()
            .flat_map(|operation| &operation.ask)
            .find(|ask| plain(ask) == plain(&prompt.say));
        assert_eq!(same, None);
    }
}

#[test]
fn a_catalogue_that_finds_nothing_reaches_no_goal() {
    let (tuned, _) = own().unwrap();
    let scores = Scores::of("none", &Catalogue::new([]), &tuned);
    assert_eq!((scores.recall, scores.first, scores.reached()), (0.0, 0.0, false));
    assert_eq!(scores.misses.len(), tuned.len());
    assert!(!Scores::of("empty", &Catalogue::new([]), &[]).reached());
}

#[test]
fn a_table_of_cases_is_read_with_names_of_later_and_what_it_forbids_left_out() {
    let text = "\
## A. Reads

| # | User asks | Setup | Expected tool(s) | Reply |
|---|---|---|---|---|
| 1 | What role has X | on | get_user{user_email:X}; forbid users_per_group | named |
| 2 | same | off | get_user only | no |
| 3 | Write a poem | on | none | declined |

## C. Plans

| # | User asks | Expected plan | Check |
|---|---|---|---|
| 4 | Users and models | migrate_all_users, migrate_all_datamodels | order |

## E. Units

| # | Case | Expected |
|---|---|---|
| 5 | Key | get_user |

## G. Single

| # | User asks | Tool | Arguments |
|---|---|---|---|
| 6 | Delete a person (W) | access_management.delete_user | – |
";
    let cases = read(text, generated::operations());
    let rows: Vec<(&str, Vec<&str>)> = cases
        .prompts
        .iter()
        .map(|p| (p.say.as_str(), p.tools.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        rows,
        [
            ("What role has X", vec!["access.get_user"]),
            ("What role has X", vec!["access.get_user"]),
            (
                "Migrate Users and models",
                vec!["migration.migrate_all_users", "migration.migrate_all_datamodels"]
            ),
            ("Delete a person", vec!["access.delete_user"]),
        ]
    );
    assert_eq!(cases.skipped, ["3"]);
}
