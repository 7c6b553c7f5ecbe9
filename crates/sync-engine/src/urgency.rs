//! What goes first.

use signed::RecordId;
use wire::Lane;

use crate::limits::{FRAME_BYTES_GATHERED_MAX, FRAME_CHANGES_MAX};

/// How urgent a record is; the higher of what was claimed and what the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// For information.
    Info,
    /// The ordinary case.
    Standard,
    /// Today.
    Urgent,
    /// Now.
    Immediate,
}

impl Urgency {
    /// As records write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Standard => "standard",
            Self::Urgent => "urgent",
            Self::Immediate => "immediate",
        }
    }

    /// From how records write it; what is unknown is taken for standard.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text {
            "info" => Self::Info,
            "urgent" => Self::Urgent,
            "immediate" => Self::Immediate,
            _ => Self::Standard,
        }
    }

    /// The lane it travels in.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Self::Immediate | Self::Urgent => Lane::Urgent,
            Self::Standard | Self::Info => Lane::Rest,
        }
    }
}

/// One document with changes that wait to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The document.
    pub document: RecordId,
    /// The most urgent of its waiting changes.
    pub urgency: Urgency,
    /// When the oldest was saved (a number that grows with every save).
    pub saved: u64,
    /// How many changes wait.
    pub changes: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// Chooses what the next frame of a lane holds: the most urgent first, the oldest first among
/// equals, at most `records` of them and within the limits of a frame. A single document over the
/// byte limit goes alone; of its changes the caller takes as many as fit.
#[must_use]
pub fn pick(waiting: &[Waiting], lane: Lane, records: usize) -> Vec<RecordId> {
    let mut order: Vec<_> = waiting.iter().filter(|w| w.urgency.lane() == lane).collect();
    order.sort_by_key(|w| (std::cmp::Reverse(w.urgency), w.saved, w.document));
    let (mut bytes, mut changes) = (0_usize, 0_usize);
    let mut chosen = Vec::new();
    for item in order.into_iter().take(records) {
        bytes = bytes.saturating_add(item.bytes);
        changes = changes.saturating_add(item.changes);
        let fits = bytes <= FRAME_BYTES_GATHERED_MAX && changes <= FRAME_CHANGES_MAX;
        if !fits && !chosen.is_empty() {
            break;
        }
        chosen.push(item.document);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: u8, urgency: Urgency, saved: u64, bytes: usize) -> Waiting {
        Waiting { document: RecordId([number; 16]), urgency, saved, changes: 1, bytes }
    }

    #[test]
    fn r24_immediate_goes_before_urgent_and_old_before_new() {
        let all = [
            waiting(1, Urgency::Urgent, 1, 10),
            waiting(2, Urgency::Immediate, 9, 10),
            waiting(3, Urgency::Standard, 0, 10),
            waiting(4, Urgency::Immediate, 5, 10),
        ];
        let ids: Vec<_> = pick(&all, Lane::Urgent, 50).iter().map(|id| id.0[0]).collect();
        assert_eq!(ids, [4, 2, 1]);
        assert_eq!(pick(&all, Lane::Urgent, 1), [RecordId([4; 16])]);
        assert_eq!(pick(&all, Lane::Rest, 50), [RecordId([3; 16])]);
    }

    #[test]
    fn a_large_record_goes_alone_and_does_not_stop_the_rest() {
        let all =
            [waiting(1, Urgency::Standard, 1, FRAME_BYTES_GATHERED_MAX + 1), waiting(2, Urgency::Standard, 2, 10)];
        assert_eq!(pick(&all, Lane::Rest, 50), [RecordId([1; 16])]);
        assert_eq!(pick(&all[1..], Lane::Rest, 50), [RecordId([2; 16])]);
    }
}
