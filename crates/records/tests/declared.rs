//! Every field of requirements section 2 is declared, with its merge code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use documents::{Declaration, Merge};
use records::{Need, Who, kind};

/// `name:code`; `=` before a name marks what is computed. `*` marks what is needed.
const HEADER: &str = "=id =kind case:W =compartment =author capacity:W* school:C event_at:W* =recorded_at =device_mono \
    =boot_id =server_received_at made_offline:W urgency:M* subjects:A* =sealed_at =statement =addenda links:A";
const KINDS: [(&str, &str); 8] = [
    ("case", "plan:A title:L schools:A =members owner:C* cover:C =status =current_risk =stale linked_cases:A =closure"),
    (
        "concern",
        "source:W* exact_words:W* concern_items:A* received_from:W* relation_to_child:W where:A phones:A indicators:A \
         known_to_school_log:C* heard_how:W* advice_given:A scheme_quoted:W",
    ),
    (
        "disclosure",
        "speaker:W* about:W child_view:C* read_back:W words_verbatim:W observations:W interpretation:A \
         nothing_disclosed:W why_called:W questions_asked:W* who_present:W* seen_alone:W* account_started_at:W* \
         account_ended_at:W* delay_reason:W setting:W* how_recorded:W* original_note_ref:W communication:C* body_worn:A \
         evidence:A first_evidence_done:C* medical_need:M* immediate_safety:M* named_people:W counts_stated:W phones:W \
         addresses:W venues:W dates_said:W child_wishes:A special_measures_explained:C told_child:A reassured:C*",
    ),
    (
        "welfare_check",
        "request:W* grade:M* attend_by:M* classification:C address:W* markers_acknowledged:W attended_at:W* left_at:W* \
         attendees:W children:C* adults_present:A* others_who_stay_or_visit:A* siblings_all_listed:C* \
         living_conditions:C* suspect_handling:C concern_answers:A* intelligence_checks:C* risk:C* referral_decision:C* \
         reporter_contacted:C* advice_sought:A outcome:C* =closed_by =approved_by",
    ),
    (
        "action",
        "requested_by:W* exact_request:W* about:W* action_kind:W* owner:C =response due:M* =status =updates evidence:A \
         =outcome =outcome_told =delivery =hops =escalations carried_context:W",
    ),
    ("action_update", "action:W* text:W* text_police:W"),
    ("action_note", "update:W action:W* text:W*"),
    (
        "person",
        "roles:A* names:A aliases:A dob:C estimated_age:C treat_as_child:M vulnerability:A communication_needs:A \
         social_worker:C ethnicity_self_defined:C* ethnicity_officer_perceived:L nationality:C sex:L school:C \
         other_schools:A household:C markers:M jobs_and_volunteering:A contact_with_children:C* safe_contact:M phones:A \
         emails:A usernames:A addresses:A",
    ),
];
const PARTS: [(&str, &str, &str); 12] = [
    ("disclosure", "immediate_safety", "safe_now:M where_going:C with_whom:C suspect_access:M"),
    ("disclosure", "medical_need", "yn3:M what:C acted:C"),
    (
        "disclosure",
        "communication",
        "needs:C interpreter:C intermediary:C appropriate_adult:C specialist:C adjustment_made:C",
    ),
    ("disclosure", "setting", "type:W place:W chosen_by_child:W"),
    ("disclosure", "words_verbatim/+", "seq:W speaker:W text:W exact:W"),
    ("disclosure", "child_wishes/+", "step:W choice:W at:W"),
    ("disclosure", "body_worn/+", "ref:W on_at:W off_at:W off_reason:W"),
    ("welfare_check", "request", "concern:W concern_items:W requested_by:W instructions:W"),
    (
        "welfare_check",
        "children/+",
        "person:C seen:C seen_alone:C spoken_to:C sleeping_arrangement:C observed:C communication_need:C risk:C referral:C",
    ),
    ("welfare_check", "living_conditions", "food:C heating:C cleanliness:C bedrooms:C substances:C"),
    ("action", "evidence/+", "ref:W sha256:W type:W added_at:W"),
    ("person", "safe_contact", "how:C when:C not_to_know:M"),
];

fn code(merge: Merge) -> &'static str {
    match merge {
        Merge::W => "W",
        Merge::A => "A",
        Merge::M => "M",
        Merge::S => "S",
        Merge::C => "C",
        Merge::L => "L",
    }
}

#[test]
fn every_field_of_the_requirements_is_declared() {
    for (name, own) in KINDS {
        let kind = kind(name).unwrap();
        for wanted in HEADER.split_whitespace().chain(own.split_whitespace()) {
            if let Some(computed) = wanted.strip_prefix('=') {
                let field = kind.all_fields().find(|field| field.path == computed);
                assert!(field.is_some_and(|f| f.who == Who::Computed), "{name}: {computed}");
                assert_eq!(kind.merge(computed), Some(Merge::W), "{name}: {computed} is written by nobody");
                continue;
            }
            let (path, rest) = wanted.split_once(':').unwrap();
            let field = kind.field(path).unwrap_or_else(|| panic!("{name}: {path}"));
            assert_eq!(code(field.merge), rest.trim_end_matches('*'), "{name}: {path}");
            assert_eq!(field.need == Need::Required, rest.ends_with('*'), "{name}: {path}");
        }
    }
}

#[test]
fn nothing_but_the_requirements_fields_and_these_few_is_declared() {
    // Named by rules, or by the text of section 2 outside a field list.
    let more = ["who_called", "status", "at", "next_date"];
    for (name, own) in KINDS {
        let known: Vec<&str> = HEADER
            .split_whitespace()
            .chain(own.split_whitespace())
            .map(|wanted| wanted.trim_start_matches('=').split(':').next().unwrap())
            .collect();
        for field in kind(name).unwrap().all_fields() {
            assert!(known.contains(&field.path) || more.contains(&field.path), "{name}: {}", field.path);
        }
    }
}

#[test]
fn parts_of_composite_fields_are_declared() {
    for (name, path, parts) in PARTS {
        let kind = kind(name).unwrap();
        let field = kind.field(path.trim_end_matches("/+")).unwrap();
        let declared = field.shape.element().map_or(field.parts(), records::Shape::parts);
        for wanted in parts.split_whitespace() {
            let (part, merge) = wanted.split_once(':').unwrap();
            let found = declared.iter().find(|declared| declared.path == part);
            assert_eq!(found.map(|part| code(part.merge)), Some(merge), "{name}: {path}/{part}");
        }
    }
}

#[test]
fn drafted_and_live_kinds_are_as_the_contract_says() {
    let drafted: Vec<&str> = records::kinds().filter(|kind| kind.drafted).map(|kind| kind.name).collect();
    assert_eq!(drafted, ["disclosure"]);
    assert!(records::kinds().all(|kind| kind.part == if kind.drafted { "account" } else { "request" }));
    assert!(records::kind("no_such_kind").is_none());
}
