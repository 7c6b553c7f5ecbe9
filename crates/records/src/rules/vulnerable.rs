//! R25-R34, R112, R121, R122: age, vulnerability, and the child's own position.

use serde_json::{Map, Value as Json, json};
use signed::{Timestamp, code};

use super::look::{self, age, child, has, later, persons, words};
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::Role;
use crate::raise;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R25", weigh: Some(age_asked), gate: None },
    Rule { id: "R26", weigh: Some(under_thirteen), gate: Some(under_thirteen_closes) },
    Rule { id: "R27", weigh: None, gate: Some(no_consent) },
    Rule { id: "R28", weigh: Some(older_child), gate: Some(no_lowering) },
    Rule { id: "R29", weigh: Some(denial_shown), gate: Some(denial_alone) },
    Rule { id: "R30", weigh: Some(markers), gate: Some(marker_unread) },
    Rule { id: "R31", weigh: Some(known_flags), gate: None },
    Rule { id: "R32", weigh: Some(follow_up), gate: None },
    Rule { id: "R34", weigh: Some(special_measures), gate: None },
    Rule { id: "R112", weigh: Some(where_markers_come_from), gate: None },
    Rule { id: "R122", weigh: Some(young_suspect), gate: None },
];

const CASE_OR_CHECK: [&str; 2] = ["case", "welfare_check"];

fn closes(attempt: &Attempt<'_>) -> bool {
    CASE_OR_CHECK.contains(&attempt.row.kind.as_str()) && matches!(attempt.verb, "propose_close" | "close")
}

fn reason<'a>(attempt: &'a Attempt<'_>) -> &'a str {
    attempt.body.get("reason").and_then(Json::as_str).unwrap_or_default()
}

/// A person who was only named (R119): nobody has spoken to them, and they are neither a suspect who is
/// identified nor a victim who is confirmed.
pub(super) fn stub(person: &Row) -> bool {
    person.text("not_yet_spoken_to").is_some() && super::switch::on("R119")
}

fn age_known(person: &Row) -> bool {
    let stated =
        |field: &str| person.value(field).is_some_and(|value| value.get("unknown").is_none_or(|why| !why.is_null()));
    stated("dob") || stated("estimated_age")
}

/// R25: the age of whoever may be a victim, suspect or young caller is asked, or why it is not known. A
/// level set without it stands and is shown as not endorsed.
fn age_asked(view: &CaseView<'_>, found: &mut Findings) {
    let message = "how old are they? a date of birth, an estimate, or why it is not known: until then a child";
    for person in view.of("person").filter(|person| !stub(person) && !age_known(person)) {
        found.gap(person, code::R25_DOB, format!("people/{}", person.id), message);
    }
    for risk in view.of("risk_assessment").filter(|row| row.sealed) {
        for line in risk.lines("about") {
            let open = match view.named(line) {
                Some(person) => !age_known(person),
                None => line.get("as_said").and_then(Json::as_str).is_some_and(|said| raise::ages_in(said).is_empty()),
            };
            if open {
                let path = line.get("record").or_else(|| line.get("id")).and_then(Json::as_str).unwrap_or("about");
                found.gap(risk, code::R25_DOB, format!("people/{path}"), message);
                found.mark(risk, "R25", "unendorsed", "this level was set without the age: it is not endorsed");
            }
        }
    }
}

/// Records in which a young child and a sexual indicator come together.
fn sexual_and_young<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let view = *view;
    let is = move |row: &&'a Row| {
        let Some(kind) = row.declared() else { return false };
        let ages: Vec<i64> = persons(&view, row).iter().filter_map(|person| age(person, view.now)).collect();
        let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
        raise::urgency_raise(kind, &body, &ages, view.policy).is_some()
    };
    view.rows.iter().filter(is)
}

/// R26: under 13 and any sexual indicator: immediate, and sergeant and hub hear of it at once.
fn under_thirteen(view: &CaseView<'_>, found: &mut Findings) {
    for row in sexual_and_young(view) {
        found.raise("R26", row, "urgency", "immediate");
        let text = "a child under 13 and a sexual indicator: immediate, and a crime recording decision is open";
        let seen = |role: fn(Role) -> bool| row.steps.iter().any(|step| role(step.role) && step.verb == "acknowledge");
        if !seen(Role::supervises) {
            let item = Item::of("R26", code::R26_UNDER_THIRTEEN, row, row.since(), text).about("sergeant");
            found.owe(item.after(0, To::Sergeant));
        }
        let referred = view.of("referral").any(|referral| referral.did("read").next().is_some());
        if !seen(|role| role == Role::Hub) && !referred {
            let item = Item::of("R26", code::R26_UNDER_THIRTEEN, row, row.since(), text).about("hub");
            found.owe(item.after(0, To::Role(Role::Hub)));
        }
    }
}

