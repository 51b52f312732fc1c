use serde::{Deserialize, Serialize};

use crate::Origin;

/// An index. Those of primary keys and unique constraints are in the list, too, with the constraint's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Name, the server's choice included where it is predictable.
    pub name: String,
    /// `UNIQUE`.
    pub unique: bool,
    /// `btree`, `gin`, `fulltext`, … lower case.
    pub method: String,
    /// What it is over, in order.
    pub keys: Vec<Key>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// Condition of a partial index as written.
    pub filter: Option<String>,
    /// Columns of that condition.
    pub filter_columns: Vec<String>,
    /// A failed `CREATE INDEX CONCURRENTLY` leaves an invalid one.
    pub valid: bool,
    /// It belongs to the constraint of this name.
    pub constraint: Option<String>,
    /// The optimizer may use it.
    pub visible: bool,
    /// `ON ONLY` of a partitioned table: partitions are not in it yet.
    pub only: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The column; none for an expression.
    pub column: Option<String>,
    /// As written, with what belongs to it.
    pub text: String,
    /// Columns of an expression; the column itself otherwise.
    pub columns: Vec<String>,
    /// Prefix length.
    pub prefix: Option<u64>,
    /// `DESC`.
    pub descending: bool,
}

impl Index {
    /// Its columns in order; none where one key is an expression.
    pub fn plain_columns(&self) -> Option<Vec<&str>> {
        self.keys.iter().map(|key| key.column.as_deref()).collect()
    }

    /// Whether it reads `column` anywhere: keys, included columns, condition.
    pub fn uses(&self, column: &str) -> bool {
        let is = |name: &String| name == column;
        self.keys.iter().any(|key| key.columns.iter().any(is))
            || self.include.iter().any(is)
            || self.filter_columns.iter().any(is)
    }

    /// Whether it is over an expression.
    pub fn has_expression(&self) -> bool {
        self.keys.iter().any(|key| key.column.is_none())
    }
}
