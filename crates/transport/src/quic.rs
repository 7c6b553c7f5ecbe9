//! quinn set up for Firsthand: bounds, windows, and whose key the other side has.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, IdleTimeout, ServerConfig, TransportConfig, VarInt};
use rustls::pki_types::CertificateDer;
use signed::{PublicKey, Signer};
use wire::version::{ALPN, ALPN_ENROL};

use crate::tls::{self, TlsError};

/// A link without a packet for this long is given up, in milliseconds.
pub const IDLE_MS_MAX: u32 = 20_000;

/// Keep-alive while a person watches: often enough to hold a mobile network's address translation.
pub const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Bytes one stream may have under way: one message of the largest size and the next one begun.
const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;

/// Bytes all streams of a link may have under way together.
const LINK_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Streams a device may open towards the server: control, two lanes, and room for media.
const STREAMS_MAX: u32 = 8;

/// For dialling a server with pinned keys.
pub fn client_config(
    signer: Arc<dyn Signer>,
    pins: &[[u8; 32]],
    alpn: &[u8],
    keep_alive: bool,
) -> Result<ClientConfig, TlsError> {
    let crypto = QuicClientConfig::try_from(tls::client(signer, pins, alpn)?)
        .map_err(|_| rustls::Error::General("no initial cipher suite".into()))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    let mut transport = transport();
    transport.keep_alive_interval(keep_alive.then_some(KEEP_ALIVE));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

/// For a server that serves both protocols.
pub fn server_config(signer: Arc<dyn Signer>) -> Result<ServerConfig, TlsError> {
    let crypto = QuicServerConfig::try_from(tls::server(signer, &[ALPN, ALPN_ENROL])?)
        .map_err(|_| rustls::Error::General("no initial cipher suite".into()))?;
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport()));
    Ok(config)
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS_MAX))))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(LINK_WINDOW_BYTES))
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(STREAMS_MAX))
        .datagram_receive_buffer_size(None)
        // Probing for larger packets costs an idle sync three times its bytes (8.6 KB out against
        // 2.9 KB), and a handset in a corridor pays for each of them.
        .mtu_discovery_config(None);
    transport
}

/// The key the other side has proven.
#[must_use]
pub fn peer_key(connection: &Connection) -> Option<PublicKey> {
    let identity = connection.peer_identity()?;
    let certificates = identity.downcast_ref::<Vec<CertificateDer<'static>>>()?;
    PublicKey::from_spki(certificates.first()?).ok()
}

/// The protocol both sides agreed on.
#[must_use]
pub fn alpn(connection: &Connection) -> Option<Vec<u8>> {
    let data = connection.handshake_data()?;
    data.downcast_ref::<quinn::crypto::rustls::HandshakeData>()?.protocol.clone()
}
