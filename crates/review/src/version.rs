use std::str::FromStr;

use sluice_sql::Dialect;

/// A server's version: `16`, `10.11`, `8.0.29`. What is left out is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerVersion {
    /// Major.
    pub major: u32,
    /// Minor.
    pub minor: u32,
    /// Patch.
    pub patch: u32,
}

impl ServerVersion {
    /// `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The oldest version that is supported: what holds for it is what a review may count on where nothing is said.
    pub const fn oldest(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::new(14, 0, 0),
            Dialect::Mysql => Self::new(8, 0, 0),
            Dialect::Mariadb => Self::new(10, 6, 0),
            Dialect::Sqlite => Self::new(3, 35, 0),
        }
    }

    /// # Errors
    /// The version is older than the oldest one that is supported, so that nothing is known of it.
    pub fn supported(self, dialect: Dialect) -> Result<Self, TooOld> {
        let oldest = Self::oldest(dialect);
        if self < oldest { Err(TooOld { version: self, dialect, oldest }) } else { Ok(self) }
    }

    /// Whether it is `major.minor` or later.
    pub fn at_least(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

/// A version that is too old to be reviewed for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dialect} {version} is not supported: the oldest version that is known is {oldest}")]
pub struct TooOld {
    version: ServerVersion,
    dialect: Dialect,
    oldest: ServerVersion,
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no server version: write it like `16`, `10.11` or `8.0.29`")]
pub struct BadVersion(String);

impl FromStr for ServerVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bad = || BadVersion(text.to_owned());
        // Servers add words: `16.4 (Debian)`, `10.11.6-MariaDB`.
        let number = text.trim().split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let mut parts = number.split('.').map(|part| part.parse::<u32>());
        let major = parts.next().and_then(Result::ok).ok_or_else(bad)?;
        let mut rest = || parts.next().map_or(Ok(0), |part| part.map_err(|_| bad()));
        Ok(Self { major, minor: rest()?, patch: rest()? })
    }
}

impl std::fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.major)?;
        if self.minor > 0 || self.patch > 0 {
            write!(f, ".{}", self.minor)?;
        }
        if self.patch > 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_write_them() {
        let table = [
            ("16", ServerVersion::new(16, 0, 0)),
            ("16.4 (Debian 16.4-1)", ServerVersion::new(16, 4, 0)),
            ("10.11.6-MariaDB-0+deb12u1", ServerVersion::new(10, 11, 6)),
            ("8.0.29", ServerVersion::new(8, 0, 29)),
        ];
        for (text, version) in table {
            assert_eq!(text.parse(), Ok(version), "{text}");
        }
        for (text, dialect) in [
            ("9.6", Dialect::Postgres),
            ("13.9", Dialect::Postgres),
            ("5.7.44", Dialect::Mysql),
            ("10.2", Dialect::Mariadb),
            ("3.34", Dialect::Sqlite),
        ] {
            let version: ServerVersion = text.parse().unwrap();
            assert!(version.supported(dialect).is_err(), "{dialect} {text}");
            let oldest = ServerVersion::oldest(dialect);
            assert_eq!(oldest.supported(dialect), Ok(oldest));
        }
        for text in ["", "latest", "-1", "1..2", "99999999999"] {
            assert!(text.parse::<ServerVersion>().is_err(), "{text}");
        }
    }
}
