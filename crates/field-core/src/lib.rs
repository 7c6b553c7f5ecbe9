//! The device: an encrypted store, local search, the store's side of sync, and the API an app
//! embeds.
//!
//! Open a [`Field`] on a folder and call it from any thread: every call is blocking and short, and
//! none but those of [`net`] waits for the network. What a call answers as saved is on disk. [`net`]
//! drives a link by [`Field::hello`], [`Field::next_frame`], [`Field::store_receipt`],
//! [`Field::store_page`] and [`Field::store_ahead`]; [`Field::events`] tells what happens.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

mod api;
pub mod bundle;
pub mod error;
pub mod event;
mod field;
pub mod host;
mod lapse;
mod matching;
mod media;
pub mod net;
mod pen;
pub mod ports;
mod project;
mod relay;
pub mod sealed_box;
mod store;
mod sync;
mod types;
mod veil;
mod weigh;

pub use api::counted::SearchFor;
pub use api::draft::DRAFT_PAUSE_MS;
#[cfg(feature = "schema")]
pub use api::schema;
pub use api::timeline::Of;
pub use api::{answer, request};
pub use error::{FieldError, Result};
pub use event::{Event, EventKind, EventReceiver};
pub use field::{Field, Waker};
pub use host::{Host, Next};
pub use ports::{Clock, Random, SeededRandom, SystemClock, SystemRandom, TestClock};
pub use relay::CARRIED_BYTES_MAX;
pub use sealed_box::SealedBox;
pub use store::carried::CarriedPart;
pub use store::media::WaitingMedia;
pub use types::{EnrolStart, Erased, Identity, ListFilter, Options, PageOutcome, Rejected, StoreKey, Stored};
