//! R20: how long each urgent record took to each organisation, and when one could not be reached. R51: how many
//! changes of what somebody had asked for came to them late.

use std::collections::BTreeMap;

use records::Role;
use records::rules::{Row, switch};
use serde_json::{Value as Json, json};
use signed::{Timestamp, UserId};

use super::{Delivered, Report};
use crate::error::ServerError;

/// What one organisation waited for.
#[derive(Default)]
struct Waits {
    /// From recording to a device of a reader, in seconds.
    seconds: Vec<i64>,
    /// From the server's receipt to the device, or to now.
    undelivered: Vec<(Timestamp, Timestamp)>,
    /// Changes of state of what it asked for, and those its device had late or has not yet.
    changes: [usize; 2],
}

impl Report<'_, '_> {
    /// Each urgent record to each reader of another organisation, then a summary for each.
    pub(super) fn delivery(&self) -> Result<Vec<Json>, ServerError> {
        let delivered = self.delivered()?;
        let mut made = Vec::new();
        let mut waits: BTreeMap<String, Waits> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.urgent() && row.role != Role::Server || row.kind == "notification")
        {
            for holder in self.work.tx.holders(row.id)?.into_iter().filter(|holder| holder.content) {
                if holder.user.as_str() == row.author {
                    continue;
                }
                let org = self.org(&holder.user);
                let at = delivered.documents.get(&(row.id, holder.user.clone())).copied();
                let seen = row.steps.iter().find(|step| step.author == holder.user.as_str()).map(|step| step.at);
                let delay = at.map(|at| (at.millis() - row.recorded_at.millis()).max(0) / 1000);
                let of_org = waits.entry(org.clone()).or_default();
                of_org.seconds.extend(delay);
                of_org.undelivered.push((row.since(), at.unwrap_or(self.work.now)));
                made.push(json!({
                    "record": row.id.to_string(), "org": org, "recipient": holder.user.as_str(),
                    "urgency": row.urgency, "recorded_at": row.recorded_at.to_string(),
                    "sealed_at": row.sealed.then(|| row.recorded_at.to_string()),
                    "at_server_at": row.received_at.map(|at| at.to_string()),
                    "delivered_at": at.map(|at| at.to_string()), "seen_at": seen.map(|at| at.to_string()),
                    "delay_s": delay,
                }));
            }
        }
        for row in self.of("action").filter(|_| switch::on("R51")) {
            self.shown_to_requesters(row, &delivered, &mut waits)?;
        }
        let after = self.work.policy.phone_after_ms;
        made.extend(waits.into_iter().map(|(org, waits)| summary(&org, waits, after)));
        Ok(made)
    }

    /// R51: each change of an action's state to each who asked for it: from when the server had it until a device of
    /// theirs did. Nobody waits for their own, and of what the server itself wrote no arrival is told.
    fn shown_to_requesters(
        &self,
        action: &Row,
        delivered: &Delivered,
        waits: &mut BTreeMap<String, Waits>,
    ) -> Result<(), ServerError> {
        let Some(kind) = action.declared() else { return Ok(()) };
        let moves = |verb: &str| kind.step(verb).is_some_and(|step| step.to.is_some());
        let steps: Vec<_> = action.steps.iter().filter(|step| step.role != Role::Server && moves(&step.verb)).collect();
        if steps.is_empty() {
            return Ok(());
        }
        for asked in self.requesters(action)? {
            for step in steps.iter().filter(|step| step.author != asked.as_str()) {
                let at = delivered.statements.get(&(step.statement, asked.clone())).copied();
                let waited = at.unwrap_or(self.work.now).millis() - step.at.millis();
                let [all, late] = &mut waits.entry(self.org(&asked)).or_default().changes;
                *all += 1;
                *late += usize::from(waited > self.work.policy.state_shown_ms);
            }
        }
        Ok(())
    }

    /// Who asked for an action and may read it.
    fn requesters(&self, action: &Row) -> Result<Vec<UserId>, ServerError> {
        let Some(stored) = self.work.tx.document(action.id)? else { return Ok(Vec::new()) };
        let asked = self.work.core.projection(&stored)?.map(|projection| projection.requested_by).unwrap_or_default();
        let mut found: Vec<UserId> = asked.iter().filter_map(|user| UserId::new(user).ok()).collect();
        found.sort();
        found.dedup();
        let mut readers = Vec::new();
        for user in found {
            if self.work.tx.holder(action.id, &user)?.is_some_and(|holder| holder.content) {
                readers.push(user);
            }
        }
        Ok(readers)
    }
}

fn summary(org: &str, Waits { mut seconds, undelivered, changes: [changes, late] }: Waits, after_ms: i64) -> Json {
    seconds.sort_unstable();
    let at = |share: f64| {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let place = ((seconds.len() as f64 - 1.0) * share).ceil() as usize;
        seconds.get(place).copied()
    };
    json!({
        "org": org, "median_s": at(0.5), "p95_s": at(0.95), "worst_s": seconds.last(), "n": seconds.len(),
        "outages": outages(undelivered, after_ms), "state_changes": changes, "state_late": late,
    })
}

/// When something urgent lay at the server for an organisation for longer than this: what overlaps is one outage.
fn outages(mut undelivered: Vec<(Timestamp, Timestamp)>, after_ms: i64) -> Vec<Json> {
    undelivered.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in undelivered {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            Some(_) | None => joined.push((from, to)),
        }
    }
    let long = joined.into_iter().map(|(from, to)| (from, to, to.millis() - from.millis()));
    let long = long.filter(|(_, _, ms)| *ms >= after_ms);
    let line = |(from, to, ms): (Timestamp, Timestamp, i64)| json!({ "from": from.to_string(), "to": to.to_string(), "seconds": ms / 1000 });
    long.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r20_what_lay_undelivered_at_one_time_is_one_outage() {
        const MINUTE: i64 = 60_000;
        let between = |from: i64, to: i64| (Timestamp::from_millis(from * MINUTE), Timestamp::from_millis(to * MINUTE));
        let all = vec![between(20, 40), between(0, 40), between(50, 51), between(60, 71)];
        let seconds: Vec<i64> =
            outages(all, 10 * MINUTE).iter().filter_map(|one| one.get("seconds")?.as_i64()).collect();
        assert_eq!(seconds, [2400, 660]);
    }
}
