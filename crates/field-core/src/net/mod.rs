//! The network side of a device: enrolment, one sync, and staying connected.
//!
//! [`sync_engine::device::Device`] decides, [`store::LinkStore`] remembers, and this module carries
//! messages between them and a server over QUIC. Everything runs on a thread of its own, so an
//! app's calling thread waits for the network only where it asks to ([`sync()`], [`enrol()`]); a
//! [`Watch`] never makes it wait.

mod courier;
mod dial;
mod enrol;
mod field;
mod lane;
mod media;
mod meter;
mod session;
mod silence;
mod store;
mod sync;
mod thread;
mod watch;

pub use enrol::{Joining, enrol, enrol_until};
pub use store::{LinkState, LinkStore, Server};
pub use sync::{Stop, SyncAnswer, Until, sync, sync_within};
pub use watch::Watch;
