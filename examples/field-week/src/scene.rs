//! How a story is told: each sentence is followed by what the screen says, read from the answer of that
//! person's own process.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a story that goes otherwise than told ends where it stands"
)]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::world::World;

/// Lines of one kind that are printed; how many more there are is said.
const LINES_MAX: usize = 10;

/// A story while it is told.
pub struct Scene {
    /// Where it plays.
    pub world: World,
    /// Whoever is with the child.
    with_child: String,
    /// What they had answered when the child could be left: fields, and single values in them.
    before: Option<(usize, usize)>,
}

/// What a story comes to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Which story.
    pub story: &'static str,
    /// Who was with the child.
    pub who: String,
    /// Fields answered before the child could be left, and single values in them.
    pub before: (usize, usize),
    /// The same, afterwards.
    pub after: (usize, usize),
    /// People who were only named, how many of them were met, and how many questions about these fell due.
    pub named: (usize, usize, usize),
    /// All gaps that were printed.
    pub gaps: usize,
    /// What was asked too early about somebody who was only named.
    pub early: Vec<String>,
}

impl Scene {
    /// Begins; `with_child` is the one whose answers are counted.
    #[must_use]
    pub fn new(title: &str, start: &str, with_child: &str) -> Self {
        line(&format!("\n{title}\n"));
        Self { world: World::new(start), with_child: with_child.to_owned(), before: None }
    }

    /// What happens, at the story's time.
    pub fn tell(&self, who: &str, what: &str) {
        let now = self.world.now();
        let time = now.get(..16).unwrap_or(&now).replace('T', " ");
        line(&format!("  {time}  {}: {what}", called(who)));
    }

    /// Somebody makes a record; its id.
    pub fn makes(&mut self, who: &str, kind: &str, body: &Json, what: &str) -> String {
        self.tell(who, what);
        let made = self.world.made(who, kind, body);
        missing("saved", &made);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Somebody seals a draft.
    pub fn seals(&mut self, who: &str, id: &str, what: &str) -> Json {
        self.tell(who, what);
        let sealed = self.world.done(who, &["seal", id]);
        missing("sealed", &sealed);
        sealed
    }

    /// Somebody changes what stands in a record.
    pub fn edits(&mut self, who: &str, id: &str, body: Json, what: &str) {
        self.tell(who, what);
        missing("saved", &self.world.edit(who, id, body));
    }

    /// Somebody adds to a sealed record what it lacked.
    pub fn adds(&mut self, who: &str, id: &str, sets: &Json, reason: &str, what: &str) {
        self.tell(who, what);
        missing("added", &self.world.addendum(who, id, sets, reason));
    }

    /// Somebody takes a step.
    pub fn does(&mut self, who: &str, id: &str, verb: &str, body: Json, what: &str) -> Json {
        self.tell(who, what);
        let done = self.world.step(who, id, verb, body);
        screen(&format!("{}: {}", words(&json!(verb)), words(&done["status"])));
        done
    }

    /// Somebody tries a step that `field` refuses; the codes and paths that stand in its way.
    pub fn is_refused(&mut self, who: &str, id: &str, verb: &str, body: &Json, what: &str) -> Vec<String> {
        self.tell(who, what);
        let error = self.world.refusal(who, id, verb, body);
        let all = crate::world::gaps(&error);
        if all.is_empty() {
            screen(&format!("refused: {} ({})", words(&error["message"]), words(&error["code"])));
            return vec![error["code"].as_str().unwrap().to_owned()];
        }
        screen("refused, until these are answered:");
        grouped(&error);
        all
    }

    /// What a record lacks, as somebody's screen says it.
    pub fn looks(&mut self, who: &str, id: &str, what: &str) -> Json {
        self.tell(who, what);
        let shown = self.world.show(who, id);
        missing("open", &shown);
        shown
    }

    /// What is due for somebody; the codes. It must hold this one.
    pub fn is_prompted(&mut self, who: &str, code: &str) {
        self.world.sync(who);
        let due = self.world.prompt(who, code);
        self.tell(who, &format!("has a new prompt: {} ({code})", words(&due["text"])));
    }

    /// Time passes.
    pub fn passes(&mut self, length: &str, what: &str) {
        line(&format!("  {what}"));
        self.world.pass(length);
    }

    /// From here on the child need not wait for what is asked.
    pub fn child_may_be_left(&mut self, what: &str) {
        let who = self.with_child.clone();
        let so_far = self.answered();
        self.before = Some(so_far);
        self.tell(&who, &format!("{what}: {} fields answered so far", so_far.0));
    }

    fn answered(&self) -> (usize, usize) {
        let of = |counts: &BTreeMap<String, usize>| counts.get(&self.with_child).copied().unwrap_or_default();
        (of(&self.world.answers), of(&self.world.values))
    }

    /// The case as it stands at the end, and what the story comes to. `everybody` who may hold checks is
    /// asked for them.
    pub fn end(mut self, story: &'static str, whose: &str, case: &str, everybody: &[&str]) -> Summary {
        self.world.sync(whose);
        self.tell(whose, "looks back, with `field timeline --case`:");
        for found in self.world.page(whose, &["timeline", "--case", case]).lines() {
            line(&format!("    {found}"));
        }
        for user in everybody {
            for check in self.world.list(user, "intelligence_check") {
                let shown = self.world.show(user, check["id"].as_str().unwrap());
                self.world.named.looked_up(&shown);
            }
        }
        let (before, all) = (self.before.unwrap_or_default(), self.answered());
        let named = &self.world.named;
        Summary {
            story,
            who: called(&self.with_child),
            before,
            after: (all.0 - before.0, all.1 - before.1),
            named: (named.people(), named.met(), named.due()),
            gaps: named.gaps(),
            early: named.early().to_vec(),
        }
    }
}

impl Summary {
    /// What it comes to, in two sentences.
    pub fn print(&self) {
        let ((before, values), (after, more), (people, met, due)) = (self.before, self.after, self.named);
        line(&format!(
            "\n{}: {} answered {before} fields ({values} values) before the child could be left, and {after} \
             ({more} values) after.",
            self.story, self.who
        ));
        match self.early.as_slice() {
            [] => line(&format!(
                "{}: no step asked for what R119 lets wait: of {} gaps printed, none asked the age, the checks, the \
                 own line or the ethnicity of the {people} who were only named ({met} of them met later: then {due} did).",
                self.story, self.gaps
            )),
            early => early.iter().for_each(|asked| line(&format!("{}: asked too early: {asked}", self.story))),
        }
    }

