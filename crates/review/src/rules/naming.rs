//! How things are called. Off by default: house style.

mod auto_increment_column;
mod boolean_column;
mod check;
mod column;
mod constraint_unnamed;
mod dropped_table;
mod enum_type;
mod foreign_key;
mod function;
mod identifier_length;
mod index;
mod index_unnamed;
mod leftover_table;
mod new_name;
mod picked;
mod primary_key;
mod quoted_identifier;
mod reserved_word;
mod schema;
mod schema_qualified;
mod sequence;
mod table;
mod timestamp_column;
mod trigger;
mod unique_key;
mod view;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &auto_increment_column::AutoIncrementColumn,
    &boolean_column::BooleanColumn,
    &check::Check,
    &column::Column,
    &constraint_unnamed::ConstraintUnnamed,
    &enum_type::EnumType,
    &foreign_key::ForeignKey,
    &function::Function,
    &identifier_length::IdentifierLength,
    &index::Index,
    &index_unnamed::IndexUnnamed,
    &leftover_table::LeftoverTable,
    &primary_key::PrimaryKey,
    &quoted_identifier::QuotedIdentifier,
    &reserved_word::ReservedWord,
    &schema::Schema,
    &schema_qualified::SchemaQualified,
    &sequence::Sequence,
    &table::Table,
    &timestamp_column::TimestampColumn,
    &trigger::Trigger,
    &unique_key::UniqueKey,
    &view::View,
    &dropped_table::DroppedTable,
];
