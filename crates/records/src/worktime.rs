//! Working time: Monday to Friday less the policy's holidays, from and to the policy's hours, by the
//! clocks of the United Kingdom (summer time from the last Sunday of March to the last of October, 01:00
//! UTC). Urgent timers never ask this.

use std::borrow::Cow;

use signed::Timestamp;

use crate::policy::{Policy, period};
use crate::rules::switch;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// How far ahead the next working day is looked for.
const DAYS_LOOKED_AT: i64 = 366;

/// The moment at which so much working time has passed since another.
#[must_use]
pub fn after_working_ms(from: Timestamp, ms: i64, policy: &Policy) -> Timestamp {
    after(from, ms, |day| hours(day, policy))
}

/// Working time between two moments, in milliseconds.
#[must_use]
pub fn working_ms(from: Timestamp, to: Timestamp, policy: &Policy) -> i64 {
    let last = day_of(to).min(day_of(from) + 10 * DAYS_LOOKED_AT);
    let of_day = |day: i64| {
        let (opens, closes) = hours(day, policy)?;
        Some((closes.min(to.millis()) - opens.max(from.millis())).max(0))
    };
    (day_of(from)..=last).filter_map(of_day).sum()
}

/// The same time of day so many working days later; from outside working hours, that of the next
/// working day's beginning.
#[must_use]
pub fn after_working_days(from: Timestamp, days: i64, policy: &Policy) -> Timestamp {
    let (opens, closes) = policy.working_hours;
    after_working_ms(from, days.saturating_mul((closes - opens) * HOUR), policy)
}

/// The end of the next working day.
#[must_use]
pub fn end_of_next_working_day(from: Timestamp, policy: &Policy) -> Timestamp {
    end_of_next(from, |day| hours(day, policy))
}

/// The same time of day so many school days later; from outside school hours, that of the next school
/// day's beginning.
#[must_use]
pub fn after_school_days(from: Timestamp, days: i64, policy: &Policy) -> Timestamp {
    let (opens, closes) = policy.working_hours;
    after(from, days.saturating_mul((closes - opens) * HOUR), |day| school_hours(day, policy))
}

/// The end of the next school day.
#[must_use]
pub fn next_school_day_end(from: Timestamp, policy: &Policy) -> Timestamp {
    end_of_next(from, |day| school_hours(day, policy))
}

/// The breaks of schools that last so many days or more (R77), by the policy: from the first midnight to the last.
/// Days and periods between which no school opens are one break.
pub(crate) fn school_breaks(policy: &Policy) -> Vec<(Timestamp, Timestamp)> {
    let day = |day: &str| Timestamp::parse(&format!("{day}T12:00:00Z")).ok().map(day_of);
    let listed = policy.school_closed.iter().filter_map(|known| period(known));
    let mut days: Vec<(i64, i64)> = listed.filter_map(|(first, last)| Some((day(first)?, day(last)?))).collect();
    days.sort_unstable();
    let mut breaks: Vec<(i64, i64)> = Vec::new();
    for (first, last) in days {
        match breaks.last_mut() {
            Some(before) if first <= before.1 || !opens_between(before.1, first, policy) => {
                before.1 = before.1.max(last)
            }
            Some(_) | None => breaks.push((first, last)),
        }
    }
    breaks.retain(|(first, last)| last - first + 1 >= policy.school_break_days);
    let midnight = |day: i64| Timestamp::from_millis(day * DAY - offset(day * DAY));
    breaks.into_iter().map(|(first, last)| (midnight(first), midnight(last + 1))).collect()
}

/// Whether schools open on a day between two others.
fn opens_between(before: i64, next: i64, policy: &Policy) -> bool {
    (before + 1..next.min(before + DAYS_LOOKED_AT)).any(|day| school_hours(day, policy).is_some())
}

/// Whether a moment lies in working hours, their end included: what is due then is due at work.
#[must_use]
pub fn is_working(at: Timestamp, policy: &Policy) -> bool {
    hours(day_of(at), policy).is_some_and(|(opens, closes)| (opens..=closes).contains(&at.millis()))
}

/// The moment at which so much of such hours has passed since another.
fn after(from: Timestamp, ms: i64, hours: impl Fn(i64) -> Option<(i64, i64)>) -> Timestamp {
    let mut left = ms.max(0);
    let (first, mut idle) = (day_of(from), 0);
    let mut day = first;
    while idle < DAYS_LOOKED_AT {
        match hours(day) {
            // The end of the hours belongs to them (`is_working`): nothing more from there on is there.
            Some((opens, closes)) if closes >= from.millis() => {
                idle = 0;
                let begins = opens.max(from.millis());
                if left <= closes - begins {
                    return Timestamp::from_millis(begins + left);
                }
                left -= closes - begins;
            }
            Some(_) | None => idle += 1,
        }
        day += 1;
    }
    // A calendar that has no such hours any more: better on the plain clock than never.
    Timestamp::from_millis(from.millis().saturating_add(ms))
}

