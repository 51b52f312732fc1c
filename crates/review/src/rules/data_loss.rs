//! What takes data away.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
