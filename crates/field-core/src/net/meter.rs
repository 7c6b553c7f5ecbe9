//! What a sync cost: bytes on the network, and round trips on the longest chain of waiting.

use std::collections::VecDeque;

use sync_engine::limits::{FRAMES_IN_FLIGHT_MAX, PAGES_IN_FLIGHT_MAX};
use wire::{Lane, Message};

/// Round trips of the handshake.
const HANDSHAKE: u64 = 1;

/// Follows one link. A message's depth is the number of round trips before it could be sent:
/// hello and the first frames leave right behind the handshake; a frame that had to wait for
/// room leaves one round trip after the one whose receipt made it.
#[derive(Debug)]
pub(super) struct Meter {
    deepest: u64,
    lanes: [LaneDepths; 2],
    pages: u64,
    committed: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct LaneDepths {
    in_flight: VecDeque<u64>,
    room: u64,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { deepest: HANDSHAKE, lanes: Default::default(), pages: 0, committed: VecDeque::new() }
    }

    /// Round trips so far.
    pub(super) fn round_trips(&self) -> u64 {
        self.deepest
    }

    pub(super) fn sent(&mut self, message: &Message) {
        match message {
            Message::Push(push) => {
                let lane = self.lane(push.lane);
                lane.in_flight.push_back(lane.room.max(HANDSHAKE));
            }
            Message::Committed(_) => self.committed.push_back(self.deepest),
            Message::Hello(_)
            | Message::Welcome(_)
            | Message::Receipt(_)
            | Message::Page(_)
            | Message::Refuse(_)
            | Message::Erase
            | Message::Erased(_)
            | Message::Resume(_)
            | Message::Ahead(_)
            | Message::Media(_)
            | Message::Relay(_)
            | Message::Relayed(_)
            | Message::Enrol(_)
            | Message::Enrolled(_) => {}
        }
    }

    pub(super) fn received(&mut self, message: &Message) {
        let depth = match message {
            Message::Welcome(_) => HANDSHAKE + 1,
            Message::Receipt(receipt) => {
                let lane = self.lane(receipt.lane);
                let depth = lane.in_flight.pop_front().unwrap_or(HANDSHAKE) + 1;
                if lane.in_flight.len() + 1 >= FRAMES_IN_FLIGHT_MAX {
                    lane.room = depth;
                }
                depth
            }
            Message::Page(_) => {
                self.pages += 1;
                // The first pages need nobody's leave; each later one a word that one is on disk.
                let free = self.pages <= PAGES_IN_FLIGHT_MAX;
                if free { HANDSHAKE + 1 } else { self.committed.pop_front().unwrap_or(HANDSHAKE) + 1 }
            }
            Message::Refuse(_) | Message::Erase | Message::Ahead(_) => HANDSHAKE + 1,
            Message::Hello(_)
            | Message::Push(_)
            | Message::Committed(_)
            | Message::Resume(_)
            | Message::Erased(_)
            | Message::Media(_)
            | Message::Relay(_)
            | Message::Relayed(_)
            | Message::Enrol(_)
            | Message::Enrolled(_) => 0,
        };
        self.deepest = self.deepest.max(depth);
    }

    fn lane(&mut self, lane: Lane) -> &mut LaneDepths {
        let [urgent, rest] = &mut self.lanes;
        match lane {
            Lane::Urgent => urgent,
            Lane::Rest => rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signed::Timestamp;
    use signed::UserId;
    use wire::{Codec, Committed, Packed, Page, Push, Receipt};

    fn packed() -> Packed {
        Packed { codec: Codec::Raw, length: 0, bytes: Vec::new() }
    }

    fn push(number: u64) -> Message {
        Message::Push(Push { lane: Lane::Rest, number, body: packed() })
    }

    fn receipt(number: u64) -> Message {
        Message::Receipt(Receipt {
            lane: Lane::Rest,
            number,
            head: Vec::new(),
            index: 0,
            path: Vec::new(),
            outcomes: Vec::new(),
            user: UserId::new("u").unwrap(),
            role: "officer".into(),
            inbox_head: 0,
        })
    }

    fn page(from: u64) -> Message {
        let time = Timestamp::from_millis(0);
        Message::Page(Page { from, count: 1, head: 9, digest: [0; 32], time, signature: [0; 64], body: packed() })
    }

    #[test]
    fn one_flight_is_the_handshake_and_one_round_trip() {
        let mut meter = Meter::new();
        meter.sent(&push(1));
        meter.sent(&push(2));
        meter.received(&receipt(1));
        meter.received(&receipt(2));
        assert_eq!(meter.round_trips(), 2);
    }

    #[test]
    fn frames_beyond_those_in_flight_wait_a_round_trip_each_time() {
        let mut meter = Meter::new();
        for number in 1..=4 {
            meter.sent(&push(number));
        }
        for number in 1..=4 {
            meter.received(&receipt(number));
            meter.sent(&push(number + 4));
        }
        assert_eq!(meter.round_trips(), 2);
        meter.received(&receipt(5));
        assert_eq!(meter.round_trips(), 3);
    }

    #[test]
    fn pages_beyond_those_in_flight_wait_for_a_word_from_the_device() {
        let mut meter = Meter::new();
        for from in 1..=4 {
            meter.received(&page(from));
        }
        assert_eq!(meter.round_trips(), 2);
        meter.sent(&Message::Committed(Committed { cursor: 1 }));
        meter.received(&page(5));
        assert_eq!(meter.round_trips(), 3);
    }
}