fn end_of_next(from: Timestamp, hours: impl Fn(i64) -> Option<(i64, i64)>) -> Timestamp {
    let first = day_of(from) + 1;
    let end = (first..first + DAYS_LOOKED_AT).find_map(hours);
    end.map_or(from, |(_, closes)| Timestamp::from_millis(closes))
}

/// When work begins and ends on a day, in milliseconds since 1970.
fn hours(day: i64, policy: &Policy) -> Option<(i64, i64)> {
    // 1 January 1970 was a Thursday.
    let weekday = (day + 3).rem_euclid(7);
    if weekday > 4 || stands_in(day, &policy.holidays) {
        return None;
    }
    let (opens, closes) = policy.working_hours;
    let noon = day * DAY + 12 * HOUR;
    let midnight = day * DAY - offset(noon);
    Some((midnight + opens * HOUR, midnight + closes * HOUR))
}

/// The same of a day on which schools are open (R77).
fn school_hours(day: i64, policy: &Policy) -> Option<(i64, i64)> {
    hours(day, policy).filter(|_| !(switch::on("R77") && stands_in(day, &policy.school_closed)))
}

/// Whether a day is one of these days, or in one of these periods.
fn stands_in(day: i64, list: &[Cow<'static, str>]) -> bool {
    if list.is_empty() {
        return false;
    }
    let text = Timestamp::from_millis(day * DAY).to_string();
    let day = text.get(..10).unwrap_or_default();
    list.iter().filter_map(|known| period(known)).any(|(first, last)| (first..=last).contains(&day))
}

/// The local day of a moment, counted from 1 January 1970.
fn day_of(at: Timestamp) -> i64 {
    (at.millis() + offset(at.millis())).div_euclid(DAY)
}

/// What the clocks are ahead of UTC.
fn offset(millis: i64) -> i64 {
    let text = Timestamp::from_millis(millis).to_string();
    let year: i64 = text.get(..4).and_then(|year| year.parse().ok()).unwrap_or(1970);
    let change = |month: u32| {
        let last = Timestamp::parse(&format!("{year:04}-{month:02}-31T01:00:00Z")).map_or(0, Timestamp::millis);
        let weekday = (last.div_euclid(DAY) + 3).rem_euclid(7);
        last - (weekday + 1).rem_euclid(7) * DAY
    };
    if (change(3)..change(10)).contains(&millis) { HOUR } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn hours_later(from: &str, hours: i64) -> String {
        after_working_ms(at(from), hours * HOUR, &Policy::DEFAULT).to_string()[..16].to_owned()
    }

    #[test]
    fn four_working_hours_end_the_same_day_or_on_the_next_working_one() {
        assert_eq!(hours_later("2026-03-02T09:00:00Z", 4), "2026-03-02T13:00");
        assert_eq!(hours_later("2026-03-02T14:00:00Z", 4), "2026-03-03T10:00");
        // Friday afternoon, and a Saturday.
        assert_eq!(hours_later("2026-03-06T15:00:00Z", 4), "2026-03-09T11:00");
        assert_eq!(hours_later("2026-03-07T11:00:00Z", 4), "2026-03-09T12:00");
    }

    #[test]
    fn the_end_of_the_hours_is_still_working_time() {
        assert_eq!(hours_later("2026-03-02T16:00:00Z", 0), "2026-03-02T16:00");
        assert_eq!(hours_later("2026-03-02T16:00:00Z", 1), "2026-03-03T09:00");
        assert_eq!(hours_later("2026-03-02T16:01:00Z", 0), "2026-03-03T08:00");
    }

    #[test]
    fn the_hours_are_those_on_the_wall_on_both_sides_of_a_change_of_the_clocks() {
        // 29 March 2026: 08:00 is 07:00 UTC from then on; 25 October 2026: 08:00 UTC again.
        assert_eq!(hours_later("2026-03-27T15:00:00Z", 4), "2026-03-30T10:00");
        assert_eq!(hours_later("2026-03-30T01:00:00Z", 1), "2026-03-30T08:00");
        assert_eq!(hours_later("2026-10-23T14:00:00Z", 4), "2026-10-26T11:00");
    }

    #[test]
    fn the_clocks_change_at_one_in_the_morning_of_the_last_sundays() {
        for (moment, ahead) in [
            ("2026-03-29T00:59:59.999Z", 0),
            ("2026-03-29T01:00:00Z", HOUR),
            ("2026-10-25T00:59:59.999Z", HOUR),
            ("2026-10-25T01:00:00Z", 0),
            // A last day of the month that is a Sunday itself.
            ("2024-03-31T00:59:59Z", 0),
            ("2024-03-31T01:00:00Z", HOUR),
        ] {
            assert_eq!(offset(at(moment).millis()), ahead, "{moment}");
        }
    }

    #[test]
    fn a_working_day_ends_at_its_hour_and_holidays_are_none() {
        let policy = Policy { holidays: std::borrow::Cow::Owned(vec!["2026-03-03".into()]), ..Policy::DEFAULT };
        let next = |from: &str, policy: &Policy| end_of_next_working_day(at(from), policy).to_string()[..16].to_owned();
        assert_eq!(next("2026-03-02T09:00:00Z", &Policy::DEFAULT), "2026-03-03T16:00");
        assert_eq!(next("2026-03-02T09:00:00Z", &policy), "2026-03-04T16:00");
        assert_eq!(after_working_days(at("2026-03-02T09:00:00Z"), 1, &policy).to_string()[..16], *"2026-03-04T09:00");
    }

    #[test]
    fn a_holiday_may_be_a_period_and_schools_have_breaks_of_their_own() {
        let policy = Policy {
            holidays: std::borrow::Cow::Owned(vec!["2026-12-25/2026-12-28".into()]),
            school_closed: std::borrow::Cow::Owned(vec!["2026-12-21/2027-01-01".into()]),
            ..Policy::DEFAULT
        };
        // Thursday the 24th, 15:00; the 25th to 28th are holidays.
        assert_eq!(
            after_working_ms(at("2026-12-24T15:00:00Z"), 2 * HOUR, &policy).to_string()[..16],
            *"2026-12-29T09:00"
        );
        // Schools are open again on Monday 4 January.
        assert_eq!(next_school_day_end(at("2026-12-18T17:00:00Z"), &policy).to_string()[..16], *"2027-01-04T16:00");
        assert_eq!(after_school_days(at("2026-12-17T09:00:00Z"), 5, &policy).to_string()[..16], *"2027-01-07T09:00");
        assert_eq!(
            after_school_days(at("2026-12-17T09:00:00Z"), 2, &Policy::DEFAULT).to_string()[..16],
            *"2026-12-21T09:00"
        );
    }

    #[test]
    fn a_calendar_without_any_work_still_lets_things_fall_due() {
        let policy =
            Policy { holidays: std::borrow::Cow::Owned(vec!["2000-01-01/2099-12-31".into()]), ..Policy::DEFAULT };
        assert_eq!(after_working_ms(at("2026-03-02T09:00:00Z"), 4 * HOUR, &policy), at("2026-03-02T13:00:00Z"));
        assert_eq!(end_of_next_working_day(at("2026-03-02T09:00:00Z"), &policy), at("2026-03-02T09:00:00Z"));
    }

    proptest::proptest! {
        // 2020 to 2040, to the minute, and up to 400 working hours.
        #[test]
        fn what_is_due_in_working_time_is_due_at_work_and_never_sooner_for_more(
            from in 26_297_280_i64..36_817_920, hours in 0_i64..400, more in 0_i64..400,
        ) {
            let from = Timestamp::from_millis(from * MINUTE);
            let policy = Policy {
                holidays: std::borrow::Cow::Owned(vec!["2026-12-25".into(), "2030-05-01/2030-05-09".into()]),
                ..Policy::DEFAULT
            };
            let due = after_working_ms(from, hours * HOUR, &policy);
            proptest::prop_assert!(due >= from);
            proptest::prop_assert!(is_working(due, &policy), "{due}");
            proptest::prop_assert!(after_working_ms(from, (hours + more) * HOUR, &policy) >= due);
            proptest::prop_assert!(after_working_ms(from.plus_millis(more * MINUTE), hours * HOUR, &policy) >= due);
            // In two steps it is the same moment as in one.
            let at_once = after_working_ms(from, (hours + more) * HOUR, &policy);
            proptest::prop_assert_eq!(after_working_ms(due, more * HOUR, &policy), at_once);
            proptest::prop_assert!(is_working(end_of_next_working_day(from, &policy), &policy));
            proptest::prop_assert!(next_school_day_end(from, &policy) > from);
        }
    }
}
