//! What an administrator does: each act one transaction, audited, with its effects on inboxes in
//! the same transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use records::{Gap, Writes};
use signed::cbor::{Map, Value};
use signed::{DeviceId, RecordId, SchoolId, UserId, code};

use super::audit::{self, Note};
use super::document::Doc;
use super::limits::{NAME_BYTES_MAX, SCHOOLS_MAX};
use super::types::{AuditFilter, AuditRow, DeviceRow, Effects, SchoolNew, UserNew};
use super::work::Work;
use super::{Core, directory};
use crate::error::ServerError;
use crate::store::Reading;
use crate::store::rows::{SchoolRow, UserRow};

impl Core {
    /// Adds a school. `A.exists` when there is one of this id.
    pub fn school_add(&self, new: SchoolNew) -> Result<Effects, ServerError> {
        check_name(&new.name)?;
        if let Some(until) = &new.until {
            check_day(until)?;
        }
        let mut work = Work::begin(self)?;
        if work.tx.school(&new.id)?.is_some() {
            return Err(ServerError::new(code::A_EXISTS, "there is a school of this id"));
        }
        let agreement = new.agreement.as_str().to_owned();
        let row = SchoolRow { id: new.id, name: new.name, agreement, until: new.until };
        work.tx.put_school(&row)?;
        work.publish_school(&row)?;
        work.watch_agreement(&row)?;
        audit::append(work.tx.as_mut(), work.now, Note::admin("school_add"))?;
        work.done(Vec::new())
    }

    /// Adds a user. `A.exists` when there is one of this id, `A.school` for a school that is not
    /// there or a school's account without one, `A.not_found` for an unknown supervisor.
    pub fn user_add(&self, new: UserNew) -> Result<Effects, ServerError> {
        check_name(&new.name)?;
        if new.id.as_str() == directory::SERVER || new.role == records::Role::Server {
            return Err(ServerError::new(code::A_ID, "the server's name and role are its own"));
        }
        let mut work = Work::begin(self)?;
        if work.person(&new.id).is_some() {
            return Err(ServerError::new(code::A_EXISTS, "there is a user of this id"));
        }
        check_schools(work.tx.reading(), &new)?;
        if new.supervisor.as_ref().is_some_and(|user| work.person(user).is_none()) {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such supervisor"));
        }
        let mut schools = new.schools;
        schools.sort();
        schools.dedup();
        let row = UserRow {
            id: new.id.clone(),
            name: new.name,
            role: new.role.as_str().to_owned(),
            schools,
            team: new.team,
            area: new.area,
            supervisor: new.supervisor,
            active: true,
            delivered: 0,
        };
        work.put_user(row.clone())?;
        work.publish_user(&row)?;
        work.watch_tenure(&row.id)?;
        let policy = Arc::clone(&work.policy);
        work.tell_policy(&new.id, &policy)?;
        audit::append(work.tx.as_mut(), work.now, Note::admin("user_add").about(&new.id))?;
        for id in work.tx.documents()? {
            work.settle_for(id, &new.id)?;
        }
        work.done(Vec::new())
    }

    /// Ends a user's access. R69: refused (`R69.open_items`) while they own open items; in an
    /// emergency those move to the supervisor, else a sergeant, in the same transaction.
    pub fn user_deactivate(&self, user: &UserId, emergency: bool) -> Result<Effects, ServerError> {
        let mut work = Work::begin(self)?;
        let Some(row) = work.person(user).map(|person| person.row.clone()) else {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such user"));
        };
        let open = work.tx.open_of(user)?;
        let gap = |id: &RecordId| Gap::new(code::R69_OPEN_ITEMS, id.to_string(), "open, and owned by this user");
        if !open.is_empty() && !emergency && records::rules::switch::on("R69") {
            let gaps = open.iter().map(gap).collect();
            return Err(ServerError::because(code::R69_OPEN_ITEMS, "this user owns open items", gaps));
        }
        let row = UserRow { active: false, ..row };
        work.put_user(row.clone())?;
        let heir = if open.is_empty() { None } else { Some(work.heir(&row)?) };
        if let Some(heir) = heir {
            for id in &open {
                work.hand_over(*id, user, &heir)?;
            }
            work.settle(&open, None)?;
        }
        work.succeed(user)?;
        work.publish_user(&row)?;
        let note = Note::admin(if emergency { "user_deactivate_emergency" } else { "user_deactivate" });
        audit::append(work.tx.as_mut(), work.now, note.about(user).on(&open))?;
        work.done(open)
    }

    /// Every device.
    pub fn devices(&self) -> Result<Vec<DeviceRow>, ServerError> {
        let tx = self.store.read()?;
        let row = |device: crate::store::rows::DeviceEntry| {
            let (head, _) = tx.inbox_head(&device.user)?;
            Ok(DeviceRow {
                unreceived: head.saturating_sub(device.cursor),
                quarantined: tx.quarantined(device.id)?.1,
                id: device.id,
                user: device.user,
                enrolled_at: device.enrolled_at,
                last_sync_at: device.last_sync_at,
                revoked_at: device.revoked_at,
                erase_ordered_at: device.erase_ordered_at,
                erased_at: device.erased.map(|(at, _)| at),
            })
        };
        tx.devices()?.into_iter().map(row).collect()
    }

