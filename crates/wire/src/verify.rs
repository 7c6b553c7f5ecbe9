//! What is signed, and how a receiver rebuilds it from what came.
//!
//! Headers of frames and pages are signed but do not travel: a receiver computes the hashes
//! again, puts the header and its envelope together, and checks the signature over that.

use signed::cose::{self, Typ};
use signed::digest::{sha256, sha256_of};
use signed::keys::Signature;
use signed::merkle::{self, Node};
use signed::{DeviceId, FrameHash, Incarnation, PublicKey, Signer, SignerError, StatementHash, UserId, Value, cbor};

use crate::codec::inbox;
use crate::error::WireError;
use crate::message::{
    Ahead, AheadHeader, Epoch, FrameBody, FrameHeader, Item, Lane, Leaf, LogHead, Outcome, Packed, Page, PageHeader,
    Receipt, Row,
};

impl Item {
    /// SHA-256(document || SHA-256(change) for each change).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let changes: Vec<[u8; 32]> = self.changes.iter().map(|change| sha256(change)).collect();
        let mut parts: Vec<&[u8]> = vec![&self.document.0];
        parts.extend(changes.iter().map(|hash| &hash[..]));
        sha256_of(&parts)
    }
}

impl FrameHeader {
    /// Signs the header; answers the signature and the frame's hash, which the next header of
    /// the lane names as its previous.
    pub fn sign(&self, signer: &dyn Signer) -> Result<(Signature, FrameHash), SignerError> {
        let envelope = cose::sign(Typ::Frame, &self.to_value(), signer)?;
        let opened = cose::open(Typ::Frame, &envelope).map_err(|_| SignerError::Failed)?;
        Ok((*opened.signature(), FrameHash(sha256(&envelope))))
    }

    /// The whole signed header: what a frame's hash is taken of.
    #[must_use]
    pub fn envelope(&self, signature: &Signature) -> Vec<u8> {
        cose::envelope(self.device, Typ::Frame, &cbor::encode(&self.to_value()), signature)
    }
}

impl FrameBody {
    /// The header that the sending device must have signed.
    #[must_use]
    pub fn header(&self, device: DeviceId, incarnation: Incarnation, lane: Lane, number: u64) -> FrameHeader {
        let items = self.items.iter().map(Item::hash).collect();
        FrameHeader { device, incarnation, lane, number, previous: self.previous, items }
    }

    /// Checks that this device signed exactly these items, in this place of this lane; answers
    /// the header and the frame's hash.
    pub fn verify(
        &self,
        device_key: &PublicKey,
        incarnation: Incarnation,
        lane: Lane,
        number: u64,
    ) -> Result<(FrameHeader, FrameHash), WireError> {
        let header = self.header(device_key.id(), incarnation, lane, number);
        let envelope = header.envelope(&self.signature);
        cose::open(Typ::Frame, &envelope)
            .and_then(|opened| opened.verify(device_key))
            .map_err(|_| WireError::FrameSignature)?;
        Ok((header, FrameHash(sha256(&envelope))))
    }
}

impl Row {
    /// SHA-256 of the row's bytes.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        row_hash(&self.to_value())
    }
}

fn row_hash(row: &Value) -> [u8; 32] {
    sha256(&cbor::encode(row))
}

impl PageHeader {
    /// Signs the header with the server's key.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Signature, SignerError> {
        let envelope = cose::sign(Typ::Page, &self.to_value(), signer)?;
        let opened = cose::open(Typ::Page, &envelope).map_err(|_| SignerError::Failed)?;
        Ok(*opened.signature())
    }

    /// The whole signed header, which proves a row to somebody who was not in the session.
    #[must_use]
    pub fn envelope(&self, server: DeviceId, signature: &Signature) -> Vec<u8> {
        cose::envelope(server, Typ::Page, &cbor::encode(&self.to_value()), signature)
    }
}

impl Page {
    /// Cuts and signs a page: `header` as it stands but for `rows`, which is computed from the
    /// rows themselves. `head` is the last row of the inbox at this moment.
    pub fn sign(mut header: PageHeader, rows: &[Row], head: u64, signer: &dyn Signer) -> Result<Self, SignerError> {
        header.rows = rows.iter().map(Row::hash).collect();
        Ok(Self {
            from: header.from,
            count: rows.len() as u64,
            head,
            digest: header.digest,
            time: header.time,
            signature: header.sign(signer)?,
            body: Packed::pack(&inbox::encode_rows(rows)),
        })
    }

