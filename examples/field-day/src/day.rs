//! The story: AS1 (a) to (d), as far as the spine reaches.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::facts::{Facts, holds_text, verified};
use crate::people::People;
use crate::programs::Programs;
use crate::stage::{Failure, Handset, Played, Server};
use crate::told::{Teller, standing, text, unsent};

/// One day, being played.
pub struct Day<'a> {
    people: People,
    server: Server,
    officer: Handset,
    sergeant: Handset,
    lead: Handset,
    teller: &'a mut Teller,
    facts: Facts,
}

impl<'a> Day<'a> {
    /// Plays a whole day in this folder; answers the facts. `fault` is planted in the server, if
    /// it was built to take one.
    pub fn play(
        programs: &Programs,
        dir: &Path,
        seed: u64,
        fault: Option<&str>,
        teller: &'a mut Teller,
    ) -> Played<Facts> {
        let mut day = Self::begin(programs, dir, seed, fault, teller)?;
        let concern = day.the_school_is_worried()?;
        let (account, action) = day.without_signal(&concern)?;
        day.signal_returns(&account, &action)?;
        day.the_request_is_taken_up(&action)?;
        day.evening(&concern, &account, &action)?;
        Ok(day.facts)
    }

    fn begin(programs: &Programs, dir: &Path, seed: u64, fault: Option<&str>, teller: &'a mut Teller) -> Played<Self> {
        let people = People::from_seed(seed);
        let mut server = Server::init(programs, &dir.join("server"))?;
        if let Some(fault) = fault {
            server.environment("FIRSTHAND_TEST_FAULTS", fault);
        }
        let urn = people.urn.as_str();
        server.admin(&[
            "school",
            "add",
            "--id",
            urn,
            "--name",
            &people.school,
            "--agreement",
            "partnership",
            "--until",
            "2099-12-31",
        ])?;
        server.admin(&[
            "user",
            "add",
            "--id",
            "sergeant",
            "--name",
            &people.sergeant,
            "--role",
            "sergeant",
            "--team",
            "east",
        ])?;
        server.admin(&[
            "user",
            "add",
            "--id",
            "officer",
            "--name",
            &people.officer,
            "--role",
            "officer",
            "--team",
            "east",
            "--school",
            urn,
            "--supervisor",
            "sergeant",
        ])?;
        server.admin(&["user", "add", "--id", "lead", "--name", &people.lead, "--role", "dsl", "--school", urn])?;
        server.serve()?;
        let join = |user: &str, owner: &str| Handset::enrol(programs, &dir.join(user), owner, &server.code(user)?);
        let mut officer = join("officer", &people.officer)?;
        let mut sergeant = join("sergeant", &people.sergeant)?;
        let mut lead = join("lead", &people.lead)?;
        for handset in [&mut officer, &mut sergeant, &mut lead] {
            handset.watch()?;
            handset.wait(|event| event_is(event, "online"))?;
        }
        Ok(Self { people, server, officer, sergeant, lead, teller, facts: Facts::default() })
    }

    /// (a) The school's concern reaches the officer.
    fn the_school_is_worried(&mut self) -> Played<String> {
        self.teller
            .chapter(&format!("Morning. {} writes down what was heard at {}", self.people.lead, self.people.school));
        let person = self.lead.say_with(
            &["new", "person"],
            &json!({"roles": ["child"], "names": [self.people.child], "school": self.people.urn,
                "estimated_age": {"years": 12, "basis": "the school's own roll"}}),
        )?;
        let person = id_of(&person)?;
        let recorded = self.lead.say_with(
            &["new", "concern"],
            &json!({"source": "school", "exact_words": self.people.concern, "heard_how": "second_hand",
                "received_from": {"person": "a pupil's tutor"}, "relation_to_child": "designated safeguarding lead",
                "concern_items": [{"text": self.people.concern}], "indicators": ["older_person", "sexual_rumour"],
                "known_to_school_log": "yes", "subjects": [{"record": person}], "school": self.people.urn}),
        )?;
        let concern = id_of(&recorded)?;
        self.teller.sees(
            &self.people.lead,
            &format!("the concern is {}: nobody can change these words now", text(&recorded, "/status")),
            &recorded,
        );
        let at_officer = self.officer.until(&["show", &concern], |shown| shown.get("status").is_some())?;
        self.teller.sees(&self.people.officer, &standing(&at_officer), &at_officer);
        self.facts.check("the officer reads the school's exact words", holds_text(&at_officer, &self.people.concern));
        self.facts.check(
            "a child under 13 and a sexual rumour made it immediate (R26)",
            text(&at_officer, "/urgency") == "immediate",
        );
        Ok(concern)
    }

