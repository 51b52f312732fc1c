//! Times of the week in which rollouts may start, proof against daylight saving.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Zone, ZoneError};

/// A recurring time of the week, for example `mon-thu` from `22:00` to `04:00` in `Europe/Berlin`.
///
/// On each of its days it is the set of instants from the local start (inclusive) to the local end (exclusive); an end at
/// or before the start is on the next day, so equal times are 24 hours by the clock. A local time that a clock change
/// skips stands for the instant that much later (02:30 becomes 03:30), one that happens twice for the first of both.
/// A window that is empty after that does not open on that day; a day that the zone skips altogether has no window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Window {
    days: [bool; 7],
    from: Time,
    to: Time,
    zone: Zone,
}

/// Text that is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// Not a day of the week or a range of them.
    #[error(
        "`{days}` are not days: write daily, a range such as mon-thu, or a list such as sat,sun (mon tue wed thu fri sat sun)"
    )]
    Days {
        /// As written.
        days: String,
    },
    /// Not a time of day.
    #[error("`{time}` is not a time of day: write it from 00:00 to 24:00, for example 22:00")]
    Time {
        /// As written.
        time: String,
    },
    /// Not a time zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

/// A window as it stands in the configuration.
#[derive(Serialize, Deserialize)]
struct Written {
    days: String,
    from: String,
    to: String,
    zone: Zone,
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Window {
    /// Reads days (`mon-thu`, `sat,sun`, `fri-mon`, `daily`), local times (`22:00`, `24:00` is `00:00`) and a zone.
    ///
    /// # Errors
    /// [`WindowError`] naming the value that is wrong.
    pub fn parse(days: &str, from: &str, to: &str, zone: &str) -> Result<Self, WindowError> {
        Ok(Self {
            days: parse_days(days)?,
            from: parse_time(from)?,
            to: parse_time(to)?,
            zone: Zone::parse(zone)?,
        })
    }

    /// The zone that its times are in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether it is open at that instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.closes_at(at).is_some()
    }

    /// When it closes, if it is open at that instant. A window that follows without a gap is not counted.
    pub fn closes_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.around(at, 2).filter(|(start, end)| *start <= at && at < *end).map(|(_, end)| end).max()
    }

    /// When it opens next: the first start after that instant, whether or not it is open then.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        // A week is enough, except around a day that a zone skips or on which the window is empty.
        self.around(at, 16).map(|(start, _)| start).find(|start| *start > at)
    }

    /// Its openings from two days before `at` to `days` after, in order of time.
    fn around(&self, at: Timestamp, days: i64) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let today = at.to_zoned(self.zone.rules().clone()).date();
        (-2..=days)
            .filter_map(move |offset| self.on(today.checked_add(Span::new().try_days(offset).ok()?).ok()?))
    }

    /// The opening that begins on `date`.
    fn on(&self, date: Date) -> Option<(Timestamp, Timestamp)> {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
        if !self.days.get(weekday).copied().unwrap_or(false) {
            return None;
        }
        let rules = self.zone.rules();
        let exists = date.to_zoned(rules.clone()).ok()?.date() == date;
        if !exists {
            return None;
        }
        let last = if self.to <= self.from { date.tomorrow().ok()? } else { date };
        let start = rules.to_ambiguous_timestamp(date.to_datetime(self.from)).compatible().ok()?;
        let end = rules.to_ambiguous_timestamp(last.to_datetime(self.to)).compatible().ok()?;
        (start < end).then_some((start, end))
    }
}

fn parse_days(text: &str) -> Result<[bool; 7], WindowError> {
    let error = || WindowError::Days { days: text.to_owned() };
    let lower = text.trim().to_ascii_lowercase();
    if lower == "daily" {
        return Ok([true; 7]);
    }
    let position = |name: &str| DAYS.iter().position(|(day, _)| *day == name.trim()).ok_or_else(error);
    let mut days = [false; 7];
    for part in lower.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (position(first)?, position(last)?);
        for (day, open) in days.iter_mut().enumerate() {
            *open |= if first <= last { first <= day && day <= last } else { day >= first || day <= last };
        }
    }
    Ok(days)
}

fn parse_time(text: &str) -> Result<Time, WindowError> {
    let error = || WindowError::Time { time: text.to_owned() };
    let trimmed = text.trim();
    if trimmed == "24:00" {
        return Ok(Time::midnight());
    }
    let (hour, minute) = trimmed.split_once(':').ok_or_else(error)?;
    let number = |digits: &str, length: std::ops::RangeInclusive<usize>| {
        (length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<i8>().ok())
            .flatten()
            .ok_or_else(error)
    };
    Time::new(number(hour, 1..=2)?, number(minute, 2..=2)?, 0, 0).map_err(|_| error())
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} to {} {}",
            days_text(&self.days),
            self.from.strftime("%H:%M"),
            self.to.strftime("%H:%M"),
            self.zone
        )
    }
}

/// `mon-thu`, `sat,sun`, `daily`: the shortest way to write the days.
fn days_text(days: &[bool; 7]) -> String {
    if days.iter().all(|open| *open) {
        return "daily".to_owned();
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (day, _) in days.iter().enumerate().filter(|(_, open)| **open) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    // A run that ends on Sunday goes on with one that begins on Monday.
    if let ([(0, monday_end), .., (_, 6)], true) = (runs.as_slice(), runs.len() > 1) {
        let end = *monday_end;
        runs.remove(0);
        if let Some((_, last)) = runs.last_mut() {
            *last = end;
        }
    }
    let name = |day: usize| DAYS.get(day).map_or("", |(name, _)| name);
    let texts: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match (last + 7 - first) % 7 {
            0 => name(first).to_owned(),
            1 => format!("{},{}", name(first), name(last)),
            _ => format!("{}-{}", name(first), name(last)),
        })
        .collect();
    texts.join(",")
}

impl TryFrom<Written> for Window {
    type Error = WindowError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Self {
            days: parse_days(&written.days)?,
            from: parse_time(&written.from)?,
            to: parse_time(&written.to)?,
            zone: written.zone,
        })
    }
}

impl From<Window> for Written {
    fn from(window: Window) -> Self {
        Self {
            days: days_text(&window.days),
            from: window.from.strftime("%H:%M").to_string(),
            to: window.to.strftime("%H:%M").to_string(),
            zone: window.zone,
        }
    }
}
