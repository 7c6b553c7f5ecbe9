//! A kind of record, as one readable declaration: everything mechanical comes from it.

use documents::{Declaration, Merge};
use signed::Code;

/// A kind of record.
#[derive(Debug)]
pub struct Kind {
    /// Its name, as in `new KIND`.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub says: &'static str,
    /// Begins as a draft and is sealed by `seal`; otherwise it is live at `new`.
    pub drafted: bool,
    /// The name of the part its W fields are sealed as.
    pub part: &'static str,
    /// Its own fields; those of every record stand in [`crate::kinds::header::FIELDS`].
    pub fields: &'static [Field],
    /// The status it begins with once it is no draft.
    pub initial: &'static str,
    /// The statuses in which nothing is left to do.
    pub done: &'static [&'static str],
    /// Its state machine and verbs.
    pub steps: &'static [Step],
}

/// One field, or one part of a composite field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name below what holds it: `safe_now` within `immediate_safety`.
    pub path: &'static str,
    /// How concurrent values meet. Parts of a W or A field are W: they travel with the whole.
    pub merge: Merge,
    /// Whether a seal or a closure needs it.
    pub need: Need,
    /// What a value looks like.
    pub shape: Shape,
    /// Who writes it.
    pub who: Who,
    /// For M: which of two values is the more cautious.
    pub caution: Caution,
    /// Other names a body may use for it.
    pub also: &'static [&'static str],
    /// Its name in a register's key, where the full one would not fit beside a line's id.
    pub key: &'static str,
    /// The code of the gap it leaves when it is needed and missing.
    pub code: Code,
    /// Whether a new value argues that what was closed is open again.
    pub reopens: bool,
}

/// Whether a seal or a closure needs a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `!`: open, it leaves a gap.
    Required,
    /// `!c`: a rule says when.
    RequiredIf,
    /// `?`
    Optional,
}

/// Who writes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever may edit the record.
    Editor,
    /// Given at `new`, changed by this verb alone.
    Verb(&'static str),
    /// Never given: it follows from `created`, steps or receipts.
    Computed,
}

/// Which of two values of an M field is the more cautious.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caution {
    /// Not an M field.
    None,
    /// The first named is the most cautious; a yn3's unknown is `unknown`.
    Order(&'static [&'static str]),
    /// The earlier time.
    Earliest,
    /// Every value stands: more of them is more cautious.
    Union,
}

/// What a value looks like in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Words.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// An RFC 3339 time, kept in UTC to the millisecond.
    Time,
    /// A day, `YYYY-MM-DD`, or `{"unknown": reason}`.
    Day,
    /// One of these words, or `{"other": text}`.
    Enum(&'static [&'static str]),
    /// A list of such words, each once.
    Set(&'static [&'static str]),
    /// `"yes"`, `"no"` or `{"unknown": reason}`.
    Yn3,
    /// `{"done": {when, by}}`, `{"not_done": reason}` or `{"not_applicable": reason}`.
    Item,
    /// A yn3, an item, or words of the child or officer about it.
    Answer,
    /// One of these: a bare word, or `{word: reason}` where the word carries one.
    Choice(&'static [(&'static str, bool)]),
    /// A code or text, or one of these words with its reason: `{"unknown": reason}`.
    TextOr(&'static [&'static str]),
    /// A code of [`crate::data::ethnicity`], `{"not_stated": reason}` or `{"unknown": reason}`.
    Ethnicity,
    /// `{"record": id}` or `{"as_said": text}`; a bare text is taken as said. A Person, Place or subject.
    Said,
    /// The id of a record.
    Record,
    /// A user's id, or `team:NAME`.
    Holder,
    /// An id given by the operator: a user or a school.
    Id,
    /// A list; objects in it get an `id`.
    List(&'static Shape),
    /// A list that may instead say `{"none": reason}`.
    ListOrNone(&'static Shape),
    /// Named parts.
    Object(&'static [Field]),
    /// Named parts, of which the first may be given alone: `"no"` for `{"yn3": "no"}`.
    Headed(&'static [Field]),
    /// Anything, at most eight levels deep.
    Any,
}

/// A step of a state machine.
#[derive(Debug)]
pub struct Step {
    /// The verb.
    pub verb: &'static str,
    /// The statuses it may be done from; empty is any.
    pub from: &'static [&'static str],
    /// The status it leads to; none leaves it as it is.
    pub to: Option<&'static str>,
    /// Whether it argues that the record is done with, is open, or neither.
    pub argues: Argues,
    /// Whether it makes its object (or its author) the owner.
    pub owns: Owns,
}

/// What a step says about the record being done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argues {
    /// Completes or closes: takes effect only while it has seen everything that argues for open.
    Closed,
    /// Argues for open.
    Open,
    /// Neither.
    Neither,
}

/// Whom a step makes the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owns {
    /// Nobody new.
    Nobody,
    /// Its author.
    Author,
    /// The one its `to` names.
    To,
}