    /// (b) Signal is cut; the child denies it; the account is sealed on the handset.
    fn without_signal(&mut self, concern: &str) -> Played<(String, String)> {
        self.teller.chapter("Second lesson. In the wellbeing office there is no signal: the server is really gone");
        self.server.kill();
        self.officer.wait(|event| event_is(event, "offline"))?;
        let case = self.officer.say(&["show", concern])?;
        let case = text(&case, "/case").to_owned();
        // Three ordinary notes first, so that "urgent first" has something to overtake.
        for line in ["Assembly on Thursday.", "Lanyards ordered.", "Car park talk done."] {
            self.officer.say_with(
                &["new", "action"],
                &json!({"requested_by": {"person": "the school office", "org": self.people.school}, "exact_request": line,
                    "about": ["the school"], "kind": "enquiry", "due": "2099-01-01T12:00:00Z", "urgency": "info"}),
            )?;
        }
        let account = self.the_childs_account(&case)?;
        let action = self.the_request(&case)?;
        let found = self.officer.say(&["search", first_words(&self.people.denial)])?;
        self.facts.check("the account is found on the handset without signal", holds_text(&found, &account));
        let status = self.officer.say(&["status"])?;
        self.teller.sees(&self.people.officer, &unsent(&status), &status);
        let count = |name: &str| status.pointer(&format!("/unsent/{name}")).and_then(Json::as_u64).unwrap_or(0);
        self.facts.check("the handset says how many urgent records are unsent", count("immediate") >= 1);
        self.facts.check("and how many others", count("info") >= 3);
        Ok((account, action))
    }

    fn the_childs_account(&mut self, case: &str) -> Played<String> {
        let draft = self.officer.say_with(
            &["new", "disclosure"],
            &json!({
                "case": case, "school": self.people.urn, "urgency": "immediate", "speaker": {"as_said": self.people.child},
                "words_verbatim": [{"seq": 1, "speaker": self.people.child, "text": self.people.denial, "exact": true}],
                "questions_asked": [{"seq": 1, "text": "Tell me about the weekend.", "asker": "officer", "kind": "open"}],
                "observations": [{"text": self.people.observation, "at": minutes_ago(15)}],
                "interpretation": [{"text": self.people.interpretation, "basis": "what was seen", "author": "officer"}],
                "who_present": [{"person": "pastoral manager", "role": "staff", "part_or_whole": "whole"}],
                "seen_alone": "no", "account_started_at": minutes_ago(20), "account_ended_at": minutes_ago(10),
                "setting": {"type": "school", "place": "wellbeing office", "chosen_by_child": "yes"},
                "how_recorded": "typed_live", "immediate_safety": {"safe_now": "yes"},
                "medical_need": {"yn3": "no"}, "first_evidence_done": {"not_applicable": "nothing disclosed"},
            }),
        )?;
        let account = id_of(&draft)?;
        let sealed = self.officer.say(&["seal", &account])?;
        self.teller.sees(
            &self.people.officer,
            &format!(
                "the account is {}, safe on this handset; {} questions still open",
                text(&sealed, "/status"),
                gaps(&sealed)
            ),
            &sealed,
        );
        let shown = self.officer.say(&["show", &account])?;
        let apart = |field: &str, words: &str| shown.get(field).is_some_and(|part| holds_text(part, words));
        self.facts.check("the child's words stand as they were said", apart("words_verbatim", &self.people.denial));
        self.facts.check("what was seen stands apart from them", apart("observations", &self.people.observation));
        self.facts.check("and what was thought apart from both", apart("interpretation", &self.people.interpretation));
        self.facts.check(
            "neither stands among the child's words (R3)",
            !apart("words_verbatim", &self.people.observation) && !apart("words_verbatim", &self.people.interpretation),
        );
        let refused = self.officer.say(&["edit", &account, "--set", "words_verbatim=[]"]);
        self.facts.check("a sealed word cannot be changed (R7)", refused.is_err());
        Ok(account)
    }

