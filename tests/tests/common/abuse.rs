//! What libfield answers to what an app does wrong: the chapters of `tests/c/abuse`, and what each has to come to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::compile::{C99, Link, compile};
use super::{Dice, Folder, Scene, ids};

const SOURCES: [&str; 5] = [
    "tests/c/abuse/abuse.c",
    "tests/c/abuse/shared.c",
    "tests/c/abuse/words.c",
    "tests/c/abuse/threads.c",
    "tests/c/abuse/processes.c",
];
const SIGNER_SOURCES: [&str; 2] = ["tests/c/abuse/signers.c", "tests/c/abuse/shared.c"];

/// Handed to the compiler beside what every program gets.
pub const FLAGS: [&str; 4] = ["-O1", "-I", "examples/c", "-lpthread"];

/// How long `field_close` may take, with what the machine takes to look at its clock.
pub const CLOSE_MS: i64 = 5_500;

/// Compiled programs, and how they are run.
pub struct Abuse {
    program: PathBuf,
    run: fn(&Path) -> Command,
    _folder: Folder,
}

/// What a chapter printed.
pub struct Told {
    rows: Vec<(String, String)>,
    facts: BTreeMap<String, i64>,
    list: Json,
}

/// A program as it is.
pub fn plain(program: &Path) -> Command {
    Command::new(program)
}

impl Abuse {
    pub fn compiled(run: fn(&Path) -> Command, flags: &[&str]) -> Self {
        Self::of(&SOURCES, run, flags)
    }

    /// The program whose keys are those of the system's libcrypto.
    pub fn with_signers(run: fn(&Path) -> Command, flags: &[&str]) -> Self {
        Self::of(&SIGNER_SOURCES, run, &[flags, &["-lcrypto"]].concat())
    }

    fn of(sources: &[&str], run: fn(&Path) -> Command, flags: &[&str]) -> Self {
        let folder = Folder::new();
        let program = folder.path().join("abuse");
        compile(&C99, sources, Link::Shared, &[&FLAGS[..], flags].concat(), &program);
        Self { program, run, _folder: folder }
    }

    /// Runs one chapter to its end, which has to be an orderly one.
    pub fn chapter(&self, words: &[&str]) -> Told {
        let output = (self.run)(&self.program).args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().filter(|line| !line.starts_with("list ")).for_each(|line| println!("{line}"));
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let mut told = Told { rows: Vec::new(), facts: BTreeMap::new(), list: Json::Null };
        for line in said.lines().filter(|line| !line.starts_with(' ')) {
            let parts: Vec<&str> = line.split(" | ").collect();
            match parts.as_slice() {
                [what, number] => {
                    let name = what.strip_prefix("fact ").unwrap();
                    told.facts.insert(name.into(), number.parse().unwrap());
                }
                [what, _, name] => told.rows.push(((*what).into(), (*name).into())),
                _ => told.list = serde_json::from_str(line.strip_prefix("list ").unwrap()).unwrap(),
            }
        }
        told
    }

    /// Lets it save until the plug is pulled after so many; answers what it reported saved.
    fn cut_off(&self, store: &str, after: u64) -> Vec<String> {
        let mut saving = (self.run)(&self.program);
        let mut child = saving.args(["saving", store]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut saved: Vec<String> = (0..after).map(|_| lines.next().unwrap().unwrap()).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before the plug was out counts as well; half a line does not.
        let whole = saved[0].len();
        saved.extend(lines.map_while(Result::ok).filter(|id| id.len() == whole));
        saved
    }
}

impl Told {
    /// Every row begins with one of these, and has one of its names; none of these is there for nothing.
    pub fn came_to(&self, expected: &[(&str, &[&str])]) {
        for (what, name) in &self.rows {
            let found = expected.iter().find(|(begin, _)| what.starts_with(begin));
            let (_, names) = found.unwrap_or_else(|| panic!("nobody expected `{what}`: {name}"));
            assert!(names.contains(&name.as_str()), "{what}: {name}, and not one of {names:?}");
        }
        for (begin, _) in expected {
            assert!(self.rows.iter().any(|(what, _)| what.starts_with(begin)), "`{begin}` was not tried");
        }
    }

    pub fn fact(&self, what: &str) -> i64 {
        *self.facts.get(what).unwrap_or_else(|| panic!("no number for `{what}`"))
    }

