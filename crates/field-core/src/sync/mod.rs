//! The store's side of sync: what a driver of a link calls.

mod ahead;
mod pull;
mod push;
mod reissue;
mod session;