    fn the_request(&mut self, case: &str) -> Played<String> {
        let action = self.officer.say_with(
            &["new", "action"],
            &json!({"case": case, "school": self.people.urn, "kind": "enquiry", "urgency": "urgent",
                "requested_by": {"person": self.people.lead, "org": self.people.school},
                "exact_request": self.people.request, "about": [self.people.child], "due": "2099-01-02T15:00:00Z"}),
        )?;
        id_of(&action)
    }

    /// (c) Signal is back: nobody presses anything, and the urgent record goes first.
    fn signal_returns(&mut self, account: &str, action: &str) -> Played<()> {
        self.teller.chapter("Break. Signal is back; nobody presses anything");
        self.server.serve()?;
        let status = self.officer.until(&["status"], |status| {
            let unsent = status.get("unsent").and_then(Json::as_object);
            unsent.is_some_and(|all| all.values().all(|n| n.as_u64() == Some(0)))
        })?;
        self.teller.sees(&self.people.officer, &unsent(&status), &status);
        let at_sergeant = self.sergeant.until(&["show", account], |shown| shown.get("status").is_some())?;
        self.teller.sees(&self.people.sergeant, &standing(&at_sergeant), &at_sergeant);
        self.facts.check("the sergeant reads the child's own words", holds_text(&at_sergeant, &self.people.denial));
        self.facts.check("every statement of it verifies on the sergeant's device", verified(&at_sergeant));
        let order = self.received_order()?;
        let place = |id: &str| order.iter().position(|received| received == id);
        let first_after_cut = order.iter().position(|id| id == account || id == action);
        let notes_after = self.notes_after(account, &order)?;
        self.facts.check(
            "the server received the immediate account before everything else from that hour (R24)",
            place(account).is_some() && place(account) == first_after_cut && notes_after,
        );
        Ok(())
    }

    /// The documents in the order in which the server received their first changes.
    fn received_order(&mut self) -> Played<Vec<String>> {
        let audit = self.server.admin(&["audit"])?;
        let rows = audit.as_array().ok_or_else(|| Failure("audit gave no rows".into()))?;
        let mut order = Vec::new();
        for row in rows.iter().filter(|row| text(row, "/operation") == "collection") {
            let one = row.get("record").and_then(Json::as_str).map(str::to_owned);
            let many = row.get("records").and_then(Json::as_array).into_iter().flatten();
            for id in one.into_iter().chain(many.filter_map(|id| id.as_str().map(str::to_owned))) {
                if !order.contains(&id) {
                    order.push(id);
                }
            }
        }
        Ok(order)
    }

    /// Whether the ordinary notes came after this record.
    fn notes_after(&mut self, record: &str, order: &[String]) -> Played<bool> {
        let notes = self.officer.say(&["list", "action"])?;
        let notes = notes.as_array().cloned().unwrap_or_default();
        let place = |id: &str| order.iter().position(|received| received == id);
        Ok(notes
            .iter()
            .filter(|note| text(note, "/urgency") == "info")
            .all(|note| place(text(note, "/id")) > place(record)))
    }

    /// (d) What was asked in the corridor is an action; the school confirms it, it is forwarded with
    /// nothing dropped, done, and the school sees the outcome.
    fn the_request_is_taken_up(&mut self, action: &str) -> Played<()> {
        self.teller.chapter(&format!("Lunch. What {} asked for in the corridor", self.people.lead));
        let at_school = self.lead.until(&["show", action], |shown| shown.get("status").is_some())?;
        self.teller.sees(&self.people.lead, &standing(&at_school), &at_school);
        self.facts
            .check("the school reads its own request, word for word", holds_text(&at_school, &self.people.request));
        let confirmed = self.lead.say(&["do", action, "confirm_seen"])?;
        self.teller.sees(&self.people.lead, "you have confirmed that this is what you asked for", &confirmed);
        self.officer.until(&["show", action], |shown| said(shown, "confirm_seen"))?;
        self.officer.say(&["do", action, "accept"])?;
        let forward = json!({"to": "sergeant", "why": "the sergeant knows the site's owner"});
        self.officer.say_with(&["do", action, "forward"], &forward)?;
        let at_sergeant = self
            .sergeant
            .until(&["show", action], |shown| holds_text(shown.get("owner").unwrap_or(&Json::Null), "sergeant"))?;
        self.teller.sees(&self.people.sergeant, &standing(&at_sergeant), &at_sergeant);
        self.facts.check(
            "nothing was dropped on the way: the request is word for word (R52)",
            holds_text(&at_sergeant, &self.people.request),
        );
        self.facts.check("nor whom it is about", holds_text(&at_sergeant, &self.people.child));
        self.sergeant.say(&["do", action, "accept"])?;
        let at_school = self.lead.until(&["show", action], |shown| text(shown, "/status") == "accepted")?;
        self.teller.sees(&self.people.lead, &standing(&at_school), &at_school);
        self.facts.check(
            "the school sees who holds it",
            holds_text(at_school.get("owner").unwrap_or(&Json::Null), "sergeant"),
        );
        let done = json!({"outcome": self.people.outcome, "evidence": [{"ref": "site register, page 4", "type": "system_reference"}]});
        self.sergeant.say_with(&["do", action, "complete"], &done)?;
        self.sergeant.say_with(&["do", action, "tell_outcome"], &json!({"to": "lead", "how": "in Firsthand"}))?;
        Ok(())
    }

