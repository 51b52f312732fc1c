use sluice_text::Span;

use super::{
    ColumnDef, ForeignKey, Ident, IndexDef, Keyword, NamedOption, ObjectName, OnlineOptions, PartitionBy,
    PartitionOf, Query, TableConstraint, TableConstraintKind, Text, Word,
};

/// `CREATE TABLE`, `CREATE TABLE AS`, `CREATE FOREIGN TABLE`, `CREATE VIRTUAL TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: ObjectName,
    /// `TEMPORARY`.
    pub temporary: Option<Span>,
    /// `UNLOGGED`.
    pub unlogged: Option<Span>,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Option<Span>,
    /// `IF NOT EXISTS`, after `TABLE`.
    pub if_not_exists: Keyword,
    /// Columns, constraints, indexes in the order written.
    pub elements: Vec<TableElement>,
    /// From `(` to `)` of the elements; empty where there are none.
    pub elements_span: Span,
    /// Options behind them.
    pub options: Vec<TableOption>,
    /// `INHERITS (…)` (PostgreSQL).
    pub inherits: Vec<ObjectName>,
    /// `PARTITION OF parent …` (PostgreSQL).
    pub partition_of: Option<PartitionOf>,
    /// `PARTITION BY …`.
    pub partition_by: Option<PartitionBy>,
    /// `OF type` (PostgreSQL).
    pub of_type: Option<ObjectName>,
    /// `AS SELECT …`.
    pub query: Option<Box<Query>>,
    /// `WITH NO DATA`.
    pub no_data: bool,
    /// `CREATE FOREIGN TABLE … SERVER name`; `CREATE VIRTUAL TABLE … USING module` (SQLite).
    pub external: Option<Ident>,
    /// MariaDB's `WAIT` and `NOWAIT`.
    pub online: OnlineOptions,
}

/// What stands between the parentheses of `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableElement {
    /// A column.
    Column(ColumnDef),
    /// A constraint, unique keys included.
    Constraint(TableConstraint),
    /// `KEY`, `INDEX`, `FULLTEXT`, `SPATIAL` (MySQL, MariaDB).
    Index(IndexDef),
    /// `LIKE table`.
    Like(LikeTable),
    /// `PERIOD FOR …` (MariaDB).
    Period(Period),
}

/// `LIKE table INCLUDING …`; `CREATE TABLE a LIKE b` of MySQL is this one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikeTable {
    /// The model.
    pub table: ObjectName,
    /// What is `INCLUDING`, lower case (`all`, `indexes`).
    pub including: Vec<String>,
    /// What is `EXCLUDING`, lower case.
    pub excluding: Vec<String>,
    /// All of it.
    pub span: Span,
}

/// A period (MariaDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its name; `SYSTEM_TIME` is one.
    pub name: Ident,
    /// Start column.
    pub start: Ident,
    /// End column.
    pub end: Ident,
    /// All of it.
    pub span: Span,
}

/// An option of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableOption {
    /// What it says.
    pub kind: TableOptionKind,
    /// All of it.
    pub span: Span,
}

/// Options of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableOptionKind {
    /// `ENGINE=x`; `USING method` (PostgreSQL access method).
    Engine(Word),
    /// `[DEFAULT] CHARACTER SET x`.
    Charset(Word),
    /// `[DEFAULT] COLLATE x`.
    Collation(Word),
    /// `AUTO_INCREMENT=n`.
    AutoIncrement(u64),
    /// `COMMENT='text'`.
    Comment(Text),
    /// `ROW_FORMAT=x`.
    RowFormat(Word),
    /// `KEY_BLOCK_SIZE=n`.
    KeyBlockSize(u64),
    /// `TABLESPACE x`.
    Tablespace(Ident),
    /// `DATA DIRECTORY`, `INDEX DIRECTORY`.
    Directory(Text),
    /// `ENCRYPTION='Y'`, `ENCRYPTED=YES`.
    Encryption(Word),
    /// `COMPRESSION='zlib'`, `PAGE_COMPRESSED=1`.
    Compression(Word),
    /// `WITH SYSTEM VERSIONING` (MariaDB).
    SystemVersioning,
    /// `WITHOUT ROWID` (SQLite).
    WithoutRowid,
    /// `STRICT` (SQLite).
    Strict,
    /// `ON COMMIT {DROP|DELETE ROWS|PRESERVE ROWS}`.
    OnCommit(Word),
    /// A storage parameter of `WITH (…)` (PostgreSQL).
    Parameter(NamedOption),
    /// `UNION=(…)` (MERGE engine).
    Union(Vec<ObjectName>),
    /// Any other.
    Other(NamedOption),
}

impl CreateTable {
    /// Its columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnDef> {
        self.elements.iter().filter_map(|element| match element {
            TableElement::Column(column) => Some(column),
            _ => None,
        })
    }

    /// Its constraints outside of columns, in order.
    pub fn constraints(&self) -> impl Iterator<Item = &TableConstraint> {
        self.elements.iter().filter_map(|element| match element {
            TableElement::Constraint(constraint) => Some(constraint),
            _ => None,
        })
    }

    /// Its inline indexes, in order.
    pub fn indexes(&self) -> impl Iterator<Item = &IndexDef> {
        self.elements.iter().filter_map(|element| match element {
            TableElement::Index(index) => Some(index),
            _ => None,
        })
    }

    /// Its foreign keys, inline ones first.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ForeignKey> {
        let inline = self.columns().filter_map(ColumnDef::references);
        inline.chain(self.constraints().filter_map(TableConstraint::foreign_key))
    }

    /// The columns of its primary key, inline or not; empty where there is none.
    pub fn primary_key(&self) -> Vec<&Ident> {
        let of_table = self.constraints().find(|it| matches!(it.kind, TableConstraintKind::PrimaryKey(_)));
        match of_table {
            Some(constraint) => constraint.columns(),
            None => self
                .columns()
                .filter(|column| column.primary_key().is_some())
                .map(|column| &column.name)
                .collect(),
        }
    }
}
