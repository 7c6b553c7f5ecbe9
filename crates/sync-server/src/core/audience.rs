//! Who holds what: after each frame the holders of what it touched are computed again, and the
//! difference becomes rows.

use std::collections::BTreeMap;

use records::access::{CaseFacts, RecordFacts, holding};
use records::rules::switch;
use records::{Compartment, Holder, Holding, Role};
use signed::cbor;
use signed::{ChangeHash, RecordId, Timestamp, UserId, code};
use wire::Row;

use super::Core;
use super::document::Doc;
use super::projection::Projection;
use super::schooling;
use super::types::Agreement;
use super::work::{Person, Work};
use crate::error::ServerError;
use crate::store::Reading;
use crate::store::rows::HolderRow;

impl Work<'_> {
    /// Brings rows to everybody who holds, or held, this document. `sender` is whose frame brought
    /// its newest changes.
    pub(crate) fn settle_audience(&mut self, doc: &mut Doc, sender: Option<&UserId>) -> Result<(), ServerError> {
        let everybody: Vec<UserId> = self.people().map(|person| person.row.id.clone()).collect();
        let holdings = self.entitled(doc, &everybody)?;
        let rows = self.tx.holders(doc.id)?;
        let mut held: BTreeMap<UserId, HolderRow> = rows.into_iter().map(|row| (row.user.clone(), row)).collect();
        for (user, holding) in everybody.iter().zip(holdings) {
            self.settle_holder(doc, user, held.remove(user), holding)?;
        }
        let fresh = doc.told < doc.changes.len();
        if let (Some(sender), true) = (sender, fresh) {
            let holder = self.tx.holder(doc.id, sender)?;
            let holds = holder.as_ref().is_some_and(|holder| holder.content);
            // Whoever may not keep what they wrote keeps a line of it once it is received.
            if let (false, Some(projection)) = (holds, &doc.projection) {
                let trace = projection.trace(doc.id);
                self.tell_withdrawn(sender, doc.id, Some(trace), &[])?;
                if let Some(line) = holder.and_then(|holder| cbor::decode(&holder.line).ok()) {
                    // The words are gone from their device by now; what they may know of it stands there again.
                    self.tell(sender, Some(doc.id), &Row::Headline { line })?;
                }
            }
        }
        doc.told = doc.changes.len();
        Ok(())
    }

    /// Brings rows of a document to one user alone: somebody new.
    pub(crate) fn settle_newcomer(&mut self, doc: &Doc, user: &UserId) -> Result<(), ServerError> {
        let holdings = self.entitled(doc, std::slice::from_ref(user))?;
        let holding = holdings.into_iter().next().unwrap_or(Holding::None);
        let held = self.tx.holder(doc.id, user)?;
        self.settle_holder(doc, user, held, holding)
    }

    /// Brings rows to one user.
    fn settle_holder(
        &mut self,
        doc: &Doc,
        user: &UserId,
        before: Option<HolderRow>,
        now: Holding,
    ) -> Result<(), ServerError> {
        let Some(projection) = &doc.projection else { return Ok(()) };
        let told = schooling::told(doc, before.as_ref());
        match (before, now) {
            (None, Holding::None) => Ok(()),
            (Some(held), Holding::Content) if held.content && self.stops(projection, user)? => {
                match schooling::stopped_at(&held) {
                    Some(_) => Ok(()),
                    None => Ok(self.tx.put_holder(&schooling::stopped(&held, told.len()))?),
                }
            }
            (Some(held), Holding::Content) if held.content => {
                let fresh = doc.changes.get(told.len()..).unwrap_or_default();
                self.bring(doc, projection, user, fresh)?;
                if held.line.is_empty() {
                    return Ok(());
                }
                Ok(self.tx.put_holder(&HolderRow { line: Vec::new(), ..held })?)
            }
            (_, Holding::Content) => {
                self.tell(user, Some(doc.id), &Row::Granted { document: doc.id })?;
                self.bring(doc, projection, user, &doc.changes)?;
                let row = HolderRow { document: doc.id, user: user.clone(), content: true, line: Vec::new() };
                Ok(self.tx.put_holder(&row)?)
            }
            (Some(held), Holding::None) => {
                // A headline is taken back like a document of which nothing was held.
                let told = if held.content { told } else { &[] };
                self.tell_withdrawn(user, doc.id, None, told)?;
                Ok(self.tx.remove_holder(doc.id, user)?)
            }
            (held, Holding::Headline) => self.bring_headline(doc, projection, user, held, told),
        }
    }

    /// R90: whether news of a document has stopped for somebody.
    fn stops(&self, projection: &Projection, user: &UserId) -> Result<bool, ServerError> {
        let of_school = self.person(user).and_then(Person::role).is_some_and(Role::of_school);
        let granted = projection.granted.iter().any(|granted| granted == user.as_str());
        Ok(of_school && !granted && schooling::left(self.tx.reading(), projection)?)
    }

    fn bring(
        &mut self,
        doc: &Doc,
        projection: &Projection,
        user: &UserId,
        changes: &[ChangeHash],
    ) -> Result<(), ServerError> {
        if changes.is_empty() || self.keeps_back(projection, user) {
            return Ok(());
        }
        // The directory goes first: a reader can check every signature it is sent.
        let actors: Vec<_> = doc.state.actors.keys().copied().collect();
        for actor in actors {
            self.introduce_actor(user, actor)?;
        }
        for owner in &projection.owners {
            self.introduce_owner(user, owner)?;
        }
        self.tell_changes(user, doc.id, changes)
    }

    /// Sees that somebody knows who answers for a record. For a queue that is everybody in it: whom its
    /// ladder climbs to follows from who they are (R16). A school sees the queue's name alone.
    fn introduce_owner(&mut self, reader: &UserId, owner: &str) -> Result<(), ServerError> {
        if let Ok(owner) = UserId::new(owner) {
            return self.introduce_user(reader, &owner);
        }
        let police = self.person(reader).and_then(Person::role).is_some_and(|role| !role.of_school());
        let Some(team) = owner.strip_prefix("team:").filter(|_| police) else { return Ok(()) };
        let members = self.active().filter(|(person, _)| person.row.team.as_deref() == Some(team));
        let members: Vec<UserId> = members.map(|(person, _)| person.row.id.clone()).collect();
        members.iter().try_for_each(|member| self.introduce_user(reader, member))
    }

    /// `test-faults`: news of what is done with does not reach whoever does not answer for it.
    fn keeps_back(&self, projection: &Projection, user: &UserId) -> bool {
        let waiting = !projection.owners.iter().any(|owner| owner == user.as_str());
        (self.core.faults.stale_status || !switch::on("R51"))
            && waiting
            && ["accepted", "completed"].contains(&projection.status.as_str())
    }

    fn bring_headline(
        &mut self,
        doc: &Doc,
        projection: &Projection,
        user: &UserId,
        held: Option<HolderRow>,
        told: &[ChangeHash],
    ) -> Result<(), ServerError> {
        let line = projection.headline(doc.id, self.person(user).and_then(Person::role));
        let bytes = cbor::encode(&line);
        match held {
            Some(held) if held.content => self.tell_withdrawn(user, doc.id, None, told)?,
            Some(held) if held.line == bytes => return Ok(()),
            Some(_) | None => {}
        }
        for owner in projection.answerable() {
            if let Ok(owner) = UserId::new(owner) {
                self.introduce_user(user, &owner)?;
            }
        }
        self.tell(user, Some(doc.id), &Row::Headline { line })?;
        Ok(self.tx.put_holder(&HolderRow { document: doc.id, user: user.clone(), content: false, line: bytes })?)
    }

    /// Whether somebody may hold anything of a stored document.
    pub(crate) fn may_hold(&self, id: RecordId, user: &UserId) -> Result<bool, ServerError> {
        let Some(row) = self.tx.document(id)? else { return Ok(false) };
        let Ok(Some(projection)) = self.core.projection(&row) else { return Ok(false) };
        let tx = self.tx.reading();
        let entitlement = Entitlement { core: self.core, tx, people: &self.people, now: self.now };
        let holdings = entitlement.of(id, &projection, std::slice::from_ref(user))?;
        Ok(holdings.iter().any(|holding| *holding != Holding::None))
    }

    /// What each of these users may hold of a document.
    fn entitled(&self, doc: &Doc, users: &[UserId]) -> Result<Vec<Holding>, ServerError> {
        let Some(projection) = &doc.projection else { return Ok(vec![Holding::None; users.len()]) };
        let tx = self.tx.reading();
        Entitlement { core: self.core, tx, people: &self.people, now: self.now }.of(doc.id, projection, users)
    }
}

