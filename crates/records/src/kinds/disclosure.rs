//! A disclosure: a child's account, in the child's own words.

use signed::code;

use super::{ITEM, SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, m, w};
use crate::kind::{Caution, Field, Kind, Shape};

const UNSAFE_FIRST: Caution = Caution::Order(&["no", "unknown", "yes"]);
const NEEDED_FIRST: Caution = Caution::Order(&["yes", "unknown", "no"]);

/// A disclosure.
pub static DISCLOSURE: Kind = Kind {
    name: "disclosure",
    says: "what a child said, in the child's own words, and how it came to be said",
    drafted: true,
    part: "account",
    initial: "sealed",
    done: &["sealed"],
    fields: &[
        w("speaker", SAID).must(),
        w("about", SAIDS),
        c("child_view", Shape::List(&Shape::Object(CHILD_VIEW))).must(),
        w("read_back", Shape::Headed(READ_BACK)),
        w("words_verbatim", Shape::List(&Shape::Object(WORDS))).must_if().code(code::R2_BLANK),
        w("observations", Shape::List(&Shape::Object(OBSERVATION))),
        w("reported_demeanour", Shape::List(&Shape::Object(REPORTED))),
        w("reluctance", TEXT),
        // A body map: what could be seen without undressing.
        w("injuries", Shape::List(&Shape::Object(INJURY))),
        a("interpretation", Shape::List(&Shape::Object(INTERPRETATION))),
        w("nothing_disclosed", Shape::Bool),
        w("why_called", TEXT).must_if().code(code::R2_BLANK),
        w("who_called", TEXT),
        w("questions_asked", Shape::ListOrNone(&Shape::Object(QUESTION))).must().code(code::R5_QUESTIONS),
        w("who_present", Shape::List(&Shape::Object(PRESENT))).must().code(code::R5_WHO_PRESENT),
        w("others_could_overhear", YN3),
        w("how_child_is_known", TEXT),
        w("child_wanted_present", TEXT),
        w("seen_alone", YN3).must().code(code::R5_SEEN_ALONE),
        w("account_started_at", TIME).must(),
        w("account_ended_at", TIME).must(),
        w("asked_again_because", TEXT).must_if(),
        w("delay_reason", TEXT).must_if().code(code::R4_DELAY),
        w("setting", Shape::Object(SETTING)).must().code(code::R5_SETTING),
        w("how_recorded", Shape::Enum(HOW_RECORDED)).must().code(code::R5_HOW_RECORDED),
        w("original_note_ref", TEXT).must_if(),
        c("communication", Shape::Object(COMMUNICATION)).must(),
        a("body_worn", Shape::List(&Shape::Object(BODY_WORN))),
        a("evidence", Shape::List(&Shape::Object(EVIDENCE))),
        c("first_evidence_done", ITEM).must().code(code::R6_FIRST_EVIDENCE),
        m("medical_need", Shape::Headed(MEDICAL_NEED), Caution::None).must().code(code::R6_MEDICAL_NEED),
        m("immediate_safety", Shape::Object(IMMEDIATE_SAFETY), Caution::None).must(),
        w("named_people", Shape::List(&Shape::Object(NAMED))),
        w("counts_stated", Shape::Object(COUNTS)),
        w("phones", TEXTS),
        w("addresses", TEXTS),
        w("venues", TEXTS),
        w("dates_said", TEXTS),
        a("child_wishes", Shape::List(&Shape::Object(WISH))),
        c("special_measures_explained", ITEM).must_if(),
        a("told_next", Shape::List(&Shape::Object(TOLD_NEXT))),
        a("told_child", Shape::List(&Shape::Headed(PROMISE))),
        c("reassured", ITEM).must(),
    ],
    steps: &[],
};

