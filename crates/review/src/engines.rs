use sluice_sql::Dialect;

/// A set of dialects that a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engines(u8);

impl Engines {
    /// PostgreSQL.
    pub const POSTGRES: Self = Self(1);
    /// MySQL.
    pub const MYSQL: Self = Self(2);
    /// MariaDB.
    pub const MARIADB: Self = Self(4);
    /// SQLite.
    pub const SQLITE: Self = Self(8);
    /// MySQL and MariaDB.
    pub const MYSQL_FAMILY: Self = Self(6);
    /// Servers: everything but SQLite.
    pub const SERVERS: Self = Self(7);
    /// Those that know DDL transactions: PostgreSQL and SQLite.
    pub const TRANSACTIONAL: Self = Self(9);
    /// All.
    pub const ALL: Self = Self(15);

    /// Whether `dialect` is among them.
    pub fn contains(self, dialect: Dialect) -> bool {
        let bit = match dialect {
            Dialect::Postgres => Self::POSTGRES,
            Dialect::Mysql => Self::MYSQL,
            Dialect::Mariadb => Self::MARIADB,
            Dialect::Sqlite => Self::SQLITE,
        };
        self.0 & bit.0 != 0
    }

    /// The dialects among them.
    pub fn iter(self) -> impl Iterator<Item = Dialect> {
        Dialect::ALL.into_iter().filter(move |dialect| self.contains(*dialect))
    }
}
