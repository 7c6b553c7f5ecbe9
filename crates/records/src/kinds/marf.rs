//! The multi-agency referral form: the union of what seven safeguarding partnerships ask for.
//!
//! No blank is allowed in it. What is not known says so: as words, or as `{"unknown": reason}` or
//! `{"not_applicable": reason}`.

use signed::code::R60_MARF;

use super::{YN3, w};
use crate::kind::{Field, Shape};

/// Its fields.
pub(crate) const MARF: &[Field] = &[
    stated("child_family_name"),
    stated("child_first_name").also(&["child_names"]),
    stated("child_other_names"),
    stated("dob_or_due_date"),
    stated("gender"),
    stated("age"),
    stated("ethnicity"),
    stated("religion"),
    stated("first_language"),
    stated("communication_method"),
    // Why one is needed, and who.
    stated("interpreter"),
    stated("disability_or_health"),
    stated("nhs_number"),
    stated("address"),
    stated("phones"),
    stated("gp"),
    stated("school_or_nursery"),
    stated("physical_description"),
    asked("household", Shape::ListOrNone(&Shape::Headed(MEMBER))),
    stated("parental_responsibility"),
    stated("siblings"),
    asked("referrer", Shape::Headed(REFERRER)),
    stated("spoken_to"),
    asked("parent_aware", YN3),
    asked("child_aware", YN3),
    // Who gave it and for whom, or why it was not asked: harm, prejudice to an inquiry, delay.
    stated("consent"),
    stated("why_no_consent"),
    stated("parents_view"),
    stated("childs_view"),
    // What, and why.
    stated("confidential_from_family"),
    // Early help or CAF: its status and who leads it.
    stated("early_help"),
    asked("concern_level", Shape::TextOr(NOT_STATED)),
    stated("prior_action"),
];

const NOT_STATED: &[&str] = &["unknown", "not_applicable"];

/// A parent, carer or other member of the household.
const MEMBER: &[Field] = &[
    stated("name"),
    stated("relation"),
    stated("dob"),
    stated("sex"),
    stated("ethnicity"),
    stated("language"),
    stated("address"),
    stated("contact"),
];

const REFERRER: &[Field] = &[
    stated("name"),
    stated("role"),
    stated("agency"),
    stated("contact"),
    stated("relation_to_child"),
    asked("at", Shape::Time),
];

const fn stated(path: &'static str) -> Field {
    asked(path, Shape::TextOr(NOT_STATED))
}

const fn asked(path: &'static str, shape: Shape) -> Field {
    w(path, shape).must().code(R60_MARF)
}
