//! What every record carries.

use super::{RECORD, SAIDS, TEXT, TIME, a, c, m, w};
use crate::kind::{Caution, Field, Shape};

/// Urgency, the most cautious first.
pub const URGENCY: &[&str] = &["immediate", "urgent", "standard", "info"];
/// In what capacity an officer acts.
pub const CAPACITY: &[&str] = &["safer_schools", "other_duty", "covering", "abstracted"];

/// The header of every record.
pub static FIELDS: &[Field] = &[
    w("case", RECORD),
    w("capacity", Shape::Enum(CAPACITY)).must(),
    c("school", Shape::Id),
    w("event_at", TIME).must(),
    w("made_offline", Shape::Bool),
    m("urgency", Shape::Enum(URGENCY), Caution::Order(URGENCY)).must().reopens(),
    a("subjects", SAIDS).must(),
    a("links", Shape::List(&Shape::Object(LINK))),
    w("id", RECORD).computed(),
    w("kind", TEXT).computed(),
    w("compartment", TEXT).computed(),
    w("author", Shape::Any).computed(),
    w("recorded_at", TIME).computed(),
    w("device_mono", Shape::Int).computed(),
    w("boot_id", TEXT).computed(),
    w("server_received_at", TIME).computed(),
    w("sealed_at", TIME).computed(),
    w("statement", TEXT).computed(),
    a("addenda", Shape::List(&Shape::Any)).computed(),
];

const LINK: &[Field] = &[w("record", RECORD).must(), w("why", TEXT), w("by", Shape::Id)];
