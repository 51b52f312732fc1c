use serde::{Deserialize, Serialize};
use sluice_sql::model::ReferentialAction;

use crate::{Name, Origin};

/// A constraint of a table. `NOT NULL` of a column is one only where it was written as one (PostgreSQL 18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Name, the server's choice included where it is predictable.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// All rows are known to obey it: not `NOT VALID`.
    pub validated: bool,
    /// Not `NOT ENFORCED`.
    pub enforced: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// Transaction that validated it, where that was not the one that made it.
    pub validated_in: Option<u32>,
}

/// What a constraint demands. Columns are names as the server compares them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`; its index has the constraint's name (PostgreSQL).
    PrimaryKey {
        /// Columns.
        columns: Vec<String>,
    },
    /// `UNIQUE`.
    Unique {
        /// Columns; an expression has its text.
        columns: Vec<String>,
    },
    /// `FOREIGN KEY`.
    ForeignKey(ForeignKey),
    /// `CHECK`.
    Check {
        /// The condition as written.
        text: String,
        /// Columns that it reads.
        columns: Vec<String>,
        /// Columns that it proves not to be null.
        not_null: Vec<String>,
    },
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull {
        /// The column.
        column: String,
    },
    /// `EXCLUDE`.
    Exclude {
        /// Columns.
        columns: Vec<String>,
    },
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Referencing columns.
    pub columns: Vec<String>,
    /// Referenced table.
    pub table: Name,
    /// Referenced columns; empty where they are the primary key of a table that is not known.
    pub referenced: Vec<String>,
    /// `ON DELETE`.
    #[serde(with = "action")]
    pub on_delete: Option<ReferentialAction>,
    /// `ON UPDATE`.
    #[serde(with = "action")]
    pub on_update: Option<ReferentialAction>,
}

impl Constraint {
    /// The foreign key.
    pub fn foreign_key(&self) -> Option<&ForeignKey> {
        match &self.kind {
            ConstraintKind::ForeignKey(key) => Some(key),
            _ => None,
        }
    }

    /// The columns that it is about.
    pub fn columns(&self) -> &[String] {
        match &self.kind {
            ConstraintKind::PrimaryKey { columns }
            | ConstraintKind::Unique { columns }
            | ConstraintKind::Check { columns, .. }
            | ConstraintKind::Exclude { columns } => columns,
            ConstraintKind::ForeignKey(key) => &key.columns,
            ConstraintKind::NotNull { column } => std::slice::from_ref(column),
        }
    }

    /// Whether the server keeps an index for it.
    pub fn has_index(&self) -> bool {
        matches!(
            self.kind,
            ConstraintKind::PrimaryKey { .. }
                | ConstraintKind::Unique { .. }
                | ConstraintKind::Exclude { .. }
        )
    }
}

/// Referential actions as the words that SQL has for them.
mod action {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use sluice_sql::model::ReferentialAction as A;

    const WORDS: [(A, &str); 5] = [
        (A::NoAction, "no action"),
        (A::Restrict, "restrict"),
        (A::Cascade, "cascade"),
        (A::SetNull, "set null"),
        (A::SetDefault, "set default"),
    ];

    pub fn serialize<S: Serializer>(action: &Option<A>, to: S) -> Result<S::Ok, S::Error> {
        let word = action.and_then(|action| WORDS.iter().find(|(one, _)| *one == action));
        match word {
            Some((_, word)) => to.serialize_some(word),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<A>, D::Error> {
        let Some(word) = Option::<String>::deserialize(from)? else { return Ok(None) };
        WORDS
            .iter()
            .find(|(_, one)| *one == word)
            .map(|(action, _)| Some(*action))
            .ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no referential action")))
    }
}
