//! The policy in force: stored version by version, told to everybody, and what was read off by the one
//! before brought up to it.
//!
//! A new version is one short transaction: values, audit entry, a row in every inbox. What follows from
//! it for records that are already here (what they lack, when prompts are due) is done after it in steps,
//! so that nobody waits long; a step that was interrupted is gone on with at the next tick.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use records::{Gap, Policy};
use signed::cbor::{self, Map, Value};
use signed::{RecordId, Timestamp, UserId, code};
use wire::Row;

use super::Core;
use super::audit::{self, Note};
use super::limits::POLICY_STEP;
use super::work::Work;
use crate::error::ServerError;
use crate::store::{Reading, StoreError, Writing};

/// The newest version: a number.
const VERSION: &str = "policy_version";
/// The version that everything was read off by, and how far the next one has come.
const READ_OFF_BY: &str = "policy_read_off";

/// A version as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The policy, with its version.
    pub policy: Policy,
    /// Since when it is in force; none of a server that was made before versions were kept.
    pub at: Option<Timestamp>,
}

/// What came of setting a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyChange {
    /// The version now in force.
    pub version: u64,
    /// Names of the values that changed; none: nothing was written.
    pub changed: Vec<&'static str>,
    /// Inboxes that grew, with their last row.
    pub grown: Vec<(UserId, u64)>,
}

fn name_of(version: u64) -> String {
    format!("policy_{version}")
}

/// The newest version; the first is the defaults' own.
fn newest(tx: &dyn Reading) -> Result<u64, StoreError> {
    let Some(bytes) = tx.meta(VERSION)? else { return Ok(Policy::DEFAULT.version) };
    Ok(u64::from_be_bytes(bytes.try_into().map_err(|_| StoreError::Damaged)?))
}

/// A version, as it was set.
pub(crate) fn of_version(tx: &dyn Reading, version: u64) -> Result<Option<PolicyVersion>, StoreError> {
    let Some(bytes) = tx.meta(&name_of(version))? else {
        let defaults = || PolicyVersion { policy: Policy::DEFAULT, at: None };
        return Ok((version == Policy::DEFAULT.version).then(defaults));
    };
    let read = || {
        let value = cbor::decode(&bytes).ok()?;
        let map = value.as_map()?;
        let at = Timestamp::parse_exact(map.get("at")?.as_text()?).ok()?;
        Some(PolicyVersion { policy: Policy::from_value(map.get("values")?, version), at: Some(at) })
    };
    read().map(Some).ok_or(StoreError::Damaged)
}

/// The version in force.
pub(crate) fn in_force(tx: &dyn Reading) -> Result<PolicyVersion, StoreError> {
    of_version(tx, newest(tx)?)?.ok_or(StoreError::Damaged)
}

/// Keeps a version: it is the newest from now on.
pub(crate) fn keep(tx: &mut dyn Writing, policy: &Policy, now: Timestamp) -> Result<(), StoreError> {
    let map = cbor::map([("at", Value::text(now.to_string())), ("values", policy.to_value())]);
    tx.put_meta(&name_of(policy.version), &cbor::encode(&map))?;
    tx.put_meta(VERSION, &policy.version.to_be_bytes())
}

/// How far the records have been brought up to the policy in force.
struct Progress {
    version: u64,
    /// Documents are read off first, then cases weighed.
    weighing: bool,
    /// The last one that is done.
    after: Option<RecordId>,
    done: bool,
}

impl Progress {
    fn of(tx: &dyn Reading) -> Result<Self, ServerError> {
        let version = newest(tx)?;
        let begun = Self { version, weighing: false, after: None, done: false };
        let first = version == Policy::DEFAULT.version;
        let Some(bytes) = tx.meta(READ_OFF_BY)? else { return Ok(Self { done: first, ..begun }) };
        let read = || {
            let value = cbor::decode(&bytes).ok()?;
            let map = value.as_map()?;
            let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
            let after = map.get("after").and_then(Value::as_bytes).and_then(|id| RecordId::from_slice(id).ok());
            let of = map.get("version")?.as_uint()?;
            Some(Self { version: of, weighing: flag("weighing"), after, done: flag("done") })
        };
        let stored = read().ok_or(StoreError::Damaged)?;
        // What was under way for an earlier version begins anew.
        Ok(if stored.version == version { stored } else { begun })
    }

    fn keep(&self, tx: &mut dyn Writing) -> Result<(), StoreError> {
        let mut map = Map::new();
        map.insert("version".into(), Value::uint(self.version));
        map.insert("weighing".into(), Value::Bool(self.weighing));
        map.insert("done".into(), Value::Bool(self.done));
        if let Some(after) = self.after {
            map.insert("after".into(), Value::bytes(after.0));
        }
        tx.put_meta(READ_OFF_BY, &cbor::encode(&Value::Map(map)))
    }
}

