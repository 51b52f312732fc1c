use sluice_text::Span;

use super::{Expr, Ident, IndexKey, IndexOption, Keyword, NamedOption, ObjectName, Word};

/// A constraint of a table: in `CREATE TABLE` or `ADD CONSTRAINT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableConstraint {
    /// Name given by `CONSTRAINT name`.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: TableConstraintKind,
    /// `NOT VALID` (PostgreSQL).
    pub not_valid: Keyword,
    /// `[NOT] ENFORCED`, if written.
    pub enforced: Option<bool>,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// When it is checked.
    pub deferral: Deferral,
    /// `IF NOT EXISTS` (MariaDB).
    pub if_not_exists: Option<Span>,
    /// All of it, `CONSTRAINT name` included; without `ADD`.
    pub span: Span,
}

/// What a constraint of a table demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey(KeyConstraint),
    /// `UNIQUE [KEY|INDEX]`.
    Unique(KeyConstraint),
    /// `FOREIGN KEY`.
    ForeignKey(ForeignKey),
    /// `CHECK (expr)`; the expression's span is inside the parentheses.
    Check(Expr),
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull(Ident),
    /// `EXCLUDE` (PostgreSQL).
    Exclude(Exclusion),
}

/// A primary key or unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConstraint {
    /// Columns or expressions; empty with `USING INDEX`.
    pub keys: Vec<IndexKey>,
    /// Name of the index (MySQL: `UNIQUE KEY name`), not of the constraint.
    pub index_name: Option<Ident>,
    /// `USING INDEX name` (PostgreSQL): an existing index becomes the constraint's.
    pub using_index: Option<Ident>,
    /// `USING BTREE|HASH` (MySQL, MariaDB).
    pub method: Option<Word>,
    /// `INCLUDE (…)`.
    pub include: Vec<Ident>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WITHOUT OVERLAPS` on the last key.
    pub without_overlaps: bool,
    /// Visibility, comment and so on (MySQL, MariaDB).
    pub options: Vec<IndexOption>,
    /// `WITH (…)`, tablespace, `ON CONFLICT` (SQLite).
    pub parameters: Vec<NamedOption>,
}

/// A foreign key, inline or of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Referencing columns; of an inline one the column itself.
    pub columns: Vec<Ident>,
    /// Referenced table.
    pub table: ObjectName,
    /// Referenced columns; empty where left out (the primary key).
    pub referenced: Vec<Ident>,
    /// `ON DELETE`.
    pub on_delete: Option<ReferentialAction>,
    /// `ON UPDATE`.
    pub on_update: Option<ReferentialAction>,
    /// `MATCH`.
    pub matching: Option<MatchKind>,
    /// Name of the index (MySQL: `FOREIGN KEY name (…)`).
    pub index_name: Option<Ident>,
    /// `PERIOD` on the last columns.
    pub period: bool,
    /// From `FOREIGN KEY` or `REFERENCES` to the last of its own clauses.
    pub span: Span,
}

/// What happens to referencing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// How a foreign key of several columns treats nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum MatchKind {
    Simple,
    Full,
    Partial,
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Deferral {
    /// `[NOT] DEFERRABLE`, if written.
    pub deferrable: Option<bool>,
    /// `INITIALLY DEFERRED` (true) or `INITIALLY IMMEDIATE` (false), if written.
    pub initially_deferred: Option<bool>,
}

/// An exclusion constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// `USING method`.
    pub method: Option<Word>,
    /// Keys with their operators.
    pub elements: Vec<(IndexKey, String)>,
    /// `WHERE (…)`.
    pub filter: Option<Expr>,
}

impl TableConstraint {
    /// The columns that it is about, expressions left out.
    pub fn columns(&self) -> Vec<&Ident> {
        match &self.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                key.keys.iter().filter_map(IndexKey::column).collect()
            }
            TableConstraintKind::ForeignKey(key) => key.columns.iter().collect(),
            TableConstraintKind::Check(expr) => expr.columns.iter().map(|column| &column.name).collect(),
            TableConstraintKind::NotNull(column) => vec![column],
            TableConstraintKind::Exclude(exclusion) => {
                exclusion.elements.iter().filter_map(|(key, _)| key.column()).collect()
            }
        }
    }

    /// The foreign key.
    pub fn foreign_key(&self) -> Option<&ForeignKey> {
        match &self.kind {
            TableConstraintKind::ForeignKey(key) => Some(key),
            _ => None,
        }
    }
}
