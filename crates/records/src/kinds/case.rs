//! A case: what several records about the same children are held together by.

use super::{RECORDS, TEXT, a, c, l, m, note, step};
use crate::kind::{Argues, Caution, Kind, Owns, Shape};

/// A case.
pub static CASE: Kind = Kind {
    name: "case",
    says: "what several records about the same children are held together by",
    drafted: false,
    part: "request",
    initial: "open",
    done: &["closed"],
    fields: &[
        a("plan", RECORDS),
        l("title", TEXT),
        a("schools", Shape::List(&Shape::Id)),
        a("members", Shape::List(&Shape::Any)).computed(),
        a("sampled", Shape::List(&Shape::Any)),
        // R111: a matter about a user, a colleague or staff of a member school.
        m("restricted", Shape::Bool, Caution::Order(&["true", "false"])),
        c("owner", Shape::Holder).must().by("assign"),
        c("cover", Shape::Id),
        c("status", TEXT).computed(),
        c("current_risk", Shape::Record).computed(),
        c("stale", Shape::Bool).computed(),
        a("linked_cases", RECORDS),
        a("closure", Shape::Any).computed(),
    ],
    steps: &[
        step("propose_close", &["open", "reopened", "closing_proposed"], "closing_proposed", Argues::Closed),
        step("close", &["closing_proposed"], "closed", Argues::Closed),
        step("reopen", &["closing_proposed", "closed", "reopened"], "reopened", Argues::Open),
        step("challenge", &["closing_proposed", "closed", "reopened"], "reopened", Argues::Open),
        note("assign").owned_by(Owns::To),
        note("add_member"),
        note("remove_member"),
        note("hand_over").owned_by(Owns::To),
        note("approve"),
    ],
};
