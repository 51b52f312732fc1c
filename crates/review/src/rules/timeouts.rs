//! How long a change waits and runs.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
