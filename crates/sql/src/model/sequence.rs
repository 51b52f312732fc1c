use sluice_text::Span;

use super::{ColumnRef, DataType, Ident, Keyword, ObjectName, RoleName};

/// `CREATE SEQUENCE` (PostgreSQL, MariaDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSequence {
    /// Its name.
    pub name: ObjectName,
    /// `TEMPORARY`.
    pub temporary: Option<Span>,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Option<Span>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// Options.
    pub options: Vec<SequenceOption>,
}

/// `ALTER SEQUENCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterSequence {
    /// Its name.
    pub name: ObjectName,
    /// `IF EXISTS`.
    pub if_exists: Keyword,
    /// New options.
    pub options: Vec<SequenceOption>,
    /// `RENAME TO`.
    pub rename_to: Option<Ident>,
    /// `SET SCHEMA`.
    pub set_schema: Option<Ident>,
    /// `OWNER TO`.
    pub owner: Option<RoleName>,
}

/// An option of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceOption {
    /// What it says.
    pub kind: SequenceOptionKind,
    /// All of it.
    pub span: Span,
}

/// Options of sequences. Numbers that do not fit into 64 bits are left out as `Other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SequenceOptionKind {
    /// `AS type`.
    Type(Box<DataType>),
    /// `INCREMENT [BY] n`.
    Increment(i64),
    /// `START [WITH] n`.
    Start(i64),
    /// `RESTART [WITH n]`.
    Restart(Option<i64>),
    /// `MINVALUE n`; none for `NO MINVALUE`.
    Min(Option<i64>),
    /// `MAXVALUE n`; none for `NO MAXVALUE`.
    Max(Option<i64>),
    /// `CACHE n`.
    Cache(i64),
    /// `CYCLE` (true), `NO CYCLE` (false).
    Cycle(bool),
    /// `OWNED BY table.column`; none for `OWNED BY NONE`.
    OwnedBy(Option<ColumnRef>),
    /// Any other, its words in lower case.
    Other(String),
}
