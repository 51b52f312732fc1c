use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Column, Constraint, ConstraintKind, ForeignKey, Index, Name, Origin};

/// A table, view or what else holds rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: RelationKind,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `UNLOGGED`.
    pub unlogged: bool,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// All columns are known.
    pub columns_known: bool,
    /// Constraints.
    pub constraints: Vec<Constraint>,
    /// Indexes, those of constraints included.
    pub indexes: Vec<Index>,
    /// How it is partitioned.
    pub partitioned_by: Option<Partitioning>,
    /// The table that it is a partition of.
    pub partition_of: Option<Name>,
    /// It is the default partition.
    pub default_partition: bool,
    /// Tables that it inherits from.
    pub inherits: Vec<Name>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// Names of its rules.
    pub rules: Vec<String>,
    /// Names of its row security policies.
    pub policies: Vec<String>,
    /// Row security is enabled.
    pub row_security: bool,
    /// Options by name, lower case: `engine`, `charset`, `collation`, `row_format`, `fillfactor`, `system versioning`,
    /// `strict`, `without rowid`.
    pub options: BTreeMap<String, String>,
    /// Comment.
    pub comment: Option<String>,
    /// What a view reads.
    pub uses: Vec<Use>,
    /// Rows, where a statistics file or a server says so.
    pub rows: Option<u64>,
    /// Bytes with indexes, likewise.
    pub bytes: Option<u64>,
    /// Calls a minute that read or write it, likewise.
    pub calls_per_minute: Option<u64>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Kinds of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    ForeignTable,
    /// SQLite's virtual table.
    VirtualTable,
}

/// How a table is partitioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partitioning {
    /// `range`, `list`, `hash`, `key`, `system_time`.
    pub method: String,
    /// Columns of the key.
    pub columns: Vec<String>,
    /// Names of partitions that are no tables of their own (MySQL, MariaDB).
    pub partitions: Vec<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function that it calls (PostgreSQL).
    pub function: Option<Name>,
    /// Columns of `UPDATE OF` and `WHEN`.
    pub columns: Vec<String>,
    /// Tables that its program writes or reads.
    pub tables: Vec<Name>,
    /// It is a constraint trigger.
    pub constraint: bool,
}

/// A relation that a view reads, and which of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The relation.
    pub relation: Name,
    /// Columns that may be its; names that the view takes from several relations count for each of them.
    pub columns: Vec<String>,
    /// It reads `*`.
    pub star: bool,
}

/// More columns, constraints or indexes than this are not kept of a relation: no server lets a table have so many columns, and
/// text that is made to hurt must not take more time than its length.
const MOST_PARTS: usize = 4096;

impl Relation {
    /// An empty relation.
    pub fn new(name: Name, kind: RelationKind, origin: Origin) -> Self {
        Self {
            name,
            kind,
            temporary: false,
            unlogged: false,
            columns: Vec::new(),
            columns_known: true,
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned_by: None,
            partition_of: None,
            default_partition: false,
            inherits: Vec::new(),
            triggers: Vec::new(),
            rules: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            options: BTreeMap::new(),
            comment: None,
            uses: Vec::new(),
            rows: None,
            bytes: None,
            calls_per_minute: None,
            origin,
        }
    }

    /// Whether it is a table: not a view.
    pub fn is_table(&self) -> bool {
        !matches!(self.kind, RelationKind::View | RelationKind::MaterializedView)
    }

    /// Whether it is a partitioned table.
    pub fn is_partitioned(&self) -> bool {
        self.partitioned_by.is_some()
    }

    /// Whether it takes no more columns; from then on not all of them are known.
    pub fn is_full(&self) -> bool {
        self.columns.len() >= MOST_PARTS
    }

    /// Whether it takes no more constraints and indexes.
    pub fn is_overgrown(&self) -> bool {
        self.constraints.len() >= MOST_PARTS || self.indexes.len() >= MOST_PARTS
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column called `name`, to change it.
    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// The constraint called `name`.
    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// The index called `name`.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Columns of the primary key; empty where there is none.
    pub fn primary_key(&self) -> &[String] {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Its foreign keys with their constraints.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Constraint, &ForeignKey)> {
        self.constraints.iter().filter_map(|constraint| Some((constraint, constraint.foreign_key()?)))
    }

    /// Indexes that read `column`.
    pub fn indexes_of<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Index> {
        self.indexes.iter().filter(move |index| index.uses(column))
    }

    /// Whether an enforced and validated check proves that `column` has no null.
    pub fn proves_not_null(&self, column: &str) -> bool {
        self.constraints.iter().any(|constraint| {
            constraint.validated
                && constraint.enforced
                && match &constraint.kind {
                    ConstraintKind::Check { not_null, .. } => not_null.iter().any(|name| name == column),
                    ConstraintKind::NotNull { column: one } => one == column,
                    _ => false,
                }
        })
    }

    /// Whether a unique index or constraint makes these columns a key, in whatever order.
    pub fn has_unique(&self, columns: &[String]) -> bool {
        self.indexes.iter().filter(|index| index.unique && index.filter.is_none()).any(|index| {
            index.plain_columns().is_some_and(|keys| {
                keys.len() == columns.len() && keys.iter().all(|key| columns.iter().any(|one| one == key))
            })
        })
    }

    /// Whether an index begins with these columns, in whatever order.
    pub fn has_index_on(&self, columns: &[String]) -> bool {
        self.indexes.iter().filter(|index| index.filter.is_none() && index.method != "fulltext").any(
            |index| {
                let leading: Vec<Option<&str>> =
                    index.keys.iter().take(columns.len()).map(|key| key.column.as_deref()).collect();
                leading.len() == columns.len()
                    && columns.iter().all(|column| leading.contains(&Some(column.as_str())))
            },
        )
    }
}
