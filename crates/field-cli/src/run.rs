//! One command, carried out on an open store.

use std::time::Duration;

use field_core::bundle::{Export, What};
use field_core::net::Until as CoreUntil;
use field_core::sealed_box::Ports;
use field_core::{Field, FieldError, ListFilter, Of, SealedBox, SearchFor, SystemRandom};
use serde_json::{Map, Value as Json, json};
use signed::code;

use crate::args::{BodyArgs, Command, Globals, Until};
use crate::{body, store};

/// Where a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The command line; standard input may hold a body.
    Terminal,
    /// A line of standard input, under `watch`.
    Line,
}

/// A command with what it brings, read before the store is touched.
pub(crate) struct Call<'a> {
    command: &'a Command,
    body: Option<Map<String, Json>>,
}

impl<'a> Call<'a> {
    /// Reads the body that the command names.
    pub(crate) fn read(command: &'a Command, source: Source) -> Result<Self, FieldError> {
        let from = match command {
            Command::New { body, .. } | Command::Edit { body, .. } | Command::Do { body, .. } => body.from.as_deref(),
            Command::Enrol { .. }
            | Command::Seal { .. }
            | Command::Addendum { .. }
            | Command::Show { .. }
            | Command::List { .. }
            | Command::Search { .. }
            | Command::Attach { .. }
            | Command::FetchAttachment { .. }
            | Command::Timeline { .. }
            | Command::Export { .. }
            | Command::Import { .. }
            | Command::VerifyBundle { .. }
            | Command::Prompts
            | Command::Matches
            | Command::Box { .. }
            | Command::Status
            | Command::Sync { .. }
            | Command::Watch
            | Command::Verify { .. }
            | Command::Lock
            | Command::Rekey => None,
        };
        let body = from.map(|from| body::read(from, source == Source::Terminal)).transpose()?;
        Ok(Self { command, body })
    }

    /// What of it is done without the store's key: a new record and an edit go into the sealed box, if the store has
    /// one. `None` of any other command.
    pub(crate) fn boxed(self, globals: &Globals) -> Option<Result<Json, FieldError>> {
        let sealed_box = SealedBox::of(globals.store.as_ref()?).ok()?;
        let (clock, random) = (store::clock(globals), SystemRandom::new());
        let ports = Ports { clock: &*clock, random: &random };
        if let Command::New { kind, body } = self.command {
            let whole = whole(self.body, body);
            return Some(whole.and_then(|body| sealed_box.record_new(kind, body, ports)));
        }
        let Command::Edit { id, body } = self.command else { return None };
        let given = self.body.unwrap_or_default().into_iter();
        let sets = given.chain(body.sets.iter().cloned()).collect();
        Some(sealed_box.record_edit(*id, sets, ports))
    }

    /// Carries it out; answers the contract's JSON.
    pub(crate) fn run(self, field: &Field) -> Result<Json, FieldError> {
        match self.command {
            Command::Enrol { code, timeout } => enrol(field, code, *timeout),
            Command::New { kind, body } => field.record_new(kind, whole(self.body, body)?),
            Command::Edit { id, body } => match self.body {
                Some(given) if body.sets.is_empty() => field.record_edit_body(*id, Json::Object(given)),
                given => {
                    let given = given.unwrap_or_default().into_iter();
                    field.record_edit(*id, given.chain(body.sets.iter().cloned()).collect())
                }
            },
            Command::Seal { id } => field.record_seal(*id),
            Command::Addendum { id, text, sets, reason } => {
                field.record_addendum(*id, text.clone(), sets.clone(), reason)
            }
            Command::Do { id, verb, body } => field.record_do(*id, verb, whole(self.body, body)?),
            Command::Show { id, purpose } => field.record_show(*id, purpose.clone()),
            Command::List { kind, case, open, unsent, limit, before } => field.record_list(ListFilter {
                kind: kind.clone(),
                case: *case,
                open: *open,
                unsent: *unsent,
                limit: *limit,
                before: *before,
            }),
            Command::Search { text, person, purpose, record } => field.search_for(&SearchFor {
                text: text.join(" "),
                person: *person,
                purpose: purpose.clone(),
                record: *record,
            }),
            Command::Attach { id, file, media_type } => field.attachment_add(*id, file, media_type.as_deref()),
            Command::FetchAttachment { id, sha256, to, timeout } => field.attachment_fetch(*id, *sha256, to, *timeout),
            Command::Timeline { person, case } => match (person, case) {
                (Some(person), _) => field.timeline(Of::Person(*person)),
                (None, Some(case)) => field.timeline(Of::Case(*case)),
                (None, None) => Err(FieldError::new(code::I_USAGE, "name a person or a case")),
            },
            Command::Export { unsent: true, to, .. } => field.export_unsent(to),
            Command::Export { case, record, to, purpose, to_whom, with_reporter, unsent: false } => {
                let what = match (case, record) {
                    (Some(case), _) => What::Case(*case),
                    (None, Some(record)) => What::Record(*record),
                    (None, None) => return Err(FieldError::new(code::I_USAGE, "name a case or a record")),
                };
                field.export(&Export {
                    what,
                    to: to.clone(),
                    purpose: purpose.clone(),
                    to_whom: to_whom.clone(),
                    with_reporter: *with_reporter,
                })
            }
            Command::Import { file } => field.import(file),
            Command::VerifyBundle { file, pins } => field_core::bundle::verify(file, pins),
            Command::Prompts => field.prompts(),
            Command::Matches => field.matches(),
            Command::Box { done: None } => field.box_list(),
            Command::Box { done: Some(number) } => field.box_done(*number),
            Command::Status => field.status(),
            Command::Sync { timeout, until } => {
                let until = match until {
                    Until::Quiet => CoreUntil::Quiet,
                    Until::UrgentSent => CoreUntil::UrgentSent,
                };
                Ok(field.sync(*timeout, until)?.to_json())
            }
            Command::Verify { id } => field.verify(*id),
            Command::Lock => field.lock().map(|()| json!({ "locked": true })),
            Command::Watch | Command::Rekey => {
                Err(FieldError::new(code::I_USAGE, "this command is for the command line alone"))
            }
        }
    }
}

/// The body with the single values put into it.
fn whole(given: Option<Map<String, Json>>, args: &BodyArgs) -> Result<Json, FieldError> {
    let mut body = Json::Object(given.unwrap_or_default());
    for (path, value) in &args.sets {
        records::set_path(&mut body, path, value.clone())?;
    }
    Ok(body)
}

fn enrol(field: &Field, text: &str, timeout: Duration) -> Result<Json, FieldError> {
    let wrong = |_| FieldError::new(code::D_CODE_FORM, "this is not an enrolment code; copy all of it");
    field.enrol(&text.parse().map_err(wrong)?, timeout)
}
