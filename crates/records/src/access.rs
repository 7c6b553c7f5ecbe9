//! Who may hold a record: one table of roles by compartments, and the facts it is read with.
//! Who may make and do what stands in [`crate::rights`].

use signed::{RecordId, SchoolId, UserId};

mod compartment;
mod role;

pub use compartment::Compartment;
pub use role::Role;

/// Someone who may come to hold a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// Schools posted to or of.
    pub schools: Vec<SchoolId>,
    /// The team.
    pub team: Option<String>,
    /// The area.
    pub area: Option<String>,
}

/// What decides who holds a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its compartment.
    pub compartment: Compartment,
    /// Who made it.
    pub author: UserId,
    /// Who supervises its author.
    pub author_supervisor: Option<UserId>,
    /// Who answers for it, as steps say.
    pub owners: Vec<UserId>,
    /// Who asked for it.
    pub requested_by: Vec<UserId>,
    /// Who was given it by name: shares, grants.
    pub granted: Vec<UserId>,
    /// Who opened it with a reason: that turns a headline into content, and gives nobody a headline.
    pub opened: Vec<UserId>,
    /// Whether it is a check that came to a hit or to nothing known.
    pub found: bool,
    /// Who is asked to answer it, where it is a request for help or a worry: a grant opens no staff data.
    pub asked: Vec<UserId>,
    /// Whether something is to be done.
    pub open: bool,
    /// Whether risk is high.
    pub high_risk: bool,
    /// Whether it is escalated.
    pub escalated: bool,
}

/// What decides who is a member of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its owner.
    pub owner: Option<UserId>,
    /// Who covers.
    pub cover: Option<UserId>,
    /// People added by name.
    pub members: Vec<UserId>,
    /// Its schools.
    pub schools: Vec<SchoolId>,
    /// The owner's team.
    pub team: Option<String>,
    /// The owner's area.
    pub area: Option<String>,
    /// Who supervises the owner.
    pub supervisors: Vec<UserId>,
    /// Which auditors opened it with a reason.
    pub opened: Vec<UserId>,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is high-risk or escalated.
    pub escalated: bool,
    /// R111: whether it is about a user, a colleague or staff of a member school: inspectors alone.
    pub restricted: bool,
}

/// What someone may hold of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// Nothing.
    None,
    /// The row the server makes: id, kind, case, owner, status, urgency, due, gaps; of a check for somebody who
    /// may know no more of it, whether it was a hit.
    Headline,
    /// Its changes.
    Content,
}

