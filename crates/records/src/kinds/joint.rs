//! Meetings, referrals, notices: what is done together with others.

use super::concern::CONCERN_ITEM;
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
        m("at", TIME, Caution::Earliest),
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
        step("set_date", &["proposed", "set"], "set", Argues::Neither),
        step("decline", &["proposed", "set"], "declined", Argues::Closed),
        step("cancel", &["proposed", "set"], "cancelled", Argues::Closed),
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
    done: &["replied", "not_made"],
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
        w("marf", Shape::Object(MARF)),
        w("made_by", Shape::Enum(&["police", "school"])).must(),
        a("reply", Shape::List(&Shape::Object(REPLY))),
    ],
    steps: &[note("send"), note("read"), note("reply"), note("chase")],
};

const OPINION: &[Field] = &[w("text", TEXT).must(), w("basis", TEXT), w("approved_by", Shape::Id)];
const REPLY: &[Field] = &[w("text", TEXT).must(), w("at", TIME), w("decision", TEXT)];

/// The fields of the multi-agency form, as one union; blanks are not allowed in it: what is not known
/// says so.
pub(crate) const MARF: &[Field] = &[
    w("child_names", TEXT),
    w("child_other_names", TEXT),
    w("dob_or_due_date", TEXT),
    w("gender", TEXT),
    w("age", TEXT),
    w("ethnicity", TEXT),
    w("religion", TEXT),
    w("first_language", TEXT),
    w("communication_method", TEXT),
    w("interpreter", TEXT),
    w("disability_or_health", TEXT),
    w("nhs_number", TEXT),
    w("address", TEXT),
    w("phones", TEXT),
    w("gp", TEXT),
    w("school_or_nursery", TEXT),
    w("physical_description", TEXT),
    w("household", TEXT),
    w("parental_responsibility", TEXT),
    w("siblings", TEXT),
    w("referrer", TEXT),
    w("spoken_to", TEXT),
    w("parent_aware", YN3),
    w("child_aware", YN3),
    w("consent", TEXT),
    w("why_no_consent", TEXT),
    w("parents_view", TEXT),
    w("childs_view", TEXT),
    w("confidential_from_family", TEXT),
    w("early_help", TEXT),
    w("concern_level", TEXT),
    w("prior_action", TEXT),
];

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
        w("children", Shape::List(&Shape::Object(ENCOMPASS))),
        w("police_reference", TEXT),
        w("place", TEXT),
        w("at", TIME),
        w("child_present", YN3),
        w("child_words", TEXT),
        w("circumstances", TEXT),
    ],
    steps: &[step("take_note", &["sent"], "acknowledged", Argues::Closed)],
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
        c("return_conversation", Shape::Object(RETURN)).must_if(),
        c("owner", Shape::Holder).by("assign"),
    ],
    steps: &[
        step("returned", &["missing", "seen", "not_traced"], "returned", Argues::Closed),
        step("seen", &["missing", "not_traced"], "seen", Argues::Neither),
        step("not_traced", &["missing", "seen"], "not_traced", Argues::Open),
        open_note("assign").owned_by(Owns::To),
    ],
};

const RETURN: &[Field] = &[c("circumstances", TEXT), c("wider_risk", TEXT), c("by", TEXT), c("not_done", TEXT)];
