//! What a session begins and ends with.

use records::Role;
use rusqlite::Connection;
use signed::{Timestamp, code};
use wire::{Epoch, ErasedReport, Hello, LogHead, Message};

use super::ahead;
use crate::api::cursor;
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::field::{Field, Me};
use crate::lapse;
use crate::net::LinkState;
use crate::store::{media, meta, optional};
use crate::types::Erased;

impl Field {
    /// What a session begins with.
    pub fn hello(&self) -> Result<Hello> {
        let me = self.me()?;
        self.read(|db| {
            Ok(Hello {
                versions: wire::version::versions(),
                incarnation: me.incarnation,
                epoch: Some(me.epoch),
                cursor: cursor(db)?,
                digest: self.digest(db)?.0,
                last_receipt: newest_head(db, &me)?.map(|head| (head.size, head.root)),
                ahead: ahead::held(db)?,
            })
        })
    }

    /// The server answered: its clock, its epoch and what it takes this user for. The driver calls
    /// this once a session, and [`Field::link`] beside it.
    pub fn welcomed(&self, time: Timestamp, epoch: Epoch, role: &str) -> Result<()> {
        let moment = self.moment();
        let role: Option<Role> = role.parse().ok();
        self.write(false, |db| {
            meta::set_number(db, meta::OFFSET, moment.now.millis() - time.millis())?;
            meta::set(db, meta::OFFSET_BOOT, moment.boot.as_bytes())?;
            if meta::get(db, meta::EPOCH)?.is_some_and(|known| known != epoch.0) {
                media::offer_again(db)?;
            }
            meta::set(db, meta::EPOCH, &epoch.0)?;
            lapse::permit(db, &moment)?;
            if let Some(role) = role {
                meta::set(db, meta::ROLE, role.as_str().as_bytes())?;
            }
            Ok(())
        })?;
        self.forget_me();
        self.keep_box();
        Ok(())
    }

    /// What this store holds is not what the server says it should: kept for `status` and told.
    /// Nothing is wiped.
    pub fn drift(&self) -> Result<()> {
        let now = self.moment().now;
        self.write(false, |db| meta::set_number(db, meta::DRIFT, now.millis()))?;
        let mut event = Event::new(EventKind::Quarantined, now);
        event.code = Some(code::W_DIGEST);
        self.tell(&[event]);
        Ok(())
    }

    /// The link came up or went down: kept for `status`, told as `online` or `offline`, with the
    /// reason where there is one.
    pub fn link(&self, state: LinkState) -> Result<()> {
        let now = self.moment().now;
        let (kind, up, reason) = match state {
            LinkState::Online => (EventKind::Online, 1, None),
            LinkState::Offline(reason) => (EventKind::Offline, 0, reason),
        };
        let number = reason.map_or(0, |code| i64::from(code.number));
        let kept = self.write(false, |db| {
            for (name, value) in [(meta::ONLINE, up), (meta::OFFLINE_CODE, number)] {
                if meta::number(db, name)? != Some(value) {
                    meta::set_number(db, name, value)?;
                }
            }
            Ok(())
        });
        // Told also where the disk is full: somebody is looking at a screen.
        let mut event = Event::new(kind, now);
        event.code = reason;
        self.tell(&[event]);
        kept
    }

    /// The link was given up by the app itself: `offline`, if it was up. Waits for nobody: where a call
    /// is under way the store learns it when it is opened next.
    pub(crate) fn link_gone(&self) {
        let now = self.moment().now;
        let gone = self.try_write(|db| {
            if meta::number(db, meta::ONLINE)? == Some(1) {
                meta::set_number(db, meta::ONLINE, 0)?;
                meta::set_number(db, meta::OFFLINE_CODE, 0)?;
            }
            Ok(())
        });
        // A store that cannot take it now has something worse to say to its next caller.
        drop(gone);
        self.tell_offline(now);
    }

    /// The server ordered this device to erase itself: every file of the store goes, and every
    /// call but opening anew is refused from then on. Frames are pushed before the order can be
    /// read, so what was unsent is in the server's quarantine where the link allowed it.
    pub fn erase(&self) -> Result<Erased> {
        self.erase_and_say().map(|(erased, _)| erased)
    }

    /// As [`Field::erase`]; answers the device's last word beside it, signed while there is a key.
    pub(crate) fn erase_and_say(&self) -> Result<(Erased, Option<wire::Erased>)> {
        // A store that cannot even count is erased all the same.
        let nothing = Erased { records: 0, unsent: 0 };
        let counted = self.read(|db| {
            let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).map(crate::store::uint);
            Ok(Erased {
                records: count("SELECT count(*) FROM record")?,
                unsent: count("SELECT count(DISTINCT document) FROM outbox")?,
            })
        });
        let erased = counted.unwrap_or(nothing);
        let now = self.moment().now;
        // A key that cannot sign now must not keep the words here.
        let said = self.me().ok().and_then(|me| {
            let (device, incarnation) = (me.device, me.incarnation);
            let report =
                ErasedReport { device, incarnation, time: now, records: erased.records, unsent: erased.unsent };
            report.sign(&*me.signer).ok()
        });
        self.take_files_away()?;
        self.tell(&[Event::new(EventKind::Erased, now)]);
        Ok((erased, said))
    }
}

/// The newest signed log head among the receipts of this epoch.
fn newest_head(db: &Connection, me: &Me) -> Result<Option<LogHead>> {
    let mut query = db.prepare_cached(
        "SELECT receipt FROM frame WHERE receipt IS NOT NULL AND epoch = ?1 ORDER BY received DESC, number DESC LIMIT 1",
    )?;
    let bytes: Option<Vec<u8>> = optional(query.query_row([&me.epoch.0], |row| row.get(0)))?;
    let Some(Message::Receipt(receipt)) = bytes.and_then(|bytes| Message::decode(&bytes).ok()) else {
        return Ok(None);
    };
    Ok(me.server_keys.iter().find_map(|key| LogHead::verify(&receipt.head, key).ok()))
}
