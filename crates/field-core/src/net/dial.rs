//! Finding the server and shaking hands with it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use documents::statement::signer_code;
use quinn::{Connection, ConnectionError, Endpoint, TransportErrorCode, VarInt};
use signed::keys::Signature;
use signed::{Code, PublicKey, Signer, SignerError, code};

use crate::FieldError;

/// How long one handshake may take: several round trips of the slowest mobile network.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(5);

/// How long our goodbye may take to leave. It is one datagram and the socket is ours; nobody waits
/// for an answer to it.
const CLOSE_MAX: Duration = Duration::from_millis(20);

/// The name TLS is given. It says nothing: the server is known by its pin.
const SERVER_NAME: &str = "firsthand";

// TLS alerts, as QUIC carries them.
const ALERT_ACCESS_DENIED: u8 = 49;
const ALERT_NO_APPLICATION_PROTOCOL: u8 = 120;

/// Whom to dial, and how to prove who we are.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) pins: Vec<[u8; 32]>,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) alpn: &'static [u8],
    pub(super) keep_alive: bool,
}

/// A link whose other end has proven a pinned key.
pub(super) struct Link {
    pub(super) connection: Connection,
    endpoint: Endpoint,
}

impl Link {
    /// Says goodbye, and gives it a moment to leave.
    pub(super) async fn close(self) {
        self.connection.close(VarInt::from_u32(0), b"");
        let _ = tokio::time::timeout(CLOSE_MAX, self.endpoint.wait_idle()).await;
    }
}

/// Shakes hands with one server, from a socket of its own; the code says why not.
pub(super) async fn dial(target: Target) -> Result<Link, Code> {
    let address = resolve(&target.address).await.ok_or(code::D_OFFLINE)?;
    let signer = Arc::new(Heard { signer: target.signer, failed: Mutex::default() });
    let shown = Arc::clone(&signer) as Arc<dyn Signer>;
    let config =
        transport::client_config(shown, &target.pins, target.alpn, target.keep_alive).map_err(|_| code::D_SIGNER)?;
    let endpoint = Endpoint::client(local(address.ip())).map_err(|_| code::D_OFFLINE)?;
    let connecting = endpoint.connect_with(config, address, SERVER_NAME).map_err(|_| code::D_OFFLINE)?;
    match tokio::time::timeout(HANDSHAKE_MAX, connecting).await {
        Ok(Ok(connection)) => Ok(Link { connection, endpoint }),
        // What TLS makes of a signer's refusal does not say that it was one.
        Ok(Err(error)) => Err(signer.reason().unwrap_or_else(|| why(&error))),
        Err(_) => Err(signer.reason().unwrap_or(code::D_OFFLINE)),
    }
}

/// A device's signer that remembers why it did not sign.
struct Heard {
    signer: Arc<dyn Signer>,
    failed: Mutex<Option<SignerError>>,
}

impl Heard {
    fn reason(&self) -> Option<Code> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).map(signer_code)
    }
}

impl Signer for Heard {
    fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let signed = self.signer.sign(message);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = signed.err();
        signed
    }
}

async fn resolve(address: &str) -> Option<SocketAddr> {
    if let Ok(address) = address.parse() {
        return Some(address);
    }
    let found = tokio::time::timeout(HANDSHAKE_MAX, tokio::net::lookup_host(address)).await;
    found.ok()?.ok()?.next()
}

/// A socket of the server's address family; one that cannot be reached from outside when the
/// server is on this machine.
fn local(server: IpAddr) -> SocketAddr {
    let ip = match server {
        IpAddr::V4(ip) if ip.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(ip) if ip.is_loopback() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, 0)
}

/// What a link's end means to a caller; `D.offline` unless somebody said no.
pub(super) fn why(error: &ConnectionError) -> Code {
    match error {
        ConnectionError::TransportError(ours) if ours.code == TransportErrorCode::crypto(ALERT_ACCESS_DENIED) => {
            code::D_PIN
        }
        ConnectionError::ConnectionClosed(theirs) => {
            if theirs.error_code == TransportErrorCode::crypto(ALERT_NO_APPLICATION_PROTOCOL) {
                code::W_VERSION
            } else if theirs.error_code == TransportErrorCode::CONNECTION_REFUSED {
                code::W_SESSIONS
            } else {
                code::D_OFFLINE
            }
        }
        ConnectionError::ApplicationClosed(theirs) => {
            let number = u32::try_from(theirs.error_code.into_inner()).unwrap_or(0);
            Code::by_number(number).unwrap_or(code::D_OFFLINE)
        }
        ConnectionError::VersionMismatch => code::W_VERSION,
        ConnectionError::TransportError(_)
        | ConnectionError::Reset
        | ConnectionError::TimedOut
        | ConnectionError::LocallyClosed
        | ConnectionError::CidsExhausted => code::D_OFFLINE,
    }
}

/// The code with a sentence for a person.
pub(super) fn error(code: Code) -> FieldError {
    let message = match code {
        code::D_OFFLINE => "no server answers; what you wrote is safe on this device and waits",
        code::D_PIN => "the server that answers is not the one this device was enrolled with; nothing was sent",
        code::D_REVOKED => "this device may no longer be used; hand it to your administrator",
        code::D_UNKNOWN => "the server does not know this device",
        code::D_USER_INACTIVE => "this account has been closed",
        code::D_SIGNER => "the device's key could not be used",
        code::D_KEY_LOCKED => "the device's key is locked; what you wrote is safe on this device and waits",
        code::D_SIGNER_TIMEOUT => {
            "the device's key did not answer in time; what you wrote is safe on this device and waits"
        }
        code::W_VERSION => "this version and the server's cannot talk to each other: update",
        code::W_TIMEOUT => "the time was up before everything was done; what is not sent is safe here and waits",
        code::W_SHUTDOWN => "the server is stopping; what is not sent is safe here and waits",
        code::W_SESSIONS | code::W_RATE => "the server is busy; try again shortly",
        code::D_CODE_WRONG => "the code is not right",
        code::D_CODE_USED => "the code has been used already; ask for another",
        code::D_CODE_EXPIRED => "the code is too old; ask for another",
        code::D_CODE_TRIES => "the code was tried too often; ask for another",
        code::W_MEDIA_MISSING => "the file has not reached the server yet; its author's device still has it",
        code::W_MEDIA_DENIED => "the server gives this file to nobody but who holds its record",
        code::R80_DAMAGED => "what came is not the file that was attached; try again",
        code::R110_LOCKED => "this file is flagged: it is locked on every device and travels no more",
        _ => "the server and this device could not agree; what is not sent is safe here and waits",
    };
    FieldError::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_for_this_machine_is_not_open_to_others() {
        for (server, ours) in [("127.0.0.1", "127.0.0.1:0"), ("::1", "[::1]:0"), ("192.0.2.1", "0.0.0.0:0")] {
            assert_eq!(local(server.parse().unwrap()).to_string(), ours);
        }
    }
}
