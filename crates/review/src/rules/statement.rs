//! Limits of single statements and queries.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
