//! Every refusal has one name, one class and one number, for ever: the same in a JSON error, in
//! the C interface's status and on the wire. Numbers are never reused; the list only grows.
//!
//! Numbers: 1000-1099 the device's store, 1100-1199 devices and enrolment, 1200-1299 the wire,
//! 1300-1399 changes, 1400-1499 statements, 1500-1599 what an app or person typed, 1600-1699 the
//! server's own commands, 1700-1799 what is found in a bundle. A rule's codes are 10000 + 100 x rule + position.

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
    STORE_BOX_FULL = 1010 "STORE.box_full" Limit;

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
    D_RELAY_KEY = 1116 "D.relay_key" Refused;

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
    W_ERASED = 1240 "W.erased" Refused;
    W_MEDIA_SIZE = 1220 "W.media_size" Limit;
    W_MEDIA_OFFSET = 1221 "W.media_offset" Refused;
    W_MEDIA_HASH = 1222 "W.media_hash" Refused;
    W_MEDIA_DENIED = 1223 "W.media_denied" Denied;
    W_MEDIA_MISSING = 1224 "W.media_missing" NotFound;
    W_MEDIA_FULL = 1225 "W.media_full" Limit;
    W_MEDIA_TAKEN_OVER = 1226 "W.media_taken_over" Busy;
    W_RELAY_SEALED = 1227 "W.relay_sealed" Refused;

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

    B_FORM = 1700 "B.form" Damaged;
    B_TOO_LARGE = 1701 "B.too_large" Limit;
    B_PIN = 1702 "B.pin" Denied;
    B_SERVER_KEY = 1703 "B.server_key" Damaged;
    B_DIRECTORY = 1704 "B.directory" Damaged;
    B_KEYS = 1705 "B.keys" Damaged;
    B_SEAL = 1706 "B.seal" Damaged;
    B_RECORD = 1707 "B.record" Damaged;
    B_CHANGE = 1708 "B.change" Damaged;
    B_SIGNATURE = 1709 "B.signature" Damaged;
    B_SHOWN = 1710 "B.shown" Damaged;
    B_STATEMENTS = 1711 "B.statements" Damaged;
    B_RECEIPT = 1712 "B.receipt" Damaged;
    B_READS = 1713 "B.reads" Damaged;
    B_DELIVERY = 1714 "B.delivery" Damaged;
    B_READER = 1715 "B.reader" Refused;
    B_CARRIED_FULL = 1716 "B.carried_full" Limit;

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
    R16_UNASSIGNED = 11600 "R16.unassigned" Refused;
    R19_UNACCEPTED = 11900 "R19.unaccepted" Refused;
    R107_NOT_ATTENDED = 20700 "R107.not_attended" Refused;
    R49_CONFIRM = 14900 "R49.confirm" Refused;
    R50_UNANSWERED = 15000 "R50.unanswered" Refused;
    R50_DECLINED = 15001 "R50.declined" Refused;
    R52_NOT_INTACT = 15200 "R52.not_intact" Refused;
    R52_NOT_ACCEPTED = 15201 "R52.not_accepted" Refused;
    R53_NOT_ARRIVED = 15301 "R53.not_arrived" Refused;
    R57_FURTHER_CONCERN = 15700 "R57.further_concern" Refused;
    R36_REFERENCE = 13600 "R36.reference" Refused;
    R9_UNSEALED = 10900 "R9.unsealed" Refused;
    R23_NOT_SENT = 12300 "R23.not_sent" Refused;
    R81_LANGUAGE = 18100 "R81.language" Refused;
    R109_ASKED_AGAIN = 20900 "R109.asked_again" Refused;
    R25_DOB = 12500 "R25.dob" Refused;
    R26_UNDER_THIRTEEN = 12600 "R26.under_thirteen" Refused;
    R26_CONSENT = 12601 "R26.consent" Refused;
    R26_HUB_REPLY = 12602 "R26.hub_reply" Refused;
    R26_UNKNOWN_HERE = 12603 "R26.unknown_here" Refused;
    R27_CONSENT = 12700 "R27.consent" Refused;
    R28_ASSESS = 12800 "R28.assess" Refused;
    R28_LOWER = 12801 "R28.lower" Refused;
    R29_DENIAL = 12900 "R29.denial" Refused;
    R30_UNACKNOWLEDGED = 13000 "R30.unacknowledged" Refused;
    R31_FLAGS_READ = 13100 "R31.flags_read" Refused;
    R32_ADJUSTMENT = 13200 "R32.adjustment" Refused;
    R34_SPECIAL_MEASURES = 13400 "R34.special_measures" Refused;
    R112_SOURCE = 21200 "R112.source" Refused;
    R112_RUMOUR = 21201 "R112.rumour" Refused;
    R112_REVIEW = 21202 "R112.review" Refused;
    R122_CHILD_LINE = 22200 "R122.child_line" Refused;
    R35_NOT_DONE = 13500 "R35.not_done" Refused;
    R38_FIELD = 13800 "R38.field" Refused;
    R38_ENDORSEMENT = 13801 "R38.endorsement" Refused;
    R39_POSITIVE_ACTION = 13900 "R39.positive_action" Refused;
    R40_ACCESS = 14000 "R40.access" Refused;
    R41_STALE = 14100 "R41.stale" Refused;
    R42_CHILD = 14200 "R42.child" Refused;
    R43_ITEM = 14300 "R43.item" Refused;
    R44_CONCERN_ITEM = 14400 "R44.concern_item" Refused;
    R44_ATTENDED = 14401 "R44.attended" Refused;
    R44_HOUSEHOLD = 14402 "R44.household" Refused;
    R44_CHILD = 14403 "R44.child" Refused;
    R44_REFERRAL = 14404 "R44.referral" Refused;
    R44_RISK_CHILD = 14405 "R44.risk_child" Refused;
    R44_CHECKLIST = 14406 "R44.checklist" Refused;
    R44_REPORTER = 14407 "R44.reporter" Refused;
    R44_PERSON = 14408 "R44.person" Refused;
    R44_CHECK = 14409 "R44.check" Refused;
    R44_RISK = 14410 "R44.risk" Refused;
    R45_CLERICAL = 14500 "R45.clerical" Refused;
    R45_NOT_OWNER = 14501 "R45.not_owner" Refused;
    R46_LEFT = 14600 "R46.left_to_family" Refused;
    R48_MOTIVE = 14800 "R48.motive" Refused;
    R104_AWAITS = 20400 "R104.awaits" Refused;
    R104_REVIEW = 20401 "R104.review" Refused;
    R104_NO_PLAN = 20402 "R104.no_plan" Refused;
    R104_DEVICE = 20403 "R104.device" Refused;
    R105_ALONE = 20500 "R105.alone" Refused;
    R105_UNCONFIRMED = 20501 "R105.unconfirmed" Refused;
    R106_SUBMISSION = 20600 "R106.submission" Refused;
    R113_NOT_TO_KNOW = 21300 "R113.not_to_know" Refused;
    R12_SAME_NUMBER = 11200 "R12.same_number" Refused;
    R13_POSSIBLE_MATCH = 11300 "R13.possible_match" Refused;
    R14_REVIEW = 11400 "R14.review" Refused;
    R14_UNREAD = 11401 "R14.unread" Refused;
    R20_GROUPED = 12000 "R20.grouped" Refused;
    R21_UNASSESSED = 12100 "R21.unassessed" Refused;
    R22_MISSING = 12200 "R22.missing" Refused;
    R22_RETURN = 12201 "R22.return" Refused;
    R56_NEXT_DATE = 15600 "R56.next_date" Refused;
    R58_UNDECIDED = 15800 "R58.undecided" Refused;
    R59_NOT_IMMEDIATE = 15900 "R59.not_immediate" Refused;
    R60_UNDECIDED = 16000 "R60.undecided" Refused;
    R60_NOT_MADE = 16001 "R60.not_made" Refused;
    R61_REFERRED = 16100 "R61.referred" Refused;
    R63_CONTEXT = 16300 "R63.context" Refused;
    R64_CONSULTED = 16400 "R64.consulted" Refused;
    R65_CHALLENGED = 16500 "R65.challenged" Refused;
    R65_INSPECTOR = 16501 "R65.inspector" Refused;
    R66_ABSENT = 16600 "R66.absent" Refused;
    R67_PACK = 16700 "R67.pack" Refused;
    R68_NOT_ACCEPTED = 16800 "R68.not_accepted" Refused;
    R68_NOT_LISTED = 16801 "R68.not_listed" Refused;
    R68_NOT_NAMED = 16802 "R68.not_named" Refused;
    R70_UNACKNOWLEDGED = 17000 "R70.unacknowledged" Refused;
    R76_COVER = 17600 "R76.cover" Refused;
    R47_NAMED = 14700 "R47.reporter_named" Refused;
    R114_CHILD_WITNESS = 21400 "R114.child_witness" Refused;
    R96_HELD = 19600 "R96.held" Refused;
    R96_ERASED = 19601 "R96.erased" Refused;
    R71_DATE = 17100 "R71.date" Refused;
    R73_NO_UPDATE = 17300 "R73.no_update" Refused;
    R77_OLD = 17700 "R77.old" Refused;
    R79_NO_CONTACT = 17900 "R79.no_contact" Refused;
    R84_FEEDBACK = 18400 "R84.feedback" Refused;
    R85_ETHNICITY = 18500 "R85.ethnicity" Refused;
    R85_IC_CODE = 18501 "R85.ic_code" Refused;
    R102_INVOLVED = 20200 "R102.involved" Refused;
    R102_INSPECTOR = 20201 "R102.inspector" Refused;
    R103_ENDED = 20300 "R103.ended" Refused;
    R118_HELP = 21800 "R118.help" Refused;
    R123_NO_TIME = 22300 "R123.no_time" Refused;
    R123_PASSED = 22301 "R123.passed" Refused;
    R124_WORRY = 22400 "R124.worry" Refused;
    R125_CHILD_TOLD = 22500 "R125.child_told" Refused;
    R101_UNANSWERED = 20100 "R101.unanswered" Refused;
    R9_AUTHOR_ACTIVE = 10950 "R9.author_active" Refused;
    R9_SEALED = 10951 "R9.sealed" Refused;
    R9_RELEASE = 10952 "R9.release" Refused;
    R80_TOO_LARGE = 18000 "R80.too_large" Limit;
    R80_TOO_MANY = 18001 "R80.too_many" Limit;
    R80_DAMAGED = 18002 "R80.damaged" Damaged;
    R110_LOCKED = 21000 "R110.locked" Denied;
    R110_FLAGGED = 21001 "R110.flagged" Refused;
    A_POLICY = 1620 "A.policy" Refused;
    A_POLICY_NAME = 1621 "A.policy_name" Refused;
    A_POLICY_TYPE = 1622 "A.policy_type" Refused;
    A_POLICY_RANGE = 1623 "A.policy_range" Refused;
    R60_MARF = 16002 "R60.marf" Refused;
    R37_UNLINKED = 13700 "R37.unlinked" Refused;
    R78_SAMPLE = 17800 "R78.sample" Refused;
    R82_TRAINING = 18200 "R82.training" Refused;
    R89_ENDED = 18900 "R89.ended" Refused;
    R46_NOT_CONTACTED = 14601 "R46.not_contacted" Refused;
    R46_NOT_CONSIDERED = 14602 "R46.not_considered" Refused;
    R40_HIGH = 14001 "R40.high_suggested" Refused;
    R47_UNKNOWN_HERE = 14701 "R47.unknown_here" Refused;
    R113_NOT_TOLD = 21301 "R113.not_told" Refused;
    R72_PLAN = 17201 "R72.plan" Refused;
    R88_NOT_RELEASED = 18800 "R88.not_released" Refused;
    R88_PART = 18801 "R88.part" Refused;
    R88_OTHER_PART = 18802 "R88.other_part" Refused;
    R88_SCHOOL = 18803 "R88.school" Refused;
    R60_UNANSWERED = 16003 "R60.unanswered" Refused;
    R60_WRITTEN = 16004 "R60.written" Refused;
    R21_NOT_REACHED = 12101 "R21.not_reached" Refused;
    R83_TENURE = 18300 "R83.tenure" Refused;
    R96_KEPT = 19602 "R96.kept" Refused;
    R77_CONTACT = 17701 "R77.contact" Refused;
    R88_RECIPIENT = 18804 "R88.recipient" Refused;
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
