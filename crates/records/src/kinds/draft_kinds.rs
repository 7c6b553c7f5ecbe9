//! What the server makes of a draft whose author is gone.

use super::{RECORD, TEXT, TIME, c, note, step, w};
use crate::kind::{Argues, Field, Kind, Owns, Shape};

/// The status of what was never sealed.
pub const UNSEALED: &str = "unsealed";

/// A draft as it was found: nobody ever said that these are the words.
pub static RECOVERED_DRAFT: Kind = Kind {
    name: "recovered_draft",
    says: "an unfinished draft of somebody who has left, as it was found: it was never sealed",
    drafted: false,
    part: "request",
    initial: UNSEALED,
    done: &["closed"],
    fields: &[
        w("of", RECORD).must(),
        w("of_kind", TEXT).must(),
        w("draft_author", Shape::Id).must(),
        w("since", TIME).must(),
        w("unsealed", Shape::Bool).must(),
        w("found", Shape::List(&Shape::Object(FOUND))).must(),
        w("number", Shape::Int),
        w("numbers", Shape::Int),
        w("released_by", Shape::List(&Shape::Id)).must(),
        w("release_reason", TEXT).must(),
        c("owner", Shape::Holder).must().by("assign"),
    ],
    steps: &[step("close", &[UNSEALED, "reopened"], "closed", Argues::Closed), note("assign").owned_by(Owns::To)],
};

/// One field of the draft, or one line of a list: words as they stood, anything else as JSON.
const FOUND: &[Field] = &[w("field", TEXT).must(), w("text", TEXT).must()];
