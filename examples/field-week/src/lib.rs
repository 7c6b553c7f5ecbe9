//! Three of the case stories, played by real processes for a person to watch.
//!
//! [`world`] is where every case story plays: a server under a clock that is moved, and a device for each
//! person; whole-system tests play their stories in it too. [`scene`] tells what happens there, [`stories`]
//! are the three, [`named`] watches that nobody is asked too early about people who were only named.

pub mod named;
pub mod scene;
pub mod stories;
pub mod world;
