//! What tables, columns and indexes have and do not have. Mostly off by default: house style.

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[];