/// R26: it closes only with a sergeant and the hub's reply, and never for a word of consent.
fn under_thirteen_closes(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if !closes(attempt) || sexual_and_young(view).next().is_none() {
        return;
    }
    if consent(reason(attempt)) {
        gate.refuse(code::R26_CONSENT, "reason", "a child under 13 cannot consent: this is no reason");
    }
    let replied = view.of("referral").any(|referral| referral.did("reply").next().is_some());
    if attempt.row.kind == "case" && !replied {
        let message = "the hub has not replied to a referral for this child";
        if view.whole {
            gate.refuse(code::R26_HUB_REPLY, "referral", message);
        } else {
            gate.unknown(code::R26_UNKNOWN_HERE, "referral", message);
        }
    }
}

fn consent(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["consensual", "consent", "willing", "relationship", "agreed to", "went along"]
        .iter()
        .any(|word| lower.contains(word))
}

/// R27: with a child under 16 such a word closes nothing and grades nothing.
fn no_consent(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let weighs = closes(attempt) || matches!(attempt.verb, "lower" | "decline");
    let young = |person: &&Row| {
        child(person, view.now) && age(person, view.now).is_none_or(|age| age < view.policy.consent_age_below)
    };
    let said_young =
        || view.rows.iter().any(|row| said_ages(row).iter().any(|age| *age < view.policy.consent_age_below));
    if weighs && consent(reason(attempt)) && (view.of("person").any(|person| young(&person)) || said_young()) {
        gate.refuse(
            code::R27_CONSENT,
            "reason",
            "a child under 16 is involved: this is no reason to close or to grade",
        );
    }
}

fn said_ages(row: &Row) -> Vec<i64> {
    let fields = ["subjects", "concern_items", "speaker", "exact_words", "about"];
    fields.iter().filter_map(|field| row.value(field)).flat_map(|value| raise::ages_in(&words(value))).collect()
}

const OLDER: std::ops::Range<i64> = 16..18;

/// Whether R28 is about somebody: 16 or 17, in care or a care leaver.
fn older_or_in_care(person: &Row, now: Timestamp) -> bool {
    let of_it =
        |line: &Json| matches!(line.get("vulnerability").and_then(Json::as_str), Some("in_care" | "care_leaver"));
    age(person, now).is_some_and(|age| OLDER.contains(&age)) || person.lines("vulnerability").iter().any(of_it)
}

/// Whether a concern is about such a child and one who is older by so many school years, no brother or sister.
fn with_an_older_child(view: &CaseView<'_>, concern: &Row) -> bool {
    let (people, now) = (persons(view, concern), view.now);
    let older = |one: &Row, than: &Row| {
        let apart = !look::is(one, "sibling") && !look::is(than, "sibling") && child(one, now);
        let years = look::school_years_older(one, than, now).filter(|_| apart);
        years.is_some_and(|years| years >= view.policy.older_school_years)
    };
    let known = |person: &&&Row| older_or_in_care(person, now);
    people.iter().filter(known).any(|person| people.iter().any(|one| older(one, person)))
}

/// Concerns of R28: a child of 16 or 17, in care or a care leaver, with an older person, in a hotel or
/// private home, or blackmailed.
fn at_risk_older<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let view = *view;
    let is = move |row: &&'a Row| {
        let there =
            ["older_person", "hotel_or_private_room", "blackmail"].iter().any(|word| has(row, "indicators", word));
        let known = || persons(&view, row).iter().any(|person| older_or_in_care(person, view.now));
        let said = || said_ages(row).iter().any(|age| OLDER.contains(age));
        (there && (known() || said())) || with_an_older_child(&view, row)
    };
    view.of("concern").filter(is)
}

