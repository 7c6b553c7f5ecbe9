//! Takes links in: bounds first, then the handshake, then whose key it is.

use std::sync::Arc;
use std::time::Instant;

use quinn::{Connection, Endpoint, Incoming};
use signed::{Code, PublicKey, code};
use tokio::task::JoinSet;
use tokio::time::timeout;
use transport::quic;
use wire::version::{ALPN, ALPN_ENROL};

use super::admission::{Admission, Newcomer, Verdict};
use super::limits::{HANDSHAKE_TIME_MAX, LAST_WORD_TIME_MAX};
use super::{Shared, enrolment, revoked, session};
use crate::core::PeerState;

/// Takes links in until the server stops; answers those that still run.
pub(super) async fn accept(shared: &Arc<Shared>, endpoint: &Endpoint) -> JoinSet<()> {
    let admission = Arc::new(Admission::default());
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = shared.stop.wait() => return links,
            Some(_) = links.join_next() => {}
            incoming = endpoint.accept() => match incoming {
                Some(incoming) => admit(shared, &admission, incoming, &mut links),
                None => return links,
            },
        }
    }
}

fn admit(shared: &Arc<Shared>, admission: &Arc<Admission>, incoming: Incoming, links: &mut JoinSet<()>) {
    let address = incoming.remote_address().ip();
    match admission.judge(address, incoming.remote_address_validated(), Instant::now()) {
        Verdict::Begin => {
            let newcomer = admission.begin(address);
            links.spawn(link(Arc::clone(shared), incoming, newcomer));
        }
        Verdict::ProveAddress => {
            // Fails only for an address that is proven already, and then nothing is owed.
            let _ = incoming.retry();
        }
        Verdict::Refuse => {
            let _ = shared.log.debug("handshake_refused");
            incoming.refuse();
        }
    }
}

async fn link(shared: Arc<Shared>, incoming: Incoming, newcomer: Newcomer) {
    let Ok(Ok(connection)) = timeout(HANDSHAKE_TIME_MAX, incoming.into_future()).await else {
        let _ = shared.log.debug("handshake_failed");
        return;
    };
    let (Some(key), Some(alpn)) = (quic::peer_key(&connection), quic::alpn(&connection)) else {
        connection.close(code::D_UNKNOWN.number.into(), b"");
        return;
    };
    if alpn == ALPN_ENROL {
        enrolment::serve(&shared, connection, key).await;
    } else if alpn == ALPN {
        known_or_not(&shared, connection, key, newcomer).await;
    } else {
        connection.close(code::W_VERSION.number.into(), b"");
    }
}

async fn known_or_not(shared: &Arc<Shared>, connection: Connection, key: PublicKey, newcomer: Newcomer) {
    let device = key.id();
    let state = shared.blocking(move |shared| shared.core.peer(&key)).await;
    let refuse = async |code: Code| session::refuse(&connection, code, LAST_WORD_TIME_MAX).await;
    let code = match state {
        Ok(PeerState::Known(peer)) => {
            drop(newcomer);
            let _ = shared.log.info("session_begins").device(device).user(&peer.user);
            session::serve(shared, connection, peer).await
        }
        Ok(PeerState::Revoked { peer, erase }) => Some(revoked::serve(shared, connection, peer, erase).await),
        Ok(PeerState::Unknown) => Some(refuse(code::D_UNKNOWN).await),
        Err(code) => Some(refuse(code).await),
    };
    let line = shared.log.info("session_ended").device(device);
    drop(match code {
        Some(code) => line.code(code),
        None => line,
    });
}
