//! The policy in force: read from what is stored, changed as a whole, versioned, audited, told to everybody.

use std::sync::{Arc, PoisonError};

use records::{Gap, Policy};
use signed::cbor::{self, Value};
use signed::{UserId, code};
use wire::Row;

use super::Core;
use super::audit::{self, Note};
use super::types::Effects;
use super::work::Work;
use crate::error::ServerError;
use crate::store::{Reading, StoreError};

const POLICY: &str = "policy";

impl Core {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads it again: another process may have changed it.
    pub fn policy_again(&self) -> Result<(), ServerError> {
        let stored = stored(self.store.read()?.as_ref())?;
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stored);
        Ok(())
    }

    /// Sets the policy as a whole. The same values again are no new version. Answers what is wrong, by
    /// name, or what changed.
    pub fn set_policy(
        &self,
        values: &[(String, i64)],
    ) -> Result<Result<(Vec<String>, Effects), Vec<Gap>>, ServerError> {
        let before = stored(self.store.read()?.as_ref())?;
        let pairs = values.iter().map(|(name, value)| (name.as_str(), *value));
        let policy = match Policy::with(before.version + 1, pairs) {
            Ok(policy) => policy,
            Err(gaps) => return Ok(Err(gaps)),
        };
        let (old, new) = (before.to_value(), policy.to_value());
        let same =
            |name: &String| old.as_map().and_then(|map| map.get(name)) == new.as_map().and_then(|map| map.get(name));
        let changed: Vec<String> =
            new.as_map().into_iter().flat_map(|map| map.keys()).filter(|name| !same(name)).cloned().collect();
        if changed.is_empty() {
            return Ok(Ok((changed, Effects::default())));
        }
        let mut work = Work::begin(self)?;
        let row = cbor::map([("version", Value::uint(policy.version)), ("values", new.clone())]);
        work.tx.put_meta(POLICY, &cbor::encode(&row))?;
        audit::append(work.tx.as_mut(), work.now, Note::admin("policy"))?;
        let users: Vec<UserId> = work.active().map(|(person, _)| person.row.id.clone()).collect();
        for user in users {
            work.tell(&user, None, &Row::Policy { version: policy.version, values: new.clone() })?;
        }
        let effects = Effects { grown: work.finish()?, moved: Vec::new() };
        self.policy_again()?;
        Ok(Ok((changed, effects)))
    }
}

impl Work<'_> {
    /// Somebody new has the policy that is in force, unless it is the default everybody begins with.
    pub(crate) fn tell_policy(&mut self, user: &UserId) -> Result<(), ServerError> {
        let policy = self.core.policy();
        if policy.version > Policy::DEFAULT.version {
            self.tell(user, None, &Row::Policy { version: policy.version, values: policy.to_value() })?;
        }
        Ok(())
    }
}

/// The policy as it is stored; the defaults before anybody changed anything.
pub(crate) fn stored(tx: &dyn Reading) -> Result<Policy, ServerError> {
    let Some(bytes) = tx.meta(POLICY)? else { return Ok(Policy::DEFAULT) };
    let value = cbor::decode(&bytes).map_err(|_| StoreError::Damaged)?;
    let wrong = || ServerError::new(code::A_DAMAGED, "the stored policy does not read");
    let map = value.as_map().ok_or_else(wrong)?;
    let (Some(Value::Int(version)), Some(values)) = (map.get("version"), map.get("values")) else {
        return Err(wrong());
    };
    Ok(Policy::from_value(u64::try_from(*version).unwrap_or(1), values))
}
