//! Every refusal has one name, one class and one number, for ever: the same in a JSON error, in
//! the C interface's status and on the wire. Numbers are never reused; the list only grows.
//!
//! Numbers: 1000-1099 the device's store, 1100-1199 devices and enrolment, 1200-1299 the wire,
//! 1300-1399 changes, 1400-1499 statements, 1500-1599 what an app or person typed, 1600-1699 the
//! server's own commands. A rule's codes are 10000 + 100 x rule + position.

use std::fmt;

/// What a caller can do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A rule or a check says no; the message says what would make it yes.
    Refused,
    /// There is no such thing here.
    NotFound,
    /// This person or device may not.
    Denied,
    /// No server answers; what was written is safe and waits.
    Offline,
    /// Something else is using it; try again.
    Busy,
    /// Bytes on disk are not what was written; they were kept.
    Damaged,
    /// A fault of ours.
    Internal,
    /// This version is too old or too new for the other side.
    Update,
    /// The key is locked.
    Locked,
    /// A named limit was reached.
    Limit,
}

impl Class {
    /// The word in `"class"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::Offline => "offline",
            Self::Busy => "busy",
            Self::Damaged => "damaged",
            Self::Internal => "internal",
            Self::Update => "update",
            Self::Locked => "locked",
            Self::Limit => "limit",
        }
    }
}

/// One refusal's name, number and class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The permanent number.
    pub number: u32,
    /// The name, such as `R44.concern_item`.
    pub name: &'static str,
    /// What a caller can do about it.
    pub class: Class,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.number)
    }
}

impl Code {
    /// The code with this number, if this version knows it.
    #[must_use]
    pub fn by_number(number: u32) -> Option<Self> {
        ALL.iter().find(|code| code.number == number).copied()
    }

    /// The code with this name, if this version knows it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.iter().find(|code| code.name == name).copied()
    }
}

