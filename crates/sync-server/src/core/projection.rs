//! What the server reads off a document: who may hold it, and what lists and queues show.

use std::collections::BTreeMap;

use documents::{Created, Dot, Said, Template, View};
use records::access::{CaseFacts, Compartment, RecordFacts};
use records::{Context, Policy, Role, Shown, rules};
use serde_json::Value as Json;
use signed::cbor::{self, CborError, Fields, Map, Value};
use signed::{RecordId, Timestamp, UserId};

use super::vault::{DocumentKey, Purpose};
use crate::error::ServerError;
use crate::store::StoreError;
use crate::store::rows::DocumentRow;

/// The server's step on a draft that was released.
pub(crate) const RECOVERED: &str = "recovered";

/// What is read off a document. It can be computed again from the document at any time, with the
/// same moment as `at`; `verify` does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection {
    pub(crate) at: Timestamp,
    /// The version of the policy by which it was read off.
    pub(crate) policy: u64,
    pub(crate) template: String,
    pub(crate) kind: String,
    pub(crate) compartment: String,
    pub(crate) case: Option<RecordId>,
    /// The record that a draft will be.
    pub(crate) of: Option<RecordId>,
    pub(crate) school: Option<String>,
    pub(crate) author: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) owners: Vec<String>,
    pub(crate) requested_by: Vec<String>,
    pub(crate) granted: Vec<String>,
    pub(crate) members: Vec<String>,
    pub(crate) cover: Option<String>,
    pub(crate) schools: Vec<String>,
    pub(crate) status: String,
    pub(crate) urgency: String,
    pub(crate) due: Option<Timestamp>,
    pub(crate) open: bool,
    pub(crate) high_risk: bool,
    pub(crate) gaps: Vec<String>,
    /// What the rules look at; none for a draft, and for a kind of a newer version.
    pub(crate) row: Option<rules::Row>,
    /// SHA-256 of the whole record as it is shown: a change of any word changes it.
    pub(crate) shown: [u8; 32],
}

/// What the server knows beside a document when it reads one.
pub(crate) fn context(now: Timestamp, policy: &Policy) -> Context<'_> {
    Context { online: true, policy, ..Context::at(now) }
}

impl Projection {
    /// Reads a document off; `None` when nothing says what it is.
    pub(crate) fn of(
        id: RecordId,
        view: &View,
        now: Timestamp,
        policy: &Policy,
        received: &BTreeMap<Dot, Timestamp>,
    ) -> Option<Self> {
        let (said, created) = view.created()?;
        let mut projection = Self {
            at: now,
            policy: policy.version,
            template: created.template.as_str().to_owned(),
            kind: created.kind.clone(),
            compartment: created.compartment.clone(),
            case: created.case,
            of: Self::drafted(&created, said),
            school: created.school.clone(),
            author: said.opened.statement.author.clone(),
            created_at: said.opened.statement.device_at,
            owners: Vec::new(),
            requested_by: Vec::new(),
            granted: named(view, "share", "to", None),
            members: named(view, "add_member", "user", Some("remove_member")),
            cover: None,
            schools: created.school.into_iter().collect(),
            status: String::from("draft"),
            urgency: String::from("standard"),
            due: None,
            open: true,
            high_risk: false,
            gaps: Vec::new(),
            row: None,
            shown: [0; 32],
        };
        let ended = |step: &str| view.statements.iter().any(|said| said.step() == Some(step));
        if created.template == Template::Draft
            && let Some(end) = ["sealed", RECOVERED].into_iter().find(|step| ended(step))
        {
            // What it was a draft of is a record now.
            projection.status = String::from(end);
            projection.open = false;
        }
        let kind = records::kind(&created.kind).filter(|_| created.template == Template::Record);
        if let Some(kind) = kind {
            let shown = records::shown(kind, view, &context(now, policy));
            projection.requested_by = records::requesters(view, &shown.body);
            projection.read(&shown);
            projection.row =
                rules::Row::read(id, view, &shown, &context(now, policy), &|dot| received.get(dot).copied());
        }
        Some(projection)
    }

