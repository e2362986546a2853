//! Another plan after a step failed: only where results may be shown to a model.

use sisense_core::Result;

use super::super::{Answer, Request};
use super::answer::ModelAnswer;
use super::judge::{Judged, judge, unmended};
use super::{LlmPlanner, pick};
use crate::privacy::{Planning, Prompt};
use crate::report::Report;

impl LlmPlanner {
    /// The request holds the answer to a question, if there was one: results may be shown, so a name
    /// that was chosen from a menu may be too. One call, without another to mend. The answer is checked as every plan is, and its writes are
    /// previewed and approved as every write is.
    pub(super) async fn plan_again(
        &self,
        request: &Request<'_>,
        report: &Report,
    ) -> Result<Option<Answer>> {
        let Some(allowed) = request.context.summaries.allowed() else { return Ok(None) };
        let asked = request.whole();
        let tools = pick(request, &asked);
        let history = self.seen(request);
        let material = Planning { request: &asked, history, tools: &tools };
        let first = Prompt::planning(&material, ModelAnswer::schema());
        let reply = self.call(request, &first.replan(allowed, report)?).await?;
        Ok(Some(match judge(request, &asked, &reply).await {
            Judged::Good(answer) => answer,
            Judged::Wrong(problems) => Answer::Decline(unmended(&problems)),
        }))
    }
}
