//! The tables of `access_roles`: what section 1 of the requirements gives each role.
#![allow(unreachable_pub)]

pub const COMPARTMENTS: [&str; 10] =
    ["SHARE", "SHARE_ACTION", "CALL", "POLICE", "INTEL", "HUB", "REPORTER", "STAFFING", "PROMPTS", "DRAFT"];

/// Who holds what: content `C`, headline `H`, nothing `-`, in the order of [`COMPARTMENTS`]. First while the case
/// takes its course, then after nobody went for an hour and everybody up to command was told.
///
/// The case is of school 100001, team t1 and area north; ofc1, first of its officers, owns it and ofc3 works on it. School 100003 has signed nothing: what it is asked
/// is shared action by action.
#[rustfmt::skip]
pub const HOLD: &[(&str, &str, &str, &str)] = &[
    ("ofc3",  "officer: made most of it",           "CC-CCCCCCC", "CC-CCCCCCC"),
    ("ofc1",  "officer: owns the case",             "CC-CCCC---", "CC-CCCC---"),
    ("ofc4",  "officer of the same school",         "CC-CC-----", "CC-CC-----"),
    ("pcso1", "pcso of the same school",            "CC-C------", "CC-C------"),
    ("sgt1",  "sergeant of the team",               "CCCCCCCCCH", "CCCCCCCCCH"),
    ("insp1", "inspector of the area",              "HHHHHHHC--", "CCCCCCCC--"),
    ("com1",  "command",                            "----------", "HHHHHH----"),
    ("dsl1",  "lead of the school",                 "C---------", "C---------"),
    ("stf1",  "staff of the school",                "----------", "----------"),
    ("dsl3",  "lead of the school that was asked",  "-C--------", "-C--------"),
    ("hub1",  "hub worker it was referred to",      "-----C----", "-----C----"),
    ("call1", "call handler who took the call",     "--C-------", "--C-------"),
    ("call2", "another call handler",               "--C-------", "--C-------"),
    ("aud1",  "auditor",                            "----------", "----------"),
    ("dpo1",  "data protection officer",            "----------", "----------"),
    ("adm1",  "administrator",                      "-------C--", "-------C--"),
    ("ofc2",  "officer of another school",          "----------", "----------"),
    ("pcso2", "pcso of another school",             "----------", "----------"),
    ("sgt2",  "sergeant of another team",           "----------", "----------"),
    ("insp2", "inspector of another area",          "----------", "----------"),
    ("dsl2",  "lead of another school",             "----------", "----------"),
    ("stf2",  "staff of another school",            "----------", "----------"),
    ("hub2",  "another hub worker",                 "----------", "----------"),
];

/// The columns of [`NEW`].
pub const COLUMNS: [(char, &str); 12] = [
    ('o', "ofc3"),
    ('p', "pcso1"),
    ('s', "sgt1"),
    ('i', "insp1"),
    ('c', "com1"),
    ('d', "dsl1"),
    ('f', "stf1"),
    ('h', "hub1"),
    ('l', "call1"),
    ('m', "adm1"),
    ('a', "aud1"),
    ('x', "dpo1"),
];

/// Who makes records of a kind: a letter where the role does, `-` where it is refused with `I.create`.
#[rustfmt::skip]
pub const NEW: &[(&str, &str)] = &[
    ("case",                     "opsi--------"),
    ("person",                   "opsi-dfhl---"),
    ("concern",                  "opsi-dfhl---"),
    ("disclosure",               "opsi-df-----"),
    ("welfare_check",            "opsi----l---"),
    ("action",                   "opsi-dfhl---"),
    ("action_update",            "opsi-d-h----"),
    ("action_note",              "opsi--------"),
    ("risk_assessment",          "opsi----l---"),
    ("crime_recording_decision", "opsi--------"),
    ("intelligence_check",       "opsi----l---"),
    ("intelligence_submission",  "opsi--------"),
    ("meeting",                  "opsi-d-h----"),
    ("referral",                 "opsi-d-h----"),
    ("notification",             "opsi---hl---"),
    ("missing_episode",          "opsi-dfhl---"),
    ("handover",                 "opsic----m--"),
    ("deadline",                 "opsi--------"),
    ("contact_log",              "opsi---hl---"),
    ("absence",                  "opsic----m--"),
    ("agreement",                "---------m-x"),
    ("help_request",             "opsicdfhl---"),
    ("language_prompt",          "opsicdfhl---"),
    ("escalation",               "opsic-------"),
    ("search",                   "opsic---l---"),
    ("opening",                  "---ic-----a-"),
    ("training",                 "--si-----m--"),
    ("protective_measure",       "opsi--------"),
    ("safety_plan",              "opsi--------"),
    ("device_seen",              "opsi--------"),
    ("school_outcome",           "opsi-d------"),
    ("feedback",                 "-----df-----"),
    // Made by `release_extract` alone.
    ("extract",                  "------------"),
    ("place",                    "opsi-dfhl---"),
    ("match",                    "opsi--------"),
    ("recovered_draft",          "------------"),
];

