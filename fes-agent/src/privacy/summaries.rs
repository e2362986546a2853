//! Whether results may be shown to a model at all.

/// What the operator says about results and models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SummaryRules {
    /// Whether any result may ever be shown to a model (`ALLOW_SUMMARIZATION`). Off by default.
    pub allowed: bool,
    /// Whether a person may ask for it (`FES_ALLOW_SUMMARIZATION_TOGGLE`).
    pub toggle: bool,
}

impl SummaryRules {
    /// What holds in one turn: on only when the operator allows it, the person may choose, and
    /// the person chose it. A turn without a wish is off.
    #[must_use]
    pub fn for_turn(self, wish: Option<bool>) -> Summaries {
        Summaries(self.allowed && self.toggle && wish == Some(true))
    }
}

/// Whether results may be shown to a model in one turn. Off by default; only [`SummaryRules`] can
/// say on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summaries(bool);

impl Summaries {
    /// Whether they may.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.0
    }

    /// The leave to put results into a prompt, when there is one.
    #[must_use]
    pub fn allowed(self) -> Option<Allowed> {
        self.0.then_some(Allowed(()))
    }
}

/// The leave to put results into a prompt. Whatever builds such a prompt takes one.
#[derive(Clone, Copy, Debug)]
pub struct Allowed(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_have_to_say_yes() {
        for allowed in [false, true] {
            for toggle in [false, true] {
                for wish in [None, Some(false), Some(true)] {
                    let on = SummaryRules { allowed, toggle }.for_turn(wish);
                    assert_eq!(on.is_on(), allowed && toggle && wish == Some(true));
                    assert_eq!(on.allowed().is_some(), on.is_on());
                }
            }
        }
        assert!(!Summaries::default().is_on());
    }
}
