//! What one setting of a policy is: its name in the file, what it may be, and where it is held.

use std::borrow::Cow;

use signed::{Timestamp, UserId, Value};

use super::Policy;
use super::table::SETTINGS;

/// Entries of a list at most: ten years of holidays fit.
pub const LIST_MAX: usize = 256;

/// What a number in the file counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days of 24 hours.
    Days,
    /// Nothing but itself: a count, an age, a percentage, days of a calendar.
    One,
}

impl Unit {
    /// How much of what is held one of it is: milliseconds for a length of time.
    #[must_use]
    pub const fn size(self) -> i64 {
        match self {
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
            Self::Days => 86_400_000,
            Self::One => 1,
        }
    }
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number from `least` to `most`.
    Number {
        /// What it counts.
        unit: Unit,
        /// The smallest.
        least: i64,
        /// The biggest.
        most: i64,
    },
    /// So many numbers, each bigger than the one before.
    Rising {
        /// How many.
        count: usize,
        /// What they count.
        unit: Unit,
        /// The smallest.
        least: i64,
        /// The biggest.
        most: i64,
    },
    /// So many numbers, each smaller than the one before.
    Falling {
        /// How many.
        count: usize,
        /// What they count.
        unit: Unit,
        /// The smallest.
        least: i64,
        /// The biggest.
        most: i64,
    },
    /// Days `YYYY-MM-DD`, and periods `YYYY-MM-DD/YYYY-MM-DD` with both ends in them.
    Days,
    /// Ids of users.
    Users,
}

/// Why a value is none of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Of another type.
    Type,
    /// Of the type, but not one that is allowed.
    Range,
}

impl Form {
    /// What its numbers count.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Number { unit, .. } | Self::Rising { unit, .. } | Self::Falling { unit, .. } => unit,
            Self::Days | Self::Users => Unit::One,
        }
    }

    /// What is allowed, in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Number { least, most, .. } => format!("{least} to {most}"),
            Self::Rising { count, least, most, .. } => format!("{count} rising numbers, {least} to {most}"),
            Self::Falling { count, least, most, .. } => format!("{count} falling numbers, {least} to {most}"),
            Self::Days => String::from("a list of days \"YYYY-MM-DD\" and of periods \"YYYY-MM-DD/YYYY-MM-DD\""),
            Self::Users => String::from("a list of user ids"),
        }
    }

    /// Whether a value is of this form.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(self, value: &Value) -> Result<(), Wrong> {
        match self {
            Self::Number { least, most, .. } => {
                let number = value.as_int().ok_or(Wrong::Type)?;
                within((least..=most).contains(&number))
            }
            Self::Rising { count, least, most, .. } => numbers(value, count, least, most, |one, next| one < next),
            Self::Falling { count, least, most, .. } => numbers(value, count, least, most, |one, next| one > next),
            Self::Days => texts(value, |text| period(text).is_some()),
            Self::Users => texts(value, |text| UserId::new(text).is_ok()),
        }
    }
}

fn within(fits: bool) -> Result<(), Wrong> {
    if fits { Ok(()) } else { Err(Wrong::Range) }
}

fn numbers(value: &Value, count: usize, least: i64, most: i64, follows: fn(&i64, &i64) -> bool) -> Result<(), Wrong> {
    let list = value.as_array().ok_or(Wrong::Type)?;
    let list: Vec<i64> = list.iter().map(|item| item.as_int().ok_or(Wrong::Type)).collect::<Result<_, _>>()?;
    let in_order = list.iter().zip(list.iter().skip(1)).all(|(one, next)| follows(one, next));
    within(list.len() == count && in_order && list.iter().all(|number| (least..=most).contains(number)))
}

fn texts(value: &Value, fits: fn(&str) -> bool) -> Result<(), Wrong> {
    let list = value.as_array().ok_or(Wrong::Type)?;
    let list: Vec<&str> = list.iter().map(|item| item.as_text().ok_or(Wrong::Type)).collect::<Result<_, _>>()?;
    within(list.len() <= LIST_MAX && list.into_iter().all(fits))
}