    fn evening(&mut self, concern: &str, account: &str, action: &str) -> Played<()> {
        self.teller.chapter("Last bell");
        let at_school = self.lead.until(&["show", action], |shown| text(shown, "/status") == "outcome_told")?;
        self.teller.sees(
            &self.people.lead,
            &format!("{}. {}", standing(&at_school), self.outcome(&at_school)),
            &at_school,
        );
        self.facts
            .check("the school sees the outcome on its own device (R51)", holds_text(&at_school, &self.people.outcome));
        self.facts.check("every statement of it verifies on the school's device", verified(&at_school));
        let hidden = self.lead.say(&["show", account]);
        self.facts.check("the school's device has no copy of the police account (R88)", hidden.is_err());
        let found = self.lead.say(&["search", first_words(&self.people.denial)])?;
        self.facts
            .check("nor any word of it", !holds_text(&found, account) && found.as_array().is_some_and(Vec::is_empty));
        for (handset, record) in
            [(&mut self.officer, account), (&mut self.lead, concern), (&mut self.sergeant, account)]
        {
            let answer = handset.say(&["verify"])?;
            let owner = handset.owner.clone();
            self.facts.check(
                &format!("{owner}'s device verifies everything it holds"),
                answer.get("ok") == Some(&Json::Bool(true)),
            );
            let shown = handset.say(&["show", record])?;
            self.facts.check(&format!("{owner} still has the words"), verified(&shown));
        }
        let verified = self.server.admin(&["verify"])?;
        self.facts.check("the server verifies", verified.get("ok") == Some(&Json::Bool(true)));
        let ended = self.server.stop()?;
        self.facts.check("the server stops in order", ended);
        Ok(())
    }

    fn outcome(&self, shown: &Json) -> String {
        if holds_text(shown, &self.people.outcome) {
            format!("What came of it: {}", self.people.outcome)
        } else {
            "No outcome yet".into()
        }
    }
}

fn event_is(event: &Json, name: &str) -> bool {
    event.get("event").and_then(Json::as_str) == Some(name)
}

fn id_of(answer: &Json) -> Played<String> {
    match answer.get("id").and_then(Json::as_str) {
        Some(id) => Ok(id.to_owned()),
        None => Err(Failure(format!("no id in {answer}"))),
    }
}

fn gaps(answer: &Json) -> usize {
    answer.get("gaps").and_then(Json::as_array).map_or(0, Vec::len)
}

fn said(shown: &Json, step: &str) -> bool {
    let statements = shown.get("statements").and_then(Json::as_array);
    statements.is_some_and(|all| all.iter().any(|s| s.get("step").and_then(Json::as_str) == Some(step)))
}

/// Two words that are enough to find a text again.
fn first_words(text: &str) -> &str {
    let mut spaces = text.match_indices(' ').map(|(place, _)| place);
    let second = spaces.nth(3).unwrap_or(text.len());
    text.get(..second).unwrap_or(text)
}

/// A time so many minutes ago: an account that is written down a day late would have to say why.
fn minutes_ago(minutes: i64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    signed::Timestamp::from_millis(now - minutes * 60_000).to_string()
}
