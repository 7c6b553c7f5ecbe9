//! The closed list of kinds, one table each.

pub mod action;
pub mod case;
pub mod checks;
pub mod concern;
pub mod crime;
pub mod disclosure;
pub mod draft_kinds;
pub mod header;
pub mod joint;
mod marf;
pub mod outcomes;
pub mod own_work;
pub mod person;
pub mod places;
pub mod risk;
pub mod supervision;
pub mod welfare_check;

use documents::Merge;

use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape, Step};

/// Every kind this version declares.
pub static ALL: &[&Kind] = &[
    &case::CASE,
    &person::PERSON,
    &concern::CONCERN,
    &disclosure::DISCLOSURE,
    &welfare_check::WELFARE_CHECK,
    &action::ACTION,
    &action::ACTION_UPDATE,
    &action::ACTION_NOTE,
    &risk::RISK_ASSESSMENT,
    &crime::CRIME_RECORDING_DECISION,
    &checks::INTELLIGENCE_CHECK,
    &checks::INTELLIGENCE_SUBMISSION,
    &joint::MEETING,
    &joint::REFERRAL,
    &joint::NOTIFICATION,
    &joint::MISSING_EPISODE,
    &supervision::HANDOVER,
    &supervision::DEADLINE,
    &supervision::CONTACT_LOG,
    &supervision::ABSENCE,
    &supervision::AGREEMENT,
    &supervision::HELP_REQUEST,
    &supervision::LANGUAGE_PROMPT,
    &supervision::ESCALATION,
    &own_work::SEARCH,
    &own_work::TRAINING,
    &own_work::OPENING,
    &outcomes::PROTECTIVE_MEASURE,
    &outcomes::SAFETY_PLAN,
    &outcomes::DEVICE_SEEN,
    &outcomes::SCHOOL_OUTCOME,
    &outcomes::FEEDBACK,
    &outcomes::EXTRACT,
    &places::PLACE,
    &places::MATCH,
    &draft_kinds::RECOVERED_DRAFT,
];

/// What can be done to a record of every kind, whatever its state machine.
pub static COMMON: &[Step] = &[
    note("confirm_seen"),
    note("acknowledge"),
    note("lower"),
    note("resolve"),
    note("mark_differs"),
    note("share"),
    note("release_extract"),
    note("addendum"),
    note("answer_prompt"),
    note("dismiss_prompt"),
    note("attach"),
    note("flag_image"),
];

const fn w(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::W, shape)
}

const fn a(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::A, shape)
}

const fn c(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::C, shape)
}

const fn l(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::L, shape)
}

const fn s(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::S, shape)
}

const fn m(path: &'static str, shape: Shape, caution: Caution) -> Field {
    Field::new(path, Merge::M, shape).caution(caution)
}

const fn step(verb: &'static str, from: &'static [&'static str], to: &'static str, argues: Argues) -> Step {
    Step { verb, from, to: Some(to), argues, owns: Owns::Nobody }
}

const fn note(verb: &'static str) -> Step {
    Step { verb, from: &[], to: None, argues: Argues::Neither, owns: Owns::Nobody }
}

/// Changes no status and still argues for open: another has taken it over.
const fn open_note(verb: &'static str) -> Step {
    Step { verb, from: &[], to: None, argues: Argues::Open, owns: Owns::Nobody }
}

impl Step {
    const fn owned_by(mut self, owns: Owns) -> Self {
        self.owns = owns;
        self
    }
}

const TEXT: Shape = Shape::Text;
const TEXTS: Shape = Shape::List(&Shape::Text);
const SAID: Shape = Shape::Said;
const SAIDS: Shape = Shape::List(&Shape::Said);
const YN3: Shape = Shape::Yn3;
const ITEM: Shape = Shape::Item;
const TIME: Shape = Shape::Time;
const RECORD: Shape = Shape::Record;
const RECORDS: Shape = Shape::List(&Shape::Record);