/// R28: assessed and checked, never below urgent; somebody goes where they are together in private.
fn older_child(view: &CaseView<'_>, found: &mut Findings) {
    for concern in at_risk_older(view) {
        found.raise("R28", concern, "urgency", "urgent");
        let assessed = view.of("risk_assessment").any(|risk| risk.sealed);
        if !assessed {
            found.gap(
                concern,
                code::R28_ASSESS,
                "risk",
                "an assessment is needed: living alone or a wrong line is no reason",
            );
        }
        let older = has(concern, "indicators", "older_person") || with_an_older_child(view, concern);
        let private = has(concern, "indicators", "hotel_or_private_room") && older;
        if !private {
            continue;
        }
        found.mark(
            concern,
            "R28",
            "immediate_suggested",
            "they may be together now in private: immediate is suggested",
        );
        let mut request = Map::new();
        request.insert("concern".into(), json!(concern.id.to_string()));
        request.insert("concern_items".into(), json!(concern.lines("concern_items")));
        request.insert("requested_by".into(), json!({ "as_said": concern.author }));
        let mut body = Map::new();
        body.insert("request".into(), Json::Object(request));
        body.insert("grade".into(), json!("urgent"));
        body.insert("urgency".into(), json!("urgent"));
        let by = later(concern.recorded_at, view.policy.attend_urgent_ms);
        body.insert("attend_by".into(), json!(by.to_string()));
        let place = concern.lines("where").first().map(super::actions::bare);
        body.insert("address".into(), place.unwrap_or_else(|| json!({ "as_said": "not given" })));
        body.insert(
            "subjects".into(),
            json!(concern.lines("subjects").iter().map(super::actions::bare).collect::<Vec<_>>()),
        );
        found.make("R28", concern, "check", "welfare_check", body);
    }
}

/// R28: nothing of this lowers a grade.
fn no_lowering(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let field = attempt.body.get("field").and_then(Json::as_str).unwrap_or_default();
    let value = attempt.body.get("value").and_then(Json::as_str).unwrap_or_default();
    let lowers = attempt.verb == "lower" && matches!(field, "urgency" | "grade");
    let below_urgent = matches!(value, "standard" | "info" | "scheduled");
    if lowers && below_urgent && at_risk_older(view).next().is_some() {
        gate.refuse(
            code::R28_LOWER,
            field,
            "living alone, having met before or a wrong line does not lower this grade",
        );
    }
}

/// Whether a child denied, was evasive, laughed, was angry, or did not want police action.
fn denied(row: &Row) -> bool {
    let observed = row.value("observations").map(words).unwrap_or_default().to_lowercase();
    let said = row.value("words_verbatim").map(words).unwrap_or_default().to_lowercase();
    let seen = ["few answers", "evasive", "laugh", "angry", "den", "clingy", "quiet"]
        .iter()
        .any(|word| observed.contains(word));
    let told = ["nothing happened", "no it didn", "didn't happen", "not true", "don't want", "leave me"];
    row.body.get("nothing_disclosed") == Some(&json!(true)) || seen || told.iter().any(|word| said.contains(word))
}

fn reviewed(view: &CaseView<'_>) -> bool {
    let by_sergeant =
        |step: &super::StepRow| step.role.supervises() && matches!(step.verb.as_str(), "approve" | "endorse");
    view.rows.iter().any(|row| row.steps.iter().any(by_sergeant))
}

/// R29: what is no concern by a denial alone is shown so.
fn denial_shown(view: &CaseView<'_>, found: &mut Findings) {
    let denials = view.of("disclosure").any(denied);
    for check in view.of("welfare_check").filter(|row| row.text("outcome") == Some("no_concern_found")) {
        if denials && !reviewed(view) {
            let message = "a denial, a laugh or silence is an observation, never alone a reason: a sergeant reviews";
            found.gap(check, code::R29_DENIAL, "outcome", message);
        }
    }
}

/// R29: it closes nothing either, before a sergeant has reviewed it.
fn denial_alone(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if !closes(attempt) || reviewed(view) || !view.of("disclosure").any(denied) {
        return;
    }
    let no_concern = attempt.row.text("outcome") == Some("no_concern_found");
    let lower = reason(attempt).to_lowercase();
    let by_word = ["no concern", "denied", "denies", "no disclosure"].iter().any(|word| lower.contains(word));
    if no_concern || by_word {
        let message = "a denial alone is no reason to find no concern: a sergeant reviews it first";
        gate.refuse(code::R29_DENIAL, "outcome", message);
    }
}

/// Words that say somebody may be armed or violent, and the marker they set.
const MARKER_WORDS: [(&str, &[&str]); 3] = [
    ("firearms", &["firearm", "gun", "pistol", "shotgun", "rifle", "shooting"]),
    ("weapons", &["weapon", "knife", "knives", "machete", "blade", "stabb"]),
    ("violence", &["violen", "assault", "beat him", "beat her", "beats her", "beats him", "punche"]),
];

