use sluice_text::Span;

use super::*;
use crate::ObjectKind;

/// A statement and how much of it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The statement, without terminator.
    pub span: Span,
    /// What it says.
    pub statement: Statement,
    /// Parts that were not understood; the rest of the model is right nevertheless.
    pub not_analysed: Vec<NotAnalysed>,
}

/// A part of a statement that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnalysed {
    /// Its text.
    pub span: Span,
    /// Why.
    pub reason: Reason,
}

/// Why something was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The grammar does not know this statement or clause.
    #[error("syntax that is not known")]
    Unknown,
    /// The text does not follow the grammar; the server will probably refuse it too.
    #[error("syntax error: {0}")]
    Syntax(String),
    /// Nested deeper than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// Longer than what is parsed.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The parser failed, which is a bug of ours.
    #[error("the parser failed")]
    Failed,
    /// A body in a language that is not understood.
    #[error("program in the language {0}")]
    Language(String),
    /// SQL that is put together at run time.
    #[error("dynamic SQL")]
    Dynamic,
}

/// One SQL statement of any dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `CREATE TABLE`, also `… AS`.
    CreateTable(Box<CreateTable>),
    /// `ALTER TABLE` and what shares its actions.
    AlterTable(Box<AlterTable>),
    /// `RENAME TABLE`.
    RenameTables(Box<RenameTables>),
    /// `TRUNCATE`.
    Truncate(Box<Truncate>),
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `DROP INDEX`.
    DropIndex(Box<DropIndex>),
    /// `DROP` of anything else.
    Drop(Box<Drop>),
    /// `CREATE VIEW`.
    CreateView(Box<CreateView>),
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshView(Box<RefreshView>),
    /// `CREATE TYPE`.
    CreateType(Box<CreateType>),
    /// `ALTER TYPE` of an enum's values.
    AlterEnum(Box<AlterEnum>),
    /// `ALTER TYPE`, anything else.
    AlterType(Box<AlterType>),
    /// `CREATE DOMAIN`.
    CreateDomain(Box<CreateDomain>),
    /// `ALTER DOMAIN`.
    AlterDomain(Box<AlterDomain>),
    /// `CREATE SEQUENCE`.
    CreateSequence(Box<CreateSequence>),
    /// `ALTER SEQUENCE`.
    AlterSequence(Box<AlterSequence>),
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`.
    CreateRoutine(Box<CreateRoutine>),
    /// `CREATE TRIGGER`.
    CreateTrigger(Box<CreateTrigger>),
    /// `CREATE EVENT`.
    CreateEvent(Box<CreateEvent>),
    /// `DO`.
    Do(Box<DoBlock>),
    /// `CALL`.
    Call(Box<CallRoutine>),
    /// `CREATE SCHEMA`.
    CreateSchema(Box<CreateSchema>),
    /// `CREATE DATABASE`.
    CreateDatabase(Box<CreateDatabase>),
    /// `CREATE EXTENSION`.
    CreateExtension(Box<CreateExtension>),
    /// `CREATE PUBLICATION`, `ALTER PUBLICATION`.
    Publication(Box<Publication>),
    /// `CREATE SUBSCRIPTION`.
    Subscription(Box<Subscription>),
    /// `CREATE` of an object that has no statement of its own here: rules, statistics, collations, casts,
    /// servers, tablespaces, …
    CreateObject(Box<CreateObject>),
    /// `ALTER` of such an object, and of objects whose alterations are few.
    AlterObject(Box<AlterObject>),
    /// `COMMENT ON`.
    Comment(Box<Comment>),
    /// `GRANT`, `REVOKE`.
    Grant(Box<Grant>),
    /// `ALTER DEFAULT PRIVILEGES`.
    DefaultPrivileges(Box<DefaultPrivileges>),
    /// Roles and users.
    Role(Box<RoleStatement>),
    /// `CREATE POLICY`, `ALTER POLICY`.
    Policy(Box<Policy>),
    /// `ALTER SYSTEM`.
    AlterSystem(Box<AlterSystem>),
    /// `SET`, `RESET`, `USE`.
    Set(Box<Set>),
    /// `BEGIN`, `COMMIT`, …
    Transaction(Box<Transaction>),
    /// `LOCK`.
    Lock(Box<LockTables>),
    /// `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `OPTIMIZE`, …
    Maintenance(Box<Maintenance>),
    /// `PRAGMA`.
    Pragma(Box<Pragma>),
    /// `ATTACH`.
    Attach(Box<Attach>),
    /// `DETACH`.
    Detach(Box<Detach>),
    /// `SELECT`, `VALUES`, `TABLE`.
    Query(Box<Query>),
    /// `INSERT`, `REPLACE`.
    Insert(Box<Insert>),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE`.
    Delete(Box<Delete>),
    /// `MERGE`.
    Merge(Box<Merge>),
    /// `COPY`.
    Copy(Box<Copy>),
    /// `LOAD DATA`.
    Load(Box<Load>),
    /// A known statement that the model says nothing of: `SHOW`, `EXPLAIN`, `LISTEN`, `KILL`, `PREPARE`, …
    Other(Box<Other>),
    /// A statement that was not understood.
    Unparsed {
        /// Why.
        reason: Reason,
    },
}

/// `TRUNCATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncate {
    /// The tables.
    pub tables: Vec<TableRef>,
    /// `RESTART IDENTITY`.
    pub restart_identity: Option<Span>,
    /// `CASCADE`.
    pub cascade: Option<Span>,
    /// MariaDB's `WAIT` and `NOWAIT`.
    pub online: OnlineOptions,
}

/// `CREATE` of an object without a statement of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Option<ObjectName>,
    /// `OR REPLACE`.
    pub or_replace: Option<Span>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `ON table`, `FROM table` (rules, statistics).
    pub table: Option<ObjectName>,
    /// Options.
    pub options: Vec<NamedOption>,
}

/// A known statement that the model says nothing of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its first words, lower case: `show`, `explain`, `explain analyze`, `refresh collation`, `load extension`.
    pub verb: String,
    /// Names that it uses, if the grammar says.
    pub names: Vec<ObjectName>,
    /// The statement inside: of `EXPLAIN`, `PREPARE`, `SET STATEMENT … FOR`.
    pub inner: Option<Box<Parsed>>,
}

impl Other {
    /// The statement inside, if it is run, not only explained or read from.
    pub fn runs(&self) -> Option<&Parsed> {
        let runs =
            matches!(self.verb.as_str(), "analyze" | "explain analyze" | "prepare" | "execute immediate");
        self.inner.as_deref().filter(|_| runs)
    }
}

impl Parsed {
    /// A statement that was understood as a whole.
    pub fn whole(span: Span, statement: Statement) -> Self {
        Self { span, statement, not_analysed: Vec::new() }
    }

    /// A statement that was not understood.
    pub fn unparsed(span: Span, reason: Reason) -> Self {
        let not_analysed = vec![NotAnalysed { span, reason: reason.clone() }];
        Self { span, statement: Statement::Unparsed { reason }, not_analysed }
    }
}
