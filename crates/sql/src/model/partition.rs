use sluice_text::Span;

use super::{Expr, Ident, Keyword, ObjectName, TableOption};

/// `PARTITION BY …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionBy {
    /// How.
    pub method: PartitionMethod,
    /// By which columns or expressions.
    pub keys: Vec<Expr>,
    /// `PARTITIONS n`.
    pub count: Option<u64>,
    /// `SUBPARTITION BY …`.
    pub subpartition: Option<Box<PartitionBy>>,
    /// Partitions that are listed (MySQL, MariaDB).
    pub partitions: Vec<PartitionDef>,
    /// All of it.
    pub span: Span,
}

/// How a table is partitioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PartitionMethod {
    Range,
    List,
    Hash,
    Key,
    /// `SYSTEM_TIME` (MariaDB).
    SystemTime,
}

/// A partition that MySQL or MariaDB keeps inside its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDef {
    /// Its name.
    pub name: Ident,
    /// What goes in.
    pub bound: Option<PartitionBound>,
    /// Engine, comment and so on.
    pub options: Vec<TableOption>,
    /// Its subpartitions.
    pub subpartitions: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// Which rows a partition takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionBound {
    /// `FROM (…) TO (…)` (PostgreSQL); `MINVALUE`, `MAXVALUE` have no literal.
    Range {
        /// Lower bounds, inclusive.
        from: Vec<Expr>,
        /// Upper bounds, exclusive.
        to: Vec<Expr>,
    },
    /// `VALUES LESS THAN (…)`; empty for `MAXVALUE` alone.
    LessThan(Vec<Expr>),
    /// `IN (…)`.
    In(Vec<Expr>),
    /// `WITH (MODULUS m, REMAINDER r)`.
    Hash {
        /// Modulus.
        modulus: u64,
        /// Remainder.
        remainder: u64,
    },
    /// `DEFAULT`.
    Default,
    /// `HISTORY` or `CURRENT` of `SYSTEM_TIME` (MariaDB).
    SystemTime {
        /// `CURRENT`.
        current: bool,
    },
}

/// `PARTITION OF parent bound` of `CREATE TABLE` (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: ObjectName,
    /// Which rows it takes.
    pub bound: PartitionBound,
    /// All of it.
    pub span: Span,
}

/// Maintenance of partitions by `ALTER TABLE`. `None` for names means `ALL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionAction {
    /// `ATTACH PARTITION table bound` (PostgreSQL).
    Attach {
        /// The table that becomes a partition.
        table: ObjectName,
        /// Which rows it takes.
        bound: PartitionBound,
    },
    /// `DETACH PARTITION table` (PostgreSQL).
    Detach {
        /// The partition.
        table: ObjectName,
        /// `CONCURRENTLY`, after the name.
        concurrently: Keyword,
        /// `FINALIZE`.
        finalize: bool,
    },
    /// `ATTACH PARTITION index` of `ALTER INDEX` (PostgreSQL).
    AttachIndex(ObjectName),
    /// `ADD PARTITION (…)`, `ADD PARTITION PARTITIONS n`.
    Add {
        /// The partitions listed.
        partitions: Vec<PartitionDef>,
        /// How many, where they are not listed.
        count: Option<u64>,
    },
    /// `DROP PARTITION` with its rows.
    Drop(Vec<Ident>),
    /// `TRUNCATE PARTITION`.
    Truncate(Option<Vec<Ident>>),
    /// `REORGANIZE PARTITION … INTO (…)`.
    Reorganize {
        /// The old ones; none for the form without names.
        names: Option<Vec<Ident>>,
        /// The new ones.
        into: Vec<PartitionDef>,
    },
    /// `COALESCE PARTITION n`.
    Coalesce(u64),
    /// `EXCHANGE PARTITION p WITH TABLE t`.
    Exchange {
        /// The partition.
        partition: Ident,
        /// The table.
        table: ObjectName,
        /// `WITHOUT VALIDATION`.
        without_validation: Option<Span>,
    },
    /// `CONVERT PARTITION p TO TABLE t` (MariaDB).
    ConvertToTable {
        /// The partition.
        partition: Ident,
        /// The new table.
        table: ObjectName,
    },
    /// `CONVERT TABLE t TO PARTITION p …` (MariaDB).
    ConvertFromTable {
        /// The table.
        table: ObjectName,
        /// The new partition.
        partition: Box<PartitionDef>,
    },
    /// `ANALYZE`, `CHECK`, `OPTIMIZE`, `REBUILD`, `REPAIR`, `IMPORT … TABLESPACE`, `DISCARD … TABLESPACE`.
    Maintain {
        /// The verb, lower case.
        verb: String,
        /// The partitions.
        names: Option<Vec<Ident>>,
    },
    /// `PARTITION BY …`: partitions the whole table anew.
    By(Box<PartitionBy>),
    /// `REMOVE PARTITIONING`.
    Remove,
}
