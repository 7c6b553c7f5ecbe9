//! Meetings, referrals, notices: what is done together with others.

use super::concern::CONCERN_ITEM;
use super::marf::MARF;
use super::{RECORD, RECORDS, SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, m, note, open_note, step, w};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

/// A meeting, conference or joint visit.
pub static MEETING: Kind = Kind {
    name: "meeting",
    says: "a meeting, conference, joint visit or interview: who was asked, who came, what was decided",
    drafted: false,
    part: "request",
    initial: "proposed",
    done: &["held", "declined", "cancelled"],
    fields: &[
        w(
            "meeting_type",
            Shape::Enum(&[
                "contact_with_child",
                "parent",
                "officer_school_weekly",
                "strategy_discussion",
                "initial_conference",
                "review_conference",
                "pre_birth_conference",
                "joint_visit",
                "joint_interview",
            ]),
        )
        .must()
        .also(&["type"]),
        w("called_by", SAID).must(),
        w("about", SAIDS),
        w("reason_told_to_each", Shape::List(&Shape::Object(TOLD))).must(),
        c("at", TIME),
        a("invited", Shape::List(&Shape::Object(INVITED))).must(),
        a("attendance", Shape::List(&Shape::Object(ATTENDED))).must(),
        a("accounts", Shape::List(&Shape::Object(ACCOUNT))),
        c("pack", RECORDS).must(),
        c("pack_says", Shape::Object(PACK)),
        a("decisions", RECORDS),
        c("next_date", TIME).must_if(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("hold", &["proposed", "set", "reopened"], "held", Argues::Closed),
        step("set_date", &["proposed", "set", "reopened"], "set", Argues::Neither),
        step("decline", &["proposed", "set", "reopened"], "declined", Argues::Closed),
        step("cancel", &["proposed", "set", "reopened"], "cancelled", Argues::Closed),
        step("reopen", &["held", "declined", "cancelled"], "reopened", Argues::Open),
        open_note("assign").owned_by(Owns::To),
    ],
};

const TOLD: &[Field] = &[w("person", SAID).must(), w("reason", TEXT).must()];
const INVITED: &[Field] = &[w("person", SAID).must(), w("org", TEXT), w("at", TIME)];
const ATTENDED: &[Field] = &[
    w("person", SAID).must(),
    w("org", TEXT),
    w(
        "came",
        Shape::Choice(&[
            ("attended", false),
            ("absent", true),
            ("absent_reason_unknown", false),
            ("sent_written", true),
        ]),
    )
    .must()
    .also(&["attendance"]),
];
const ACCOUNT: &[Field] = &[w("participant", SAID).must(), w("record", RECORD)];
const PACK: &[Field] = &[c("known", TEXT), c("pending", TEXT), c("unknown", TEXT)];

/// A referral.
pub static REFERRAL: Kind = Kind {
    name: "referral",
    says: "that a child was referred, or was not and why: facts apart from opinion",
    drafted: true,
    part: "referral",
    initial: "sealed",
    done: &["replied", "outcome_recorded"],
    fields: &[
        w("child", SAID).must(),
        w("incident", RECORD).must(),
        w("to", Shape::Enum(&["hub", "MASH", "social_worker", "NRM", "health", "early_help", "support_service"]))
            .must(),
        w("recipients", Shape::List(&Shape::Id)),
        w("form", Shape::Enum(&["MARF"])),
        c("decision", Shape::Choice(&[("made", false), ("not_made", true)])).must(),
        w("concern_items", Shape::List(&Shape::Object(CONCERN_ITEM))).must(),
        w("risk", RECORD).must(),
        w("facts", TEXTS).must(),
        w("opinion", Shape::List(&Shape::Object(OPINION))),
        w("siblings_included", SAIDS).must(),
        w("lawful_basis_to_name_child_witness", TEXT),
        // R60: needed where the form is a MARF and the referral is made.
        w("marf", Shape::Object(MARF)).must_if(),
        w("made_by", Shape::Enum(&["police", "school"])).must(),
        // When it was made by phone, where it was: in writing it follows (R60).
        w("by_phone_at", TIME),
        a("reply", Shape::List(&Shape::Any)).computed(),
        c("sent_at", TIME).computed(),
        c("read_at", TIME).computed(),
    ],
    steps: &[
        step("send", &["sealed", "sealed_incomplete", "reopened"], "sent", Argues::Neither),
        note("read"),
        note("chase"),
        step("reply", SENT, "replied", Argues::Neither),
        step("record_outcome", SENT, "outcome_recorded", Argues::Closed),
        step("reopen", &["replied", "outcome_recorded"], "reopened", Argues::Open),
    ],
};

/// A school's referral reaches the hub with its seal: it may be answered though nobody said `send`.
const SENT: &[&str] = &["sealed", "sealed_incomplete", "sent", "replied", "outcome_recorded", "reopened"];

const OPINION: &[Field] = &[w("text", TEXT).must(), w("basis", TEXT), w("approved_by", Shape::Id)];

/// A notification to another organisation.
pub static NOTIFICATION: Kind = Kind {
    name: "notification",
    says: "that one organisation is told of one incident, with its own assessment",
    drafted: false,
    part: "request",
    initial: "sent",
    done: &["acknowledged"],
    fields: &[
        w("recipient_org", TEXT).must(),
        w("recipients", Shape::List(&Shape::Id)),
        w("reason", TEXT).must(),
        w("risk", TEXT).must(),
        w("incident", RECORD).must(),
        // Operation Encompass: each related pupil, and what the child saw and said.
        w("children", Shape::List(&Shape::Object(ENCOMPASS))).also(&["siblings"]),
        w("police_reference", TEXT),
        w("place", TEXT),
        w("at", TIME),
        w("child_present", YN3),
        w("child_was_where", TEXT),
        w("child_words", TEXT),
        w("who_else_was_there", TEXT),
        w("welfare_check_made", YN3),
        w("circumstances", TEXT),
    ],
    steps: &[step("take_note", &["sent", "reopened"], "acknowledged", Argues::Closed)],
};

const ENCOMPASS: &[Field] = &[w("person", SAID).must(), w("dob", Shape::Day), w("spoken_to", YN3), w("who_else", TEXT)];

/// A child is missing.
pub static MISSING_EPISODE: Kind = Kind {
    name: "missing_episode",
    says: "that a child is missing, until returned, seen or not traced",
    drafted: false,
    part: "request",
    initial: "missing",
    done: &["returned"],
    fields: &[
        w("child", SAID).must(),
        w("reported_at", TIME).must(),
        w("missing_from", Shape::Enum(&["home", "care", "school"])).must().also(&["from"]),
        w("home_safe", YN3),
        // Told at once, where there is one (R22).
        c("social_worker", SAID),
        m("state", Shape::Enum(STATES), Caution::Order(STATES)).computed(),
        c("return_conversation", Shape::Object(RETURN)).must_if(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("returned", &["missing", "seen", "not_traced", "reopened"], "returned", Argues::Closed),
        step("seen", &["missing", "not_traced", "reopened"], "seen", Argues::Neither),
        step("not_traced", &["missing", "seen", "reopened"], "not_traced", Argues::Open),
        open_note("assign").owned_by(Owns::To),
    ],
};

/// Where a missing child stands, the most cautious first.
const STATES: &[&str] = &["missing", "not_traced", "seen", "returned"];
const RETURN: &[Field] = &[c("circumstances", TEXT), c("wider_risk", TEXT), c("by", TEXT), c("not_done", TEXT)];