/// The markers of a case: those of its people, and those its words set (R30).
pub(super) fn markers_of(view: &CaseView<'_>) -> Vec<&'static str> {
    let mut all = Vec::new();
    for (marker, stems) in MARKER_WORDS {
        let of_person = |line: &Json| line.get("marker").and_then(Json::as_str) == Some(marker);
        let known = view.of("person").any(|person| person.lines("markers").iter().any(of_person));
        let said =
            view.rows.iter().filter(|row| matches!(row.kind.as_str(), "concern" | "disclosure" | "intelligence_check"));
        let mut said = said.filter(|row| {
            let text = ["exact_words", "concern_items", "words_verbatim", "result"];
            let text: String = text.iter().filter_map(|field| row.value(field)).map(words).collect();
            let lower = text.to_lowercase();
            stems
                .iter()
                .any(|stem| lower.split(|c: char| !c.is_alphanumeric() && c != ' ').any(|part| part.contains(stem)))
        });
        if known || said.next().is_some() {
            all.push(marker);
        }
    }
    all
}

fn unread<'a>(check: &'a Row, markers: &'a [&'static str]) -> impl Iterator<Item = &'static str> + 'a {
    markers.iter().copied().filter(|marker| !has(check, "markers_acknowledged", marker))
}

/// R30: markers travel with every check; one that was attended without reading them has a gap.
fn markers(view: &CaseView<'_>, found: &mut Findings) {
    let markers = markers_of(view);
    for suspect in view.of("person").filter(|person| look::is(person, "suspect")) {
        for marker in &markers {
            let there =
                suspect.lines("markers").iter().any(|line| line.get("marker").and_then(Json::as_str) == Some(*marker));
            if !there {
                let line = json!({ "marker": marker, "source": "words recorded in this case" });
                found.raise("R30", suspect, "markers", line);
            }
        }
    }
    for check in view.of("welfare_check") {
        for marker in &markers {
            found.mark(
                check,
                "R30",
                marker,
                "somebody spoke of firearms, weapons or violence: read it before you go in",
            );
        }
        if check.did("attend").next().is_none() {
            continue;
        }
        for marker in unread(check, &markers) {
            found.gap(
                check,
                code::R30_UNACKNOWLEDGED,
                "markers_acknowledged",
                "attended, and a marker was not acknowledged",
            );
            let text = "a check was attended without acknowledging its markers";
            let item = Item::of("R30", code::R30_UNACKNOWLEDGED, check, check.since(), text).about(marker);
            found.owe(item.after(0, To::Sergeant));
        }
    }
}

/// R30: it blocks the closing.
fn marker_unread(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let markers = markers_of(view);
    if attempt.row.kind == "welfare_check" && closes(attempt) && unread(attempt.row, &markers).next().is_some() {
        gate.refuse(code::R30_UNACKNOWLEDGED, "markers_acknowledged", "a marker was not acknowledged");
    }
}

/// R31: what is known of a named person is read before the risk is set; what is not here says so.
fn known_flags(view: &CaseView<'_>, found: &mut Findings) {
    for risk in view.of("risk_assessment") {
        let mut unknown = false;
        let mut flagged = false;
        for line in risk.lines("about") {
            match view.named(line) {
                Some(person) => {
                    flagged |= !person.lines("vulnerability").is_empty() || person.value("social_worker").is_some()
                }
                None => unknown |= line.get("record").is_some(),
            }
        }
        if flagged && risk.value("flags_read") != Some(&json!(true)) {
            found.gap(
                risk,
                code::R31_FLAGS_READ,
                "flags_read",
                "flags are known of this person: were they read first?",
            );
        }
        if flagged {
            found.mark(risk, "R31", "flags_known", "a vulnerability, a social worker or exploitation is known");
        }
        if unknown {
            found.mark(risk, "R31", "not_known_here", "not known on this device: check when online");
        }
    }
}

fn needs_help(line: &Json) -> bool {
    let value = |field: &str| line.get(field);
    let not = |field: &str| {
        value(field)
            .is_some_and(|v| v.get("not_done").is_some() || v.get("unknown").is_some() || v.as_str() == Some("no"))
    };
    let need = value("communication_need");
    not("spoken_to") || need.is_some_and(|v| v.as_str() == Some("yes") || v.get("unknown").is_some())
}

