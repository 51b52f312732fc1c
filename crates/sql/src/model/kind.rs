use super::{GrantDirection, Statement};

/// What sort of statement it is, for filters and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Defines objects: `CREATE`, `ALTER`, `DROP`, `RENAME`, `TRUNCATE`, `COMMENT`.
    Definition,
    /// Changes rows: `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `COPY FROM`, `LOAD`, a query with a writing `WITH`.
    Rows,
    /// Reads rows.
    Query,
    /// Grants, roles and policies.
    Access,
    /// Settings of session or server, locks.
    Session,
    /// Transaction control.
    Transaction,
    /// Housekeeping.
    Maintenance,
    /// Runs a program: `DO`, `CALL`.
    Program,
    /// Anything else.
    Other,
    /// Not understood.
    Unparsed,
}

impl Statement {
    /// What sort of statement it is.
    pub fn kind(&self) -> StatementKind {
        use StatementKind as K;
        match self {
            Self::CreateTable(_)
            | Self::AlterTable(_)
            | Self::RenameTables(_)
            | Self::Truncate(_)
            | Self::CreateIndex(_)
            | Self::DropIndex(_)
            | Self::Drop(_)
            | Self::CreateView(_)
            | Self::RefreshView(_)
            | Self::CreateType(_)
            | Self::AlterEnum(_)
            | Self::AlterType(_)
            | Self::CreateDomain(_)
            | Self::AlterDomain(_)
            | Self::CreateSequence(_)
            | Self::AlterSequence(_)
            | Self::CreateRoutine(_)
            | Self::CreateTrigger(_)
            | Self::CreateEvent(_)
            | Self::CreateSchema(_)
            | Self::CreateDatabase(_)
            | Self::CreateExtension(_)
            | Self::Publication(_)
            | Self::Subscription(_)
            | Self::CreateObject(_)
            | Self::AlterObject(_)
            | Self::Comment(_) => K::Definition,
            Self::Grant(_) | Self::DefaultPrivileges(_) | Self::Role(_) | Self::Policy(_) => K::Access,
            Self::AlterSystem(_)
            | Self::Set(_)
            | Self::Lock(_)
            | Self::Pragma(_)
            | Self::Attach(_)
            | Self::Detach(_) => K::Session,
            Self::Transaction(_) => K::Transaction,
            Self::Maintenance(_) => K::Maintenance,
            Self::Do(_) | Self::Call(_) => K::Program,
            Self::Insert(_) | Self::Update(_) | Self::Delete(_) | Self::Merge(_) | Self::Load(_) => K::Rows,
            Self::Query(query) if query.facts.ctes.iter().any(|cte| cte.writes.is_some()) => K::Rows,
            Self::Query(_) => K::Query,
            Self::Copy(copy) if copy.direction == super::CopyDirection::From => K::Rows,
            Self::Copy(_) => K::Query,
            Self::Other(_) => K::Other,
            Self::Unparsed { .. } => K::Unparsed,
        }
    }

    /// Whether it defines objects or rights: what a schema diff would show, `TRUNCATE` and `REFRESH` included.
    pub fn is_ddl(&self) -> bool {
        matches!(self.kind(), StatementKind::Definition | StatementKind::Access)
    }

    /// Whether it changes rows.
    pub fn is_dml(&self) -> bool {
        self.kind() == StatementKind::Rows
    }

    /// The words that it begins with, for messages: `CREATE TABLE`, `DELETE`.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::CreateTable(_) => "CREATE TABLE",
            Self::AlterTable(_) => "ALTER TABLE",
            Self::RenameTables(_) => "RENAME TABLE",
            Self::Truncate(_) => "TRUNCATE",
            Self::CreateIndex(_) => "CREATE INDEX",
            Self::DropIndex(_) => "DROP INDEX",
            Self::Drop(_) => "DROP",
            Self::CreateView(view) if view.materialized => "CREATE MATERIALIZED VIEW",
            Self::CreateView(_) => "CREATE VIEW",
            Self::RefreshView(_) => "REFRESH MATERIALIZED VIEW",
            Self::CreateType(_) => "CREATE TYPE",
            Self::AlterEnum(_) | Self::AlterType(_) => "ALTER TYPE",
            Self::CreateDomain(_) => "CREATE DOMAIN",
            Self::AlterDomain(_) => "ALTER DOMAIN",
            Self::CreateSequence(_) => "CREATE SEQUENCE",
            Self::AlterSequence(_) => "ALTER SEQUENCE",
            Self::CreateRoutine(routine) => match routine.kind {
                super::RoutineKind::Function => "CREATE FUNCTION",
                super::RoutineKind::Procedure => "CREATE PROCEDURE",
                super::RoutineKind::Aggregate => "CREATE AGGREGATE",
            },
            Self::CreateTrigger(_) => "CREATE TRIGGER",
            Self::CreateEvent(_) => "CREATE EVENT",
            Self::Do(_) => "DO",
            Self::Call(_) => "CALL",
            Self::CreateSchema(_) => "CREATE SCHEMA",
            Self::CreateDatabase(_) => "CREATE DATABASE",
            Self::CreateExtension(_) => "CREATE EXTENSION",
            Self::Publication(_) => "PUBLICATION",
            Self::Subscription(_) => "CREATE SUBSCRIPTION",
            Self::CreateObject(_) => "CREATE",
            Self::AlterObject(_) => "ALTER",
            Self::Comment(_) => "COMMENT",
            Self::Grant(grant) => match grant.direction {
                GrantDirection::Grant => "GRANT",
                GrantDirection::Revoke => "REVOKE",
            },
            Self::DefaultPrivileges(_) => "ALTER DEFAULT PRIVILEGES",
            Self::Role(_) => "ROLE",
            Self::Policy(_) => "POLICY",
            Self::AlterSystem(_) => "ALTER SYSTEM",
            Self::Set(_) => "SET",
            Self::Transaction(_) => "TRANSACTION",
            Self::Lock(_) => "LOCK",
            Self::Maintenance(_) => "MAINTENANCE",
            Self::Pragma(_) => "PRAGMA",
            Self::Attach(_) => "ATTACH",
            Self::Detach(_) => "DETACH",
            Self::Query(_) => "SELECT",
            Self::Insert(insert) if insert.replace.is_some() => "REPLACE",
            Self::Insert(_) => "INSERT",
            Self::Update(_) => "UPDATE",
            Self::Delete(_) => "DELETE",
            Self::Merge(_) => "MERGE",
            Self::Copy(_) => "COPY",
            Self::Load(_) => "LOAD DATA",
            Self::Other(_) | Self::Unparsed { .. } => "statement",
        }
    }
}