    /// Whether the story shows what it is told for.
    #[must_use]
    pub fn holds(&self) -> bool {
        let (people, met, due) = self.named;
        // A watch that never saw such a gap would see none too early either.
        self.early.is_empty() && people > 0 && met > 0 && due > 0 && self.before.0 > 0
    }
}

/// A person's role before the name of their account.
fn called(user: &str) -> String {
    let role = match user.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "ofc" => "officer",
        "sgt" => "sergeant",
        "insp" => "inspector",
        "call" => "call handler",
        "dsl" => "safeguarding lead",
        "hub" => "hub worker",
        other => other,
    };
    format!("{role} {user}")
}

fn words(value: &Json) -> String {
    value.as_str().unwrap_or_default().replace('_', " ")
}

fn missing(done: &str, answer: &Json) {
    match answer["gaps"].as_array().map(Vec::len) {
        None => screen(done),
        Some(0) => screen(&format!("{done}; nothing is missing")),
        Some(_) => screen(&format!("{done}; still missing:")),
    }
    grouped(answer);
}

/// The gaps of an answer, each question once with how often it is asked.
fn grouped(answer: &Json) {
    let mut asked: Vec<(String, usize)> = Vec::new();
    for gap in answer["gaps"].as_array().into_iter().flatten() {
        let (message, code) = (gap["message"].as_str().unwrap_or_default(), gap["code"].as_str().unwrap_or_default());
        let place = gap["path"].as_str().unwrap_or_default();
        // A field that is missing is named by its place, since they all say the same.
        let question = match code {
            "I.required" => format!("{} ({code})", place.split('/').next().unwrap_or_default().replace('_', " ")),
            _ => format!("{message} ({code})"),
        };
        match asked.iter_mut().find(|(known, _)| *known == question) {
            Some((_, times)) => *times += 1,
            None => asked.push((question, 1)),
        }
    }
    for (question, times) in asked.iter().take(LINES_MAX) {
        let times = if *times > 1 { format!(", {times} times") } else { String::new() };
        line(&format!("                        - {question}{times}"));
    }
    if asked.len() > LINES_MAX {
        line(&format!("                        - and {} more", asked.len() - LINES_MAX));
    }
}

fn screen(text: &str) {
    line(&format!("                      screen: {text}"));
}

#[allow(clippy::print_stdout, reason = "telling the week is what this program is for")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}
