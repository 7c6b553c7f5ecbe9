//! The world a story plays in: a real server under a clock that is moved, and a real handset for each
//! person. A link is cut by not syncing: nothing travels of itself.
//!
//! What a story says must succeed, does, or the story ends where it stands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use field_day::programs::Programs;
use field_day::stage::{Handset, Server};
use serde_json::{Value as Json, json};
use signed::Timestamp;

use crate::named::Named;

/// The two programs, built once for all stories.
pub fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build(&[]).unwrap())
}

/// Everything a story needs.
pub struct World {
    /// The server.
    pub server: Server,
    now: Timestamp,
    folder: PathBuf,
    people: BTreeMap<String, PathBuf>,
    /// How many answers each person gave: what `new`, `edit`, `do` and `addendum` were told, field by field.
    pub answers: BTreeMap<String, usize>,
    /// The same with every line of a list and every part of a field counted for itself.
    pub values: BTreeMap<String, usize>,
    /// Who was only named, and what was asked about them.
    pub named: Named,
}

/// A world set down.
pub struct Kept {
    folder: PathBuf,
    now: Timestamp,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl World {
    /// Two schools and two teams of one area: officer ofc1 (school 100001, team t1 under sgt1), ofc2 (100002, t2 under
    /// sgt2), pcso1, insp1 over both, com1, dsl1 and stf1 of 100001, dsl2 of 100002, hub1, call1. The clock stands at
    /// `start` (UTC).
    pub fn new(start: &str) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("firsthand-story-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut server = Server::init(programs(), &folder.join("server")).unwrap();
        let config = server.dir().join("config.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("test_clock = true\n{text}")).unwrap();
        for (school, name) in [("100001", "Harbour School"), ("100002", "Quarry School")] {
            let words = [
                "school",
                "add",
                "--id",
                school,
                "--name",
                name,
                "--agreement",
                "partnership",
                "--until",
                "2099-12-31",
                "--now",
                start,
            ];
            server.admin(&words).unwrap();
        }
        for (user, role, more) in [
            ("com1", "command", &["--area", "north"][..]),
            ("insp1", "inspector", &["--area", "north", "--supervisor", "com1"]),
            ("sgt1", "sergeant", &["--area", "north", "--team", "t1", "--supervisor", "insp1"]),
            ("sgt2", "sergeant", &["--area", "north", "--team", "t2", "--supervisor", "insp1"]),
            ("ofc1", "officer", &["--area", "north", "--team", "t1", "--supervisor", "sgt1", "--school", "100001"]),
            ("ofc2", "officer", &["--area", "north", "--team", "t2", "--supervisor", "sgt2", "--school", "100002"]),
            ("pcso1", "pcso", &["--area", "north", "--team", "t1", "--supervisor", "sgt1", "--school", "100001"]),
            ("dsl1", "dsl", &["--school", "100001"]),
            ("stf1", "staff", &["--school", "100001"]),
            ("dsl2", "dsl", &["--school", "100002"]),
            ("hub1", "hub", &[]),
            ("call1", "call", &["--area", "north", "--team", "control", "--supervisor", "sgt1"]),
            ("dpo1", "dpo", &[]),
        ] {
            let mut words = vec!["user", "add", "--id", user, "--name", user, "--role", role];
            words.extend(more);
            words.extend(["--now", start]);
            server.admin(&words).unwrap();
        }
        server.serve_with(&["--now", start]).unwrap();
        let now = Timestamp::parse(start).unwrap();
        Self {
            server,
            now,
            folder,
            people: BTreeMap::new(),
            answers: BTreeMap::new(),
            values: BTreeMap::new(),
            named: Named::default(),
        }
    }

    /// Somebody more, of the area north.
    pub fn add_user(&self, user: &str, role: &str, supervisor: &str, team: &str) {
        let words = ["user", "add", "--id", user, "--name", user, "--role", role, "--area", "north"];
        self.server.admin(&[&words[..], &["--supervisor", supervisor, "--team", team]].concat()).unwrap();
    }

    /// One more person, or one more school: the words of the server's own command.
    pub fn admin(&self, words: &[&str]) -> Json {
        self.server.admin(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// One more person of area north.
    pub fn person(&self, user: &str, role: &str, more: &[&str]) {
        let words = ["user", "add", "--id", user, "--name", user, "--role", role, "--area", "north"];
        self.admin(&[&words[..], more].concat());
    }

    /// The id of somebody's device.
    pub fn device(&self, user: &str) -> Json {
        let all = self.admin(&["device", "list"]);
        all.as_array().unwrap().iter().find(|row| row["user"] == user).unwrap().clone()
    }

    /// Sets server and handsets down as they are, so that one beginning can go on in several ways.
    pub fn put_by(&mut self) -> Kept {
        let kept = Kept { folder: self.folder.with_extension("kept"), now: self.now };
        self.server.kill();
        copy(&self.folder, &kept.folder);
        self.server.serve_with(&["--now", &self.now()]).unwrap();
        kept
    }

    /// Begins again from what was set down.
    pub fn go_back(&mut self, kept: &Kept) {
        self.server.kill();
        std::fs::remove_dir_all(&self.folder).unwrap();
        copy(&kept.folder, &self.folder);
        self.now = kept.now;
        self.server.serve_with(&["--now", &self.now()]).unwrap();
    }

    /// The time now, as RFC 3339.
    pub fn now(&self) -> String {
        self.now.to_string()
    }

    /// A time so many minutes from now.
    pub fn in_minutes(&self, minutes: i64) -> String {
        Timestamp::from_millis(self.now.millis() + minutes * 60_000).to_string()
    }

    /// Time passes; everything that falls due has fired when this returns.
    pub fn pass(&mut self, length: &str) {
        self.server.admin(&["clock", "--advance", length]).unwrap();
        let (number, unit) = length.split_at(length.len() - 1);
        let factor = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 86_400_000,
        };
        self.now = Timestamp::from_millis(self.now.millis() + number.parse::<i64>().unwrap() * factor);
    }

    /// The server stops and comes back; its clock stands where it stood. It has run since it was last moved, and
    /// must not go back behind what it fired; the people's clocks follow it.
    pub fn restart_server(&mut self) {
        let shown = self.server.admin(&["clock", "--advance", "1s"]).unwrap();
        let shown = Timestamp::parse(shown["now"].as_str().unwrap()).unwrap();
        self.now = Timestamp::from_millis(self.now.millis().max(shown.millis()));
        self.server.kill();
        let now = self.now();
        self.server.serve_with(&["--now", &now]).unwrap();
    }

    /// A person's handset, enrolled on first use.
    fn store(&mut self, user: &str) -> PathBuf {
        if let Some(store) = self.people.get(user) {
            return store.clone();
        }
        let store = self.folder.join(user);
        self.people.insert(user.to_owned(), store.clone());
        let code = self.server.code(user).unwrap();
        self.run(user, &["enrol", "--code", &code], None).unwrap();
        store
    }

    /// Runs `field` as somebody; the answer, or what it was refused with.
    pub fn run(&mut self, user: &str, words: &[&str], body: Option<&Json>) -> Result<Json, Json> {
        // No two things happen at one instant: what was written a moment ago is over when it is looked at. A handset's
        // clock runs on while it works, and on a busy machine that may be long.
        let (now, begun) = (self.now(), Instant::now());
        let answer = self.run_by(user, &now, words, body);
        let ran = i64::try_from(begun.elapsed().as_millis()).unwrap_or(0);
        self.now = Timestamp::from_millis(self.now.millis() + ran.max(50));
        answer
    }

    /// The same by a clock that stands elsewhere; it must succeed.
    pub fn run_at(&mut self, user: &str, now: &str, words: &[&str]) -> Json {
        self.run_by(user, now, words, None).unwrap_or_else(|error| panic!("{user} {words:?}: {error}"))
    }

    /// The same with a body.
    pub fn run_at_with(&mut self, user: &str, now: &str, words: &[&str], body: &Json) -> Json {
        self.run_by(user, now, words, Some(body)).unwrap_or_else(|error| panic!("{user} {words:?}: {error}"))
    }

    fn run_by(&mut self, user: &str, now: &str, words: &[&str], body: Option<&Json>) -> Result<Json, Json> {
        let store = self.store(user);
        let mut command = Command::new(&programs().field);
        command.args(words).arg("--json").arg("--store").arg(&store).args(["--now", now]);
        if body.is_some() {
            command.args(["--from", "-"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if let Some(body) = body {
            stdin.write_all(body.to_string().as_bytes()).unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let error = String::from_utf8_lossy(&output.stderr).to_string();
        let value: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{user} {words:?}: {text} {error}"));
        if !output.status.success() {
            self.named.asked(user, words, &value["error"]);
            return Err(value["error"].clone());
        }
        if let Some(body) = body {
            self.named.told(words, body, &value);
        }
        self.named.asked(user, words, &value);
        Ok(value)
    }

    /// What `field` prints for a person, word for word.
    pub fn page(&mut self, user: &str, words: &[&str]) -> String {
        let store = self.store(user);
        let mut command = Command::new(&programs().field);
        command.args(words).arg("--store").arg(&store).args(["--now", &self.now()]).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{user} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The same, which must succeed.
    pub fn done(&mut self, user: &str, words: &[&str]) -> Json {
        self.run(user, words, None).unwrap_or_else(|error| panic!("{user} {words:?}: {error}"))
    }

    /// A new record; what the screen says.
    pub fn made(&mut self, user: &str, kind: &str, body: &Json) -> Json {
        self.answered(user, body);
        self.run(user, &["new", kind], Some(body)).unwrap_or_else(|e| panic!("{user} new {kind}: {e}"))
    }

    /// A new record; its id.
    pub fn new_record(&mut self, user: &str, kind: &str, body: Json) -> String {
        self.made(user, kind, &body)["id"].as_str().unwrap().to_owned()
    }

    /// A draft that is sealed at once; its id and the answer of the seal.
    pub fn sealed(&mut self, user: &str, kind: &str, body: Json) -> (String, Json) {
        let id = self.new_record(user, kind, body);
        let sealed = self.done(user, &["seal", &id]);
        (id, sealed)
    }

    /// A step that must succeed.
    pub fn step(&mut self, user: &str, id: &str, verb: &str, body: Json) -> Json {
        self.answered(user, &body);
        self.run(user, &["do", id, verb], Some(&body)).unwrap_or_else(|e| panic!("{user} {verb} {id}: {e}"))
    }

    /// A step that must be refused; what the screen says.
    pub fn refusal(&mut self, user: &str, id: &str, verb: &str, body: &Json) -> Json {
        match self.run(user, &["do", id, verb], Some(body)) {
            Ok(value) => panic!("{user} {verb} {id} was not refused: {value}"),
            Err(error) => error,
        }
    }

    /// A step that must be refused; the codes and paths that stand in its way.
    pub fn refused(&mut self, user: &str, id: &str, verb: &str, body: Json) -> Vec<String> {
        let error = self.refusal(user, id, verb, &body);
        let mut all = gaps(&error);
        if all.is_empty() {
            all.push(error["code"].as_str().unwrap_or_default().to_owned());
        }
        all
    }

    /// Working fields are changed.
    pub fn edit(&mut self, user: &str, id: &str, body: Json) -> Json {
        self.answered(user, &body);
        self.run(user, &["edit", id], Some(&body)).unwrap_or_else(|e| panic!("{user} edit {id}: {e}"))
    }

    /// What a sealed record lacked is added; each value counts as an answer.
    pub fn addendum(&mut self, user: &str, id: &str, sets: &Json, reason: &str) -> Json {
        self.answered(user, sets);
        let sets: Vec<String> =
            sets.as_object().unwrap().iter().map(|(path, value)| format!("{path}={value}")).collect();
        let mut words = vec!["addendum", id, "--reason", reason];
        sets.iter().for_each(|set| words.extend(["--set", set]));
        self.done(user, &words)
    }

    fn answered(&mut self, user: &str, body: &Json) {
        *self.answers.entry(user.to_owned()).or_default() += body.as_object().map_or(0, serde_json::Map::len);
        *self.values.entry(user.to_owned()).or_default() += values(body);
    }

    /// The link is there: everything is sent and fetched, however slow a shared machine is.
    pub fn sync(&mut self, user: &str) -> Json {
        self.done(user, &["sync", "--timeout", "180"])
    }

    /// Somebody writes all this down in one sitting, the server out of reach; what is drafted is sealed. The ids.
    pub fn written_without_signal(&mut self, user: &str, bodies: &[(&str, Json)]) -> Vec<String> {
        let (store, now) = (self.store(user), self.now());
        self.server.kill();
        let mut handset = Handset::new(programs(), &store, user);
        handset.watch_with(&["--now", &now]).unwrap();
        let mut ids = Vec::new();
        for (kind, body) in bodies {
            let made = handset.say_with(&["new", kind], body).unwrap();
            ids.push(made["id"].as_str().unwrap().to_owned());
            if made["status"] == "draft" {
                handset.say(&["seal", made["id"].as_str().unwrap()]).unwrap();
            }
        }
        handset.unwatch().unwrap();
        self.server.serve_with(&["--now", &now]).unwrap();
        ids
    }

    /// So many records of a kind of which a handset that comes online tells, in the order in which it tells of them.
    pub fn watched(&mut self, user: &str, kind: &str, number: usize) -> Vec<String> {
        let (store, now) = (self.store(user), self.now());
        let mut handset = Handset::new(programs(), &store, user);
        handset.watch_with(&["--now", &now]).unwrap();
        let is = |heard: &Json| heard["event"] == "record_changed" && heard["kind"] == kind;
        let told = (0..number).map(|_| handset.wait(is).unwrap()["id"].as_str().unwrap().to_owned());
        let told = told.collect();
        handset.unwatch().unwrap();
        told
    }

    /// Everybody named syncs, twice, so that what one brings the others have.
    pub fn sync_all(&mut self, users: &[&str]) {
        for _ in 0..2 {
            for user in users {
                self.sync(user);
            }
        }
    }

    /// A record as somebody's device shows it.
    pub fn show(&mut self, user: &str, id: &str) -> Json {
        self.done(user, &["show", id])
    }

    /// Lines of a kind, newest first.
    pub fn list(&mut self, user: &str, kind: &str) -> Vec<Json> {
        self.done(user, &["list", kind]).as_array().unwrap().clone()
    }

    /// Records of a kind whose body meets a condition; their ids.
    pub fn find(&mut self, user: &str, kind: &str, meets: impl Fn(&Json) -> bool) -> Vec<String> {
        let lines = self.list(user, kind);
        let ids: Vec<String> = lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
        ids.into_iter().filter(|id| meets(&self.show(user, id))).collect()
    }

    /// What is due for somebody now: the codes.
    pub fn prompts(&mut self, user: &str) -> Vec<String> {
        let all = self.done(user, &["prompts"]);
        all.as_array().unwrap().iter().map(|prompt| prompt["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether a code is due for somebody now, after a sync.
    pub fn is_prompted(&mut self, user: &str, code: &str) -> bool {
        self.sync(user);
        self.prompts(user).iter().any(|known| known == code)
    }

    /// How many prompts of a code about a record are due for somebody now, after a sync.
    pub fn told_about(&mut self, user: &str, code: &str, record: &str) -> usize {
        self.sync(user);
        let all = self.done(user, &["prompts"]);
        let of_it = |prompt: &&Json| prompt["code"] == code && prompt["record"] == record;
        all.as_array().unwrap().iter().filter(of_it).count()
    }

    /// What every reader of a record sees beside it, as one person's device shows it.
    pub fn marks(&mut self, user: &str, id: &str) -> Vec<String> {
        let shown = self.show(user, id);
        shown["marks"].as_array().into_iter().flatten().map(|mark| mark.as_str().unwrap().to_owned()).collect()
    }

    /// The prompt with a code about a record, for answering or dismissing it.
    pub fn prompt(&mut self, user: &str, code: &str) -> Json {
        let all = self.done(user, &["prompts"]);
        let found = all.as_array().unwrap().iter().rfind(|prompt| prompt["code"] == code).cloned();
        found.unwrap_or_else(|| panic!("{user} has no {code}: {all}"))
    }

    /// The folder of somebody's store, for looking for words that must not be there.
    pub fn folder(&self, user: &str) -> &Path {
        &self.people[user]
    }
}

/// How many single values an answer holds.
fn values(answer: &Json) -> usize {
    match answer {
        Json::Object(map) => map.values().map(values).sum(),
        Json::Array(items) => items.iter().map(values).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 1,
    }
}

/// Code and path of a gap.
pub fn gap(gap: &Json) -> String {
    format!("{} {}", gap["code"].as_str().unwrap_or_default(), gap["path"].as_str().unwrap_or_default())
}

/// Codes and paths of the gaps in an answer.
pub fn gaps(answer: &Json) -> Vec<String> {
    answer["gaps"].as_array().into_iter().flatten().map(gap).collect()
}

/// Whether a list of words holds one that begins so.
pub fn any(list: &[String], start: &str) -> bool {
    list.iter().any(|known| known.starts_with(start))
}

/// Somebody, as said.
pub fn said(words: &str) -> Json {
    json!({ "as_said": words })
}

/// Something that is done, by somebody, now.
pub fn item(world: &World, by: &str) -> Json {
    json!({ "done": { "when": world.now(), "by": by } })
}

/// A record by its id.
pub fn record(id: &str) -> Json {
    json!({ "record": id })
}
