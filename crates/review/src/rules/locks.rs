//! What keeps others waiting: locks that block, and the work that is done under them.

mod create_index;
pub(super) mod mysql;
pub(super) mod sqlite;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[&create_index::CreateIndex];
