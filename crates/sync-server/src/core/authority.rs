//! What an author may do: checked for each change that fits its document, from what the server
//! knows of the author and never from what the change says of itself alone.

use documents::{Candidate, Checked, Created, Merge, Opened, Refusal, Sentence, Template, View, Write};
use records::access::Compartment;
use records::attachments::{ATTACH, Attachment, FILES_MAX};
use records::{Body, Field, Kind, Role};
use serde_json::Value as Json;
use signed::{SchoolId, UserId, code};
use sync_engine::server::Peer;

use super::document::Doc;
use super::opening::OPENING;
use super::projection::context;
use super::work::Work;
use crate::error::ServerError;

/// A refusal, or nothing.
pub(crate) type Allowed = Result<(), Refusal>;

const ADDENDUM: &str = "addendum";

fn no<T>(code: signed::Code, detail: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, detail))
}

/// Who sends a change.
pub(crate) struct Sender<'a> {
    pub(crate) peer: &'a Peer,
    pub(crate) role: Role,
}

/// Checks that need nothing but the change and its sender: every statement is by the sender's key,
/// name and role, every entry under their name.
pub(crate) fn own_words(candidate: &Candidate, sender: &Sender<'_>) -> Allowed {
    for opened in candidate.statements() {
        if opened.kid != sender.peer.device {
            return no(code::S_KEY, "a statement signed by another key than the sender's");
        }
        if opened.statement.author != sender.peer.user {
            return no(code::S_AUTHOR, "a statement in another's name");
        }
        if opened.statement.role != sender.peer.role {
            return no(code::S_ROLE, "a statement in another role");
        }
    }
    for write in &candidate.writes {
        if let Write::Entry { entry, .. } | Write::Cautious { entry, .. } = write
            && entry.by != sender.peer.user.as_str()
        {
            return no(code::S_AUTHOR, "an entry in another's name");
        }
    }
    Ok(())
}

