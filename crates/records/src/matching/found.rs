//! Identifiers within free text: only such as say by their own form what they are.

use std::fmt;
use std::ops::Range;

use super::address::{addresses_in, postcodes_in};
use super::phone::phones_in;
use super::words::emails_in;

/// What was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A telephone number.
    Phone,
    /// An email address.
    Email,
    /// House number, street and postcode.
    Address,
    /// A postcode alone: a dozen homes, so no key.
    Postcode,
}

/// One identifier within a text. `Debug` holds its sort alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Within {
    /// What it is.
    pub sort: Sort,
    /// Its normal form.
    pub value: String,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.sort)
    }
}

/// Telephone numbers, email addresses, addresses and postcodes within a text, by place. Its first
/// [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX) bytes are looked at.
#[must_use]
pub fn found_in(text: &str) -> Vec<Within> {
    let addresses = addresses_in(text);
    let alone = |range: &Range<usize>| !addresses.iter().any(|(whole, _)| whole.end == range.end);
    let postcodes: Vec<_> = postcodes_in(text).into_iter().filter(|(range, _)| alone(range)).collect();
    let sorts = [
        (Sort::Phone, phones_in(text)),
        (Sort::Email, emails_in(text)),
        (Sort::Address, addresses),
        (Sort::Postcode, postcodes),
    ];
    let all = sorts.into_iter().flat_map(|(sort, list)| list.into_iter().map(move |found| (sort, found)));
    let mut all: Vec<Within> = all.map(|(sort, (range, value))| Within { sort, value, range }).collect();
    all.sort_by_key(|one| (one.range.start, one.sort));
    all
}
