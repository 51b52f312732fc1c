//! What breaks applications that are deployed.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