impl Work<'_> {
    /// Checks that the sender may make this change of this document, as it stands before it.
    pub(crate) fn authorise(
        &mut self,
        doc: &Doc,
        checked: &Checked,
        sender: &Sender<'_>,
    ) -> Result<Allowed, ServerError> {
        if !records::rules::switch::on("R8") {
            return Ok(Ok(()));
        }
        let created = checked.statements().find(|opened| opened.statement.sentence.name() == "created");
        if let Some(opened) = created {
            let made = match opened.statement.created() {
                Ok(made) => made,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if sender.role.only_reads() && made.kind != OPENING {
                return Ok(no(code::S_ROLE, "this role reads, and writes down what it opened"));
            }
            if let Err(refusal) = self.creation(doc, checked, opened, &made, sender)? {
                return Ok(Err(refusal));
            }
        } else if sender.role.only_reads() {
            return Ok(no(code::S_ROLE, "this role reads, and changes nothing"));
        } else if let Err(refusal) = self.membership(doc, sender)? {
            return Ok(Err(refusal));
        }
        if doc.state.template == Template::Draft {
            return Ok(draft_steps(doc, checked, sender));
        }
        Ok(self.content(doc, checked, created.is_some(), sender))
    }

    /// Whoever changes a document holds it, or made it.
    fn membership(&self, doc: &Doc, sender: &Sender<'_>) -> Result<Allowed, ServerError> {
        let user = &sender.peer.user;
        let holds = self.tx.holder(doc.id, user)?.is_some_and(|holder| holder.content);
        if holds || doc.author() == Some(user) {
            return Ok(Ok(()));
        }
        Ok(no(code::S_MEMBER, "a change of a document that its sender does not hold"))
    }

    fn creation(
        &self,
        doc: &Doc,
        checked: &Checked,
        opened: &Opened,
        made: &Created,
        sender: &Sender<'_>,
    ) -> Result<Allowed, ServerError> {
        let begun: Vec<&Opened> =
            doc.view.statements.iter().filter(|said| said.step() == Some("created")).map(|said| &said.opened).collect();
        if !begun.is_empty() && checked.deps != [doc.state.template.genesis().hash] {
            return Ok(no(code::S_TWINS, "a beginning on top of another"));
        }
        for first in begun {
            if let Err(refusal) = first.statement.created().and_then(|known| twins(first, &known, opened, made)) {
                return Ok(Err(refusal));
            }
        }
        if made.template == Template::Draft {
            let own = Compartment::Draft { user: sender.peer.user.clone() };
            let ours = made.compartment == own.to_string();
            return Ok(if ours { Ok(()) } else { no(code::S_COMPARTMENT, "a draft belongs to its author alone") });
        }
        let Some(kind) = records::kind(&made.kind) else {
            // A kind of a newer version is kept; one that nobody declares is not.
            let newer = opened.statement.rules > records::RULES_VERSION;
            return Ok(if newer { self.enters(made, sender) } else { no(code::S_UNKNOWN_KIND, "no such kind") });
        };
        if !records::may_create(sender.role, kind) {
            return Ok(no(code::S_ROLE, "this role does not make records of this kind"));
        }
        let mut view = doc.view.clone();
        view.apply(checked);
        if kind.name == OPENING
            && let Err(refusal) = self.may_open(kind, &view, made, sender)?
        {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.compartment(doc, kind, &view, made, sender) {
            return Ok(Err(refusal));
        }
        let named = self.names_reporter(kind, &view, made.case.unwrap_or(doc.id))?;
        Ok(if named { no(code::R47_NAMED, "an extract that would tell who the reporter is") } else { Ok(()) })
    }

    /// A record of a newer kind: its compartment cannot be computed, but it can be barred.
    fn enters(&self, made: &Created, sender: &Sender<'_>) -> Allowed {
        match made.compartment.parse::<Compartment>() {
            Ok(compartment) if records::may_enter(sender.role, &compartment) => Ok(()),
            Ok(_) | Err(_) => no(code::S_COMPARTMENT, "a compartment that this role does not enter"),
        }
    }

    /// The compartment follows from kind, author and content; what `created` says must be that.
    fn compartment(&self, doc: &Doc, kind: &'static Kind, view: &View, made: &Created, sender: &Sender<'_>) -> Allowed {
        let Some(case) = made.case else { return no(code::C_CREATED, "a record that belongs to no case") };
        if kind.name == "case" && case != doc.id {
            return no(code::C_CREATED, "a case record with another id than its case");
        }
        let body = match records::shown(kind, view, &context(self.now, &self.policy)).body {
            Json::Object(map) => Body(map),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Body::default(),
        };
        let school = self.school_of(sender, made);
        let computed =
            match records::compartment_of(kind, sender.role, school.as_ref(), Some(&sender.peer.user), &body, case) {
                Ok(computed) => computed,
                Err(gap) => return no(gap.code, "the compartment of this record cannot be told"),
            };
        let alone = records::rights::without_agreement(computed.clone(), doc.id);
        if made.compartment == computed.to_string() || made.compartment == alone.to_string() {
            Ok(())
        } else {
            no(code::S_COMPARTMENT, "created names another compartment than its content asks for")
        }
    }

    /// The school in whose name a school's account writes: the one it says, if it is one of theirs.
    fn school_of(&self, sender: &Sender<'_>, made: &Created) -> Option<SchoolId> {
        let schools = self.person(&sender.peer.user).map(|person| person.row.schools.clone()).unwrap_or_default();
        let said = made.school.as_deref().and_then(|school| SchoolId::new(school).ok());
        said.filter(|school| schools.contains(school)).or_else(|| schools.into_iter().next())
    }

    /// Steps and fields of a record.
    fn content(&self, doc: &Doc, checked: &Checked, creates: bool, sender: &Sender<'_>) -> Allowed {
        let first = checked.statements().next().map(|opened| opened.statement.kind.as_str());
        let made = doc.view.created().map(|(_, made)| made);
        let name = made.as_ref().map(|made| made.kind.as_str()).or(first).unwrap_or_default();
        for opened in checked.statements() {
            if opened.statement.kind != name {
                return no(code::S_COMPARTMENT, "a statement that names another kind than its record's");
            }
        }
        let Some(kind) = records::kind(name) else { return Ok(()) };
        for opened in checked.statements() {
            step_allowed(kind, opened, sender)?;
            self.attachable(doc, opened)?;
        }
        if creates {
            return Ok(());
        }
        let Some(made) = made else { return no(code::C_CREATED, "nothing says what this document is") };
        let Ok(compartment) = made.compartment.parse::<Compartment>() else {
            return no(code::S_COMPARTMENT, "a compartment of another version");
        };
        // A verb writes its values in the change that carries its statement.
        let verb = checked.statements().any(|opened| opened.statement.sentence.name() != ADDENDUM);
        for write in &checked.writes {
            let Some(key) = written(write) else { continue };
            let Some(field) = declared(kind, key) else { continue };
            if !verb && !records::may_edit(sender.role, &compartment, kind, field) {
                return no(code::S_ROLE, "a field that this role does not change");
            }
            if field.merge == Merge::S && !owned_then(doc, kind, checked, &sender.peer.user, self) {
                return no(code::S_OWNER, "a field that only the owner changes");
            }
        }
        Ok(())
    }
}

impl Work<'_> {
    /// R80: a statement names a file in its one form, and a record has a bounded number of them.
    fn attachable(&self, doc: &Doc, opened: &Opened) -> Allowed {
        let statement = &opened.statement;
        if statement.sentence.name() != ATTACH || statement.rules > records::RULES_VERSION {
            return Ok(());
        }
        let Some(file) = Attachment::of(&statement.content) else {
            return no(code::S_SHAPE, "a statement that names no file");
        };
        let Ok(known) = self.tx.media_of(doc.id) else { return no(code::A_IO, "the disk failed") };
        if known.len() >= FILES_MAX && !known.iter().any(|row| row.sha256 == file.sha256) {
            return no(code::R80_TOO_MANY, "more files than a record holds");
        }
        Ok(())
    }
}

