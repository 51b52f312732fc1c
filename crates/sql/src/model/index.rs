use sluice_text::Span;

use super::{Expr, Ident, Keyword, NamedOption, ObjectName, OnlineOptions, Text, Word};

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// The index.
    pub index: IndexDef,
    /// Its table.
    pub table: ObjectName,
    /// `CONCURRENTLY` (PostgreSQL), after `INDEX`.
    pub concurrently: Keyword,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Option<Span>,
    /// `ON ONLY` (PostgreSQL): not on partitions.
    pub only: Keyword,
    /// `ALGORITHM`, `LOCK`, `WAIT`.
    pub online: OnlineOptions,
}

/// What an index is: in `CREATE INDEX`, `ADD INDEX` and `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDef {
    /// Its name; none where the server picks one.
    pub name: Option<ObjectName>,
    /// `UNIQUE`.
    pub unique: Option<Span>,
    /// Which class.
    pub class: IndexClass,
    /// `USING method`.
    pub method: Option<Word>,
    /// What it is over.
    pub keys: Vec<IndexKey>,
    /// `INCLUDE (…)`.
    pub include: Vec<Ident>,
    /// `WHERE …`.
    pub filter: Option<Expr>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WITH (…)`, `TABLESPACE`.
    pub parameters: Vec<NamedOption>,
    /// Options of MySQL and MariaDB.
    pub options: Vec<IndexOption>,
    /// All of it: the statement, or the part of `ALTER TABLE` or `CREATE TABLE` without `ADD`.
    pub span: Span,
}

/// Classes of indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum IndexClass {
    Plain,
    Fulltext,
    Spatial,
    Vector,
}

/// One key of an index or key constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// A column or an expression.
    pub part: IndexKeyPart,
    /// Prefix length: `name(10)` (MySQL, MariaDB).
    pub prefix: Option<u64>,
    /// `ASC`, `DESC`.
    pub order: Option<Order>,
    /// `NULLS FIRST` (true), `NULLS LAST` (false).
    pub nulls_first: Option<bool>,
    /// `COLLATE name`.
    pub collation: Option<ObjectName>,
    /// Operator class (PostgreSQL).
    pub operator_class: Option<ObjectName>,
    /// All of it.
    pub span: Span,
}

/// A column or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKeyPart {
    /// A column.
    Column(Ident),
    /// An expression.
    Expr(Expr),
}

/// Direction of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// `ASC`.
    Ascending,
    /// `DESC`.
    Descending,
}

/// Options of indexes in MySQL and MariaDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexOption {
    /// `VISIBLE` (true), `INVISIBLE` (false) (MySQL); `NOT IGNORED`, `IGNORED` (MariaDB).
    Visible(bool),
    /// `COMMENT 'text'`.
    Comment(Text),
    /// `WITH PARSER name`.
    Parser(Ident),
    /// `KEY_BLOCK_SIZE`, `CLUSTERING`, `ENGINE_ATTRIBUTE`, …
    Other(NamedOption),
}

/// `DROP INDEX`, also of several at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIndex {
    /// The indexes.
    pub names: Vec<ObjectName>,
    /// `ON table` (MySQL, MariaDB).
    pub table: Option<ObjectName>,
    /// `CONCURRENTLY` (PostgreSQL), after `INDEX`.
    pub concurrently: Keyword,
    /// `IF EXISTS`.
    pub if_exists: Keyword,
    /// `CASCADE`.
    pub cascade: Option<Span>,
    /// `ALGORITHM`, `LOCK`, `WAIT`.
    pub online: OnlineOptions,
}

impl IndexKey {
    /// The column, if the key is one.
    pub fn column(&self) -> Option<&Ident> {
        match &self.part {
            IndexKeyPart::Column(column) => Some(column),
            IndexKeyPart::Expr(_) => None,
        }
    }
}

impl IndexDef {
    /// Its columns, expressions left out.
    pub fn columns(&self) -> impl Iterator<Item = &Ident> {
        self.keys.iter().filter_map(IndexKey::column)
    }
}
