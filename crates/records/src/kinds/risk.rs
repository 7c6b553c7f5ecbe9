//! Risk: assessed by a model, every field a value or why it is not known.

use documents::Merge;
use serde_json::{Map as JsonMap, Value as Json};

use super::{RECORD, RECORDS, SAID, SAIDS, TEXT, TIME, YN3, a, c, m, note, open_note, w};
use crate::kind::{Caution, Field, Kind, Owns, Shape};
use crate::seal::filled;

/// The models.
pub const MODELS: &[&str] = &["THRIVE", "THRIVE+", "THRIVE-SP", "THRIVES", "NDM", "THOR", "KIRAT"];
/// How high a risk is, the highest first.
pub const LEVELS: &[&str] = &["very_high", "high", "medium", "low"];

const LEVEL: Caution = Caution::Order(LEVELS);
/// A value, or why it is not known.
const FIELD: Shape = Shape::Object(&[w("value", TEXT), w("unknown", TEXT)]);

/// The fields a model has.
#[must_use]
pub fn fields_of(model: &str) -> &'static [&'static str] {
    match model {
        "THRIVE" => &THRIVE,
        "THRIVE+" => &["threat", "harm", "risk", "investigation", "vulnerability", "engagement", "prevention"],
        "THRIVES" => &["threat", "harm", "risk", "investigation", "vulnerability", "engagement", "safeguarding"],
        "THRIVE-SP" => &[
            "threat",
            "harm",
            "risk",
            "investigation",
            "vulnerability",
            "engagement",
            "scene_preservation",
            "prevention_advice",
        ],
        "THOR" => &["threat", "harm", "opportunity", "risk"],
        "NDM" => &["information", "threat_and_risk", "powers_policy", "options", "action_review"],
        _ => &[],
    }
}

const THRIVE: [&str; 6] = ["threat", "harm", "risk", "investigation", "vulnerability", "engagement"];

/// A risk assessment.
pub static RISK_ASSESSMENT: Kind = Kind {
    name: "risk_assessment",
    says: "how high a risk is by one model, and what that rests on",
    drafted: true,
    part: "assessment",
    initial: "sealed",
    done: &["sealed"],
    fields: &[
        w("model", Shape::Enum(MODELS)).must(),
        w("threat", FIELD).must_if(),
        w("harm", FIELD).must_if(),
        w("risk", FIELD).must_if(),
        w("investigation", FIELD).must_if(),
        w("vulnerability", FIELD).must_if(),
        w("engagement", FIELD).must_if(),
        w("prevention", FIELD).must_if(),
        w("safeguarding", FIELD).must_if(),
        w("scene_preservation", FIELD).must_if(),
        w("prevention_advice", FIELD).must_if(),
        w("opportunity", FIELD).must_if(),
        w("information", FIELD).must_if(),
        w("threat_and_risk", FIELD).must_if(),
        w("powers_policy", FIELD).must_if(),
        w("options", FIELD).must_if(),
        w("action_review", FIELD).must_if(),
        m("level", Shape::Enum(LEVELS), LEVEL).must(),
        m("kirat_level", Shape::Enum(LEVELS), LEVEL).must_if(),
        w("about", SAIDS).must(),
        w("suspect", SAID),
        w("reason", Shape::Object(REASON)),
        w("evidence_strength", TEXT),
        a("relied_on", Shape::List(&Shape::Object(RELIED))),
        w("no_contact_with_children", YN3),
        w("child_access", Shape::Object(ACCESS)).must_if(),
        w("basis", RECORDS).must(),
        w("supersedes", RECORD),
        w("flags_read", Shape::Bool),
        w("next_review", TIME).must(),
        Field::new("addressed_to", Merge::W, Shape::List(&Shape::Id)),
        c("owner", Shape::Holder).by("assign"),
        c("made_by", Shape::Id).computed(),
        c("endorsed_by", Shape::Id).computed(),
        c("unknown_count", Shape::Int).computed(),
        a("unchanged_because", Shape::List(&Shape::Any)).computed(),
    ],
    steps: &[note("endorse"), note("unchanged"), open_note("assign").owned_by(Owns::To)],
};

const REASON: &[Field] = &[
    w(
        "because",
        Shape::Set(&[
            "weak_evidence",
            "charging_decision",
            "withdrawal",
            "other_agency",
            "facts",
            "history",
            "protection",
        ]),
    ),
    w("text", TEXT),
];
const RELIED: &[Field] = &[w("agency", TEXT).must(), w("measure", TEXT), w("confirmed_by", TEXT), w("at", TIME)];
const ACCESSED: &[Field] = &[w("yn3", YN3).must().also(&["answer", "value"]), w("evidence", TEXT)];
const ACCESS: &[Field] = &[
    w("household", Shape::Headed(ACCESSED)),
    w("family_elsewhere", Shape::Headed(ACCESSED)),
    w("ex_partner", Shape::Headed(ACCESSED)),
    w("job", Shape::Headed(ACCESSED)),
    w("volunteering", Shape::Headed(ACCESSED)),
    w("online", Shape::Headed(ACCESSED)),
];

/// The six places where somebody may meet children.
pub const ACCESS_PLACES: [&str; 6] = ["household", "family_elsewhere", "ex_partner", "job", "volunteering", "online"];

/// How many of those places are unknown where "no contact with children" was said: what is blank is unknown (R40).
#[must_use]
pub fn places_unknown(body: &JsonMap<String, Json>) -> usize {
    if body.get("no_contact_with_children").and_then(Json::as_str) != Some("yes") {
        return 0;
    }
    let line = |place: &&str| body.get("child_access").and_then(|access| access.get(*place));
    let known = |line: &Json| {
        let said = line.get("yn3").is_some_and(|said| filled(Some(said)) && said.get("unknown").is_none());
        said && filled(line.get("evidence"))
    };
    ACCESS_PLACES.iter().filter(|place| !line(place).is_some_and(known)).count()
}
