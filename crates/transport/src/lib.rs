//! What both ends of a link share: TLS 1.3 with raw public keys, and messages on QUIC streams.
//!
//! No certificate authority and no X.509 (RFC 7250): each side shows its bare P-256 key and proves
//! that it holds it. The device pins the server's keys; the server looks the device up by the hash
//! of its key, after the handshake.

pub mod quic;
pub mod stream;
pub mod tls;

pub use quic::{client_config, peer_key, server_config};
pub use stream::{MessageReader, MessageWriter, StreamError};
