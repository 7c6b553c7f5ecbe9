//! One writing transaction with everything that is loaded for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use records::{Holder, Policy, Role};
use signed::{RecordId, Timestamp, UserId};

use super::document::Doc;
use super::{Core, receipts};
use crate::error::ServerError;
use crate::store::rows::UserRow;
use crate::store::{StoreError, Writing};

/// A user and, where the role is one this version knows, the holder they are.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) row: UserRow,
    pub(crate) holder: Option<Holder>,
}

impl Person {
    pub(crate) fn of(row: UserRow) -> Self {
        let holder = row.role.parse::<Role>().ok().map(|role| Holder {
            user: row.id.clone(),
            role,
            schools: row.schools.clone(),
            team: row.team.clone(),
            area: row.area.clone(),
        });
        Self { row, holder }
    }

    /// Their role, if this version knows it.
    pub(crate) fn role(&self) -> Option<Role> {
        self.holder.as_ref().map(|holder| holder.role)
    }
}

/// A transaction under way.
pub(crate) struct Work<'a> {
    pub(crate) core: &'a Core,
    pub(crate) tx: Box<dyn Writing + 'a>,
    pub(crate) now: Timestamp,
    /// The policy in force.
    pub(crate) policy: Arc<Policy>,
    /// Documents that are loaded; what they hold beyond the store is written by `flush`.
    pub(crate) docs: BTreeMap<RecordId, Doc>,
    /// Documents whose rows are not as they were written.
    pub(crate) damaged: BTreeSet<RecordId>,
    /// Inboxes that grew.
    pub(crate) grown: BTreeSet<UserId>,
    /// Who has been sent the newest statements about which subject.
    pub(crate) introduced: BTreeSet<(UserId, RecordId)>,
    pub(crate) people: BTreeMap<UserId, Person>,
    /// Cases whose members are others now.
    pub(crate) moved: BTreeSet<RecordId>,
    /// Whether a training was written.
    pub(crate) trained: bool,
    /// Entries of the audit chain when this began.
    audited: u64,
}

impl<'a> Work<'a> {
    pub(crate) fn begin(core: &'a Core) -> Result<Self, ServerError> {
        let tx = core.store.write()?;
        let people = tx.users()?.into_iter().map(|row| (row.id.clone(), Person::of(row))).collect();
        let (audited, _) = tx.audit_tip()?;
        let policy = core.see_policy(tx.reading())?;
        Ok(Self {
            core,
            tx,
            now: core.clock.now(),
            policy,
            docs: BTreeMap::new(),
            damaged: BTreeSet::new(),
            grown: BTreeSet::new(),
            introduced: BTreeSet::new(),
            people,
            moved: BTreeSet::new(),
            trained: false,
            audited,
        })
    }

    /// Makes everything durable; answers the inboxes that grew.
    pub(crate) fn finish(mut self) -> Result<Vec<(UserId, u64)>, ServerError> {
        if self.tx.audit_tip()?.0 != self.audited {
            receipts::sign_tip(self.core.epoch, self.core.signer.as_ref(), self.tx.as_mut(), self.now)?;
        }
        let heads = self.grown.iter().map(|user| Ok((user.clone(), self.tx.inbox_head(user)?.0)));
        let heads = heads.collect::<Result<Vec<_>, StoreError>>()?;
        self.tx.commit()?;
        if let (true, Ok(mut kept)) = (self.trained, self.core.trainings.write()) {
            *kept = None;
        }
        Ok(heads)
    }

    pub(crate) fn person(&self, user: &UserId) -> Option<&Person> {
        self.people.get(user)
    }

    /// Everybody, by id.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Active users with a role of this version, by id.
    pub(crate) fn active(&self) -> impl Iterator<Item = (&Person, &Holder)> {
        self.people
            .values()
            .filter(|person| person.row.active)
            .filter_map(|person| Some((person, person.holder.as_ref()?)))
    }

    pub(crate) fn put_user(&mut self, row: UserRow) -> Result<(), ServerError> {
        self.tx.put_user(&row)?;
        self.people.insert(row.id.clone(), Person::of(row));
        Ok(())
    }
}