/// What this person may hold of this record.
#[must_use]
pub fn holding(who: &Holder, record: &RecordFacts, case: &CaseFacts) -> Holding {
    // The bar beats every posting, grant and authorship.
    if barred(who.role, &record.compartment) {
        return Holding::None;
    }
    if case.restricted && who.role != Role::Server && record.author != who.user {
        let inspects = matches!(who.role, Role::Inspector | Role::Command);
        let reaches =
            inspects && (record.granted.contains(&who.user) || (case.area.is_some() && case.area == who.area));
        return if reaches { Holding::Content } else { Holding::None };
    }
    let named = || {
        let user = &who.user;
        record.author == *user
            || record.owners.contains(user)
            || record.requested_by.contains(user)
            || record.granted.contains(user)
            || case.members.contains(user)
    };
    let of_case = || case.owner.as_ref() == Some(&who.user) || case.cover.as_ref() == Some(&who.user);
    // R118, R124: staff data is for whoever is asked by name to answer it, beside those of its row.
    let staffing = matches!(record.compartment, Compartment::Staffing { .. });
    let asked = || staffing && record.asked.contains(&who.user);
    let school = record.compartment.school();
    let own_school = || school.is_some_and(|school| who.schools.contains(school));
    let posted = || case.schools.iter().any(|school| who.schools.contains(school));
    let opened = || record.opened.contains(&who.user);
    let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let reaches = match reach(who.role, &record.compartment) {
        Reach::Never => return Holding::None,
        Reach::All => true,
        Reach::Named => named(),
        Reach::Member => named() || of_case(),
        Reach::SameSchoolNamed => record.author == who.user || (own_school() && named()),
        Reach::OwnSchool => record.author == who.user || own_school(),
        Reach::Own => record.compartment.user() == Some(&who.user) || asked(),
        Reach::CaseOwner => record.author == who.user || of_case() || record.granted.contains(&who.user),
        Reach::Posted => named() || of_case() || own_school() || posted(),
        Reach::Hits => return headline_if(record.found && (of_case() || named() || posted())),
        Reach::Open => named() || record.open,
        Reach::Supervised => {
            record.compartment.user() == Some(&who.user)
                || record.author_supervisor.as_ref() == Some(&who.user)
                || asked()
        }
        Reach::DraftExists if record.author == who.user => true,
        Reach::DraftExists => {
            // What was sealed is a record of its own from then on.
            return headline_if(record.open && record.author_supervisor.as_ref() == Some(&who.user));
        }
        Reach::Team if named() || of_case() => true,
        Reach::Team => {
            let team = same(&case.team, &who.team) || case.supervisors.contains(&who.user);
            if !(team && case.open) {
                return headline_if(team);
            }
            true
        }
        Reach::Area if named() || of_case() => true,
        Reach::Area => {
            let area = same(&case.area, &who.area);
            if !(area && (record.escalated || record.high_risk || case.escalated || opened())) {
                return headline_if(area);
            }
            true
        }
        Reach::AreaStaff => record.compartment.user() == Some(&who.user) || same(&case.area, &who.area) || asked(),
        Reach::Escalated if named() => true,
        Reach::Escalated => {
            let escalated = record.escalated || case.escalated;
            if !(escalated && opened()) {
                return headline_if(escalated);
            }
            true
        }
        Reach::Opened => case.opened.contains(&who.user),
    };
    if reaches { Holding::Content } else { Holding::None }
}

fn headline_if(holds: bool) -> Holding {
    if holds { Holding::Headline } else { Holding::None }
}

/// No school account in POLICE, INTEL or REPORTER, whoever wrote it and whoever granted it.
fn barred(role: Role, compartment: &Compartment) -> bool {
    let police_only =
        matches!(compartment, Compartment::Police { .. } | Compartment::Intel { .. } | Compartment::Reporter { .. });
    role.of_school() && police_only && crate::rules::switch::on("R88")
}

/// How far a role reaches into a compartment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Never,
    All,
    /// By name: author, owner, requester, grant, member of the case.
    Named,
    /// The same, within one's own school.
    SameSchoolNamed,
    /// All of one's own schools, and what one wrote.
    OwnSchool,
    /// One's own data.
    Own,
    /// By name, and whoever owns or covers the case.
    Member,
    /// Owner or cover of the case, and what one wrote.
    CaseOwner,
    /// Cases of the schools posted to, covered cases, and by name.
    Posted,
    /// Of checks in cases one would reach by posting or by name, whether they were a hit.
    Hits,
    /// While it is open, and by name.
    Open,
    /// One's own and that of those one supervises.
    Supervised,
    /// One's own; of those one supervises, that it exists, until it is sealed.
    DraftExists,
    /// Content of the team's open cases, headlines of its closed ones.
    Team,
    /// Headlines of the area, content of what is escalated, high-risk or opened.
    Area,
    /// Staff data of the area.
    AreaStaff,
    /// Headlines of escalations, content of what was opened with a reason.
    Escalated,
    /// Content of cases that were opened with a reason.
    Opened,
}