    /// Checks that the server signed exactly these rows for this user in this epoch; answers the
    /// header and the rows. Rows of unknown numbers are covered like all others.
    pub fn verify(
        &self,
        user: &signed::UserId,
        epoch: Epoch,
        server_key: &PublicKey,
    ) -> Result<(PageHeader, Vec<Row>), WireError> {
        let values = self.values()?;
        let header = PageHeader {
            user: user.clone(),
            epoch,
            from: self.from,
            digest: self.digest,
            time: self.time,
            rows: values.iter().map(row_hash).collect(),
        };
        let envelope = header.envelope(server_key.id(), &self.signature);
        cose::open(Typ::Page, &envelope)
            .and_then(|opened| opened.verify(server_key))
            .map_err(|_| WireError::PageSignature)?;
        let rows = values.into_iter().map(Row::from_value).collect::<Result<_, _>>()?;
        Ok((header, rows))
    }
}

impl AheadHeader {
    /// The whole signed header.
    #[must_use]
    pub fn envelope(&self, server: DeviceId, signature: &Signature) -> Vec<u8> {
        cose::envelope(server, Typ::Ahead, &cbor::encode(&self.to_value()), signature)
    }
}

impl Ahead {
    /// Signs what goes ahead: `header` as it stands but for `rows`, which is computed from the rows
    /// themselves.
    pub fn sign(mut header: AheadHeader, rows: &[Row], signer: &dyn Signer) -> Result<Self, SignerError> {
        header.rows = rows.iter().map(Row::hash).collect();
        let envelope = cose::sign(Typ::Ahead, &header.to_value(), signer)?;
        let opened = cose::open(Typ::Ahead, &envelope).map_err(|_| SignerError::Failed)?;
        let (to, time, signature) = (header.to, header.time, *opened.signature());
        Ok(Self { to, time, signature, body: Packed::pack(&inbox::encode_rows(rows)) })
    }

    /// Checks that the server signed exactly these rows for this user in this epoch, and that each
    /// may go ahead; answers the rows.
    pub fn verify(&self, user: &UserId, epoch: Epoch, server_key: &PublicKey) -> Result<Vec<Row>, WireError> {
        let values = self.values()?;
        let rows = values.iter().map(row_hash).collect();
        let header = AheadHeader { user: user.clone(), epoch, to: self.to, time: self.time, rows };
        let envelope = header.envelope(server_key.id(), &self.signature);
        cose::open(Typ::Ahead, &envelope)
            .and_then(|opened| opened.verify(server_key))
            .map_err(|_| WireError::PageSignature)?;
        let rows: Vec<Row> = values.into_iter().map(Row::from_value).collect::<Result<_, _>>()?;
        if rows.iter().all(Row::goes_ahead) { Ok(rows) } else { Err(cbor::CborError::Shape.into()) }
    }
}

impl Leaf {
    /// The leaf's hash in the log: RFC 9162's, over the leaf's bytes.
    #[must_use]
    pub fn hash(&self) -> Node {
        merkle::leaf_hash(&cbor::encode(&self.to_value()))
    }
}

impl LogHead {
    /// Signs the head with the server's key; answers the whole envelope.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, SignerError> {
        cose::sign(Typ::Receipt, &self.to_value(), signer)
    }

    /// Reads a signed head and checks that this key signed it.
    pub fn verify(envelope: &[u8], server_key: &PublicKey) -> Result<Self, WireError> {
        let payload = cose::open(Typ::Receipt, envelope).and_then(|opened| opened.verify(server_key));
        Self::from_value(payload.map_err(|_| WireError::Receipt)?).map_err(|_| WireError::Receipt)
    }
}

impl Receipt {
    /// The leaf that this receipt speaks of, from what only the device holds and what came.
    /// `statements` names, for each item, the statements in the changes that were accepted.
    #[must_use]
    pub fn leaf(&self, device: DeviceId, frame: FrameHash, statements: &[Vec<StatementHash>]) -> Leaf {
        Leaf {
            device,
            frame,
            outcomes: self.outcomes.clone(),
            statements: statements.to_vec(),
            user: self.user.clone(),
            role: self.role.clone(),
        }
    }

    /// Checks that the server's log, in this epoch, holds this frame with these outcomes and
    /// statements; answers the signed head.
    pub fn verify(
        &self,
        device: DeviceId,
        frame: FrameHash,
        statements: &[Vec<StatementHash>],
        server_key: &PublicKey,
        epoch: Epoch,
    ) -> Result<LogHead, WireError> {
        let head = LogHead::verify(&self.head, server_key)?;
        if head.epoch != epoch {
            return Err(WireError::Epoch);
        }
        let leaf = self.leaf(device, frame, statements).hash();
        let complete = self.outcomes.len() == statements.len();
        if complete && merkle::includes(&head.root, head.size, self.index, &leaf, &self.path) {
            Ok(head)
        } else {
            Err(WireError::Receipt)
        }
    }
}

impl Outcome {
    /// Whether every change of the item is accepted.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.rest == crate::message::Rest::Ok
    }
}
