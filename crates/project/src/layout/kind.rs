use std::fmt;
use std::str::FromStr;

/// How a directory of migrations is laid out, named after the tool that invented it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    /// Ours: `<version>_name.sql`, `R__name.sql`, `*.down.sql`.
    Native,
    /// `V1__name.sql`, `U1__name.sql`, `R__name.sql`, `B1__name.sql`.
    Flyway,
    /// Formatted SQL: several changesets in a file.
    Liquibase,
    /// `1_name.up.sql`, `1_name.down.sql`.
    GolangMigrate,
    /// `00001_name.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// `20240101120000_name.sql` with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// `20240101120000_name.sql` with `atlas.sum`.
    Atlas,
    /// `sqitch.plan` with `deploy/`, `revert/` and `verify/`.
    Sqitch,
    /// `20240101120000_name/migration.sql` with `migration_lock.toml`.
    Prisma,
    /// `2024-01-01-120000_name/up.sql` and `down.sql`.
    Diesel,
    /// `20240101120000_name.sql`, or with `.up.sql` and `.down.sql`.
    Sqlx,
    /// `db/migrate/20240101120000_name.sql`.
    Rails,
    /// `0000_name.sql` with `meta/_journal.json`.
    Drizzle,
    /// `1.2_name.sql`, `name_ddl.sql`, `db##version##type##name.sql`.
    Bytebase,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 14] = [
        Self::Native,
        Self::Flyway,
        Self::Liquibase,
        Self::GolangMigrate,
        Self::Goose,
        Self::Dbmate,
        Self::Atlas,
        Self::Sqitch,
        Self::Prisma,
        Self::Diesel,
        Self::Sqlx,
        Self::Rails,
        Self::Drizzle,
        Self::Bytebase,
    ];

    /// Name as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Flyway => "flyway",
            Self::Liquibase => "liquibase",
            Self::GolangMigrate => "golang-migrate",
            Self::Goose => "goose",
            Self::Dbmate => "dbmate",
            Self::Atlas => "atlas",
            Self::Sqitch => "sqitch",
            Self::Prisma => "prisma",
            Self::Diesel => "diesel",
            Self::Sqlx => "sqlx",
            Self::Rails => "rails",
            Self::Drizzle => "drizzle",
            Self::Bytebase => "bytebase",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no layout's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown layout `{name}`: known are {}", Layout::ALL.map(Layout::name).join(", "))]
pub struct UnknownLayout {
    /// The name.
    pub name: String,
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|layout| layout.name() == name)
            .ok_or_else(|| UnknownLayout { name: name.to_owned() })
    }
}
