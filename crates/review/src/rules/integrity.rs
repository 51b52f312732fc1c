//! What is wrong between the files and the history that others have. The caller finds it: it needs git or a ledger.

mod duplicate_version;
mod edited_change;
mod out_of_order;
mod removed_change;
mod schema_differs;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &duplicate_version::DuplicateVersion,
    &edited_change::EditedChange,
    &out_of_order::OutOfOrder,
    &removed_change::RemovedChange,
    &schema_differs::SchemaDiffers,
];
