//! Working time: Monday to Friday less the policy's holidays, from and to the policy's hours, by the
//! clocks of the United Kingdom (summer time from the last Sunday of March to the last of October, 01:00
//! UTC). Urgent timers never ask this.

use signed::Timestamp;

use crate::policy::Policy;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// How far ahead a working day is looked for: policies with more holidays than this in a row are refused.
const DAYS_LOOKED_AT: i64 = 366;

/// The moment at which so much working time has passed since another.
#[must_use]
pub fn after_working_ms(from: Timestamp, ms: i64, policy: &Policy) -> Timestamp {
    let mut left = ms.max(0);
    let first = day_of(from);
    for day in first..first + DAYS_LOOKED_AT + left / HOUR {
        let Some((opens, closes)) = hours(day, policy) else { continue };
        let begins = opens.max(from.millis());
        if begins >= closes {
            continue;
        }
        if left <= closes - begins {
            return Timestamp::from_millis(begins + left);
        }
        left -= closes - begins;
    }
    Timestamp::from_millis(from.millis().saturating_add(ms))
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
    let first = day_of(from) + 1;
    let end = (first..first + DAYS_LOOKED_AT).find_map(|day| hours(day, policy));
    end.map_or(from, |(_, closes)| Timestamp::from_millis(closes))
}

/// When work begins and ends on a day, in milliseconds since 1970.
fn hours(day: i64, policy: &Policy) -> Option<(i64, i64)> {
    // 1 January 1970 was a Thursday.
    let weekday = (day + 3).rem_euclid(7);
    let text = Timestamp::from_millis(day * DAY).to_string();
    let holiday = policy.holidays.iter().any(|known| text.starts_with(known.as_ref()));
    if weekday > 4 || holiday {
        return None;
    }
    let (opens, closes) = policy.working_hours;
    let noon = day * DAY + 12 * HOUR;
    let midnight = day * DAY - offset(noon);
    Some((midnight + opens * HOUR, midnight + closes * HOUR))
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
    fn the_hours_are_those_on_the_wall_on_both_sides_of_a_change_of_the_clocks() {
        // 29 March 2026: 08:00 is 07:00 UTC from then on; 25 October 2026: 08:00 UTC again.
        assert_eq!(hours_later("2026-03-27T15:00:00Z", 4), "2026-03-30T10:00");
        assert_eq!(hours_later("2026-03-30T01:00:00Z", 1), "2026-03-30T08:00");
        assert_eq!(hours_later("2026-10-23T14:00:00Z", 4), "2026-10-26T11:00");
    }

    #[test]
    fn a_working_day_ends_at_its_hour_and_holidays_are_none() {
        let policy = Policy { holidays: std::borrow::Cow::Owned(vec!["2026-03-03".into()]), ..Policy::DEFAULT };
        let next = |from: &str, policy: &Policy| end_of_next_working_day(at(from), policy).to_string()[..16].to_owned();
        assert_eq!(next("2026-03-02T09:00:00Z", &Policy::DEFAULT), "2026-03-03T16:00");
        assert_eq!(next("2026-03-02T09:00:00Z", &policy), "2026-03-04T16:00");
        assert_eq!(after_working_days(at("2026-03-02T09:00:00Z"), 1, &policy).to_string()[..16], *"2026-03-04T09:00");
    }
}
