//! Times in which nothing may start, whatever the windows say.

use std::fmt;
use std::str::FromStr as _;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{Zone, ZoneError};

/// A range of dates or local times in which nothing starts, for example `2026-12-20` to `2027-01-03` in
/// `Europe/Berlin`. The last date is part of it; a last time of day is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Freeze {
    written: Written,
    start: Timestamp,
    end: Timestamp,
}

/// Text that is no freeze.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    /// Not a date or a date with a time.
    #[error(
        "`{text}` is not a date or a local time: write 2026-12-20 or 2026-12-20T18:00, without an offset"
    )]
    Moment {
        /// As written.
        text: String,
    },
    /// It ends before it begins.
    #[error("the freeze ends on `{to}`, before it begins on `{from}`: swap them")]
    Backwards {
        /// Begin as written.
        from: String,
        /// End as written.
        to: String,
    },
    /// Not a time zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
}

/// A freeze as it stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    from: String,
    to: String,
    zone: Zone,
    reason: String,
}

/// A moment as written.
enum Moment {
    Date(Date),
    DateTime(DateTime),
}

impl Freeze {
    /// Reads two dates or local times, their zone, and the reason that people are shown.
    ///
    /// # Errors
    /// [`FreezeError`] naming the value that is wrong.
    pub fn parse(from: &str, to: &str, zone: &str, reason: &str) -> Result<Self, FreezeError> {
        let zone = Zone::parse(zone)?;
        Self::try_from(Written {
            from: from.trim().to_owned(),
            to: to.trim().to_owned(),
            zone,
            reason: reason.trim().to_owned(),
        })
    }

    /// Why nothing may start.
    pub fn reason(&self) -> &str {
        &self.written.reason
    }

    /// First instant of it.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// First instant after it.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// Whether `at` is in it.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

impl Moment {
    fn parse(text: &str) -> Result<Self, FreezeError> {
        let error = || FreezeError::Moment { text: text.to_owned() };
        let has_date = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
        let plain = text.len() >= 10 && has_date && !text.contains(['[', 'Z', 'z', '+']);
        match text.get(10..).filter(|_| plain) {
            Some("") => Date::from_str(text).map(Self::Date).map_err(|_| error()),
            Some(time) if !time.contains('-') => {
                DateTime::from_str(text).map(Self::DateTime).map_err(|_| error())
            }
            _ => Err(error()),
        }
    }
}

impl TryFrom<Written> for Freeze {
    type Error = FreezeError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let rules = written.zone.rules();
        let instant = |moment: DateTime, text: &str| {
            rules
                .to_ambiguous_timestamp(moment)
                .compatible()
                .map_err(|_| FreezeError::Moment { text: text.to_owned() })
        };
        let midnight = |date: Date| date.to_datetime(jiff::civil::Time::midnight());
        let start = match Moment::parse(&written.from)? {
            Moment::Date(date) => instant(midnight(date), &written.from)?,
            Moment::DateTime(moment) => instant(moment, &written.from)?,
        };
        let end = match Moment::parse(&written.to)? {
            Moment::Date(date) => {
                let after = date.tomorrow().map_err(|_| FreezeError::Moment { text: written.to.clone() })?;
                instant(midnight(after), &written.to)?
            }
            Moment::DateTime(moment) => instant(moment, &written.to)?,
        };
        if end <= start {
            return Err(FreezeError::Backwards { from: written.from, to: written.to });
        }
        Ok(Self { written, start, end })
    }
}

impl From<Freeze> for Written {
    fn from(freeze: Freeze) -> Self {
        freeze.written
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written { from, to, zone, reason } = &self.written;
        write!(f, "{from} to {to} {zone}")?;
        if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
    }
}
