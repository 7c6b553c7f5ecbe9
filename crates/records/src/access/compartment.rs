//! Compartments: what a record belongs to, as text and as value.

use std::fmt;
use std::str::FromStr;

use signed::{RecordId, SchoolId, UserId, code};

use crate::gap::Gap;

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

impl Compartment {
    /// The school it is shared with.
    #[must_use]
    pub fn school(&self) -> Option<&SchoolId> {
        match self {
            Self::Share { school, .. } | Self::ShareAction { school, .. } => Some(school),
            Self::Call { .. }
            | Self::Police { .. }
            | Self::Intel { .. }
            | Self::Hub { .. }
            | Self::Reporter { .. }
            | Self::Staffing { .. }
            | Self::Prompts { .. }
            | Self::Draft { .. }
            | Self::Audit => None,
        }
    }

    /// The person whose own it is.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Staffing { user } | Self::Prompts { user } | Self::Draft { user } => Some(user),
            Self::Call { .. }
            | Self::Police { .. }
            | Self::Intel { .. }
            | Self::Hub { .. }
            | Self::Reporter { .. }
            | Self::Share { .. }
            | Self::ShareAction { .. }
            | Self::Audit => None,
        }
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
