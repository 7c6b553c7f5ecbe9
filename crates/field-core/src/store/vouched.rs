//! Which signatures were found to hold. A statement never changes and its key is named in it by its hash, so a
//! signature that held once holds for good; whether its signer may speak for its author is asked each time.

use std::collections::BTreeSet;

use documents::{Opened, Said};
use rusqlite::Connection;
use signed::{RecordId, StatementHash};

use super::directory;
use crate::error::Result;
use crate::field::Me;

/// What a reading found out about the statements of a document.
#[derive(Debug, Default)]
pub(crate) struct Vouched {
    /// Those that are by whom they say.
    pub(crate) verified: BTreeSet<StatementHash>,
    /// Those whose signature was looked at for the first time since they were kept: to be [`note`]d.
    pub(crate) fresh: Vec<StatementHash>,
}

/// Asks of each of a document's statements whether it is by whom it says.
pub(crate) fn of(db: &Connection, me: &Me, document: RecordId, statements: &[Said]) -> Result<Vouched> {
    let known = known(db, document)?;
    let mut found = Vouched::default();
    for opened in statements.iter().map(|said| &said.opened) {
        let held = known.contains(&opened.id);
        if is_by_whom_it_says(db, me, opened, held)? {
            found.verified.insert(opened.id);
            if !held {
                found.fresh.push(opened.id);
            }
        }
    }
    Ok(found)
}

fn is_by_whom_it_says(db: &Connection, me: &Me, opened: &Opened, held: bool) -> Result<bool> {
    let key = directory::signer_of(db, me, opened)?;
    Ok(key.is_ok_and(|key| held || opened.verify(&key).is_ok()))
}

fn known(db: &Connection, document: RecordId) -> Result<BTreeSet<StatementHash>> {
    let mut query = db.prepare_cached("SELECT id FROM statement WHERE document = ?1 AND holds")?;
    let mut rows = query.query([&document.0])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        found.insert(StatementHash(row.get(0)?));
    }
    Ok(found)
}

/// Keeps that these signatures hold.
pub(crate) fn note(db: &Connection, document: RecordId, fresh: &[StatementHash]) -> Result<()> {
    for id in fresh {
        db.prepare_cached("UPDATE statement SET holds = 1 WHERE document = ?1 AND id = ?2")?
            .execute((&document.0, &id.0))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use documents::{Clock, Dot, NOT_TAKEN, Sentence, Statement};
    use signed::{ActorId, Incarnation, RingSigner, Signer as _, Timestamp, UserId};
    use wire::Epoch;

    use super::*;

    const DOCUMENT: RecordId = RecordId([7; 16]);

    fn me() -> Me {
        let signer = RingSigner::generate().unwrap();
        let incarnation = Incarnation([1; 16]);
        Me {
            user: UserId::new("officer1").unwrap(),
            role: "officer".parse().unwrap(),
            device: signer.public_key().id(),
            actor: ActorId::of_store(signer.public_key().spki(), &incarnation),
            incarnation,
            server_keys: Vec::new(),
            epoch: Epoch([2; 16]),
            signer: Arc::new(signer),
        }
    }

    fn said(me: &Me, spoil: bool) -> Said {
        let statement = Statement {
            record: DOCUMENT,
            kind: "action".into(),
            sentence: Sentence::Step("accept".into()),
            version: 1,
            content: signed::cbor::Map::new(),
            author: me.user.clone(),
            role: "officer".into(),
            actor: me.actor,
            event_at: None,
            device_at: Timestamp::from_millis(0),
            mono_ms: 0,
            boot: "boot".into(),
            offset_ms: None,
            rules: 1,
            policy: 1,
            gaps: Vec::new(),
            seen: Vec::new(),
            shown: Vec::new(),
            salt: [3; 16],
        };
        let mut bytes = statement.sign(&*me.signer).unwrap();
        if spoil {
            *bytes.last_mut().unwrap() ^= 1;
        }
        let dot = Dot { actor: me.actor, seq: 1 };
        let opened = Opened::read(&bytes).unwrap();
        Said { opened, dot, clock: Clock::default(), counter: 1, taken: NOT_TAKEN }
    }

    /// A store with this statement in it, at which nobody has looked yet.
    fn store(said: &Said) -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        crate::store::migrate::migrate(&mut db).unwrap();
        db.execute(
            "INSERT INTO statement (id, document, change, position, name, author, at) VALUES (?1, ?2, x'00', 0, 'a', 'b', 0)",
            (&said.opened.id.0, &DOCUMENT.0),
        )
        .unwrap();
        db
    }

    #[test]
    fn a_signature_that_held_is_not_computed_again_but_who_may_sign_is_asked_again() {
        let me = me();
        let all = [said(&me, false)];
        let db = store(&all[0]);
        let first = of(&db, &me, DOCUMENT, &all).unwrap();
        assert_eq!((first.verified.len(), &first.fresh), (1, &vec![all[0].opened.id]));
        note(&db, DOCUMENT, &first.fresh).unwrap();
        let again = of(&db, &me, DOCUMENT, &all).unwrap();
        assert_eq!((again.verified, again.fresh.len()), (first.verified, 0));
        // Another device, whose directory does not know this one.
        assert!(of(&db, &self::me(), DOCUMENT, &all).unwrap().verified.is_empty());
    }

    #[test]
    fn a_signature_that_does_not_hold_is_never_noted() {
        let me = me();
        let all = [said(&me, true)];
        let found = of(&store(&all[0]), &me, DOCUMENT, &all).unwrap();
        assert!(found.verified.is_empty() && found.fresh.is_empty());
    }
}
