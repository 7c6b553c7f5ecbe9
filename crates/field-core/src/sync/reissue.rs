//! A refused change is taken out of its document; what stood on it is said again without it.

use documents::change::NewEntry;
use documents::{Candidate, Write};
use records::{Gap, Writes};
use rusqlite::Connection;
use signed::{ChangeHash, Code, RecordId, code};
use sync_engine::Urgency;

use crate::api::new::finish;
use crate::error::Result;
use crate::pen::{Pen, Saying, Words};
use crate::store::changes::{self, StoredChange};
use crate::store::{frames, millis};

/// Takes a refused change out of its document, with everything that stands on it, and issues the
/// rest again at the same numbers. Of a document the server has nothing of, nothing is taken out:
/// it stays as it was written, and waits no longer. Answers whether something new waits.
pub(crate) fn without(pen: &Pen<'_>, document: RecordId, refused: &ChangeHash, why: Code) -> Result<bool> {
    let Some(row) = changes::document(pen.db, document)? else {
        frames::block(pen.db, document, refused, why)?;
        return Ok(false);
    };
    let all = changes::changes(pen.db, document)?;
    let Some(dot) = all.iter().find(|c| c.hash == *refused).map(|c| (c.info.actor, c.info.seq)) else {
        return Ok(false);
    };
    // Only own changes the server has not taken can stand on what it refused.
    let stands = |change: &StoredChange| change.received.is_none() && change.info.clock.covers(&dot.0, dot.1);
    let (out, keep): (Vec<StoredChange>, Vec<StoredChange>) = all.into_iter().partition(stands);
    if keep.is_empty() {
        for change in &out {
            let why = if change.hash == *refused { why } else { code::C_DEPENDS_ON_REFUSED };
            frames::block(pen.db, document, &change.hash, why)?;
        }
        return Ok(false);
    }
    let mut anew = changes::rebuild(pen.db, &row, &keep)?;
    let mut view = changes::view(pen.db, &anew)?;
    let mut issued = false;
    for change in &out {
        let code = if change.hash == *refused { why } else { code::C_DEPENDS_ON_REFUSED };
        lay_aside(pen, document, change, code)?;
        if change.hash == *refused {
            continue;
        }
        let words = read_words(&Candidate::read(&change.bytes, anew.template())?);
        match pen.write(&mut anew, Some(&mut view), &words, Urgency::Info) {
            Ok(_) => {
                said_again(pen, document, change)?;
                issued = true;
            }
            // A key that cannot sign now: nothing of this receipt is stored, and it comes again.
            Err(error) if error.is_of_the_signer() => return Err(error),
            // Said without what it stood on, it may no longer make sense: then it stays laid aside.
            Err(_) => {}
        }
    }
    if anew.id == anew.record {
        finish(pen, &anew, &view)?;
    }
    Ok(issued)
}

/// Keeps the bytes: nothing a person wrote is dropped because a server said no, and a frame on its
/// way must stay the same.
fn lay_aside(pen: &Pen<'_>, document: RecordId, change: &StoredChange, why: Code) -> Result<()> {
    let db: &Connection = pen.db;
    db.prepare_cached("DELETE FROM outbox WHERE document = ?1 AND change = ?2")?
        .execute((&document.0, &change.hash.0))?;
    db.prepare_cached("INSERT OR IGNORE INTO refused (document, change, code, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((&document.0, &change.hash.0, i64::from(why.number), millis(pen.moment.now), &change.bytes))?;
    Ok(())
}

/// The bytes stay for frames on their way; nothing of what they said is missing any more.
fn said_again(pen: &Pen<'_>, document: RecordId, change: &StoredChange) -> Result<()> {
    pen.db
        .prepare_cached("UPDATE refused SET code = NULL WHERE document = ?1 AND change = ?2")?
        .execute((&document.0, &change.hash.0))?;
    Ok(())
}

/// What a change of ours said, to be said again.
fn read_words(candidate: &Candidate) -> Words {
    let mut words = Words { writes: Writes::default(), ..Words::default() };
    for write in &candidate.writes {
        match write {
            Write::Statement { opened, .. } => {
                let statement = &opened.statement;
                words.saying = Some(Saying {
                    sentence: statement.sentence.clone(),
                    content: statement.content.clone(),
                    event_at: statement.event_at,
                    gaps: statement.gaps.iter().filter_map(Gap::from_value).collect(),
                });
            }
            Write::Entry { entry, .. } => words.entries.push((false, again(entry))),
            Write::Cautious { entry, .. } => words.entries.push((true, again(entry))),
            Write::Field { key, value, .. } => words.writes.fields.push((key.clone(), value.clone())),
            Write::FieldDelete { key, .. } => words.deletes.push(key.clone()),
            Write::Insert { .. } | Write::Remove { .. } => {}
        }
    }
    words
}

fn again(entry: &NewEntry) -> NewEntry {
    entry.clone()
}