/// What decides who may hold what, read from what is stored.
pub(crate) struct Entitlement<'a> {
    pub(crate) core: &'a Core,
    pub(crate) tx: &'a dyn Reading,
    pub(crate) people: &'a BTreeMap<UserId, Person>,
    pub(crate) now: Timestamp,
}

impl Entitlement<'_> {
    /// What each of these users may hold of a document.
    pub(crate) fn of(
        &self,
        id: RecordId,
        projection: &Projection,
        users: &[UserId],
    ) -> Result<Vec<Holding>, ServerError> {
        let above = |user: &UserId| self.people.get(user).and_then(|person| person.row.supervisor.clone());
        let (about, chosen) = projection.help();
        // A worry about how somebody treats a child goes to that person's sergeant, then inspector (R124).
        // Somebody's own data, whoever wrote it, is for the supervisor of that person.
        let theirs = projection.compartment.parse::<Compartment>().ok().and_then(|part| part.user().cloned());
        let supervisor = above(about.as_ref().or(theirs.as_ref()).unwrap_or(&projection.author));
        let inspector = about.is_some().then(|| supervisor.as_ref().and_then(above)).flatten();
        let Some(mut facts) = projection.facts(id, supervisor) else { return Ok(vec![Holding::None; users.len()]) };
        if projection.kind == "help_request" {
            let asked = facts.owners.iter().cloned().chain(chosen).chain(inspector);
            facts.asked = asked.filter(|asked| Some(asked) != about.as_ref()).collect();
        }
        if let (Compartment::Call { .. }, Some(case)) = (&facts.compartment, projection.case) {
            facts.granted.extend(self.dispatched(case)?);
        }
        facts.granted.extend(self.at_the_hub(projection));
        facts.opened = self.opened(id)?;
        facts.granted.extend(self.released_to(projection));
        let case = match self.case_facts(projection) {
            Err(error) if error.code == code::A_DOCUMENT => return self.without_case(id, &facts, users),
            case => case?,
        };
        let left = schooling::left(self.tx, projection)?;
        let one = |user: &UserId| {
            let held = self.one(&facts, &case, user)?;
            let Some(holder) = self.people.get(user).and_then(|person| person.holder.as_ref()) else { return Ok(held) };
            if !left || held == Holding::None {
                return Ok(held);
            }
            let had = self.tx.holder(id, user)?.is_some_and(|held| held.content);
            Ok(schooling::holding(holder, facts.granted.contains(user), had, left, held))
        };
        users.iter().map(one).collect()
    }

    /// Whom a notice to the hub reaches that names nobody there: a device that makes one does not know who they are.
    fn at_the_hub(&self, projection: &Projection) -> Vec<UserId> {
        let unnamed = |row: &records::rules::Row| {
            row.kind == "notification" && row.text("recipient_org") == Some("hub") && row.lines("recipients").is_empty()
        };
        if !projection.row.as_ref().is_some_and(unnamed) {
            return Vec::new();
        }
        let hub = self.people.values().filter(|person| person.row.active && person.role() == Some(Role::Hub));
        hub.map(|person| person.row.id.clone()).collect()
    }

    /// Whoever was sent on a check of this call: they read what was said in it.
    fn dispatched(&self, case: RecordId) -> Result<Vec<UserId>, ServerError> {
        let mut sent = Vec::new();
        for id in self.tx.documents_of_case(case)? {
            let Some(row) = self.tx.document(id)?.filter(|row| row.kind == "welfare_check") else { continue };
            let Ok(Some(check)) = self.core.projection(&row) else { continue };
            sent.extend(check.owners.iter().filter_map(|owner| UserId::new(owner).ok()));
        }
        Ok(sent)
    }

    /// What each may hold while the case's own record is damaged: what follows without it, and what
    /// they hold already. Nothing is taken from anybody for a damage of ours.
    fn without_case(&self, id: RecordId, facts: &RecordFacts, users: &[UserId]) -> Result<Vec<Holding>, ServerError> {
        let nothing = CaseFacts::default();
        let each = users.iter().map(|user| {
            let holds = self.tx.holder(id, user)?;
            Ok(match holds {
                Some(held) if held.content => Holding::Content,
                Some(_) | None => self.one(facts, &nothing, user)?,
            })
        });
        each.collect()
    }

    fn one(&self, facts: &RecordFacts, case: &CaseFacts, user: &UserId) -> Result<Holding, ServerError> {
        let Some(person) = self.people.get(user).filter(|person| person.row.active) else { return Ok(Holding::None) };
        let Some(holder) = &person.holder else { return Ok(Holding::None) };
        let draft = matches!(facts.compartment, Compartment::Draft { .. });
        let police = matches!(facts.compartment, records::Compartment::Police { .. });
        let faults = self.core.faults;
        if ((faults.membership_off || !switch::on("R88")) && !draft)
            || (faults.school_sees_police && police && holder.role == Role::Dsl)
        {
            return Ok(Holding::Content);
        }
        let held = holding(holder, facts, case);
        let by_name = facts.author == *user
            || facts.owners.contains(user)
            || facts.requested_by.contains(user)
            || facts.granted.contains(user);
        let alone = matches!(facts.compartment, records::Compartment::ShareAction { .. });
        if held != Holding::None && holder.role.of_school() && !by_name && !alone && !self.standing_share(holder)? {
            return Ok(Holding::None);
        }
        Ok(held)
    }

    /// Whether any school of this person has a partnership whose agreement is in date: without one
    /// there is no standing share, only what is shared by name.
    fn standing_share(&self, holder: &Holder) -> Result<bool, ServerError> {
        let today = self.now.to_string();
        let today = today.get(..10).unwrap_or_default();
        for school in &holder.schools {
            let Some(row) = self.tx.school(school)? else { continue };
            let in_date = row.until.as_deref().is_none_or(|until| until >= today);
            if in_date && row.agreement == Agreement::Partnership.as_str() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who is a member of the case a document belongs to.
    fn case_facts(&self, projection: &Projection) -> Result<CaseFacts, ServerError> {
        let Some(case) = projection.case else { return Ok(CaseFacts::default()) };
        let facts = if projection.kind == "case" { Some(projection.case_facts()) } else { self.stored(case)? };
        let Some(mut facts) = facts else { return Ok(CaseFacts::default()) };
        if let Some(owner) = facts.owner.as_ref().and_then(|owner| self.people.get(owner)) {
            facts.team.clone_from(&owner.row.team);
            facts.area.clone_from(&owner.row.area);
            facts.supervisors = owner.row.supervisor.iter().cloned().collect();
        }
        facts.escalated = self.escalated(case)?;
        facts.opened = self.opened(case)?;
        Ok(facts)
    }

    /// Whether anything of a case was ever told to an inspector or to command: who is asked to decide may read
    /// what it is about, also after it was decided.
    fn escalated(&self, case: RecordId) -> Result<bool, ServerError> {
        let decides =
            |user: &UserId| self.people.get(user).and_then(Person::role).is_some_and(Role::decides_escalations);
        Ok(self.tx.told_in_case(case)?.iter().any(decides))
    }

    fn stored(&self, case: RecordId) -> Result<Option<CaseFacts>, ServerError> {
        let Some(row) = self.tx.document(case)?.filter(|row| row.kind == "case") else { return Ok(None) };
        Ok(self.core.projection(&row)?.as_ref().map(Projection::case_facts))
    }
}