/// The kind with this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.name == name)
}

/// Every kind this version declares.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    crate::kinds::ALL.iter().copied()
}

impl Kind {
    /// Every field: the header's, then its own.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        crate::kinds::header::FIELDS.iter().chain(self.fields)
    }

    /// A top-level field by its name or another name a body may use for it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let given = || self.all_fields().filter(|f| f.who != Who::Computed);
        let found = given().find(|f| f.path == name).or_else(|| given().find(|f| f.also.contains(&name)));
        found.or_else(|| self.all_fields().find(|f| f.path == name))
    }

    /// The step of this verb: its own, or one that every kind has.
    #[must_use]
    pub fn step(&self, verb: &str) -> Option<&'static Step> {
        self.steps.iter().chain(crate::kinds::COMMON).find(|step| step.verb == verb)
    }
}

impl Field {
    /// A field of a shape, optional until [`Field::must`] or [`Field::must_if`] say otherwise.
    #[must_use]
    pub const fn new(path: &'static str, merge: Merge, shape: Shape) -> Self {
        Self {
            path,
            merge,
            need: Need::Optional,
            shape,
            who: Who::Editor,
            caution: Caution::None,
            also: &[],
            key: path,
            code: signed::code::REQUIRED,
            reopens: false,
        }
    }

    /// `!`
    #[must_use]
    pub const fn must(mut self) -> Self {
        self.need = Need::Required;
        self
    }

    /// `!c`
    #[must_use]
    pub const fn must_if(mut self) -> Self {
        self.need = Need::RequiredIf;
        self
    }

    /// Changed by this verb alone.
    #[must_use]
    pub const fn by(mut self, verb: &'static str) -> Self {
        self.who = Who::Verb(verb);
        self
    }

    /// Never given.
    #[must_use]
    pub const fn computed(mut self) -> Self {
        self.who = Who::Computed;
        self
    }

    /// Which value of an M field is the more cautious.
    #[must_use]
    pub const fn caution(mut self, caution: Caution) -> Self {
        self.caution = caution;
        self
    }

    /// Other names for it.
    #[must_use]
    pub const fn also(mut self, names: &'static [&'static str]) -> Self {
        self.also = names;
        self
    }

    /// A shorter name within a register's key.
    #[must_use]
    pub const fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// The code of its gap.
    #[must_use]
    pub const fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// A new value argues for open.
    #[must_use]
    pub const fn reopens(mut self) -> Self {
        self.reopens = true;
        self
    }

    /// The named parts of a composite value.
    #[must_use]
    pub fn parts(&self) -> &'static [Field] {
        self.shape.parts()
    }
}

impl Shape {
    /// The named parts of a value of this shape.
    #[must_use]
    pub fn parts(&self) -> &'static [Field] {
        if let Self::Object(parts) | Self::Headed(parts) = self { parts } else { &[] }
    }

    /// What a list of this shape holds.
    #[must_use]
    pub fn element(&self) -> Option<&'static Shape> {
        if let Self::List(element) | Self::ListOrNone(element) = self { Some(element) } else { None }
    }
}

impl Declaration for Kind {
    fn merge(&self, key: &str) -> Option<Merge> {
        let field = crate::path::of_key(self, key)?;
        // What is computed is never written: as W it is refused in every map.
        Some(if field.who == Who::Computed { Merge::W } else { field.merge })
    }
}