    fn drafted(created: &Created, said: &Said) -> Option<RecordId> {
        let of = said.opened.statement.content.get("of").filter(|_| created.template == Template::Draft)?;
        RecordId::from_slice(of.as_bytes()?).ok()
    }

    fn read(&mut self, shown: &Shown) {
        let text = |name: &str| shown.body.get(name).and_then(Json::as_str);
        self.owners.clone_from(&shown.owners);
        self.cover = text("cover").map(str::to_owned);
        if let Some(school) = text("school") {
            self.school = Some(school.to_owned());
        }
        let schools = shown.body.get("schools").and_then(Json::as_array).into_iter().flatten();
        self.schools.extend(schools.filter_map(Json::as_str).map(str::to_owned));
        self.schools.sort();
        self.schools.dedup();
        if ["referral", "notification"].contains(&self.kind.as_str()) {
            // Whoever it is addressed to by name has it at once; nobody approves that (R61).
            let to = shown.body.get("recipients").and_then(Json::as_array).into_iter().flatten();
            self.granted.extend(to.filter_map(Json::as_str).map(str::to_owned));
            self.granted.sort();
            self.granted.dedup();
        }
        self.status.clone_from(&shown.status);
        self.urgency.clone_from(&shown.urgency);
        self.due = shown.due;
        self.open = shown.open;
        self.high_risk = ["current_risk", "level"].iter().any(|name| matches!(text(name), Some("high" | "very_high")));
        self.gaps = shown.gaps.iter().map(|gap| gap.code.name.to_owned()).collect();
        self.gaps.sort();
        self.gaps.dedup();
        self.shown = signed::digest::sha256(shown.body.to_string().as_bytes());
    }

    /// What decides who holds it; `None` for a compartment this version does not know.
    pub(crate) fn facts(&self, id: RecordId, author_supervisor: Option<UserId>) -> Option<RecordFacts> {
        Some(RecordFacts {
            record: id,
            kind: self.kind.clone(),
            compartment: self.compartment.parse::<Compartment>().ok()?,
            author: self.author.clone(),
            author_supervisor,
            owners: users(&self.owners),
            requested_by: users(&self.requested_by),
            granted: users(&self.granted),
            opened: Vec::new(),
            found: self.found().is_some(),
            asked: Vec::new(),
            open: self.open,
            high_risk: self.high_risk,
            escalated: false,
        })
    }

    /// Whom a request for help or a worry names: whom it is about, and who was chosen to answer (R118, R124).
    pub(crate) fn help(&self) -> (Option<UserId>, Option<UserId>) {
        let row = self.row.as_ref().filter(|row| row.kind == "help_request");
        let user = |name: &str| row.and_then(|row| row.text(name)).and_then(|user| UserId::new(user).ok());
        (user("about_user"), user("to"))
    }

    /// What a case's own record says about its membership, but for the owner's team and area.
    pub(crate) fn case_facts(&self) -> CaseFacts {
        CaseFacts {
            owner: users(&self.owners).into_iter().next(),
            cover: self.cover.as_deref().and_then(|user| UserId::new(user).ok()),
            members: users(&self.members),
            schools: self.schools.iter().filter_map(|school| signed::SchoolId::new(school).ok()).collect(),
            open: self.open,
            restricted: self.restricted(),
            ..CaseFacts::default()
        }
    }

    /// Who answers for it, as a line names them; for a draft that is its author.
    pub(crate) fn answerable(&self) -> Vec<&str> {
        if self.template == Template::Draft.as_str() {
            return vec![self.author.as_str()];
        }
        self.owners.iter().map(String::as_str).collect()
    }

