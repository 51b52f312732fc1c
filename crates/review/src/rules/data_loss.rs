//! What takes data away.

mod binary_log;
mod convert_charset_lossy;
mod discard_tablespace;
mod drop_cascade;
mod drop_column;
mod drop_database;
mod drop_history;
mod drop_materialized_view;
mod drop_owned;
mod drop_partition;
mod drop_schema;
mod drop_sequence;
mod drop_table;
mod drop_type_cascade;
mod enum_value_removed;
mod insert_or_replace;
mod narrow_type;
mod replace_table;
mod set_unlogged;
mod truncate;
mod truncate_cascade;

use sluice_schema::{Column, Relation};
use sluice_sql::ObjectKind;
use sluice_sql::model::{Ident, NameClass, ObjectName};

use crate::{Context, Rule};

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &convert_charset_lossy::ConvertCharsetLossy,
    &drop_cascade::DropCascade,
    &drop_column::DropColumn,
    &drop_database::DropDatabase,
    &drop_materialized_view::DropMaterializedView,
    &drop_partition::DropPartition,
    &drop_schema::DropSchema,
    &drop_sequence::DropSequence,
    &drop_table::DropTable,
    &drop_type_cascade::DropTypeCascade,
    &enum_value_removed::EnumValueRemoved,
    &insert_or_replace::InsertOrReplace,
    &narrow_type::NarrowType,
    &replace_table::ReplaceTable,
    &set_unlogged::SetUnlogged,
    &truncate::Truncate,
    &truncate_cascade::TruncateCascade,
    &drop_owned::DropOwned,
    &drop_history::DropHistory,
    &discard_tablespace::DiscardTablespace,
    &binary_log::BinaryLog,
];

/// The column that a name means.
fn column<'a>(cx: &Context<'a>, table: &ObjectName, name: &Ident) -> Option<&'a Column> {
    cx.relation(table)?.column(&name.key(cx.dialect(), NameClass::Other))
}

/// Whether a later statement renames another table to `name`.
fn comes_back(cx: &Context<'_>, name: &ObjectName) -> bool {
    cx.after.iter().flat_map(|parsed| parsed.statement.renames()).any(|renaming| {
        renaming.kind == ObjectKind::Table
            && renaming.to.key(cx.dialect(), NameClass::Relation)
                == name.name.key(cx.dialect(), NameClass::Relation)
    })
}

/// The table that is dropped as `name`, and the one that a later statement gives its name to.
pub(super) fn rebuilt<'a>(cx: &Context<'a>, name: &ObjectName) -> Option<(&'a Relation, &'a Relation)> {
    let old = cx.relation(name).filter(|it| it.columns_known && it.is_table() && !cx.made_here(it.origin))?;
    let key = |ident: &Ident| ident.key(cx.dialect(), NameClass::Relation).into_owned();
    let renamings = cx.after.iter().flat_map(|parsed| parsed.statement.renames());
    let of = renamings.filter(|it| it.kind == ObjectKind::Table).find(|it| key(it.to) == key(&name.name))?.of;
    let new = cx.relation(of).filter(|it| it.columns_known && it.name != old.name)?;
    Some((old, new))
}

#[cfg(test)]
pub(in crate::rules) mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::{Finding, SourceFile};

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    /// What all rules say about `sql` after `before`.
    pub(in crate::rules) fn findings(
        set: RuleSet,
        dialect: Dialect,
        before: &str,
        sql: &str,
    ) -> Vec<Finding> {
        let policy = Policy::of(set);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
        let read =
            |path: &str, sql: &str| Script::read(dialect, SourceFile::new(path, sql), ChangeInfo::default());
        reviewer.replay(&read("before.sql", before));
        reviewer.review(&read("a.sql", sql)).findings
    }

    /// What the rule called `id` says about `sql` after `before`.
    pub(in crate::rules) fn said(id: &str, dialect: Dialect, before: &str, sql: &str) -> Vec<Finding> {
        let mut findings = findings(RuleSet::All, dialect, before, sql);
        findings.retain(|finding| finding.rule == id);
        findings
    }

    /// Checks that the rule called `id` finds something in `sql` after `before`.
    pub(in crate::rules) fn fires(id: &str, dialect: Dialect, before: &str, sql: &str) {
        assert!(!said(id, dialect, before, sql).is_empty(), "{id} ({dialect}) is silent about {sql}");
    }

    /// Checks that the rule called `id` says nothing about `sql` after `before`.
    pub(in crate::rules) fn silent(id: &str, dialect: Dialect, before: &str, sql: &str) {
        let findings = findings(RuleSet::All, dialect, before, sql);
        let said: Vec<&str> =
            findings.iter().filter(|it| it.rule == id).map(|it| it.message.as_str()).collect();
        assert!(said.is_empty(), "{id} ({dialect}) says {said:?} of {sql}");
    }
}
