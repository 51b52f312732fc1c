//! How statements share transactions, and what must not.

mod enum_value_used;
mod explicit;
mod implicit_commit;
mod many_ddl_mysql;
mod nested_begin;
mod not_transactional;
mod unclosed;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &nested_begin::NestedBegin,
    &unclosed::Unclosed,
    &enum_value_used::EnumValueUsed,
    &explicit::Explicit,
    &implicit_commit::ImplicitCommit,
    &many_ddl_mysql::ManyDdlMysql,
    &not_transactional::NotTransactional,
];
