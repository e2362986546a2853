//! Which operations a model sees.

use sisense_core::Operation;

use super::super::Request;
use super::super::split::split;
use crate::catalogue::Hints;
use crate::catalogue::text::pieces;
use crate::privacy::MAX_TOOLS;

/// How many of the operations that fit the whole request are shown.
const FOR_ALL: usize = 12;

/// How many of those that fit one of its parts.
const FOR_PART: usize = 4;

/// How many of those that fit it together with the request before it.
const FOR_FOLLOW_UP: usize = 6;

/// The operations to choose from, the best first. They are ranked by the words of the person alone:
/// which names exist in the deployment plays no part, so that the choice tells nothing of it.
pub(super) fn pick<'a>(request: &Request<'a>, typed: &str) -> Vec<&'a Operation> {
    let words = pieces(typed);
    let rank = |request: &Request<'_>, text: &[_], most: usize| -> Vec<String> {
        let hits = request.catalogue.rank_pieces(text, &Hints::default());
        hits.into_iter().take(most).map(|hit| hit.id).collect()
    };
    let mut ids = rank(request, &words, FOR_ALL);
    // The best of each part comes before the tail of the whole.
    for (place, part) in split(&words, &[]).iter().enumerate() {
        for (at, id) in rank(request, part, FOR_PART).into_iter().enumerate() {
            ids.insert((place + 1 + at).min(ids.len()), id);
        }
    }
    if let Some(before) = request.history.last() {
        if let Some(plan) = &before.plan {
            ids.extend(plan.calls().iter().map(|call| call.tool.clone()));
        }
        ids.extend(rank(request, &pieces(&format!("{} {typed}", before.said)), FOR_FOLLOW_UP));
    }
    let mut picked: Vec<&'a Operation> = Vec::new();
    for id in ids {
        let Some(found) = request.operations.iter().find(|operation| operation.is_called(&id))
        else {
            continue;
        };
        if !picked.iter().any(|operation| operation.id == found.id) && picked.len() < MAX_TOOLS {
            picked.push(found);
        }
    }
    picked
}
