//! Who may hold, make and do what: one table of roles by compartments.

use std::fmt;
use std::str::FromStr;

use signed::{RecordId, SchoolId, UserId, code};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Field, Kind};

/// A role, as the directory names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Role {
    Officer,
    Pcso,
    Sergeant,
    Inspector,
    Command,
    Dsl,
    Staff,
    Hub,
    Call,
    Admin,
    Auditor,
    Dpo,
    /// The server itself: confirms what was proposed, makes what a rule makes.
    Server,
}

/// What a record belongs to, and with it who may hold a copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Compartment {
    Share { school: SchoolId, case: RecordId },
    ShareAction { school: SchoolId, action: RecordId },
    Call { incident: RecordId },
    Police { case: RecordId },
    Intel { case: RecordId },
    Hub { case: RecordId },
    Reporter { case: RecordId },
    Staffing { user: UserId },
    Prompts { user: UserId },
    Draft { user: UserId },
    Audit,
}

/// Someone who may come to hold a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// Schools posted to or of.
    pub schools: Vec<SchoolId>,
    /// The team.
    pub team: Option<String>,
    /// The area.
    pub area: Option<String>,
}

/// What decides who holds a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its compartment.
    pub compartment: Compartment,
    /// Who made it.
    pub author: UserId,
    /// Who supervises its author.
    pub author_supervisor: Option<UserId>,
    /// Who answers for it, as steps say.
    pub owners: Vec<UserId>,
    /// Who asked for it.
    pub requested_by: Vec<UserId>,
    /// Who was given it by name: shares, grants, openings with a reason.
    pub granted: Vec<UserId>,
    /// Whether something is to be done.
    pub open: bool,
    /// Whether risk is high.
    pub high_risk: bool,
    /// Whether it is escalated.
    pub escalated: bool,
}

/// What decides who is a member of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its owner.
    pub owner: Option<UserId>,
    /// Who covers.
    pub cover: Option<UserId>,
    /// People added by name.
    pub members: Vec<UserId>,
    /// Its schools.
    pub schools: Vec<SchoolId>,
    /// The owner's team.
    pub team: Option<String>,
    /// The owner's area.
    pub area: Option<String>,
    /// Who supervises the owner.
    pub supervisors: Vec<UserId>,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is high-risk or escalated.
    pub escalated: bool,
}

/// What someone may hold of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// Nothing.
    None,
    /// The row the server makes: id, kind, case, owner, status, urgency, due, gaps.
    Headline,
    /// Its changes.
    Content,
}

/// What this person may hold of this record.
#[must_use]
pub fn holding(_who: &Holder, _record: &RecordFacts, _case: &CaseFacts) -> Holding {
    Holding::None
}

/// Whether a role may enter a compartment at all.
#[must_use]
pub fn may_enter(_role: Role, _compartment: &Compartment) -> bool {
    false
}

/// Whether a role may make a record of this kind.
#[must_use]
pub fn may_create(_role: Role, _kind: &Kind) -> bool {
    false
}

/// Whether a role may do this verb on a record of this kind.
#[must_use]
pub fn may_step(_role: Role, _kind: &Kind, _verb: &str) -> bool {
    false
}

/// Whether a role may change this field of a record in this compartment.
#[must_use]
pub fn may_edit(_role: Role, _compartment: &Compartment, _kind: &Kind, _field: &Field) -> bool {
    false
}

/// Where a new record belongs: it follows from kind, author and content.
pub fn compartment_of(
    _kind: &Kind,
    _role: Role,
    _author_school: Option<&SchoolId>,
    _body: &Body,
    case: RecordId,
    _record: RecordId,
) -> Result<Compartment, Gap> {
    Ok(Compartment::Police { case })
}

impl Role {
    /// Its name in the directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Pcso => "pcso",
            Self::Sergeant => "sergeant",
            Self::Inspector => "inspector",
            Self::Command => "command",
            Self::Dsl => "dsl",
            Self::Staff => "staff",
            Self::Hub => "hub",
            Self::Call => "call",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Dpo => "dpo",
            Self::Server => "server",
        }
    }

    /// Every role.
    pub const ALL: [Self; 13] = [
        Self::Officer,
        Self::Pcso,
        Self::Sergeant,
        Self::Inspector,
        Self::Command,
        Self::Dsl,
        Self::Staff,
        Self::Hub,
        Self::Call,
        Self::Admin,
        Self::Auditor,
        Self::Dpo,
        Self::Server,
    ];

    /// Sergeant and above.
    #[must_use]
    pub fn supervises(self) -> bool {
        matches!(self, Self::Sergeant | Self::Inspector | Self::Command)
    }

    /// Lead or other staff of a school.
    #[must_use]
    pub fn of_school(self) -> bool {
        matches!(self, Self::Dsl | Self::Staff)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Gap;
    fn from_str(text: &str) -> Result<Self, Gap> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| Gap::new(code::I_VALUE, "role", "not a role"))
    }
}

impl fmt::Display for Compartment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { school, case } => write!(f, "SHARE({school},{case})"),
            Self::ShareAction { school, action } => write!(f, "SHARE_ACTION({school},{action})"),
            Self::Call { incident } => write!(f, "CALL({incident})"),
            Self::Police { case } => write!(f, "POLICE({case})"),
            Self::Intel { case } => write!(f, "INTEL({case})"),
            Self::Hub { case } => write!(f, "HUB({case})"),
            Self::Reporter { case } => write!(f, "REPORTER({case})"),
            Self::Staffing { user } => write!(f, "STAFFING({user})"),
            Self::Prompts { user } => write!(f, "PROMPTS({user})"),
            Self::Draft { user } => write!(f, "DRAFT({user})"),
            Self::Audit => f.write_str("AUDIT"),
        }
    }
}

impl FromStr for Compartment {
    type Err = Gap;
    fn from_str(text: &str) -> Result<Self, Gap> {
        let wrong = || Gap::new(code::S_COMPARTMENT, "compartment", "not a compartment");
        if text == "AUDIT" {
            return Ok(Self::Audit);
        }
        let (name, rest) = text.split_once('(').ok_or_else(wrong)?;
        let inner = rest.strip_suffix(')').ok_or_else(wrong)?;
        let record = |text: &str| {
            let id: RecordId = text.parse().map_err(|_| wrong())?;
            // One spelling only: a compartment is compared as text.
            if id.to_string() == text { Ok(id) } else { Err(wrong()) }
        };
        let user = |text: &str| UserId::new(text).map_err(|_| wrong());
        let pair = |text: &str| {
            let (school, id) = text.split_once(',').ok_or_else(wrong)?;
            Ok::<_, Gap>((SchoolId::new(school).map_err(|_| wrong())?, record(id)?))
        };
        match name {
            "SHARE" => pair(inner).map(|(school, case)| Self::Share { school, case }),
            "SHARE_ACTION" => pair(inner).map(|(school, action)| Self::ShareAction { school, action }),
            "CALL" => record(inner).map(|incident| Self::Call { incident }),
            "POLICE" => record(inner).map(|case| Self::Police { case }),
            "INTEL" => record(inner).map(|case| Self::Intel { case }),
            "HUB" => record(inner).map(|case| Self::Hub { case }),
            "REPORTER" => record(inner).map(|case| Self::Reporter { case }),
            "STAFFING" => user(inner).map(|user| Self::Staffing { user }),
            "PROMPTS" => user(inner).map(|user| Self::Prompts { user }),
            "DRAFT" => user(inner).map(|user| Self::Draft { user }),
            _ => Err(wrong()),
        }
    }
}
