//! `Debug` of what holds a record's bytes, a person's name or a secret: ids and lengths only.

use std::fmt::{Debug, Formatter, Result};

use crate::enrolment::EnrolmentCode;
use crate::message::{Enrol, Enrolled, Item, Media, Packed, Row};

impl Debug for Packed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:?}({} bytes from {})", self.codec, self.bytes.len(), self.length)
    }
}

impl Debug for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let bytes: usize = self.changes.iter().map(Vec::len).sum();
        write!(f, "Item({}, {} changes, {bytes} bytes)", self.document, self.changes.len())
    }
}

impl Debug for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Change { document, change } => write!(f, "Change({document}, {} bytes)", change.len()),
            Self::Own { document, change, lane, frame, item } => {
                write!(f, "Own({document}, {change}, {lane:?} frame {frame} item {item})")
            }
            Self::Granted { document } => write!(f, "Granted({document})"),
            Self::Withdrawn { document, headline } => write!(f, "Withdrawn({document}, {headline:?})"),
            Self::Delivery { document, statement, to, at } => {
                write!(f, "Delivery({document}, {statement}, {to}, {at})")
            }
            Self::Prompt { line } => write!(f, "Prompt({line:?})"),
            Self::Match { line } => write!(f, "Match({line:?})"),
            Self::Headline { line } => write!(f, "Headline({line:?})"),
            Self::Directory { statement } => write!(f, "Directory({} bytes)", statement.len()),
            Self::Policy { version, values } => write!(f, "Policy({version}, {values:?})"),
            Self::Held { document, change } => write!(f, "Held({document}, {change})"),
            Self::Unknown { number, body } => write!(f, "Unknown({number}, {body:?})"),
        }
    }
}

impl Debug for Media {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Offer { sha256, size } => write!(f, "Offer({sha256}, {size} bytes)"),
            Self::Have { offset } => write!(f, "Have({offset})"),
            Self::Chunk { offset, bytes } => write!(f, "Chunk({} bytes from {offset})", bytes.len()),
            Self::Done { sha256 } => write!(f, "Done({sha256})"),
            Self::Fetch { sha256, from } => write!(f, "Fetch({sha256}, from {from})"),
            Self::Refuse { code } => write!(f, "Refuse({code})"),
        }
    }
}

impl Debug for crate::relay::Relay {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Relay({} bytes)", self.sealed.len())
    }
}

impl Debug for crate::relay::Carried {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Carried({}, {:?})", self.device, self.push)
    }
}

impl Debug for crate::relay::RelayFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "RelayFile({} parts)", self.parts.len())
    }
}

impl Debug for Enrol {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Enrol").field("versions", &self.versions).finish_non_exhaustive()
    }
}

impl Debug for Enrolled {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Enrolled")
            .field("user", &self.user)
            .field("role", &self.role)
            .field("device", &self.device)
            .field("epoch", &self.epoch)
            .field("time", &self.time)
            .field("directory", &self.directory.len())
            .field("server_keys", &self.server_keys.len())
            .finish()
    }
}

impl Debug for EnrolmentCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("EnrolmentCode")
            .field("address", &self.address)
            .field("pins", &self.pins.len())
            .finish_non_exhaustive()
    }
}