macro_rules! codes {
    ($($name:ident = $number:literal $text:literal $class:ident;)*) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $name: Code = Code { number: $number, name: $text, class: Class::$class };
        )*
        /// Every code, in the order of the list.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    STORE_FULL = 1000 "STORE.full" Limit;
    STORE_DAMAGED = 1001 "STORE.damaged" Damaged;
    STORE_IN_USE = 1002 "STORE.in_use" Busy;
    STORE_KEY = 1003 "STORE.key" Denied;
    STORE_NEWER = 1004 "STORE.newer" Update;
    STORE_IO = 1005 "STORE.io" Internal;
    STORE_LOCKED = 1006 "STORE.locked" Locked;
    STORE_SUSPENDED = 1007 "STORE.suspended" Locked;
    STORE_CLOSED = 1008 "STORE.closed" Locked;
    STORE_WAITING = 1009 "STORE.waiting" Busy;

    D_REVOKED = 1100 "D.revoked" Denied;
    D_UNKNOWN = 1101 "D.unknown" Denied;
    D_NOT_ENROLLED = 1102 "D.not_enrolled" Refused;
    D_ENROLLED = 1103 "D.enrolled" Refused;
    D_CODE_FORM = 1104 "D.code_form" Refused;
    D_CODE_WRONG = 1105 "D.code_wrong" Denied;
    D_CODE_USED = 1106 "D.code_used" Denied;
    D_CODE_EXPIRED = 1107 "D.code_expired" Denied;
    D_CODE_TRIES = 1108 "D.code_tries" Denied;
    D_PIN = 1109 "D.pin" Denied;
    D_OFFLINE = 1110 "D.offline" Offline;
    D_KEY_LOCKED = 1111 "D.key_locked" Locked;
    D_SIGNER = 1112 "D.signer" Internal;
    D_USER_INACTIVE = 1113 "D.user_inactive" Denied;
    D_ROLE = 1114 "D.role" Denied;
    D_SIGNER_TIMEOUT = 1115 "D.signer_timeout" Busy;

    W_MALFORMED = 1200 "W.malformed" Refused;
    W_TOO_LARGE = 1201 "W.too_large" Limit;
    W_VERSION = 1202 "W.version" Update;
    W_UNEXPECTED = 1203 "W.unexpected" Refused;
    W_FRAME_ORDER = 1204 "W.frame_order" Refused;
    W_FRAME_CHAIN = 1205 "W.frame_chain" Refused;
    W_FRAME_CHANGED = 1206 "W.frame_changed" Refused;
    W_FRAME_SIGNATURE = 1207 "W.frame_signature" Refused;
    W_FRAME_CONTENT = 1208 "W.frame_content" Refused;
    W_PAGE_SIGNATURE = 1209 "W.page_signature" Refused;
    W_PAGE_ORDER = 1210 "W.page_order" Refused;
    W_RECEIPT = 1211 "W.receipt" Refused;
    W_EPOCH = 1212 "W.epoch" Refused;
    W_DIGEST = 1213 "W.digest" Damaged;
    W_SESSIONS = 1214 "W.sessions" Busy;
    W_RATE = 1215 "W.rate" Busy;
    W_QUARANTINE_FULL = 1216 "W.quarantine_full" Limit;
    W_TIMEOUT = 1217 "W.timeout" Offline;
    W_SHUTDOWN = 1218 "W.shutdown" Offline;
    W_AHEAD = 1219 "W.ahead" Refused;

    C_SIZE = 1300 "C.size" Limit;
    C_CHUNK = 1301 "C.chunk" Refused;
    C_COLUMNS = 1302 "C.columns" Refused;
    C_OPS = 1303 "C.ops" Limit;
    C_PREDS = 1304 "C.preds" Limit;
    C_VALUES = 1305 "C.values" Limit;
    C_KEYS = 1306 "C.keys" Limit;
    C_ROWS = 1307 "C.rows" Refused;
    C_ACTOR = 1308 "C.actor" Refused;
    C_RANGE = 1309 "C.range" Refused;
    C_CHECKSUM = 1310 "C.checksum" Refused;
    C_CANONICAL = 1311 "C.canonical" Refused;
    C_HEADER = 1312 "C.header" Refused;
    C_DEPS = 1313 "C.deps" Refused;
    C_SEQ = 1314 "C.seq" Refused;
    C_START_OP = 1315 "C.start_op" Refused;
    C_EQUIVOCATION = 1316 "C.equivocation" Refused;
    C_OP = 1317 "C.op" Refused;
    C_KEY = 1318 "C.key" Refused;
    C_VALUE = 1319 "C.value" Refused;
    C_PRED = 1320 "C.pred" Refused;
    C_TEMPLATE = 1321 "C.template" Refused;
    C_CREATED = 1322 "C.created" Refused;
    C_RESOLVE = 1323 "C.resolve" Refused;
    C_REPEATED_KEY = 1324 "C.repeated_key" Refused;
    C_HASH = 1325 "C.hash" Refused;
    C_DEPENDS_ON_REFUSED = 1326 "C.depends_on_refused" Refused;
    C_PUSH_BUDGET = 1327 "C.push_budget" Limit;
    C_FOREIGN_ACTOR = 1328 "C.foreign_actor" Refused;

    S_FORM = 1400 "S.form" Refused;
    S_SIGNATURE = 1401 "S.signature" Refused;
    S_KEY = 1402 "S.key" Refused;
    S_RECORD = 1403 "S.record" Refused;
    S_ACTOR = 1404 "S.actor" Refused;
    S_SEEN = 1405 "S.seen" Refused;
    S_SHAPE = 1406 "S.shape" Refused;
    S_AUTHOR = 1407 "S.author" Denied;
    S_ROLE = 1408 "S.role" Denied;
    S_COMPARTMENT = 1409 "S.compartment" Denied;
    S_TWINS = 1410 "S.twins" Refused;
    S_UNKNOWN_KIND = 1411 "S.unknown_kind" Refused;
    S_SEALED = 1412 "S.sealed" Refused;
    S_OWNER = 1413 "S.owner" Denied;
    S_MEMBER = 1414 "S.member" Denied;

    I_JSON = 1500 "I.json" Refused;
    I_FIELD = 1501 "I.field" Refused;
    I_VALUE = 1502 "I.value" Refused;
    I_KIND = 1503 "I.kind" Refused;
    I_VERB = 1504 "I.verb" Refused;
    I_NOT_FOUND = 1505 "I.not_found" NotFound;
    I_TOO_LARGE = 1506 "I.too_large" Limit;
    I_DRAFT = 1507 "I.draft" Refused;
    I_STATE = 1508 "I.state" Refused;
    I_USAGE = 1509 "I.usage" Refused;
    I_REASON = 1510 "I.reason" Refused;
    I_PATH = 1511 "I.path" Refused;
    I_DENIED = 1512 "I.denied" Denied;

    A_EXISTS = 1600 "A.exists" Refused;
    A_NOT_FOUND = 1601 "A.not_found" NotFound;
    A_ID = 1602 "A.id" Refused;
    A_IN_USE = 1603 "A.in_use" Busy;
    A_DAMAGED = 1604 "A.damaged" Damaged;
    A_IO = 1605 "A.io" Internal;
    A_CONFIG = 1606 "A.config" Refused;
    A_CLOCK = 1607 "A.clock" Refused;
    A_SCHOOL = 1608 "A.school" Refused;
    A_NOT_INITIALISED = 1609 "A.not_initialised" NotFound;
    A_DOCUMENT = 1610 "A.document" Damaged;

    R2_BLANK = 10200 "R2.blank" Refused;
    R3_BASIS = 10300 "R3.basis" Refused;
    R5_WHO_PRESENT = 10500 "R5.who_present" Refused;
    R5_SEEN_ALONE = 10501 "R5.seen_alone" Refused;
    R5_SETTING = 10502 "R5.setting" Refused;
    R5_QUESTIONS = 10503 "R5.questions" Refused;
    R5_HOW_RECORDED = 10504 "R5.how_recorded" Refused;
    R6_SAFE_NOW = 10600 "R6.safe_now" Refused;
    R6_MEDICAL_NEED = 10601 "R6.medical_need" Refused;
    R6_FIRST_EVIDENCE = 10602 "R6.first_evidence" Refused;
    R4_DELAY = 10400 "R4.delay" Refused;
    R53_EVIDENCE = 15300 "R53.evidence" Refused;
    R54_NOT_TOLD = 15400 "R54.not_told" Refused;
    R69_OPEN_ITEMS = 16900 "R69.open_items" Refused;
    R93_CLOSED_UNSEEN = 19300 "R93.closed_unseen" Refused;
    R93_CONCURRENT_STEPS = 19301 "R93.concurrent_steps" Refused;
    R93_CONFLICT = 19302 "R93.conflict" Refused;
    REQUIRED = 1513 "I.required" Refused;
    I_LOWER = 1514 "I.lower" Refused;
    I_CREATE = 1515 "I.create" Denied;
    R3_TWICE = 10301 "R3.twice" Refused;
    R54_NOT_SEEN = 15401 "R54.not_seen" Refused;
    R54_UNKNOWN_HERE = 15402 "R54.unknown_here" Refused;
    R93_UNKNOWN_HERE = 19303 "R93.unknown_here" Refused;
    R72_INSPECTOR = 17200 "R72.inspector" Refused;
    R9_AUTHOR_ACTIVE = 10950 "R9.author_active" Refused;
    R9_SEALED = 10951 "R9.sealed" Refused;
    R9_RELEASE = 10952 "R9.release" Refused;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_numbers_are_each_used_once() {
        let numbers: BTreeSet<_> = ALL.iter().map(|c| c.number).collect();
        let names: BTreeSet<_> = ALL.iter().map(|c| c.name).collect();
        assert_eq!((numbers.len(), names.len()), (ALL.len(), ALL.len()));
    }

    #[test]
    fn a_rules_code_carries_the_rules_number() {
        for code in ALL.iter().filter(|c| c.number >= 10_000) {
            let rule = (code.number - 10_000) / 100;
            assert!(code.name.starts_with(&format!("R{rule}.")), "{code:?}");
        }
    }
}