    /// What a check that was made came to: `hit` or `nothing_known`.
    fn found(&self) -> Option<&str> {
        let check = self.row.as_ref().filter(|row| row.kind == "intelligence_check" && row.status == "done");
        let found = check?.value("result")?.get("found")?;
        // A hit is said with what was hit, which stays here.
        let word = found.as_str().or_else(|| found.as_object()?.keys().next().map(String::as_str))?;
        ["hit", "nothing_known"].into_iter().find(|known| *known == word)
    }

    /// R111: whether it is a case about one of our own.
    pub(crate) fn restricted(&self) -> bool {
        let said = self.row.as_ref().and_then(|row| row.value("restricted"));
        self.kind == "case" && said == Some(&Json::Bool(true))
    }

    /// The line for those who may know that it exists. Of a draft it says which record it will be,
    /// whose it is and since when (R9), and nothing of what it says. A PCSO reads of a check whether it was a hit.
    pub(crate) fn headline(&self, id: RecordId, role: Option<Role>) -> Value {
        let mut map = Map::new();
        let mut put = |name: &str, value| map.insert(name.to_owned(), value);
        put("id", Value::bytes(id.0));
        put("kind", Value::text(&self.kind));
        put("owner", Value::Array(self.answerable().into_iter().map(Value::text).collect()));
        if self.template == Template::Draft.as_str() {
            put("author", Value::text(self.author.as_str()));
            put("since", Value::text(self.created_at.to_string()));
            if let Some(record) = self.of {
                put("record", Value::bytes(record.0));
            }
        }
        put("status", Value::text(&self.status));
        put("urgency", Value::text(&self.urgency));
        put("gaps", Value::Array(self.gaps.iter().map(Value::text).collect()));
        if let Some(case) = self.case {
            put("case", Value::bytes(case.0));
        }
        if let Some(due) = self.due {
            put("due", Value::text(due.to_string()));
        }
        if let Some(found) = self.found().filter(|_| role == Some(Role::Pcso)) {
            put("found", Value::text(found));
        }
        Value::Map(map)
    }

    /// The line that somebody keeps of what they may not hold.
    pub(crate) fn trace(&self, id: RecordId) -> Value {
        cbor::map([
            ("id", Value::bytes(id.0)),
            ("kind", Value::text(&self.kind)),
            ("time", Value::text(self.created_at.to_string())),
        ])
    }

    /// Puts what may stand in clear into a row.
    pub(crate) fn in_clear(&self, row: DocumentRow) -> DocumentRow {
        DocumentRow {
            kind: self.kind.clone(),
            case: self.case,
            compartment: self.compartment.clone(),
            owner: self.owners.join(","),
            status: self.status.clone(),
            urgency: self.urgency.clone(),
            due: self.due,
            open: self.open,
            gaps: self.gaps.len() as u64,
            ..row
        }
    }

    pub(crate) fn seal(&self, key: &DocumentKey, id: RecordId) -> Result<Vec<u8>, ServerError> {
        key.seal(Purpose::Projection, &id.0, &cbor::encode(&self.to_value()))
    }

    /// The stored projection of a document.
    pub(crate) fn open(key: &DocumentKey, row: &DocumentRow) -> Result<Option<Self>, ServerError> {
        let bytes = key.open(Purpose::Projection, &row.id.0, &row.projection)?;
        let value = cbor::decode(&bytes).map_err(|_| StoreError::Damaged)?;
        Ok(Some(Self::from_value(value).map_err(|_| StoreError::Damaged)?))
    }

