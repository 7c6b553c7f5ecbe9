//! A welfare check: someone goes and sees.

use super::{
    ITEM, RECORD, RECORDS, SAID, SAIDS, TEXT, TEXTS, TIME, YN3, a, c, concern, m, note, open_note, s, step, w,
};
use crate::kind::{Argues, Caution, Field, Kind, Owns, Shape};

const GRADE: &[&str] = &["immediate", "urgent", "scheduled"];

/// A welfare check.
pub static WELFARE_CHECK: Kind = Kind {
    name: "welfare_check",
    says: "someone goes to a household and sees every child there",
    drafted: false,
    part: "request",
    initial: "requested",
    done: &["closed"],
    fields: &[
        w("request", Shape::Object(REQUEST)).must(),
        m("grade", Shape::Enum(GRADE), Caution::Order(GRADE)).must().reopens(),
        m("attend_by", TIME, Caution::Earliest).must().reopens(),
        c("classification", TEXT),
        w("address", SAID).must(),
        w("markers_acknowledged", TEXTS).must_if(),
        w("attended_at", TIME).must(),
        w("left_at", TIME).must(),
        w("attendees", SAIDS),
        c("children", Shape::List(&Shape::Object(CHILD))).must().reopens(),
        a("adults_present", Shape::List(&Shape::Object(ADULT))).must().reopens(),
        a("others_who_stay_or_visit", Shape::ListOrNone(&Shape::Object(ADULT))).must().reopens(),
        c("siblings_all_listed", ITEM).must(),
        c("living_conditions", Shape::Object(LIVING)).must(),
        c("suspect_handling", Shape::Object(SUSPECT)).must_if(),
        a("concern_answers", Shape::List(&Shape::Object(CONCERN_ANSWER))).must(),
        c("intelligence_checks", RECORDS).must(),
        c("risk", RECORD).must(),
        c("referral_decision", Shape::List(&Shape::Object(REFERRAL_DECISION))).must(),
        c("reporter_contacted", ITEM).must(),
        a("advice_sought", Shape::List(&Shape::Object(ADVICE))),
        c("outcome", Shape::Enum(&["no_concern_found", "concern", "crime", "referral", "could_not_complete"])).must(),
        s("closed_by", Shape::Id).computed(),
        s("approved_by", Shape::Id).must_if().computed(),
        c("status", TEXT).computed(),
        // R72: what the dates were moved for, and from the third on by which plan.
        a("extensions", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[
        step("dispatch", &["requested", "dispatched", "reopened"], "dispatched", Argues::Neither).owned_by(Owns::To),
        step("attend", &["requested", "dispatched", "attended", "reopened"], "attended", Argues::Neither),
        step("propose_close", &["attended", "reopened", "closing_proposed"], "closing_proposed", Argues::Closed),
        step("close", &["closing_proposed"], "closed", Argues::Closed),
        step("reopen", &["closing_proposed", "closed", "reopened"], "reopened", Argues::Open),
        step("challenge", &["closing_proposed", "closed", "reopened"], "reopened", Argues::Open),
        open_note("assign").owned_by(Owns::To),
        note("extend"),
    ],
};

const REQUEST: &[Field] = &[
    w("concern", RECORD).must(),
    w("concern_items", Shape::List(&Shape::Object(concern::CONCERN_ITEM))).must(),
    w("requested_by", SAID),
    w("instructions", TEXTS),
];
const CHILD: &[Field] = &[
    c("person", SAID).must(),
    c("seen", Shape::Answer).must(),
    c("seen_alone", Shape::Answer).must(),
    c("spoken_to", Shape::Answer).must(),
    // The whole name does not fit into a key beside the line's id.
    c("sleeping_arrangement", Shape::Answer).must().key("sleeping"),
    c("observed", Shape::Answer).must(),
    c("communication_need", Shape::Answer).must(),
    c("risk", Shape::Answer).must(),
    c("referral", Shape::Answer).must(),
];
const ADULT: &[Field] = &[w("person", SAID).must(), w("relation", TEXT), w("dob", Shape::Day)];
const CONDITION: &[Field] = &[c("item", ITEM).must(), c("text", TEXT)];
const LIVING: &[Field] = &[
    c("food", Shape::Headed(CONDITION)).must(),
    c("heating", Shape::Headed(CONDITION)).must(),
    c("cleanliness", Shape::Headed(CONDITION)).must(),
    c("bedrooms", Shape::Headed(CONDITION)).must(),
    c("substances", Shape::Headed(CONDITION)).must(),
];
const SUSPECT: &[Field] = &[c("present", YN3), c("kept_in_sight_by", TEXT), c("left_at", TIME)];
const CONCERN_ANSWER: &[Field] = &[
    w("concern_item", TEXT).must(),
    w("answer", Shape::Choice(&[("addressed", false), ("not_addressed", true)])).must(),
    w("evidence", Shape::Any),
];
const REFERRAL_DECISION: &[Field] = &[c("child", SAID).must(), c("ref", RECORD).must().also(&["decision"])];
const ADVICE: &[Field] = &[w("from", TEXT).must(), w("at", TIME), w("advice", TEXT).must()];