/// R32: a child who needs help to be heard, or could not be spoken to, is followed up on a date.
fn follow_up(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed) {
        let needs = row.at("communication/needs").is_some_and(|needs| crate::seal::filled(Some(needs)));
        let asked = ["interpreter", "intermediary", "appropriate_adult", "specialist"].iter().any(|who| {
            row.at(&format!("communication/{who}"))
                .is_some_and(|v| v.as_str() == Some("yes") || v.get("unknown").is_some())
        });
        if needs || asked {
            if !crate::seal::filled(row.at("communication/adjustment_made")) {
                let message = "which adjustment was made, or which specialist asked for?";
                found.gap(row, code::R32_ADJUSTMENT, "communication/adjustment_made", message);
            }
            speak_again(view, row, "speaker", row.value("speaker").cloned(), found);
        }
    }
    for check in view.of("welfare_check") {
        for (at, line) in check.lines("children").iter().enumerate().filter(|(_, line)| needs_help(line)) {
            let id = line.get("id").and_then(Json::as_str).map_or_else(|| at.to_string(), str::to_owned);
            speak_again(view, check, &id, line.get("person").cloned(), found);
        }
    }
}

fn speak_again(view: &CaseView<'_>, row: &Row, target: &str, about: Option<Json>, found: &mut Findings) {
    let mut body = Map::new();
    body.insert("action_kind".into(), json!("speak_to_child"));
    body.insert(
        "exact_request".into(),
        json!("speak to the child with the help they need; a specialist where one is needed"),
    );
    body.insert("requested_by".into(), json!({ "person": { "as_said": "rule R32" }, "org": "police" }));
    body.insert("about".into(), json!(about.map(|line| super::actions::bare(&line)).into_iter().collect::<Vec<_>>()));
    body.insert("due".into(), json!(later(row.recorded_at, view.policy.follow_up_ms).to_string()));
    if view.people.member(&row.author).is_some_and(|member| !member.role.of_school()) {
        body.insert("owner".into(), json!(row.author));
    }
    found.make("R32", row, target, "action", body);
}

/// R34: a child who is a victim of a sexual offence is told of special measures and support.
fn special_measures(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed) {
        let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
        let sexual = row.declared().is_some_and(|kind| raise::sexual_indicator(kind, &body));
        if sexual && !look::answered(row.value("special_measures_explained")) {
            let message = "were special measures and the support service explained? done, or why not";
            found.gap(row, code::R34_SPECIAL_MEASURES, "special_measures_explained", message);
        }
    }
}

/// R112: a marker says where it comes from and when; rumour is none; an unconfirmed one is reviewed.
fn where_markers_come_from(view: &CaseView<'_>, found: &mut Findings) {
    for person in view.of("person") {
        for line in person.lines("markers") {
            let id = line.get("id").and_then(Json::as_str).unwrap_or("markers").to_owned();
            let source = line.get("source").and_then(Json::as_str).unwrap_or_default();
            if source.trim().is_empty() {
                found.gap(
                    person,
                    code::R112_SOURCE,
                    format!("markers/{id}"),
                    "where does this marker come from, and since when?",
                );
            }
            if source.to_lowercase().contains("rumour") {
                found.gap(
                    person,
                    code::R112_RUMOUR,
                    format!("markers/{id}"),
                    "a rumour is no marker: a sergeant takes it away",
                );
            }
            let text = "an unconfirmed marker is half a year old: confirm it, or let it lapse";
            let item = Item::of("R112", code::R112_REVIEW, person, person.since(), text).about(id);
            found.owe(item.after(view.policy.marker_review_ms, To::Sergeant));
        }
    }
}

/// R122: a suspect who is or may be under 18 has a child's line of their own.
fn young_suspect(view: &CaseView<'_>, found: &mut Findings) {
    for suspect in view.of("person").filter(|person| look::is(person, "suspect") && child(person, view.now)) {
        for check in view.of("welfare_check").filter(|check| check.did("attend").next().is_some()) {
            let there = |line: &Json| {
                line.get("person").and_then(|who| view.named(who)).is_some_and(|row| row.id == suspect.id)
            };
            if !check.lines("children").iter().any(there) {
                let message = "a suspect under 18 is a child too: their own line, with an appropriate adult";
                found.gap(check, code::R122_CHILD_LINE, format!("people/{}", suspect.id), message);
            }
        }
    }
}
