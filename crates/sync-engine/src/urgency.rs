//! What goes first.

use signed::RecordId;
use wire::Lane;

use crate::limits::{AGEING_MS, FRAME_BYTES_GATHERED_MAX, FRAME_CHANGES_MAX};

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

    /// What it counts as after waiting so long: one step higher for each [`AGEING_MS`], never immediate.
    #[must_use]
    pub fn aged(self, waited_ms: u64) -> Self {
        match (self, waited_ms / AGEING_MS) {
            (Self::Info, 0) => Self::Info,
            (Self::Info, 1) | (Self::Standard, 0) => Self::Standard,
            (Self::Info | Self::Standard, _) | (Self::Urgent, _) => Self::Urgent,
            (Self::Immediate, _) => Self::Immediate,
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
    /// For how long it has waited, in milliseconds of the device's clock.
    pub waited_ms: u64,
    /// How many changes wait.
    pub changes: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// What the next frame of a lane holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// Documents in the order in which they go.
    pub documents: Vec<RecordId>,
    /// One of lower urgency that has waited too long and goes along behind them. Of its changes the
    /// caller takes the first whatever its size, and the others as they fit.
    pub aged: Option<RecordId>,
}

/// Chooses what the next frame of a lane holds: the most urgent first, the oldest first among
/// equals, at most `records` of them and within the limits of a frame. A single document over the
/// byte limit goes alone; of its changes the caller takes as many as fit.
///
/// So that a steady stream of urgent records cannot keep the others waiting for ever, one place of
/// each frame is for the document that has waited longest of those that count as high as this lane
/// by now ([`Urgency::aged`]). The first frame of a session, which holds one record, has no such place,
/// nor has a frame with an immediate record: nothing goes along with that.
#[must_use]
pub fn pick(waiting: &[Waiting], lane: Lane, records: usize) -> Picked {
    let mut order: Vec<&Waiting> = waiting.iter().filter(|w| w.urgency.lane() == lane).collect();
    order.sort_by_key(|w| (std::cmp::Reverse(w.urgency), w.saved, w.document));
    let documents = gather(order.iter().copied(), records);
    let open = order.first().is_some_and(|first| first.urgency < Urgency::Immediate);
    let risen = |w: &&Waiting| {
        let counts = w.urgency.aged(w.waited_ms);
        counts > w.urgency && counts.lane() == lane
    };
    let longest = waiting.iter().filter(risen).min_by_key(|w| (w.saved, w.document));
    match longest.filter(|w| open && records > 1 && !documents.contains(&w.document)) {
        None => Picked { documents, aged: None },
        Some(longest) => {
            let others = order.into_iter().filter(|w| w.document != longest.document);
            Picked { documents: gather(others, records - 1), aged: Some(longest.document) }
        }
    }
}

/// The first of these that fit into a frame.
fn gather<'a>(order: impl Iterator<Item = &'a Waiting>, records: usize) -> Vec<RecordId> {
    let (mut bytes, mut changes) = (0_usize, 0_usize);
    let mut chosen = Vec::new();
    for item in order.take(records) {
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
        Waiting { document: RecordId([number; 16]), urgency, saved, waited_ms: 0, changes: 1, bytes }
    }

    #[test]
    fn r24_immediate_goes_before_urgent_and_old_before_new() {
        let all = [
            waiting(1, Urgency::Urgent, 1, 10),
            waiting(2, Urgency::Immediate, 9, 10),
            waiting(3, Urgency::Standard, 0, 10),
            waiting(4, Urgency::Immediate, 5, 10),
        ];
        let ids: Vec<_> = pick(&all, Lane::Urgent, 50).documents.iter().map(|id| id.0[0]).collect();
        assert_eq!(ids, [4, 2, 1]);
        assert_eq!(pick(&all, Lane::Urgent, 1).documents, [RecordId([4; 16])]);
        assert_eq!(pick(&all, Lane::Rest, 50).documents, [RecordId([3; 16])]);
    }

    #[test]
    fn a_large_record_goes_alone_and_does_not_stop_the_rest() {
        let all =
            [waiting(1, Urgency::Standard, 1, FRAME_BYTES_GATHERED_MAX + 1), waiting(2, Urgency::Standard, 2, 10)];
        assert_eq!(pick(&all, Lane::Rest, 50).documents, [RecordId([1; 16])]);
        assert_eq!(pick(&all[1..], Lane::Rest, 50).documents, [RecordId([2; 16])]);
    }
}