/// What each role tries in vain: verb, record, the code of the refusal.
pub const REFUSED: &[(&str, &[&str])] = &[
    (
        "ofc3",
        &[
            "edit POLICE S.sealed",
            // Another school's lead would get nothing by it.
            "share SHARE_ACTION R88.recipient",
            "close CASE I.denied",
            "approve CASE I.denied",
            "hand_over CASE I.denied",
            "close CALL I.not_found",
            "review CRIME I.denied",
            "endorse RISK I.denied",
            "lower POLICE I.denied",
            "extend SHARE_ACTION I.denied",
            "challenge CASE I.denied",
            "answer STAFFING I.denied",
        ],
    ),
    (
        "pcso1",
        &[
            "edit POLICE S.sealed",
            "close CASE I.denied",
            "approve CASE I.denied",
            "review CRIME I.denied",
            "endorse RISK I.denied",
            "lower POLICE I.denied",
            "share POLICE I.denied",
            "release_extract POLICE I.denied",
            "add_member CASE I.denied",
            "confirm_seen INTEL I.not_found",
            "confirm_seen REPORTER I.not_found",
        ],
    ),
    (
        "sgt1",
        &[
            "edit POLICE S.sealed",
            "edit SHARE S.sealed",
            "challenge CASE I.denied",
            "edit DRAFT I.not_found",
            "seal DRAFT I.not_found",
        ],
    ),
    ("insp1", &["edit POLICE S.sealed", "edit SHARE S.sealed", "challenge CASE I.denied", "seal DRAFT I.not_found"]),
    ("com1", &["edit POLICE I.not_found", "close CASE I.not_found", "confirm_seen REPORTER I.not_found"]),
    (
        "dsl1",
        &[
            "edit SHARE S.sealed",
            "share SHARE I.denied",
            "release_extract SHARE I.denied",
            "lower SHARE I.denied",
            "confirm_seen POLICE I.not_found",
            "confirm_seen INTEL I.not_found",
            "confirm_seen REPORTER I.not_found",
            "close CASE I.not_found",
            "confirm_seen HUB I.not_found",
        ],
    ),
    (
        "dsl3",
        &[
            "assign SHARE_ACTION I.denied",
            "extend SHARE_ACTION I.denied",
            "share SHARE_ACTION I.denied",
            "lower SHARE_ACTION I.denied",
            "confirm_seen SHARE I.not_found",
        ],
    ),
    (
        "stf1",
        &[
            "confirm_seen SHARE I.not_found",
            "confirm_seen POLICE I.not_found",
            "edit OWN S.sealed",
            "share OWN I.denied",
            "lower OWN I.denied",
        ],
    ),
    (
        "hub1",
        &[
            "edit HUB S.sealed",
            "share HUB I.denied",
            "lower HUB I.denied",
            "confirm_seen INTEL I.not_found",
            "confirm_seen POLICE I.not_found",
            "close CASE I.not_found",
        ],
    ),
    (
        "call1",
        &[
            "propose_close CALL I.denied",
            "close CALL I.denied",
            "attend CALL I.denied",
            "extend CALL I.denied",
            "lower CALL I.denied",
            "share CALL I.denied",
            "confirm_seen POLICE I.not_found",
        ],
    ),
    ("aud1", &["confirm_seen SHARE I.not_found", "edit POLICE I.not_found", "close CASE I.not_found"]),
    ("dpo1", &["confirm_seen SHARE I.not_found", "edit POLICE I.not_found", "close CASE I.not_found"]),
    (
        "adm1",
        &[
            "confirm_seen STAFFING I.denied",
            "answer STAFFING I.denied",
            "edit POLICE I.not_found",
            "close CASE I.not_found",
        ],
    ),
];

/// What each role does: verb, record.
pub const ALLOWED: &[(&str, &[&str])] = &[
    (
        "ofc3",
        &[
            "raise POLICE",
            "addendum POLICE",
            "release_extract POLICE",
            "share SHARE",
            "add_member CASE",
            "seal DRAFT",
            "accept SHARE_ACTION",
            "complete SHARE_ACTION",
            "tell_outcome SHARE_ACTION",
            "close SHARE_ACTION",
        ],
    ),
    ("pcso1", &["confirm_seen SHARE", "acknowledge POLICE", "raise SHARE"]),
    ("sgt1", &["review CRIME", "endorse RISK", "lower POLICE", "share POLICE", "answer STAFFING", "assign CALL"]),
    ("insp1", &["acknowledge POLICE", "assign CASE", "hand_over CASE", "endorse RISK"]),
    ("com1", &["acknowledge POLICE"]),
    ("dsl1", &["confirm_seen SHARE", "raise SHARE"]),
    ("dsl3", &["confirm SHARE_ACTION", "challenge SHARE_ACTION"]),
    ("stf1", &["confirm_seen OWN", "raise OWN"]),
    ("hub1", &["read HUB", "reply HUB"]),
    ("call1", &["dispatch CALL", "raise CALL"]),
];

/// What came of it: who holds what now, by name, that was nothing or a headline before.
pub const GRANTED: &[(&str, &str, char)] = &[
    ("com1", "POLICE", 'C'),
    ("com1", "REPORTER", '-'),
    ("stf1", "SHARE", 'C'),
    // What was asked of another school stays there, whoever shares it.
    ("dsl1", "SHARE_ACTION", '-'),
    ("dsl1", "POLICE", '-'),
    ("ofc1", "CALL", 'C'),
    ("sgt1", "DRAFT", '-'),
];
