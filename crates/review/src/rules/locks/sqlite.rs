//! Locks of SQLite: one writer at a time for the whole file.

mod index_build;
mod table_rewrite;

use crate::Rule;

/// The rules about SQLite.
pub(in crate::rules) const RULES: &[&dyn Rule] =
    &[&index_build::SqliteIndexBuild, &table_rewrite::SqliteTableRewrite];
