//! The bodies of verbs, as the contract has them.

use documents::Merge;
use signed::code;

use crate::kind::{Field, Shape};
use crate::kinds::{action, checks};

/// What a verb's body may hold.
#[must_use]
pub fn of(verb: &str) -> &'static [Field] {
    let found = ALL.iter().find(|(names, _)| names.contains(&verb));
    found.map_or(NOTE, |(_, fields)| fields)
}

type Bodies = &'static [(&'static [&'static str], &'static [Field])];

static ALL: Bodies = &[
    (&["decline", "block", "reopen", "challenge"], REASONED),
    (&["propose_close"], &[reason(), w("left_at", Shape::Time)]),
    (
        &["complete"],
        &[
            w("outcome", Shape::Text),
            w("evidence", Shape::List(&Shape::Object(action::EVIDENCE))),
            w("system_reference", Shape::Object(checks::REFERENCE)),
            w("result", Shape::Object(checks::RESULT)),
        ],
    ),
    (&["claim"], &[w("result", Shape::Object(checks::RESULT)), w("text", Shape::Text)]),
    (&["not_done", "cancel"], REASONED),
    (&["set_date"], &[w("at", Shape::Time).must(), w("reason", Shape::Text)]),
    (&["hold"], &[w("next_date", Shape::Time), w("text", Shape::Text)]),
    (&["unchanged"], &[w("item", Shape::Record).must(), reason()]),
    (&["record_outcome"], &[w("text", Shape::Text).must(), w("reason", Shape::Text)]),
    (&["reply"], &[w("text", Shape::Text).must(), w("decision", Shape::Text)]),
    (&["tell_outcome"], &[w("to", Shape::Text).must(), w("how", Shape::Text).must()]),
    (&["close"], &[w("reason", Shape::Text), w("not_tellable", Shape::Text)]),
    (&["dispatch", "assign"], &[w("to", Shape::Holder).must(), w("reason", Shape::Text)]),
    (&["forward"], &[w("to", Shape::Holder).must(), w("why", Shape::Text).must().code(code::I_REASON)]),
    (
        &["attend"],
        &[
            w("attended_at", Shape::Time),
            w("left_at", Shape::Time),
            w("markers_acknowledged", Shape::List(&Shape::Text)),
            w("attendees", Shape::List(&Shape::Said)),
        ],
    ),
    (
        &["answer_prompt"],
        &[
            w("prompt", Shape::Record).must(),
            w("action", Shape::Text),
            w("decision", Shape::Text),
            w("reason", Shape::Text),
        ],
    ),
    (&["question", "breach"], &[w("text", Shape::Text).must().code(code::I_REASON)]),
    (
        &["answer"],
        &[
            w("how", Shape::Text),
            w("text", Shape::Text),
            w("reason", Shape::Text),
            w("at", Shape::Time),
            w("model", Shape::Text),
        ],
    ),
    (&["end", "confirm_match", "reject_match"], REASONED),
    (&["replace"], &[w("by", Shape::Record), reason()]),
    (&["reviewed", "confirm", "differs"], &[w("text", Shape::Text).must()]),
    (&["hand_over"], &[w("to", Shape::Id).must(), reason()]),
    (&["approve"], &[w("reason", Shape::Text)]),
    (&["dismiss_prompt"], &[w("prompt", Shape::Record).must(), w("reason", Shape::Text)]),
    (&["lower"], &[w("field", Shape::Text).must(), w("value", Shape::Any).must(), reason()]),
    (
        &["extend"],
        &[
            w("new_due", Shape::Time).must(),
            reason(),
            w("authorised_by", Shape::Id),
            // R72: needed from the third on: what is done by then, by whom.
            w("plan", Shape::Text).must_if(),
        ],
    ),
    (&["resolve"], &[w("path", Shape::Text).must(), w("value", Shape::Any).must(), reason()]),
    (&["mark_differs"], &[w("record", Shape::Record).must(), w("text", Shape::Text), w("reason", Shape::Text)]),
    (&["add_member"], &[w("user", Shape::Id).must(), w("role", Shape::Text), w("reason", Shape::Text)]),
    (&["remove_member"], &[w("user", Shape::Id).must(), w("reason", Shape::Text)]),
    (&["flag_image"], &[w("sha256", Shape::Text).must(), reason()]),
    (&["share"], &[w("to", Shape::Id).must(), w("reason", Shape::Text)]),
    (
        &["release_extract"],
        &[
            w("to", Shape::Id).must(),
            w("school", Shape::Id),
            w("parts", Shape::List(&Shape::Text)).must(),
            w("text", Shape::Text).must(),
            w("reason", Shape::Text),
        ],
    ),
];

const NOTE: &[Field] = &[w("text", Shape::Text), w("reason", Shape::Text)];
const REASONED: &[Field] = &[reason()];

const fn w(path: &'static str, shape: Shape) -> Field {
    Field::new(path, Merge::W, shape)
}

const fn reason() -> Field {
    w("reason", Shape::Text).must().code(code::I_REASON)
}