    /// The store is whole and has this many actions.
    pub fn whole(&self, records: i64) {
        assert_eq!((self.fact("verified"), self.fact("records")), (1, records));
    }
}

const OK: &[&str] = &["FIELD_OK"];
const NULL: &[&str] = &["FIELD_NULL"];
const HANDLE: &[&str] = &["FIELD_HANDLE"];
const CLOSED: &[&str] = &["FIELD_CLOSED"];

/// Pointers, handles, bytes and requests.
pub fn words(abuse: &Abuse) {
    let folder = Folder::new();
    let told = abuse.chapter(&["words", folder.path().join("store").to_str().unwrap()]);
    told.came_to(&[
        ("out NULL: ", NULL),
        ("NULL of 5 bytes: ", NULL),
        ("SIZE_MAX bytes: ", NULL),
        ("key NULL: ", NULL),
        ("key of 5 bytes: ", &["I.value"]),
        ("unknown field: ", &["I.field"]),
        ("empty path: ", &["I.value"]),
        ("unknown number: ", OK),
        ("signer: struct_size ", &["I.value"]),
        ("signer: public key is nonsense", &["FIELD_SIGNER_BAD"]),
        ("signer: public key NULL", NULL),
        ("signer: sign NULL", NULL),
        ("handle 0: ", HANDLE),
        ("made-up handle: ", HANDLE),
        ("handle of all ones: ", HANDLE),
        ("closed handle: ", CLOSED),
        ("another handle, after all that: ", OK),
        ("not UTF-8: ", &["FIELD_UTF8"]),
        ("nothing at all: ", &["I.json"]),
        ("a NUL behind it: ", &["I.json"]),
        ("1 MiB: ", OK),
        ("1 MiB and a byte: ", &["I.too_large"]),
        ("10,000 arrays", &["I.json"]),
        ("10,000 objects", &["I.json"]),
        ("no such state: ", &["I.value"]),
        ("a buffer", OK),
        ("afterwards: field_close again", CLOSED),
        ("afterwards: ", OK),
    ]);
    // Twelve record functions and eleven others on each of four dead handles, and so on: nothing was passed over.
    assert!(told.rows.len() > 250, "{}", told.rows.len());
}

/// Many threads on one handle.
pub fn threads(abuse: &Abuse) {
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let code = scene.server.code("officer").unwrap();
    let told = abuse.chapter(&["threads", store.to_str().unwrap(), &code]);
    let sync: &[&str] = &["FIELD_OK", "FIELD_MORE_WORK", "FIELD_NO_NETWORK", "W.sessions"];
    told.came_to(&[
        ("16 threads: field_event_next", &["FIELD_OK", "FIELD_TIMEOUT"]),
        ("16 threads: field_sync_once", sync),
        // On a machine that is much too slow, as under valgrind, the network side does not end in time; until it has,
        // the store is not closed.
        ("16 threads: field_sync_stop", &["FIELD_OK", "STORE.waiting"]),
        ("16 threads: ", OK),
        ("16 threads, asleep and awake: field_record_new", &["FIELD_OK", "STORE.suspended"]),
        ("16 threads, asleep and awake: field_suspend", &["FIELD_OK", "STORE.waiting"]),
        ("16 threads, asleep and awake: field_resume", &["FIELD_OK", "STORE.waiting"]),
        ("16 threads, asleep and awake: field_status_get", OK),
        ("afterwards: ", OK),
    ]);
    told.whole(told.fact("reported saved"));
    assert_eq!(told.fact("reported saved"), 16 * 12 + 15 * 12);
}

/// Closing while others wait.
pub fn closing(abuse: &Abuse) {
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let code = scene.server.code("officer").unwrap();
    let told = abuse.chapter(&["closing", store.to_str().unwrap(), &code]);
    told.came_to(&[
        ("before: ", OK),
        ("a sync and an event are waited for: field_close", OK),
        ("closed meanwhile: field_event_next", CLOSED),
        ("closed meanwhile: field_sync_once", &["FIELD_CLOSED"]),
        ("closed meanwhile: field_close again", CLOSED),
        ("afterwards: ", OK),
    ]);
    assert!(told.fact("ms of field_close") < CLOSE_MS, "{}", told.fact("ms of field_close"));
    told.whole(1);
}

/// The log callback, from several threads.
pub fn logging(abuse: &Abuse) {
    let folder = Folder::new();
    let told = abuse.chapter(&["logging", folder.path().join("store").to_str().unwrap()]);
    told.came_to(&[
        ("log set and unset: field_set_log_callback", OK),
        ("log set and unset: field_status_get", HANDLE),
        ("log set and unset: field_search", &["I.json"]),
        ("within a line: field_set_log_callback", &["STORE.waiting"]),
        ("afterwards: ", OK),
    ]);
    assert_eq!((told.fact("lines came"), told.fact("lines to who had gone")), (1, 0));
}

/// So many openings and closings; `flat` where what the process holds can be looked at.
pub fn cycles(abuse: &Abuse, cycles: u32, flat: bool) {
    let folder = Folder::in_memory();
    let told = abuse.chapter(&["cycles", folder.path().join("store").to_str().unwrap(), &cycles.to_string()]);
    told.came_to(&[
        ("again and again: field_open and field_close", OK),
        ("again and again: field_open with another key", &["STORE.key"]),
    ]);
    assert_eq!(told.fact("cycles"), i64::from(cycles));
    assert_eq!((told.fact("files more"), told.fact("threads more")), (0, 0));
    // Less than 200 bytes a cycle: the allocator's own unrest is more than that.
    let more = told.fact("KiB more");
    assert!(!flat || more < 2_048, "{more} KiB more after {cycles} cycles");
}

/// One store opened twice, by another process, and across a fork.
pub fn processes(abuse: &Abuse) {
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let code = scene.server.code("officer").unwrap();
    let told = abuse.chapter(&["processes", store.to_str().unwrap(), &code]);
    told.came_to(&[
        ("alone: ", OK),
        ("twice in one process: field_open", &["STORE.in_use"]),
        ("another process: field_open", &["STORE.in_use", "FIELD_OK"]),
        ("after the others were refused: ", OK),
        ("asleep: field_suspend", OK),
        ("another process: field_close", OK),
        ("awake: ", OK),
        ("forked child: ends in order", OK),
        ("forked child, out NULL: field_status_get", &["FIELD_HANDLE"]),
        ("forked child: ", HANDLE),
        ("the parent goes on: ", OK),
        ("afterwards: ", OK),
    ]);
    // The other process was refused while the store was open, and had it while it was asleep.
    let others: Vec<_> = told.rows.iter().filter(|(what, _)| what == "another process: field_open").collect();
    assert_eq!(others.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["STORE.in_use", "FIELD_OK"]);
    told.whole(3);
}

/// Power cuts in the middle of saving.
pub fn cuts(abuse: &Abuse, rounds: u32) {
    let mut dice = Dice::new("C_KILLS");
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let (store, code) = (store.to_str().unwrap(), scene.server.code("officer").unwrap());
    abuse.chapter(&["processes", store, &code]).whole(3);
    let mut reported = 0;
    for _ in 0..rounds {
        let saved = abuse.cut_off(store, 1 + dice.below(12));
        let told = abuse.chapter(&["held", store]);
        told.came_to(&[("after the plug was pulled: ", OK), ("afterwards: ", OK)]);
        let held = ids(&told.list);
        let lost: Vec<_> = saved.iter().filter(|id| !held.contains(*id)).collect();
        assert!(lost.is_empty(), "reported saved and not there: {lost:?}");
        reported += i64::try_from(saved.len()).unwrap();
        // What was on its way when the plug was pulled is there whole or not at all.
        assert_eq!(told.fact("verified"), 1);
        assert!((reported..=reported + 4 + i64::from(rounds)).contains(&(told.fact("records") - 3)));
    }
}

/// Signers that are locked, fail or lie.
pub fn lying_signers(abuse: &Abuse) {
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let code = scene.server.code("officer").unwrap();
    let told = abuse.chapter(&["lies", store.to_str().unwrap(), &code]);
    told.came_to(&[
        ("honest", OK),
        ("locked: field_record_list", OK),
        ("locked: ", &["FIELD_KEY_LOCKED"]),
        ("opened twice: field_open", &["STORE.in_use"]),
        ("another device's key: field_record_new", &["FIELD_SIGNER_BAD"]),
        ("another device's key: field_close", OK),
        ("fails: field_record_list", OK),
        ("fails: ", &["FIELD_SIGNER_BAD"]),
        ("garbage for DER: field_record_list", OK),
        ("garbage for DER: ", &["FIELD_SIGNER_BAD"]),
        ("no byte: field_record_list", OK),
        ("no byte: ", &["FIELD_SIGNER_BAD"]),
        ("signed by another key: field_record_list", OK),
        ("signed by another key: ", &["FIELD_SIGNER_BAD"]),
        ("another message signed: field_record_list", OK),
        ("another message signed: ", &["FIELD_SIGNER_BAD"]),
        ("longer than the room: field_record_list", OK),
        ("longer than the room: ", &["FIELD_SIGNER_BAD"]),
    ]);
    told.whole(2);
    assert_eq!((told.fact("released while open"), told.fact("released when closed")), (0, 1));
    assert_eq!(told.fact("the other released when closed"), 1);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

/// A signer that does not come back.
pub fn hanging_signer(abuse: &Abuse) {
    let scene = Scene::new();
    let store = scene.folder.path().join("store");
    let code = scene.server.code("officer").unwrap();
    let told = abuse.chapter(&["hangs", store.to_str().unwrap(), &code]);
    told.came_to(&[
        ("hangs: field_record_new, closed meanwhile", &["FIELD_SIGNER_TIMEOUT"]),
        ("hangs: field_record_new", &["FIELD_SIGNER_TIMEOUT"]),
        ("hangs: field_status_get afterwards", OK),
        ("hangs: field_close", OK),
        ("hangs: field_status_get, closed", CLOSED),
        ("honest again: ", OK),
    ]);
    let (abandoned, closed) = (told.fact("ms until it was abandoned"), told.fact("ms of field_close"));
    assert!((9_900..20_000).contains(&abandoned), "{abandoned}");
    assert!(closed < CLOSE_MS, "{closed}");
    assert_eq!((told.fact("released while two calls hang"), told.fact("released when they had come back")), (0, 1));
    told.whole(1);
}
