//! What undo needs of a dashboard, kept before the write.

use serde_json::value::RawValue;

use super::Work;
use super::chunk::Going;
use super::wish::{Former, What};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Pass;
use crate::undo::Image;

/// What undo needs: the document that is replaced, which is given away, or the digest of what is
/// made.
pub(super) fn main_image(one: &mut Going) -> Result<Box<RawValue>> {
    let none = || Error::new(ErrorKind::Unexpected, "there is no document to keep");
    let here = one.here.as_ref().ok_or_else(none)?;
    match one.wish.what {
        What::Overwrite => {
            let document = one.replaced.take().ok_or_else(none)?;
            Image::dashboard_json(&document, &here.digest())
        }
        What::Create => Image::MadeDashboard { digest: here.digest() }.to_json(),
        // A server may give a copy a title of its own.
        What::Duplicate => {
            Image::MadeDashboard { digest: here.clone().untitled().digest() }.to_json()
        }
    }
}

/// Keep from whom a dashboard is taken, and with whom it was shared.
pub(super) async fn keep_owner(
    work: &Work<'_>,
    pass: &Pass,
    former: Option<&Former>,
) -> Result<()> {
    let (Some(former), Some(people)) = (former, &work.people) else { return Ok(()) };
    let rows = people.rows(&former.id, &former.grants)?;
    work.run.keep_image(pass, &Image::Owner { id: former.id.clone(), rows }).await
}