/// The first and the last day of a day or a period, as text.
pub(crate) fn period(text: &str) -> Option<(&str, &str)> {
    let is_day = |day: &str| day.len() == 10 && Timestamp::parse(&format!("{day}T00:00:00Z")).is_ok();
    let (first, last) = text.split_once('/').unwrap_or((text, text));
    // Days of this form stand in the order of time.
    (is_day(first) && is_day(last) && first <= last).then_some((first, last))
}

/// One setting: everything that is known of it stands in its line of the table.
#[derive(Clone, Copy)]
pub struct Setting {
    /// The heading it stands under.
    pub group: &'static str,
    /// The rule (or rules) that ask it.
    pub rule: &'static str,
    /// Its name in the file, with the unit of its numbers.
    pub name: &'static str,
    /// What it is, as a sentence.
    pub what: &'static str,
    /// What it may be.
    pub form: Form,
    pub(super) get: fn(&Policy, i64) -> Value,
    pub(super) set: fn(&mut Policy, i64, &Value) -> bool,
}

impl Setting {
    /// All of them, in the order of the file.
    #[must_use]
    pub fn all() -> &'static [Self] {
        SETTINGS
    }

    /// The setting of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// What a policy says here, in the unit of the file.
    #[must_use]
    pub fn value(&self, policy: &Policy) -> Value {
        (self.get)(policy, self.form.unit().size())
    }

    /// Sets it.
    ///
    /// # Errors
    /// Why the value is none for it; then nothing has changed.
    pub fn set(&self, policy: &mut Policy, value: &Value) -> Result<(), Wrong> {
        self.form.check(value)?;
        if (self.set)(policy, self.form.unit().size(), value) { Ok(()) } else { Err(Wrong::Type) }
    }

    /// What a policy says here, as it stands in the file.
    #[must_use]
    pub fn text(&self, policy: &Policy) -> String {
        match self.value(policy) {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| item.to_json().to_string()).collect();
                format!("[{}]", items.join(", "))
            }
            value @ (Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Bytes(_)
            | Value::Text(_)
            | Value::Map(_)) => value.to_json().to_string(),
        }
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setting({})", self.name)
    }
}

/// How a field of a policy holds what the file says; `size` is what one of the file's unit is there.
pub(super) trait Held {
    /// As the file says it.
    fn held(&self, size: i64) -> Value;
    /// Takes what the file says, if it is of its type.
    fn hold(&mut self, size: i64, value: &Value) -> bool;
}

impl Held for i64 {
    fn held(&self, size: i64) -> Value {
        Value::Int(self.checked_div(size).unwrap_or(*self))
    }

    fn hold(&mut self, size: i64, value: &Value) -> bool {
        let number = value.as_int().and_then(|number| number.checked_mul(size));
        number.map(|number| *self = number).is_some()
    }
}

impl Held for usize {
    fn held(&self, _size: i64) -> Value {
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }

    fn hold(&mut self, _size: i64, value: &Value) -> bool {
        let number = value.as_int().and_then(|number| Self::try_from(number).ok());
        number.map(|number| *self = number).is_some()
    }
}

impl<const N: usize> Held for [i64; N] {
    fn held(&self, size: i64) -> Value {
        Value::Array(self.iter().map(|number| number.held(size)).collect())
    }

    fn hold(&mut self, size: i64, value: &Value) -> bool {
        let mut new = *self;
        let list = value.as_array().filter(|list| list.len() == N);
        let fits = list.is_some_and(|list| new.iter_mut().zip(list).all(|(number, item)| number.hold(size, item)));
        if fits {
            *self = new;
        }
        fits
    }
}

impl Held for (i64, i64) {
    fn held(&self, size: i64) -> Value {
        [self.0, self.1].held(size)
    }

    fn hold(&mut self, size: i64, value: &Value) -> bool {
        let mut new = [self.0, self.1];
        let fits = new.hold(size, value);
        *self = (new[0], new[1]);
        fits
    }
}

impl Held for Cow<'static, [Cow<'static, str>]> {
    fn held(&self, _size: i64) -> Value {
        Value::Array(self.iter().map(|text| Value::text(text.as_ref())).collect())
    }

    fn hold(&mut self, _size: i64, value: &Value) -> bool {
        let text = |item: &Value| item.as_text().map(|text| Cow::Owned(text.to_owned()));
        let list: Option<Vec<_>> = value.as_array().and_then(|list| list.iter().map(text).collect());
        list.map(|list| *self = Cow::Owned(list)).is_some()
    }
}
