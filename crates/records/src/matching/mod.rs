//! R12, R13, R14, R47: the same number, address, email or person in two records, whoever wrote them; and what
//! would tell who a reporter is.
//!
//! [`gather`] says which identifiers a record carries, each in its one normal form, so that a server can compare
//! keyed hashes of them and a device plain rows. People are found by a blocking key (how the name sounds, with
//! the birthday or a school; an alias) and then weighed by [`score`]. What [`judge()`] finds is *possible* until
//! somebody confirms or rejects it with a reason ([`state`], [`raises`]); both are reversible. A name alone never
//! links. Ethnicity, nationality, religion and the kind of school are looked at by nothing here (R115).
//! [`recurrence`] counts concerns that add up; [`Screen`] finds a reporter in words and masks extracts.

mod address;
mod decide;
mod found;
mod gather;
mod judge;
mod keys;
mod person;
mod phone;
mod recur;
mod screen;
mod words;

pub use address::{address, addresses, addresses_in, postcode, postcodes_in, venue};
pub use decide::{Decision, Raises, State, Withdrawn, history, raises, state};
pub use found::{Sort, Within, found_in};
pub use judge::{Entry, PossibleMatch, compare, judge, match_id, serious};
pub use keys::{KEYS_MAX, Key, KeyKind, Keys, gather, keys, shared_by_many};
pub use person::{Likeness, PersonFacts, facts, score};
pub use phone::{phone, phones_in};
pub use recur::{Recurrence, recurrence};
pub use screen::{SIGNS, Screen, Sign};
pub use words::{TEXT_BYTES_MAX, email, emails_in, plain, username, vehicle};
