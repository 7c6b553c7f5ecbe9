//! Places and other identifiers, and two records that may be about the same.

use super::{RECORDS, TEXT, a, note, step, w};
use crate::kind::{Argues, Kind, Shape};

/// A place or other identifier.
pub static PLACE: Kind = Kind {
    name: "place",
    says: "an address, venue, number or other thing by which somebody or somewhere is found",
    drafted: false,
    part: "request",
    initial: "recorded",
    done: &["recorded"],
    fields: &[
        w("place_kind", Shape::Enum(&["address", "venue", "phone", "email", "username", "vehicle"]))
            .must()
            .also(&["kind"]),
        w("value_raw", TEXT).must().also(&["value"]),
        w("value_normalised", TEXT).computed(),
        a("shared_by_many", Shape::Set(&["school", "hotel", "home", "helpline"])),
        a("seen_in", RECORDS),
    ],
    steps: &[],
};

/// Two records that may be about the same number, place or person.
pub static MATCH: Kind = Kind {
    name: "match",
    says: "two records that may be about the same number, place or person",
    drafted: false,
    part: "request",
    initial: "possible",
    done: &["confirmed", "rejected"],
    fields: &[
        w("rule", TEXT).must(),
        w("records", RECORDS).must(),
        w("key_kind", TEXT).must(),
        w("serious", Shape::Bool),
        w("shared", Shape::Bool),
        a("decisions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("confirm_match", &["possible", "rejected", "confirmed"], "confirmed", Argues::Neither),
        step("reject_match", &["possible", "confirmed", "rejected"], "rejected", Argues::Neither),
        note("looked_at"),
    ],
};
