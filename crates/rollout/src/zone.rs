//! Time zones by their IANA names, from the database that is built in: the same answer on every machine.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// An IANA time zone such as `Europe/Berlin`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a time zone: write an IANA name such as Europe/Berlin, America/New_York or UTC")]
pub struct ZoneError {
    /// The name.
    pub name: String,
}

impl Zone {
    /// Finds a zone by its IANA name, in any case.
    ///
    /// # Errors
    /// [`ZoneError`] for a name that the time zone database does not have.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        let rules = DATABASE.get(name.trim()).map_err(|_| ZoneError { name: name.to_owned() })?;
        let name = rules.iana_name().unwrap_or(name).to_owned();
        Ok(Self { name, rules })
    }

    /// The zone's name as the database spells it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules.
    pub(crate) fn rules(&self) -> &TimeZone {
        &self.rules
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl TryFrom<String> for Zone {
    type Error = ZoneError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}