impl Core {
    /// The policy in force, as this process last saw it; every writing transaction looks again.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up what another process has set since.
    pub(crate) fn see_policy(&self, tx: &dyn Reading) -> Result<Arc<Policy>, ServerError> {
        let known = self.policy();
        if newest(tx)? == known.version {
            return Ok(known);
        }
        let policy = Arc::new(in_force(tx)?.policy);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&policy);
        Ok(policy)
    }

    /// The policy in force, with its version and since when.
    pub fn policy_in_force(&self) -> Result<PolicyVersion, ServerError> {
        Ok(in_force(self.store.read()?.as_ref())?)
    }

    /// Puts in force what an administrator wrote: what it does not name is at its default. Where that
    /// changes something it is the next version, audited, and told to everybody active.
    ///
    /// # Errors
    /// `A.policy` with every mistake as a gap; then nothing has changed.
    pub fn policy_set(&self, values: &Map) -> Result<PolicyChange, ServerError> {
        let mut work = Work::begin(self)?;
        let before = Arc::clone(&work.policy);
        let policy = work.policy_of(values)?;
        let changed = policy.differences(&before);
        if changed.is_empty() {
            return Ok(PolicyChange { version: before.version, changed, grown: Vec::new() });
        }
        keep(work.tx.as_mut(), &policy, work.now)?;
        audit::append_change(work.tx.as_mut(), work.now, Note::admin("policy"), &changed)?;
        let active: Vec<UserId> =
            work.people().filter(|person| person.row.active).map(|person| person.row.id.clone()).collect();
        for user in active {
            work.tell_policy(&user, &policy)?;
        }
        let grown = work.finish()?;
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy.clone());
        Ok(PolicyChange { version: policy.version, changed, grown })
    }

    /// Names of the values that [`Core::policy_set`] would change; nothing is written.
    ///
    /// # Errors
    /// As there.
    pub fn policy_check(&self, values: &Map) -> Result<Vec<&'static str>, ServerError> {
        let work = Work::begin(self)?;
        Ok(work.policy_of(values)?.differences(&work.policy))
    }

    /// Brings what is here up to the policy in force, step by step until all is done. Answers the
    /// inboxes that grew.
    pub fn policy_follow(&self) -> Result<Vec<(UserId, u64)>, ServerError> {
        let mut grown = BTreeMap::new();
        if Progress::of(self.store.read()?.as_ref())?.done {
            return Ok(Vec::new());
        }
        let all = self.store.read()?.documents()?;
        loop {
            let mut work = Work::begin(self)?;
            let mut progress = Progress::of(work.tx.reading())?;
            if progress.done {
                break;
            }
            work.policy_step(&all, &mut progress)?;
            progress.keep(work.tx.as_mut())?;
            grown.extend(work.finish()?);
        }
        Ok(grown.into_iter().collect())
    }
}

fn refused(gaps: Vec<Gap>) -> ServerError {
    ServerError::because(code::A_POLICY, "this is no policy, so nothing was changed", gaps)
}

impl Work<'_> {
    /// Tells one user the policy.
    pub(crate) fn tell_policy(&mut self, user: &UserId, policy: &Policy) -> Result<(), ServerError> {
        self.tell(user, None, &Row::Policy { version: policy.version, values: policy.to_value() }).map(drop)
    }

    /// The policy that an administrator wrote, as the next version.
    fn policy_of(&self, values: &Map) -> Result<Policy, ServerError> {
        let policy = Policy::parse(values, self.policy.version + 1).map_err(refused)?;
        let unknown: Vec<Gap> = policy.command_officers.iter().filter_map(|user| self.no_such_officer(user)).collect();
        if unknown.is_empty() { Ok(policy) } else { Err(refused(unknown)) }
    }

    /// Who is to decide at the last rung must be there and be police.
    fn no_such_officer(&self, user: &str) -> Option<Gap> {
        let known = UserId::new(user).ok().and_then(|id| self.person(&id).cloned());
        let fits = known.is_some_and(|person| person.row.active && person.role().is_some_and(|role| !role.of_school()));
        let message = "it names nobody who is active here and police";
        (!fits).then(|| Gap::new(code::A_POLICY_RANGE, "command_officers", message))
    }

    /// The next few of these documents.
    fn policy_step(&mut self, all: &[RecordId], progress: &mut Progress) -> Result<(), ServerError> {
        let from = progress.after.map_or(0, |after| all.partition_point(|id| *id <= after));
        let next: Vec<RecordId> = all.iter().skip(from).take(POLICY_STEP).copied().collect();
        for id in &next {
            if !progress.weighing {
                self.read_off_again(*id)?;
            } else if self.row_of(*id).ok().flatten().is_some_and(|row| row.open && row.kind == "case") {
                let order = self.follow(*id)?;
                self.settle_all(&order, None)?;
            }
        }
        progress.after = next.last().copied();
        if progress.after.is_none() {
            (progress.done, progress.weighing) = (progress.weighing, true);
        }
        if progress.done {
            // Dates that follow from a value of the policy.
            self.watch_calendar()?;
        }
        Ok(())
    }
}