fn step_allowed(kind: &Kind, opened: &Opened, sender: &Sender<'_>) -> Allowed {
    match &opened.statement.sentence {
        Sentence::Part(_) => Ok(()),
        Sentence::Step(step) if step == "created" => Ok(()),
        // A verb of a newer version is kept, and counted by no rule here.
        Sentence::Step(step) if kind.step(step).is_none() => {
            let newer = opened.statement.rules > records::RULES_VERSION;
            if newer || step == ADDENDUM { Ok(()) } else { no(code::S_ROLE, "this kind has no such step") }
        }
        Sentence::Step(step) if records::may_step(sender.role, kind, step) => Ok(()),
        Sentence::Step(_) => no(code::S_ROLE, "a step that this role may not make"),
    }
}

/// Only its author writes a draft, and of steps only that it was sealed.
fn draft_steps(doc: &Doc, checked: &Checked, sender: &Sender<'_>) -> Allowed {
    if doc.author().is_some_and(|author| *author != sender.peer.user) {
        return no(code::S_MEMBER, "a draft of somebody else");
    }
    for opened in checked.statements() {
        if !matches!(&opened.statement.sentence, Sentence::Step(step) if step == "created" || step == "sealed") {
            return no(code::S_ROLE, "a draft has no such step");
        }
    }
    Ok(())
}

/// Two that say what a document is must agree in it. What one author sealed twice from one draft is
/// two accounts; a live record is said once, since which of two concurrent statements is shown first
/// hangs on a hash that its maker can choose. What the server made at first sight gives way to what
/// its maker says of it.
fn twins(first: &Opened, known: &Created, second: &Opened, made: &Created) -> Allowed {
    let same_place = known.kind == made.kind
        && known.template == made.template
        && known.compartment == made.compartment
        && known.case == made.case;
    let by_server =
        first.statement.role == super::directory::SERVER || second.statement.role == super::directory::SERVER;
    let same_author = first.statement.author == second.statement.author;
    let same_words = first.statement.content.get("sealed") == second.statement.content.get("sealed");
    let drafted = records::kind(&made.kind).is_none_or(|kind| kind.drafted);
    let same_words = same_words || (same_author && drafted);
    let same_rest = known.school == made.school && known.capacity == made.capacity && same_words;
    if same_place && (by_server || same_rest) { Ok(()) } else { no(code::S_TWINS, "two beginnings that do not agree") }
}

/// The field or register a write goes to.
fn written(write: &Write) -> Option<&str> {
    match write {
        Write::Entry { entry, .. } | Write::Cautious { entry, .. } => Some(&entry.field),
        Write::Field { key, .. } | Write::FieldDelete { key, .. } => Some(key),
        Write::Statement { .. } | Write::Insert { .. } | Write::Remove { .. } => None,
    }
}

/// The declared field at the head of a key.
fn declared(kind: &Kind, key: &str) -> Option<&'static Field> {
    let head = key.split('/').next().unwrap_or(key);
    kind.all_fields().find(|field| field.path == head || field.key == head)
}

/// Whether somebody owned a record at what a change stands on.
fn owned_then(doc: &Doc, kind: &'static Kind, checked: &Checked, user: &UserId, work: &Work<'_>) -> bool {
    let mut then = doc.view.clone();
    then.statements.retain(|said| checked.clock.covers(&said.dot.actor, said.dot.seq));
    for standing in then.fields.values_mut() {
        standing.retain(|one| checked.clock.covers(&one.dot.actor, one.dot.seq));
    }
    records::shown(kind, &then, &context(work.now, &work.policy)).owners.iter().any(|owner| owner == user.as_str())
}
