//! R2-R11, R23, R81, R108-R110: nothing written as there was "nothing to write"; words that were doubted.

use records::rules::Unsealed;
use serde_json::json;

use crate::case::{Case, at, id};

fn account(body: serde_json::Value) -> Case {
    let mut case = Case::new();
    case.add("account", "disclosure", "ofc1", "10:00", body);
    case
}

#[test]
fn r5_what_an_account_was_sealed_without_blocks_the_closing_of_its_case_and_nothing_before() {
    let mut case = Case::new();
    case.add("account", "disclosure", "ofc1", "09:00", json!({}));
    assert!(case.gate("10:00", "case", "propose_close", "ofc1", json!({ "reason": "done" })).is_empty());
    let account = case.row_mut("account");
    account.status = "sealed_incomplete".into();
    account.gaps = vec!["R5.seen_alone".into(), "R6.medical_need".into(), "R5.seen_alone".into()];
    let refused = case.gate("10:00", "case", "propose_close", "ofc1", json!({ "reason": "done" }));
    let ours: Vec<_> = refused.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ours, ["R5.seen_alone", "R6.medical_need"]);
    assert!(refused[0].contains("incomplete/"), "{refused:?}");
    // Nothing but the closing of the case waits for it.
    assert!(case.gate("10:00", "account", "acknowledge", "sgt1", json!({})).is_empty());
    let account = case.row_mut("account");
    (account.status, account.gaps) = ("sealed".into(), Vec::new());
    assert!(case.gate("10:00", "case", "close", "insp1", json!({ "reason": "done" })).is_empty());
    // What a rule finds later in something sealed is open as well.
    case.add("risk", "risk_assessment", "ofc1", "09:30", json!({ "about": [{ "as_said": "the older boy" }] }));
    let refused = case.gate("10:00", "case", "close", "insp1", json!({ "reason": "done" }));
    assert!(refused.iter().any(|line| line.starts_with("R25.dob incomplete/")), "{refused:?}");
}

#[test]
fn r2_an_empty_account_prompts_its_owner_and_the_sergeant() {
    let mut case = account(json!({}));
    assert_eq!(case.told("10:00", "R2"), Vec::<String>::new());
    case.row_mut("account").gaps = vec!["R2.blank".into()];
    assert_eq!(case.told("10:00", "R2"), ["10:00 ofc1 R2.blank", "10:00 sgt1 R2.blank"]);
}

#[test]
fn r6_an_unanswered_safety_question_is_asked_at_once() {
    let mut case = account(json!({}));
    case.row_mut("account").gaps = vec!["R6.medical_need".into()];
    assert_eq!(case.told("10:00", "R6"), ["10:00 ofc1 R6.safe_now", "10:00 sgt1 R6.safe_now"]);
}

#[test]
fn r9_a_draft_of_twelve_hours_is_asked_for_and_a_check_does_not_close_over_it() {
    let mut case = Case::new();
    case.add("check", "welfare_check", "ofc1", "08:00", json!({}));
    let kind = String::from("disclosure");
    case.drafts = vec![Unsealed { record: id("draft"), kind, author: "ofc1".into(), since: at("08:30") }];
    assert_eq!(case.told("20:29", "R9"), Vec::<String>::new());
    assert_eq!(case.told("21:30", "R9"), ["20:30 ofc1 R9.unsealed", "21:30 sgt1 R9.unsealed"]);
    let refused = case.gate("12:00", "check", "propose_close", "ofc1", json!({ "reason": "done" }));
    assert!(refused.contains(&format!("R9.unsealed drafts/{}", id("draft"))), "{refused:?}");
}

#[test]
fn r10_two_accounts_that_differ_are_both_flagged_and_both_stand() {
    let mut case = account(json!({ "seen_alone": "no" }));
    case.add("other", "disclosure", "stf1", "10:30", json!({ "seen_alone": "yes" }));
    case.step("other", "mark_differs", "sgt1", "11:00", json!({ "record": id("account").to_string() }));
    assert_eq!((case.marks("11:00", "account"), case.marks("11:00", "other")), (vec!["differs"], vec!["differs"]));
}

#[test]
fn r11_sixteen_named_on_paper_are_counted_against_what_is_written() {
    let girl = |n: usize| json!({ "id": format!("g{n}"), "as_said": format!("girl {n}"), "role_said": "victim" });
    let mut case =
        account(json!({ "counts_stated": { "victims": 6 }, "named_people": (0..5).map(girl).collect::<Vec<_>>() }));
    assert_eq!(case.marks("10:00", "account"), ["names_missing"]);
    case.row_mut("account").body["named_people"] = json!((0..6).map(girl).collect::<Vec<_>>());
    assert_eq!(case.marks("10:00", "account"), Vec::<&str>::new());
}

#[test]
fn r23_what_is_urgent_and_unsent_after_ten_minutes_goes_by_phone() {
    let mut case = account(json!({}));
    case.whole = false;
    case.row_mut("account").urgency = "immediate".into();
    case.row_mut("account").received_at = None;
    assert_eq!(case.told("10:10", "R23"), ["10:10 ofc1 R23.not_sent"]);
    case.row_mut("account").received_at = Some(at("10:05"));
    assert_eq!(case.told("10:10", "R23"), Vec::<String>::new());
}

