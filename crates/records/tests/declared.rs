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
         reporter_contacted:C* advice_sought:A outcome:C* =closed_by =approved_by =extensions",
    ),
    (
        "action",
        "requested_by:W* exact_request:W* about:W* action_kind:W* owner:C =response due:M* =status =updates evidence:A \
         =outcome =outcome_told =delivery =hops =escalations carried_context:W =extensions",
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
    let more = [
        "who_called",
        // Standards: an initial account of a child; a school's record of a concern (KCSIE).
        "others_could_overhear",
        "how_child_is_known",
        "child_wanted_present",
        "reported_demeanour",
        "reluctance",
        "injuries",
        "told_next",
        "follow_up",
        "how_to_approach",
        "not_to_know",
        "asked_again_because",
        "not_yet_spoken_to",
        "status",
        "at",
        "next_date",
        "sampled",
        "restricted",
        // R48: held as an opinion.
        "opinion",
        // R77: while the school that is to do it is shut.
        "alternative_contact",
        "school_exception",
    ];
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

/// The kinds whose tables stand in one line of the requirements each.
const SMALLER: [(&str, &str); 24] = [
    ("notification", "recipient_org:W* reason:W* risk:W* incident:W* child_present:W child_words:W"),
    ("missing_episode", "child:W* reported_at:W* missing_from:W* return_conversation:C"),
    (
        "referral",
        "child:W* to:W* form:W decision:C* concern_items:W* risk:W* facts:W* opinion:W siblings_included:W* \
                  =reply made_by:W* by_phone_at:W",
    ),
    ("intelligence_check", "target:W* system:W* system_reference:W result:W requested_for:W* lawful_purpose:W*"),
    (
        "risk_assessment",
        "model:W* threat:W harm:W opportunity:W level:M* kirat_level:M evidence_strength:W relied_on:A \
                         child_access:W basis:W* supersedes:W next_review:W*",
    ),
    (
        "crime_recording_decision",
        "triggers:W* serious_incident:W* route:C* diversion_considered:W classification:C \
                                  crime_ref:C rationale:W* victim_confirmed:W",
    ),
    (
        "meeting",
        "meeting_type:W* called_by:W* reason_told_to_each:W* invited:A* attendance:A* accounts:A pack:C* \
                 decisions:A next_date:C",
    ),
    ("handover", "from:W* to:W* reason:W* items:W* spoken:W* missing_documents:A"),
    ("deadline", "deadline_kind:W* due:M* =answered =extensions"),
    ("contact_log", "person:W* person_role:W* contact:W* at:W what_told:A measure:W on_behalf_of:W"),
    ("absence", "user:W* from:W* to:C absence_kind:W* cover:C*"),
    ("agreement", "agreement_type:W* from:W* to:C* signed_by:W*"),
    ("language_prompt", "phrase_id:W* field:W* at:W choice:W* notes:A"),
    ("search", "purpose:L for_record:L at:W notes:A"),
    ("opening", "opens:W* reason:W*"),
    ("training", "user:W* course:W* trained_on:W* notes:A"),
    ("school_outcome", "sanction:C* from:C to:C police_outcome:C linked_support:C"),
    ("protective_measure", "measure_kind:W* terms:W* protects:W* monitored_by:C* from:W to:M* =ended =extensions"),
    (
        "intelligence_submission",
        "from_record:W* targets:W* reliability:W submitted_by:W at:W system_reference:W \
                                 not_submitted:W",
    ),
    ("place", "place_kind:W* value_raw:W* =value_normalised seen_in:A"),
    ("escalation", "trigger:W* rung:W prompts:A"),
    ("match", "rule:W* records:W* key_kind:W*"),
    ("safety_plan", "child:W* plan:W* review_by:M* =extensions"),
    ("extract", "of:W* of_kind:W* of_recorded_at:W parts:W* text:W* to:W"),
];

#[test]
fn the_smaller_kinds_have_their_fields_too() {
    for (name, own) in SMALLER {
        let kind = kind(name).unwrap();
        for wanted in own.split_whitespace() {
            if let Some(computed) = wanted.strip_prefix('=') {
                let field = kind.all_fields().find(|field| field.path == computed);
                assert!(field.is_some_and(|f| f.who == Who::Computed), "{name}: {computed}");
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
fn every_verb_of_the_contract_is_known_to_some_kind() {
    let verbs = "accept decline start block complete tell_outcome propose_close close reopen challenge dispatch attend \
                 answer_prompt dismiss_prompt confirm_seen acknowledge assign forward hand_over approve extend lower \
                 resolve confirm_match reject_match mark_differs share release_extract add_member remove_member";
    for verb in verbs.split_whitespace() {
        assert!(records::kinds().any(|kind| kind.step(verb).is_some()), "{verb}");
    }
}

#[test]
fn drafted_and_live_kinds_are_as_the_contract_says() {
    let drafted: Vec<&str> = records::kinds().filter(|kind| kind.drafted).map(|kind| kind.name).collect();
    assert_eq!(drafted, ["disclosure", "risk_assessment", "crime_recording_decision", "referral"]);
    let live = records::kinds().filter(|kind| !kind.drafted);
    assert!(live.into_iter().all(|kind| kind.part == "request"));
    assert!(records::kind("no_such_kind").is_none());
}

#[test]
fn r33_each_step_has_its_own_answer_and_none_is_all_or_nothing() {
    let disclosure = kind("disclosure").unwrap();
    let wish = disclosure.field("child_wishes").unwrap().shape.element().unwrap().parts();
    let words = |name: &str| {
        let shape = wish.iter().find(|part| part.path == name).unwrap().shape;
        let records::Shape::Enum(words) = shape else { panic!("{name} has words") };
        words
    };
    assert_eq!(words("choice"), ["yes", "no", "undecided", "not_asked"]);
    assert!(words("step").contains(&"medical_centre") && words("step").contains(&"court"));
    for field in disclosure.all_fields() {
        for word in ["all_steps", "consent", "willing", "cooperates", "agrees"] {
            assert!(!field.path.contains(word), "{}", field.path);
        }
    }
    // A later choice stands beside the first: nothing is replaced.
    assert_eq!(code(disclosure.field("child_wishes").unwrap().merge), "A");
}

#[test]
fn r68_a_handover_has_no_place_for_an_opinion_about_a_child_or_a_reporter() {
    let handover = kind("handover").unwrap();
    let wrong = serde_json::json!({ "from": "a", "to": "b", "opinion": "unwilling" });
    assert!(records::normalise(handover, wrong, &mut String::new).is_err());
    let item = serde_json::json!({ "items": [{ "record": "01890a5d-ac96-774b-bcce-b302099a8057", "willing": "no" }] });
    assert!(records::normalise(handover, item, &mut String::new).is_err());
}

#[test]
fn the_parts_of_what_may_be_changed_may_be_changed() {
    for kind in records::kinds() {
        for field in kind.all_fields().filter(|field| field.merge == Merge::C && field.who == Who::Editor) {
            for part in field.parts() {
                assert_ne!(part.merge, Merge::W, "{} {}/{}", kind.name, field.path, part.path);
            }
        }
    }
}