    /// Revokes a device; `erase` has it told to erase itself. Revoking again changes only that.
    pub fn device_revoke(&self, device: DeviceId, erase: bool) -> Result<Effects, ServerError> {
        let mut work = Work::begin(self)?;
        let Some(mut row) = work.tx.device(device)? else {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such device"));
        };
        let first = row.revoked_at.is_none();
        row.revoked_at = row.revoked_at.or(Some(work.now));
        row.erase = row.erase || erase;
        if erase {
            row.erase_ordered_at = row.erase_ordered_at.or(Some(work.now));
        }
        work.tx.put_device(&row)?;
        if first {
            work.publish_revoked(device)?;
        }
        let why = if erase { "device_revoke_erase" } else { "device_revoke" };
        let note = Note { device: Some(device), ..Note::admin(why).about(&row.user) };
        audit::append(work.tx.as_mut(), work.now, note)?;
        work.done(Vec::new())
    }

    /// Audit entries, oldest first.
    pub fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, ServerError> {
        let mut rows = audit::list(self.store.read()?.as_ref(), filter)?;
        self.with_reasons(&mut rows)?;
        Ok(rows)
    }
}

impl Work<'_> {
    fn done(self, moved: Vec<RecordId>) -> Result<Effects, ServerError> {
        Ok(Effects { grown: self.finish()?, moved })
    }

    /// Brings rows of one document to somebody new. What they may not hold is not even loaded.
    fn settle_for(&mut self, id: RecordId, user: &UserId) -> Result<(), ServerError> {
        if !self.may_hold(id, user)? {
            return Ok(());
        }
        let Some(doc) = self.doc(id)? else { return Ok(()) };
        self.settle_newcomer(&doc, user)
    }

    /// R70: what somebody who leaves was being asked for is asked of whoever stands in their place now.
    fn succeed(&mut self, user: &UserId) -> Result<(), ServerError> {
        let told = self.tx.prompts_told()?.into_iter().filter(|row| row.user == *user);
        let cases: BTreeSet<RecordId> = told.map(|row| row.case).collect();
        let mut order = Vec::new();
        for case in cases {
            order.extend(self.follow(case)?);
        }
        self.settle_all(&order, None)?;
        self.settle_moved(&[])
    }

    /// Who takes over what somebody leaves open.
    fn heir(&self, row: &UserRow) -> Result<UserId, ServerError> {
        let supervisor = row.supervisor.as_ref().filter(|user| self.person(user).is_some_and(|p| p.row.active));
        let mut sergeants = self.active().filter(|(_, holder)| holder.role == records::Role::Sergeant);
        let sergeant = || sergeants.next().map(|(person, _)| person.row.id.clone());
        let none = ServerError::new(code::R69_OPEN_ITEMS, "nobody is there to take over what is open");
        supervisor.cloned().or_else(sergeant).ok_or(none)
    }

    /// Gives an open item of one user to another, by a statement of the server's.
    fn hand_over(&mut self, id: RecordId, from: &UserId, to: &UserId) -> Result<(), ServerError> {
        let Some(mut doc) = self.doc(id)? else { return Ok(()) };
        let written = self.write_hand_over(&mut doc, from, to);
        self.keep(doc);
        written
    }

    fn write_hand_over(&mut self, doc: &mut Doc, from: &UserId, to: &UserId) -> Result<(), ServerError> {
        let Some(kind) = doc.view.created().and_then(|(_, made)| records::kind(&made.kind)) else { return Ok(()) };
        let standing = doc.view.fields.get("owner").map_or(0, Vec::len);
        let mut content = Map::new();
        content.insert("reason".into(), Value::text("user_deactivate_emergency"));
        content.insert("from".into(), Value::text(from.as_str()));
        // Where several values stand, only a resolution writes.
        let step = if standing > 1 {
            content.insert("path".into(), Value::text("owner"));
            content.insert("value".into(), Value::text(to.as_str()));
            "resolve"
        } else {
            content.insert("to".into(), Value::text(to.as_str()));
            "assign"
        };
        let mut writes = Writes::default();
        if kind.field("owner").is_some() {
            writes.fields.push((String::from("owner"), documents::Scalar::Text(to.to_string())));
        }
        self.write_own(doc, kind.name, Some((step, content)), &writes)
    }
}

fn check_name(name: &str) -> Result<(), ServerError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(ServerError::new(code::A_ID, "a name is 1 to 200 bytes without control characters")) }
}

fn check_day(day: &str) -> Result<(), ServerError> {
    match signed::Timestamp::parse(&format!("{day}T00:00:00Z")) {
        Ok(_) => Ok(()),
        Err(_) => Err(ServerError::new(code::A_ID, "a day is YYYY-MM-DD")),
    }
}

fn check_schools(tx: &dyn Reading, new: &UserNew) -> Result<(), ServerError> {
    if new.schools.len() > SCHOOLS_MAX || (new.role.of_school() && new.schools.is_empty()) {
        return Err(ServerError::new(code::A_SCHOOL, "a school's account belongs to a school"));
    }
    let missing = |school: &SchoolId| Ok::<_, ServerError>(tx.school(school)?.is_none());
    for school in &new.schools {
        if missing(school)? {
            return Err(ServerError::new(code::A_SCHOOL, "no such school"));
        }
    }
    Ok(())
}