    fn to_value(&self) -> Value {
        let list = |items: &[String]| Value::Array(items.iter().map(Value::text).collect());
        let mut map = Map::new();
        let mut put = |name: &str, value| map.insert(name.to_owned(), value);
        put("at", Value::text(self.at.to_string()));
        put("policy", Value::uint(self.policy));
        put("template", Value::text(&self.template));
        put("kind", Value::text(&self.kind));
        put("compartment", Value::text(&self.compartment));
        put("author", Value::text(self.author.as_str()));
        put("created_at", Value::text(self.created_at.to_string()));
        put("owners", list(&self.owners));
        put("requested_by", list(&self.requested_by));
        put("granted", list(&self.granted));
        put("members", list(&self.members));
        put("schools", list(&self.schools));
        put("status", Value::text(&self.status));
        put("urgency", Value::text(&self.urgency));
        put("open", Value::Bool(self.open));
        put("high_risk", Value::Bool(self.high_risk));
        put("gaps", list(&self.gaps));
        put("shown", Value::bytes(self.shown));
        if let Some(row) = &self.row {
            put("row", Value::text(row.to_json().to_string()));
        }
        for (name, id) in [("case", &self.case), ("of", &self.of)] {
            if let Some(id) = id {
                put(name, Value::bytes(id.0));
            }
        }
        for (name, text) in [("school", &self.school), ("cover", &self.cover)] {
            if let Some(text) = text {
                put(name, Value::text(text));
            }
        }
        if let Some(due) = self.due {
            put("due", Value::text(due.to_string()));
        }
        Value::Map(map)
    }

    fn from_value(value: Value) -> Result<Self, CborError> {
        let mut fields = Fields::of(value)?;
        let text = |value: Value| value.as_text().map(str::to_owned).ok_or(CborError::Shape);
        let time = |text: &str| Timestamp::parse_exact(text).map_err(|_| CborError::Shape);
        let list = |items: Vec<Value>| items.into_iter().map(text).collect::<Result<Vec<_>, _>>();
        let flag = |value: Value| if let Value::Bool(flag) = value { Ok(flag) } else { Err(CborError::Shape) };
        let id = |v: Value| v.as_bytes().and_then(|id| RecordId::from_slice(id).ok()).ok_or(CborError::Shape);
        let case = fields.optional("case").map(id).transpose()?;
        let of = fields.optional("of").map(id).transpose()?;
        let due = fields.optional("due").map(text).transpose()?;
        let row = fields.optional("row").map(text).transpose()?;
        let policy = fields.optional("policy");
        let projection = Self {
            at: time(&fields.text("at")?)?,
            // Before versions were kept it was the defaults'.
            policy: policy.map_or(Some(Policy::DEFAULT.version), |v| v.as_uint()).ok_or(CborError::Shape)?,
            template: fields.text("template")?,
            kind: fields.text("kind")?,
            compartment: fields.text("compartment")?,
            case,
            of,
            school: fields.optional("school").map(text).transpose()?,
            author: UserId::new(&fields.text("author")?).map_err(|_| CborError::Shape)?,
            created_at: time(&fields.text("created_at")?)?,
            owners: list(fields.array("owners")?)?,
            requested_by: list(fields.array("requested_by")?)?,
            granted: list(fields.array("granted")?)?,
            members: list(fields.array("members")?)?,
            cover: fields.optional("cover").map(text).transpose()?,
            schools: list(fields.array("schools")?)?,
            status: fields.text("status")?,
            urgency: fields.text("urgency")?,
            due: due.map(|due| time(&due)).transpose()?,
            open: flag(fields.value("open")?)?,
            high_risk: flag(fields.value("high_risk")?)?,
            gaps: list(fields.array("gaps")?)?,
            row: match row {
                Some(text) => {
                    let json = serde_json::from_str(&text).map_err(|_| CborError::Shape)?;
                    Some(rules::Row::from_json(json).ok_or(CborError::Shape)?)
                }
                None => None,
            },
            shown: fields.fixed("shown")?,
        };
        fields.finish()?;
        Ok(projection)
    }
}

fn users(names: &[String]) -> Vec<UserId> {
    names.iter().filter_map(|name| UserId::new(name).ok()).collect()
}

/// Users that steps of one verb named, and that no later step of another took away again.
fn named(view: &View, verb: &str, field: &str, undone_by: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for said in &view.statements {
        let Some(name) = said.opened.statement.content.get(field).and_then(Value::as_text) else { continue };
        if said.step() == Some(verb) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        if undone_by.is_some() && said.step() == undone_by {
            names.retain(|known| known != name);
        }
    }
    names
}
