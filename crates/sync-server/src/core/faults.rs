//! Faults that tests plant, to see that somebody notices them. They exist only under the feature
//! `test-faults`; without it every question here is answered no.

use documents::state::Tip;
use documents::{Candidate, ChangeBuilder, DocState, Template};
use wire::Row;

/// Which faults are planted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Everybody gets everything: the audience is not asked.
    pub membership_off: bool,
    /// A record is receipted and then not kept.
    pub record_lost: bool,
    /// The rows of a page come in the wrong order.
    pub wrong_order: bool,
    /// A school gets what is in POLICE.
    pub school_sees_police: bool,
    /// A change that closes or completes something is kept from those who wait for it.
    pub stale_status: bool,
    /// A statement whose signature does not verify is taken.
    pub unsigned_accepted: bool,
    /// The statement that tells an outcome is handed on with a signature that does not verify.
    pub unsigned_sent: bool,
    /// The database is written and never synced: a receipt means nothing.
    pub unsynced: bool,
}

impl Faults {
    /// What the environment asks for: `FIRSTHAND_TEST_FAULTS`, words separated by commas. Nothing
    /// without the feature.
    #[must_use]
    pub fn from_environment() -> Self {
        if cfg!(feature = "test-faults") {
            Self::named(&std::env::var("FIRSTHAND_TEST_FAULTS").unwrap_or_default())
        } else {
            Self::default()
        }
    }

    /// The faults with these names, separated by commas.
    #[must_use]
    pub fn named(names: &str) -> Self {
        let has = |name: &str| cfg!(feature = "test-faults") && names.split(',').any(|known| known.trim() == name);
        Self {
            membership_off: has("membership_off"),
            record_lost: has("record_lost"),
            wrong_order: has("wrong_order"),
            school_sees_police: has("school_sees_police"),
            stale_status: has("stale_status"),
            unsigned_accepted: has("unsigned_accepted"),
            unsigned_sent: has("unsigned_sent"),
            unsynced: has("unsynced"),
        }
    }

    /// Whether any is planted.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// `unsigned_sent`: the change that tells an outcome, with another signature.
pub(crate) fn without_signature(row: Row) -> Row {
    let Row::Change { document, change } = &row else { return row };
    let Ok(candidate) = Candidate::read(change, Template::Record) else { return row };
    let told = candidate.statements().find(|opened| opened.statement.sentence.name() == "tell_outcome");
    let Some(told) = told else { return row };
    let mut bytes = told.bytes.clone();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    let mut state = DocState::new(Template::Record);
    state.heads.clone_from(&candidate.deps);
    state.max_op = candidate.start_op - 1;
    state.actors.insert(candidate.actor, Tip { seq: candidate.seq - 1, hash: candidate.hash });
    let mut builder = ChangeBuilder::new(&state, candidate.actor);
    builder.statement(bytes);
    Row::Change { document: *document, change: builder.finish() }
}

impl super::Core {
    /// Plants faults (`test-faults` only; a no otherwise).
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = if cfg!(feature = "test-faults") { faults } else { Faults::default() };
        self
    }

    /// The faults that are planted.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults
    }
}

#[cfg(all(test, not(feature = "test-faults")))]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_nothing_can_be_planted() {
        assert!(!Faults::named("membership_off,record_lost,unsigned_accepted").any());
    }
}