#[test]
fn r81_blaming_words_of_an_officer_prompt_and_a_childs_own_never_do() {
    let mut case = account(json!({
        "words_verbatim": [{ "text": "he was my boyfriend" }],
        "interpretation": [{ "text": "she seemed to enjoy the attention", "basis": "her laughing" }],
        "observations": [{ "text": "said \"it was a lifestyle choice\"" }],
    }));
    assert_eq!(case.told("10:00", "R81"), ["10:00 ofc1 R81.language"]);
    assert_eq!(case.gate("10:00", "account", "acknowledge", "ofc1", json!({})), Vec::<String>::new());
    let choice = json!({ "phrase_id": "enjoying_attention", "field": "interpretation", "for_record": id("account").to_string(),
        "choice": { "kept": "her words to me" } });
    case.add("choice", "language_prompt", "ofc1", "10:01", choice);
    assert_eq!(case.told("10:02", "R81"), Vec::<String>::new());
}

#[test]
fn r108_rape_opens_a_specialist_contact_and_early_evidence_within_the_hour() {
    let case = account(json!({ "words_verbatim": [{ "text": "he raped me" }], "subjects": [{ "as_said": "her" }] }));
    let made = case.makes("10:00", "R108");
    assert_eq!(made.len(), 2);
    assert!(made.iter().all(|(kind, body)| *kind == "action" && body["due"] == "2026-03-02T11:00:00.000Z"));
    assert!(case.marks("10:00", "account").contains(&"first_account_only"));
    assert!(account(json!({ "words_verbatim": [{ "text": "he shouted" }] })).makes("10:00", "R108").is_empty());
}

#[test]
fn r109_asking_a_child_again_says_why() {
    let mut case = account(json!({ "speaker": { "as_said": "Mia" } }));
    case.add("again", "disclosure", "ofc2", "12:00", json!({ "speaker": { "as_said": "Mia" } }));
    assert_eq!(case.gaps("12:00", "again"), ["R109.asked_again asked_again_because"]);
    case.row_mut("again").body["asked_again_because"] = json!("her mother came, and she wished to speak");
    assert_eq!(case.gaps("12:00", "again"), Vec::<String>::new());
}

#[test]
fn r83_a_distressing_account_opens_collapsed_but_never_for_whoever_must_act_now() {
    let mut case = account(json!({ "words_verbatim": [{ "text": "he touched me" }] }));
    assert!(case.marks("10:00", "account").contains(&"distressing"));
    case.row_mut("account").urgency = "immediate".into();
    assert!(!case.marks("10:00", "account").contains(&"distressing"));
}

#[test]
fn r116_no_rule_says_that_there_is_no_risk_and_none_alone_lowers_or_closes() {
    let case = Case::new();
    let found = case.weigh("10:00");
    assert!(found.raises.is_empty() && found.makes.is_empty());
    // Whatever a rule says in any of these stories, it never says that all is well.
    let mut full = account(json!({ "words_verbatim": [{ "text": "he raped me" }], "named_people": [] }));
    full.add("risk", "risk_assessment", "ofc1", "10:10", json!({ "model": "THRIVE", "level": "low", "about": [] }));
    full.add("check", "welfare_check", "ofc1", "10:20", json!({}));
    let found = full.weigh("2026-06-02T10:00:00Z");
    let texts = found.items.iter().map(|item| item.text).chain(found.marks.iter().map(|(_, mark)| mark.text));
    let texts: Vec<&str> = texts.collect();
    assert!(texts.len() > 5);
    for text in texts {
        for word in ["no risk", "all clear", "no concern found", "safe to close"] {
            assert!(!text.contains(word), "{text}");
        }
    }
    assert!(
        found.items.iter().all(|item| item.code.name.starts_with(&format!("{}.", item.rule))),
        "each names its rule"
    );
}

#[test]
fn r110_a_flagged_file_is_told_to_owner_and_sergeant_until_a_supervisor_acknowledges_it() {
    let mut case = account(json!({}));
    let flag = json!({ "sha256": "aa".repeat(32), "reason": "may show a child undressed" });
    case.step("account", "attach", "ofc1", "10:05", json!({ "sha256": "aa".repeat(32) }));
    assert_eq!((case.told("10:10", "R110"), case.marks("10:10", "account")), (Vec::new(), Vec::new()));
    case.step("account", "flag_image", "ofc1", "10:11", flag.clone());
    let told = ["10:11 ofc1 R110.flagged", "10:11 sgt1 R110.flagged"];
    assert_eq!(case.told("10:11", "R110"), told);
    // Who wrote it cannot put it to rest, and a sergeant who owns the record hears of it all the same.
    case.step("account", "acknowledge", "ofc1", "10:12", json!({}));
    assert_eq!(case.told("10:12", "R110"), told);
    case.row_mut("account").owners = vec!["sgt1".into()];
    assert!(case.told("10:12", "R110").contains(&"10:11 sgt1 R110.flagged".to_owned()));
    case.step("account", "acknowledge", "sgt1", "10:15", json!({}));
    assert_eq!(case.told("10:15", "R110"), Vec::<String>::new());
    // The file stays locked, and the next one is told again.
    assert_eq!(case.marks("10:15", "account"), ["flagged_file"]);
    case.step("account", "flag_image", "ofc1", "10:20", flag);
    assert!(case.told("10:20", "R110").contains(&"10:20 sgt1 R110.flagged".to_owned()));
}