/// The statements of view of one child; a "not asked" comes with its reason.
const CHILD_VIEW: &[Field] = &[c("child", SAID), c("words", TEXT), c("not_asked", TEXT)];
const READ_BACK: &[Field] =
    &[w("answer", Shape::Choice(&[("done", false), ("no", true)])), w("child_correction", TEXT)];
const WORDS: &[Field] = &[w("seq", Shape::Int), w("speaker", TEXT), w("text", TEXT).must(), w("exact", Shape::Bool)];
const OBSERVATION: &[Field] = &[w("text", TEXT).must(), w("at", TIME)];
const REPORTED: &[Field] = &[w("text", TEXT).must(), w("by", SAID), w("at", TIME)];
const INJURY: &[Field] = &[
    w("side", Shape::Enum(&["left", "right", "front", "back"])),
    w("place", TEXT).must(),
    w("size", TEXT),
    w("colour", TEXT),
    w("said_of_it", TEXT),
];
const TOLD_NEXT: &[Field] = &[w("person", SAID).must(), w("at", TIME), w("what", TEXT)];
const INTERPRETATION: &[Field] =
    &[w("text", TEXT).must(), w("basis", TEXT).must().code(code::R3_BASIS), w("author", TEXT)];
const QUESTION: &[Field] = &[
    w("seq", Shape::Int),
    w("text", TEXT).must(),
    w("asker", TEXT),
    w("type", Shape::Enum(&["open", "closed", "leading"])).also(&["form", "how", "kind"]),
];
const PRESENT: &[Field] =
    &[w("person", SAID).must(), w("role", TEXT), w("part_or_whole", Shape::Enum(&["part", "whole"]))];
const SETTING: &[Field] = &[w("type", TEXT), w("place", SAID), w("chosen_by_child", YN3)];
const HOW_RECORDED: &[&str] = &["typed_live", "handwritten_then_typed", "audio", "body_worn", "memory"];
const COMMUNICATION: &[Field] = &[
    c("needs", TEXTS),
    c("interpreter", YN3),
    c("intermediary", YN3),
    c("appropriate_adult", YN3),
    c("specialist", YN3),
    c("adjustment_made", TEXT),
];
const BODY_WORN: &[Field] = &[w("ref", TEXT), w("on_at", TIME), w("off_at", TIME), w("off_reason", TEXT).must_if()];
const EVIDENCE: &[Field] = &[
    w("ref", TEXT),
    w("sha256", TEXT).also(&["hash"]),
    w("type", TEXT),
    w("taken", Shape::Choice(&[("seized", false), ("preserved", false), ("offered", false), ("none", true)]))
        .also(&["state", "status"]),
    w("by", TEXT),
];
const MEDICAL_NEED: &[Field] = &[
    m("yn3", YN3, NEEDED_FIRST).must().also(&["needed", "answer", "value"]).code(code::R6_MEDICAL_NEED),
    c("what", TEXT),
    c("acted", TEXT),
];
const IMMEDIATE_SAFETY: &[Field] = &[
    m("safe_now", YN3, UNSAFE_FIRST).must().code(code::R6_SAFE_NOW),
    c("where_going", TEXT),
    c("with_whom", TEXT),
    m("suspect_access", YN3, NEEDED_FIRST),
];
const NAMED: &[Field] =
    &[w("as_said", TEXT), w("person", SAID), w("role_said", Shape::Enum(&["victim", "suspect", "witness"]))];
const COUNTS: &[Field] = &[w("victims", Shape::Int), w("suspects", Shape::Int)];
const WISH: &[Field] = &[
    w(
        "step",
        Shape::Enum(&[
            "statement",
            "video_interview",
            "medical_centre",
            "samples",
            "clothing",
            "court",
            "tell_parent",
            "referral",
        ]),
    )
    .must(),
    w("choice", Shape::Enum(&["yes", "no", "undecided", "not_asked"])).must(),
    w("at", TIME),
];
const PROMISE: &[Field] = &[w("text", TEXT).must(), w("due", TIME)];