/// The one table: a row per role; columns SHARE (and its per-action form), CALL, POLICE, INTEL,
/// HUB, REPORTER, STAFFING, PROMPTS, DRAFT, AUDIT.
#[rustfmt::skip]
fn reach(role: Role, compartment: &Compartment) -> Reach {
    use Reach::{All, Area, AreaStaff, CaseOwner, DraftExists, Escalated, Hits, Member, Named, Never, Open, Opened, Own,
        OwnSchool, Posted, SameSchoolNamed, Supervised, Team};
    let row = match role {
        //                 SHARE            CALL       POLICE     INTEL      HUB        REPORTER   STAFFING    PROMPTS     DRAFT        AUDIT
        Role::Officer   => [Posted,          Named,     Posted,    Posted,    Member,    CaseOwner, Own,        Own,        Own,         Never],
        Role::Pcso      => [Posted,          Named,     Posted,    Hits,      Member,    CaseOwner, Own,        Own,        Own,         Never],
        Role::Sergeant  => [Team,            Team,      Team,      Team,      Team,      Team,      Supervised, Supervised, DraftExists, Never],
        Role::Inspector => [Area,            Area,      Area,      Area,      Area,      Area,      AreaStaff,  Own,        DraftExists, Never],
        Role::Command   => [Escalated,       Escalated, Escalated, Escalated, Escalated, Never,     Own,        Own,        Own,         Never],
        Role::Dsl       => [OwnSchool,       Never,     Never,     Never,     Never,     Never,     Own,        Own,        Own,         Never],
        Role::Staff     => [SameSchoolNamed, Never,     Never,     Never,     Never,     Never,     Own,        Own,        Own,         Never],
        Role::Hub       => [Never,           Never,     Never,     Never,     Named,     Never,     Own,        Own,        Own,         Never],
        Role::Call      => [Never,           Open,      Never,     Never,     Never,     Never,     Own,        Own,        Own,         Never],
        Role::Admin     => [Never,           Never,     Never,     Never,     Never,     Never,     All,        Own,        Never,       Never],
        Role::Auditor   => [Opened,          Opened,    Opened,    Opened,    Opened,    Never,     Own,        Own,        Never,       All],
        Role::Dpo       => [Never,           Never,     Never,     Never,     Never,     Never,     Own,        Never,      Never,       All],
        Role::Server    => [All,             All,       All,       All,       All,       All,       All,        All,        All,         All],
    };
    let [share, call, police, intel, hub, reporter, staffing, prompts, draft, audit] = row;
    match compartment {
        Compartment::Share { .. } | Compartment::ShareAction { .. } => share,
        Compartment::Call { .. } => call,
        Compartment::Police { .. } => police,
        Compartment::Intel { .. } => intel,
        Compartment::Hub { .. } => hub,
        Compartment::Reporter { .. } => reporter,
        Compartment::Staffing { .. } => staffing,
        Compartment::Prompts { .. } => prompts,
        Compartment::Draft { .. } => draft,
        Compartment::Audit => audit,
    }
}

/// Whether a role may enter a compartment to write there. An author whose role may not keeps the words
/// only until their receipt.
#[must_use]
pub fn may_enter(role: Role, compartment: &Compartment) -> bool {
    let reach = reach(role, compartment);
    !barred(role, compartment) && !matches!(reach, Reach::Never | Reach::Hits | Reach::Opened)
}

/// Whether giving a record of this compartment to somebody by name gives them anything: what is shared with,
/// assigned or handed to whoever may not hold it would reach nobody.
#[must_use]
pub fn may_be_given(role: Role, schools: &[String], compartment: &Compartment) -> bool {
    // Staff data is for whoever is asked, drafts and choices are their author's: no step gives those away.
    if compartment.user().is_some() {
        return true;
    }
    let own_school = || compartment.school().is_some_and(|school| schools.iter().any(|own| own == school.as_str()));
    match reach(role, compartment) {
        Reach::Never | Reach::Opened => false,
        Reach::SameSchoolNamed | Reach::OwnSchool => own_school(),
        Reach::All
        | Reach::Named
        // Whether it was a hit is what they are given.
        | Reach::Hits
        | Reach::Own
        | Reach::Member
        | Reach::CaseOwner
        | Reach::Posted
        | Reach::Open
        | Reach::Supervised
        | Reach::DraftExists
        | Reach::Team
        | Reach::Area
        | Reach::AreaStaff
        | Reach::Escalated => !barred(role, compartment),
    }
}
