//! Whether a crime was recorded, and why.

use super::{RECORD, TEXT, TEXTS, TIME, YN3, c, note, open_note, w};
use crate::kind::{Field, Kind, Owns, Shape};

/// A crime recording decision.
pub static CRIME_RECORDING_DECISION: Kind = Kind {
    name: "crime_recording_decision",
    says: "whether what was reported is recorded as a crime, by whom and why",
    drafted: true,
    part: "decision",
    initial: "sealed",
    done: &["sealed"],
    fields: &[
        w("for_record", RECORD).must(),
        w("triggers", TEXTS).must(),
        w("serious_incident", YN3).must(),
        c(
            "route",
            Shape::Choice(&[
                ("crime_recorded", false),
                ("school_protocol", true),
                ("further_enquiry_until", true),
                ("not_recorded", true),
                ("already_recorded", true),
                ("transferred", true),
                ("reported_unconfirmed", true),
                ("cancelled", true),
                ("other", true),
            ]),
        )
        .must(),
        w("cancelled_because", Shape::Enum(CANCELLED)),
        w("diversion_considered", Shape::Headed(DIVERSION)),
        c("classification", TEXT).must_if(),
        c("crime_ref", TEXT).must_if(),
        w("rationale", TEXT).must(),
        // Never by itself a reason not to record.
        w("victim_confirmed", Shape::Enum(&["yes", "no", "does_not_wish"])),
        w("victim_told_at", TIME),
        // A PCSO proposes: then whoever reviews it decides.
        c("decided_by", Shape::Id).computed(),
        c("reviewed_by", Shape::Id).computed(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[note("review"), open_note("assign").owned_by(Owns::To)],
};

const CANCELLED: &[&str] =
    &["outside_area", "verifiable_information_no_crime", "part_of_recorded_crime", "recorded_in_error"];
const DIVERSION: &[Field] = &[w("yn3", YN3).must().also(&["answer", "value"]), w("reason", TEXT)];
