//! Skills on a deployment.

use std::collections::BTreeMap;

use sisense_core::Result;

use super::Agent;
use crate::approval::Session;
use crate::plan::Plan;
use crate::skills::{Role, Skill, Skills};

impl Agent {
    /// The skills that there are.
    #[must_use]
    pub fn skills(&self) -> &Skills {
        &self.inner().skills
    }

    /// The plan of a skill for a session: all of it, or the part that reads where the role of the
    /// deployment's token is too small.
    ///
    /// # Errors
    /// `not_found` for an unknown skill, `invalid_input` when a parameter is missing or not known,
    /// or those of asking who the token is.
    pub async fn skill_plan(
        &self,
        session: &Session,
        name: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<Plan> {
        self.inner().known(session)?;
        let skill = self.skills().get(name)?;
        self.plan_of(session, skill, values).await
    }

    pub(super) async fn plan_of(
        &self,
        session: &Session,
        skill: &Skill,
        values: &BTreeMap<String, String>,
    ) -> Result<Plan> {
        let tools = &self.inner().tools;
        let role = match skill.front().requires_role {
            Some(_) => tools.role(&session.deployment).await?.as_deref().and_then(Role::of),
            None => None,
        };
        skill.plan(values, role, tools.as_ref())
    }
}
