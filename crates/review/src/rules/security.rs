//! What gives rights away, runs programs, or reads and writes files.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
