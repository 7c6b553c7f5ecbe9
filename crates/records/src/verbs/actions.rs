//! Completing, closing and reopening, and what a visit brings.

use documents::View;
use serde_json::{Value as Json, json};
use signed::code;

use super::Planning;
use crate::access::Role;
use crate::attachments::{attachments, flagged};
use crate::gap::Gap;
use crate::kinds::action;
use crate::normal::is_holder;
use crate::seal::filled;

impl Planning<'_> {
    /// R53: no completion without evidence; some kinds of action need a file.
    pub(super) fn complete(&mut self) {
        let lines = |value: Option<&Json>| value.and_then(Json::as_array).cloned().unwrap_or_default();
        let given = lines(self.body.get("evidence"));
        let attached = lines(self.shown.body.get("evidence"));
        let counts = |line: &Json| ["ref", "sha256", "record"].iter().any(|name| filled(line.get(*name)));
        let file = |line: &Json| filled(line.get("sha256"));
        // A file attached to the action shows it as well as a line that names one.
        let files = attachments(self.kind, self.view);
        let files: Vec<Json> = files.iter().map(|one| json!({ "sha256": one.file.sha256.to_string() })).collect();
        let all: Vec<&Json> = given.iter().chain(&attached).chain(&files).filter(|line| counts(line)).collect();
        let kind = self.shown.body.get("action_kind").and_then(Json::as_str).unwrap_or_default();
        if all.is_empty() {
            self.refuse(code::R53_EVIDENCE, "evidence", "what shows that it was done? a record, a reference or a file");
        } else if action::NEEDS_FILE.contains(&kind) && !all.iter().any(|line| file(line)) {
            self.refuse(code::R53_EVIDENCE, "evidence", "this kind of action needs a file");
        }
        if self.text("outcome").is_none() {
            let gap = Gap::new(code::REQUIRED, "outcome", "what came of it?");
            self.plan.gaps.push(gap);
        }
        let now = self.ctx.now.to_string();
        let dated = given.into_iter().map(|mut line| {
            if let Some(map) = line.as_object_mut() {
                map.entry("added_at").or_insert_with(|| json!(now));
            }
            line
        });
        let dated: Vec<Json> = dated.collect();
        if !dated.is_empty() {
            self.write(&[(String::from("evidence"), Json::Array(dated))]);
        }
    }

    /// R54: an action stays open until its outcome is told and seen, or a reason why it cannot be.
    pub(super) fn close(&mut self) {
        if self.kind.name != "action" {
            self.approve();
            return;
        }
        if !self.owns() && !self.above() && !self.requested() && !self.shown.owners.is_empty() {
            self.refuse(code::S_OWNER, "owner", "someone else answers for this: ask them, or a sergeant");
        }
        let told = filled(self.shown.body.get("outcome_told"));
        let reasoned = self.text("reason").is_some();
        if self.text("not_tellable").is_some() || (self.above() && reasoned) {
            return;
        }
        if !told {
            let message = "tell the requester what came of it first, or say why that cannot be told";
            return self.refuse(code::R54_NOT_TOLD, "outcome_told", message);
        }
        if self.requested() || self.ctx.outcome_seen || seen_in_record(self.view, &self.shown.body) {
            return;
        }
        if self.ctx.online {
            self.refuse(
                code::R54_NOT_SEEN,
                "outcome_told",
                "the requester has not seen it: a sergeant may close with a reason",
            );
        } else {
            let gap =
                Gap::new(code::R54_UNKNOWN_HERE, "outcome_told", "whether the requester has seen it is not known here");
            self.plan.gaps.push(gap);
        }
    }

    /// Nobody approves a closure they proposed, unless there is nobody above them.
    fn approve(&mut self) {
        let proposed = self.view.statements.iter().rfind(|said| said.step() == Some("propose_close"));
        let own = proposed.is_some_and(|said| said.opened.statement.author == *self.actor.user);
        if own && self.actor.role != Role::Command {
            self.refuse(code::I_DENIED, "approved_by", "another person approves what you proposed to close");
        }
        if !self.ctx.online {
            let message = "whether other records of the case argue for keeping it open is not known here";
            self.plan.gaps.push(Gap::new(code::R93_UNKNOWN_HERE, "considered", message));
        }
    }

    /// Only the requester, a hub, or a sergeant and above reopens what is closed.
    pub(super) fn reopen(&mut self) {
        let may = self.above() || self.actor.role == Role::Hub || self.requested();
        if self.kind.name == "action" && self.shown.status == "closed" && !may {
            self.refuse(code::I_DENIED, "status", "the requester, a hub or a sergeant may reopen what is closed");
        }
    }

    /// R110: the file that is flagged is one of this record's.
    pub(super) fn flag(&mut self) {
        let named = flagged(&self.plan.content);
        let files = attachments(self.kind, self.view);
        if !files.iter().any(|one| Some(one.file.sha256) == named) {
            self.refuse(code::I_NOT_FOUND, "sha256", "no such file is attached to this record");
        }
    }

    /// The first sealed words of a visit: W fields that come with the verb.
    pub(super) fn brings(&mut self) {
        if self.step.verb == "attend" && !self.body.contains_key("attended_at") {
            let now = signed::Value::text(self.ctx.now.to_string());
            self.plan.content.insert(String::from("attended_at"), now);
        }
    }

    fn requested(&self) -> bool {
        requesters(self.view, &self.shown.body).iter().any(|user| user == self.actor.user.as_str())
    }
}

/// Whether a step of the requester was made knowing the outcome.
pub(crate) fn seen_in_record(view: &View, body: &Json) -> bool {
    let Some(told) = view.statements.iter().rfind(|said| said.step() == Some("tell_outcome")) else { return false };
    let requesters = requesters(view, body);
    let later = view.statements.iter().filter(|said| said.opened.id != told.opened.id && said.knew(told.dot));
    later.into_iter().any(|said| {
        let statement = &said.opened.statement;
        let by_requester = requesters.iter().any(|user| user == statement.author.as_str());
        let saw =
            statement.shown.contains(&told.opened.id) || matches!(said.step(), Some("confirm_seen" | "acknowledge"));
        by_requester && saw
    })
}

/// Who asked for an action: the person it names, where that is a user, and whoever wrote it.
#[must_use]
pub fn requesters(view: &View, body: &Json) -> Vec<String> {
    let named = body.pointer("/requested_by/person/as_said").and_then(Json::as_str).filter(|text| is_holder(text));
    let author = view.created().map(|(said, _)| said.opened.statement.author.to_string());
    named.map(str::to_owned).into_iter().chain(author).collect()
}
