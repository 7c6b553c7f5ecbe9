//! What the stories of the whole system share: a scene with a server and four people's devices.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

pub mod abuse;
pub mod author;
pub mod canary;
pub mod checked;
pub mod client;
pub mod compile;
pub mod foreign;
pub mod java;
pub mod pages;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use field_day::programs::Programs;
use field_day::stage::{Handset, Server};
use serde_json::{Value as Json, json};

/// The two programs, built once for all tests of a binary.
pub fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build(&[]).unwrap())
}

/// A folder that goes away with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self::within(std::env::temp_dir())
    }

    /// Where the system has a place for files that are on no disk, there: for what tests anything but the disk.
    pub fn in_memory() -> Self {
        let memory = PathBuf::from("/dev/shm");
        Self::within(if memory.is_dir() { memory } else { std::env::temp_dir() })
    }

    fn within(place: PathBuf) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = place.join(format!("firsthand-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Random numbers from a printed seed; `<NAME>=<seed>` in the environment plays it again.
pub struct Dice(u64);

impl Dice {
    pub fn new(name: &str) -> Self {
        let clock = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let seed = std::env::var(name).ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::try_from(clock() & 0xffff_ffff).unwrap());
        println!("{name}={seed}");
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
}

/// A server, an officer and a sergeant of one team, the lead of the officer's school and the lead of
/// another school; each with a device that is enrolled and not yet watching.
pub struct Scene {
    pub server: Server,
    pub officer: Handset,
    pub sergeant: Handset,
    pub lead: Handset,
    pub stranger: Handset,
    pub case: String,
    pub folder: Folder,
}

pub const SCHOOL: &str = "100001";
pub const OTHER_SCHOOL: &str = "100002";

impl Scene {
    pub fn new() -> Self {
        Self::of(programs(), &[])
    }

    pub fn of(programs: &Programs, environment: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut server = Server::init(programs, &folder.path().join("server")).unwrap();
        for (name, value) in environment {
            server.environment(name, value);
        }
        for (id, name) in [(SCHOOL, "Harbour School"), (OTHER_SCHOOL, "Quarry School")] {
            let agreement = ["--agreement", "partnership", "--until", "2099-12-31"];
            let mut words = vec!["school", "add", "--id", id, "--name", name];
            words.extend(agreement);
            server.admin(&words).unwrap();
        }
        let add = |id: &str, role: &str, more: &[&str]| {
            let mut words = vec!["user", "add", "--id", id, "--name", id, "--role", role];
            words.extend(more);
            server.admin(&words).unwrap();
        };
        add("sergeant", "sergeant", &["--team", "east"]);
        add("officer", "officer", &["--team", "east", "--school", SCHOOL, "--supervisor", "sergeant"]);
        add("lead", "dsl", &["--school", SCHOOL]);
        add("stranger", "dsl", &["--school", OTHER_SCHOOL]);
        server.serve().unwrap();
        let join = |user: &str| {
            Handset::enrol(programs, &folder.path().join(user), user, &server.code(user).unwrap()).unwrap()
        };
        let (officer, sergeant, lead, stranger) = (join("officer"), join("sergeant"), join("lead"), join("stranger"));
        let case = uuid_like(1);
        Self { server, officer, sergeant, lead, stranger, case, folder }
    }

    pub fn action_body(&self, request: &str) -> Json {
        json!({"case": self.case, "school": SCHOOL, "requested_by": {"person": "lead", "org": "Harbour School"},
            "exact_request": request, "about": ["a pupil"], "kind": "enquiry", "due": "2099-01-01T12:00:00Z"})
    }

    /// The officer writes down a request; answers its id once it is saved.
    pub fn officer_action(&mut self, request: &str) -> String {
        let body = self.action_body(request);
        id(&self.officer.say_with(&["new", "action"], &body).unwrap())
    }

    /// An account that has just ended: one that is written down a day later has a gap more.
    pub fn disclosure_body(&self, words: &str) -> Json {
        let ago = minutes_ago;
        json!({"case": self.case, "school": SCHOOL, "speaker": "a pupil",
            "words_verbatim": [{"seq": 1, "speaker": "a pupil", "text": words, "exact": true}],
            "questions_asked": [{"seq": 1, "text": "Tell me.", "asker": "officer", "kind": "open"}],
            "who_present": [{"person": "tutor", "role": "staff", "part_or_whole": "whole"}], "seen_alone": "yes",
            "account_started_at": ago(20), "account_ended_at": ago(10),
            "setting": {"type": "school", "place": "library", "chosen_by_child": "yes"}, "how_recorded": "typed_live",
            "immediate_safety": {"safe_now": "yes"}, "medical_need": {"yn3": "no"},
            "first_evidence_done": {"not_applicable": "nothing to keep"}, "reassured": {"done": {"when": ago(11), "by": "officer"}},
            "child_view": [{"child": "a pupil", "words": "wants it to stop"}], "communication": {"needs": []}})
    }

    /// The officer takes and seals an account.
    pub fn officer_account(&mut self, words: &str) -> String {
        let body = self.disclosure_body(words);
        let account = id(&self.officer.say_with(&["new", "disclosure"], &body).unwrap());
        self.officer.say(&["seal", &account]).unwrap();
        account
    }

    pub fn concern_body(&self, school: &str, words: &str) -> Json {
        json!({"source": "school", "exact_words": words, "heard_how": "direct", "received_from": {"person": "a tutor"},
            "concern_items": [{"text": words}], "known_to_school_log": "yes", "subjects": ["a pupil"], "school": school})
    }

    /// The officer's records of which a receipt is held.
    pub fn officer_receipted(&mut self) -> BTreeSet<String> {
        let list = self.officer.say(&["list", "action"]).unwrap();
        let sent = |record: &&Json| {
            let states = record["delivery"].as_array().into_iter().flatten();
            states.into_iter().any(|d| !matches!(d["state"].as_str(), Some("recorded" | "sealed" | "left_device")))
        };
        list.as_array().unwrap().iter().filter(sent).map(id).collect()
    }

    /// Every record the server says it collected.
    pub fn server_records(&self) -> BTreeSet<String> {
        let audit = self.server.admin(&["audit"]).unwrap();
        let mut all = BTreeSet::new();
        for row in audit.as_array().unwrap().iter().filter(|row| row["operation"] == "collection") {
            all.extend(row["record"].as_str().map(str::to_owned));
            all.extend(row["records"].as_array().into_iter().flatten().filter_map(|r| r.as_str().map(str::to_owned)));
        }
        all
    }
}

/// A time so many minutes ago, by the clock that the programs see.
pub fn minutes_ago(minutes: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    signed::Timestamp::from_millis(i64::try_from(now).unwrap() - minutes * 60_000).to_string()
}

/// The id in an answer.
pub fn id(answer: &Json) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
}

/// The ids of a list.
pub fn ids(list: &Json) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(id).collect()
}

/// A case id as a school's system might have minted it.
pub fn uuid_like(number: u8) -> String {
    format!("0199a000-0000-7000-8000-0000000000{number:02x}")
}

/// Whether every count of unsent records is zero.
pub fn all_sent(status: &Json) -> bool {
    status["unsent"].as_object().is_some_and(|all| all.values().all(|n| n == 0))
}
