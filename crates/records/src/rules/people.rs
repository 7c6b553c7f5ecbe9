//! Who is who, as far as the reader knows: whom a rule's ladder climbs to.

use signed::Timestamp;

use crate::access::Role;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user: String,
    /// The role.
    pub role: Role,
    /// Schools posted to or of.
    pub schools: Vec<String>,
    /// The team.
    pub team: Option<String>,
    /// The area.
    pub area: Option<String>,
    /// Who supervises.
    pub supervisor: Option<String>,
    /// Who covers while this person is away; themselves never.
    pub cover: Option<String>,
    /// Whether they are away now.
    pub away: bool,
    /// Courses they were trained in, each with its newest day, where the reader knows.
    pub training: Vec<(String, Timestamp)>,
}

impl Member {
    /// When they were last trained in a course.
    #[must_use]
    pub fn trained(&self, course: &str) -> Option<Timestamp> {
        self.training.iter().filter(|(known, _)| known == course).map(|(_, on)| *on).max()
    }
}

/// Everybody active, by user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    members: Vec<Member>,
    /// Whether whoever is not among them has left, as the server knows.
    whole: bool,
}

impl Directory {
    /// A directory of these people, as far as a device was told of them.
    #[must_use]
    pub fn of(mut members: Vec<Member>) -> Self {
        members.sort_by(|one, other| one.user.cmp(&other.user));
        Self { members, whole: false }
    }

    /// A directory of everybody there is.
    #[must_use]
    pub fn of_all(members: Vec<Member>) -> Self {
        Self { whole: true, ..Self::of(members) }
    }

    /// Everybody, by user.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// Somebody.
    #[must_use]
    pub fn member(&self, user: &str) -> Option<&Member> {
        let at = self.members.binary_search_by(|member| member.user.as_str().cmp(user)).ok()?;
        self.members.get(at)
    }

    /// Their role, if they are known.
    #[must_use]
    pub fn role(&self, user: &str) -> Option<Role> {
        self.member(user).map(|member| member.role)
    }

    /// Whether somebody is here: known and not away.
    #[must_use]
    pub fn here(&self, user: &str) -> bool {
        self.member(user).is_some_and(|member| !member.away)
    }

    /// The sergeant over somebody: their supervisor; where that one has left, a sergeant of their team.
    #[must_use]
    pub fn sergeant_of(&self, user: &str) -> Option<&str> {
        let member = self.member(user)?;
        let own = member.supervisor.as_deref();
        if member.role == Role::Sergeant || own.is_some_and(|own| !self.whole || self.member(own).is_some()) {
            return own;
        }
        let of_team = self.first(|one| {
            one.role == Role::Sergeant && one.user != user && one.team.is_some() && one.team == member.team
        });
        of_team.or(own)
    }

    /// The inspector over somebody: up the line of supervisors, else the first of their area.
    #[must_use]
    pub fn inspector_of(&self, user: &str) -> Option<&str> {
        let mut at = self.member(user)?;
        for _ in 0..LINE_MAX {
            let Some(above) = at.supervisor.as_deref().and_then(|above| self.member(above)) else { break };
            if above.role == Role::Inspector {
                return Some(&above.user);
            }
            at = above;
        }
        let area = self.member(user)?.area.as_ref().or(at.area.as_ref());
        let of_area = self.first(|one| one.role == Role::Inspector && area.is_some() && one.area.as_ref() == area);
        of_area.or_else(|| self.first(|one| one.role == Role::Inspector))
    }

    /// Everybody in a role.
    pub fn in_role(&self, role: Role) -> impl Iterator<Item = &str> {
        self.members.iter().filter(move |member| member.role == role).map(|member| member.user.as_str())
    }

    /// Police officers posted to a school.
    pub fn officers_of<'a>(&'a self, school: &'a str) -> impl Iterator<Item = &'a str> {
        let posted = move |member: &&Member| {
            matches!(member.role, Role::Officer | Role::Pcso) && member.schools.iter().any(|one| one == school)
        };
        self.members.iter().filter(posted).map(|member| member.user.as_str())
    }

    /// Designated leads of a school.
    pub fn leads_of<'a>(&'a self, school: &'a str) -> impl Iterator<Item = &'a str> {
        let leads = move |member: &&Member| member.role == Role::Dsl && member.schools.iter().any(|one| one == school);
        self.members.iter().filter(leads).map(|member| member.user.as_str())
    }

    /// Everybody of a team.
    pub fn team<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(move |member| member.team.as_deref() == Some(name))
    }

    fn first(&self, is: impl Fn(&Member) -> bool) -> Option<&str> {
        self.members.iter().find(|member| is(member)).map(|member| member.user.as_str())
    }
}

/// How far a line of supervisors is followed: a circle in it ends here.
const LINE_MAX: usize = 8;
