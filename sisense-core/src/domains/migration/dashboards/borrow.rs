//! Another person's dashboard is taken for as long as it is overwritten, and given back whatever came
//! of that. A give-back counts as done only after the overwrite: until then a resumed run takes the
//! dashboard again.

use serde_json::Value;

use super::super::Migrations;
use super::Work;
use super::chunk::{Going, Turn, skip};
use super::keep::keep_owner;
use super::wish::Former;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Pass;
use crate::transport::Answer;
use crate::undo::Image;

impl Migrations {
    /// Take it, if that is still to be done. Says no when it could not be taken.
    pub(super) async fn take(&self, work: &Work<'_>, one: &mut Going) -> bool {
        let Turn::Open(pass) = std::mem::take(&mut one.take) else { return true };
        let id = one.oid().to_owned();
        let mine = self.owner_of(&id).await.is_ok_and(|owner| owner == work.me.id);
        let taken = match (mine, keep_owner(work, &pass, one.wish.former.as_ref()).await) {
            (true, _) => Ok(Answer::new(200, Value::Null)),
            (false, Ok(())) => self.change_owner(&pass, &id, &work.me.id).await,
            (false, Err(error)) => Err(error),
        };
        let Err(error) = pass.settle(taken).await else { return true };
        // Whoever owns it now, giving it back is right after an unknown outcome.
        if error.kind() != ErrorKind::UnknownOutcome {
            skip(std::mem::take(&mut one.back), "the dashboard was not taken").await;
        }
        skip(std::mem::take(&mut one.main), "the dashboard was not taken").await;
        one.error = Some(error);
        false
    }

    /// Take it once more under the pass of the overwrite, which comes next: before the run was
    /// resumed it was taken, not overwritten and given back.
    pub(super) async fn take_again(&self, work: &Work<'_>, pass: &Pass, one: &Going) -> Result<()> {
        if one.wish.former.is_none() || self.owner_of(one.oid()).await? == work.me.id {
            return Ok(());
        }
        self.change_owner(pass, one.oid(), &work.me.id).await.map(|_| ())
    }

    /// Give it back, if that is still to be done. Gives what went wrong.
    pub(super) async fn give_back(&self, work: &Work<'_>, one: &mut Going) -> Vec<String> {
        let (Turn::Open(pass), Some(former), Some(people)) =
            (std::mem::take(&mut one.back), &one.wish.former, &work.people)
        else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        // To take the work back, the dashboard must be the caller's again.
        let image = Image::Owner { id: work.me.id.clone(), rows: Vec::new() };
        if let Err(error) = work.run.keep_image(&pass, &image).await {
            problems.push(format!("undo will not know who gave it back: {error}"));
        }
        let Former { name, grants, .. } = former;
        let given = self.hand_over(people, &pass, one.oid(), name, grants, true).await;
        let failed = given.is_err();
        let given = given.and_then(|answer| match one.error {
            None => Ok(answer),
            Some(_) => {
                let message = "given back, and not overwritten: a resumed run takes it again";
                Err(Error::new(ErrorKind::Cancelled, message))
            }
        });
        if let (Err(error), true) = (pass.settle(given).await, failed) {
            problems.push(format!("dashboard {} was not given back to {name}: {error}", one.oid()));
        }
        problems
    }
}
