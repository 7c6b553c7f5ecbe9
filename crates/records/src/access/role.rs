//! Roles, as the directory names them.

use std::fmt;
use std::str::FromStr;

use signed::code;

use crate::gap::Gap;

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

    /// Inspector and command: whom a ladder asks last.
    #[must_use]
    pub fn decides_escalations(self) -> bool {
        matches!(self, Self::Inspector | Self::Command)
    }

    /// Whether it changes nothing: all it writes is what it opened, and why.
    #[must_use]
    pub fn only_reads(self) -> bool {
        matches!(self, Self::Auditor)
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
