use sluice_text::Span;

use super::{Expr, Ident, Keyword, NamedOption, ObjectName, Parsed, RoleName, Setting, Text, Word};

/// `CREATE SCHEMA` (PostgreSQL; MySQL's is [`CreateDatabase`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSchema {
    /// Its name; none where it is the owner's.
    pub name: Option<ObjectName>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `AUTHORIZATION role`.
    pub owner: Option<RoleName>,
    /// Statements that follow inside of it.
    pub elements: Vec<Parsed>,
}

/// `CREATE DATABASE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateDatabase {
    /// Its name.
    pub name: ObjectName,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Option<Span>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// Default charset; `ENCODING` (PostgreSQL).
    pub charset: Option<Word>,
    /// Default collation.
    pub collation: Option<Word>,
    /// Other options.
    pub options: Vec<NamedOption>,
}

/// `CREATE EXTENSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateExtension {
    /// Its name.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `SCHEMA name`.
    pub schema: Option<Ident>,
    /// `VERSION x`.
    pub version: Option<Text>,
    /// `CASCADE`.
    pub cascade: Option<Span>,
}

/// `CREATE PUBLICATION`, and `ALTER PUBLICATION` that changes what is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its name.
    pub name: ObjectName,
    /// `CREATE`, `ADD`, `DROP`, `SET`.
    pub verb: Word,
    /// `FOR ALL TABLES`.
    pub all_tables: bool,
    /// Tables.
    pub tables: Vec<PublishedTable>,
    /// `TABLES IN SCHEMA`.
    pub schemas: Vec<Ident>,
    /// `WITH (…)`.
    pub options: Vec<NamedOption>,
}

/// A table of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedTable {
    /// Its name.
    pub name: ObjectName,
    /// Columns.
    pub columns: Vec<Ident>,
    /// `WHERE (…)`.
    pub filter: Option<Expr>,
}

/// `CREATE SUBSCRIPTION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub name: ObjectName,
    /// The connection string; may hold a password and must never be shown.
    pub connection: Text,
    /// Publications.
    pub publications: Vec<Ident>,
    /// `WITH (…)`.
    pub options: Vec<NamedOption>,
}

/// `ATTACH DATABASE` (SQLite).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// The file.
    pub file: Expr,
    /// The name it gets.
    pub schema: Expr,
}

/// `DETACH DATABASE` (SQLite).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detach {
    /// Its name.
    pub schema: Expr,
}

/// `ALTER SYSTEM` (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterSystem {
    /// The setting; none for `RESET ALL`.
    pub setting: Option<Setting>,
}
