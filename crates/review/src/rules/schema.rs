//! What tables, columns and indexes have and do not have. Mostly off by default: house style.

mod auto_increment_start;
mod autoincrement;
mod blob_type;
mod char_length;
mod char_type;
mod charset;
mod collation;
mod column_charset;
mod column_count;
mod comment_length;
mod display_width;
mod engine;
mod enum_type;
mod float_money;
mod float_precision;
mod forbidden_type;
mod foreign_key_cascade;
mod foreign_key_without_index;
mod index_column_count;
mod index_count;
mod index_type;
mod inheritance;
mod length;
mod money_type;
mod nested_view;
mod nullable_foreign_key;
mod partitioned_table;
mod prefer_bigint;
mod prefer_identity;
mod prefer_jsonb;
mod prefer_text;
mod prefer_timestamptz;
mod primary_key_type;
mod redundant_index;
mod require_charset;
mod require_column_comment;
mod require_columns;
mod require_not_null;
mod require_primary_key;
mod require_table_comment;
mod row_format;
mod set_type;
mod small_primary_key;
mod strict_table;
mod table_option;
mod unlogged_table;
mod utf8mb3;
mod uuid_as_text;
mod varchar_length;
mod wide_primary_key;

use sluice_sql::model::{
    ColumnAttributeKind, ColumnDef, CreateTable, Expr, Statement, TableConstraintKind, TableElement,
};

use crate::{Context, Rule};

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &auto_increment_start::AutoIncrementStart,
    &autoincrement::Autoincrement,
    &blob_type::BlobType,
    &char_length::CharLength,
    &char_type::CharType,
    &charset::Charset,
    &collation::Collation,
    &column_charset::ColumnCharset,
    &column_count::ColumnCount,
    &comment_length::CommentLength,
    &display_width::DisplayWidth,
    &engine::Engine,
    &enum_type::EnumType,
    &float_money::FloatMoney,
    &float_precision::FloatPrecision,
    &forbidden_type::ForbiddenType,
    &foreign_key_cascade::ForeignKeyCascade,
    &foreign_key_without_index::ForeignKeyWithoutIndex,
    &index_column_count::IndexColumnCount,
    &index_count::IndexCount,
    &index_type::IndexType,
    &inheritance::Inheritance,
    &money_type::MoneyType,
    &nested_view::NestedView,
    &nullable_foreign_key::NullableForeignKey,
    &partitioned_table::PartitionedTable,
    &prefer_bigint::PreferBigint,
    &prefer_identity::PreferIdentity,
    &prefer_jsonb::PreferJsonb,
    &prefer_text::PreferText,
    &prefer_timestamptz::PreferTimestamptz,
    &primary_key_type::PrimaryKeyType,
    &redundant_index::RedundantIndex,
    &require_charset::RequireCharset,
    &require_column_comment::RequireColumnComment,
    &require_columns::RequireColumns,
    &require_not_null::RequireNotNull,
    &require_primary_key::RequirePrimaryKey,
    &require_table_comment::RequireTableComment,
    &row_format::RowFormat,
    &set_type::SetType,
    &small_primary_key::SmallPrimaryKey,
    &strict_table::StrictTable,
    &unlogged_table::UnloggedTable,
    &utf8mb3::Utf8mb3,
    &uuid_as_text::UuidAsText,
    &varchar_length::VarcharLength,
    &wide_primary_key::WidePrimaryKey,
];

/// Whether a statement says all columns and constraints of a table that stays: nothing comes from a query, a parent or a model.
fn says_all(create: &CreateTable) -> bool {
    create.query.is_none()
        && create.partition_of.is_none()
        && create.inherits.is_empty()
        && create.of_type.is_none()
        && create.temporary.is_none()
        && create.elements.iter().all(|element| !matches!(element, TableElement::Like(_)))
}

/// Whether another type of a new column changes nothing else: no expression reads the column, and `takes` its default.
fn stands_alone(cx: &Context<'_>, column: &ColumnDef, takes: impl Fn(&Expr) -> bool) -> bool {
    let plain = column.attributes.iter().all(|attribute| match &attribute.kind {
        ColumnAttributeKind::Default(expr) => expr.is_null() || takes(expr),
        kind => {
            use ColumnAttributeKind as Kind;
            matches!(kind, Kind::Null | Kind::NotNull { .. } | Kind::PrimaryKey { .. } | Kind::Unique { .. })
        }
    });
    let Statement::CreateTable(create) = &cx.parsed.statement else { return plain };
    let reads = |expr: &Expr| expr.columns.iter().any(|it| it.name.same(&column.name, cx.dialect()));
    let checked = create.constraints().any(|it| match &it.kind {
        TableConstraintKind::Check(expr) => reads(expr),
        TableConstraintKind::ForeignKey(_) | TableConstraintKind::Exclude(_) => {
            it.columns().iter().any(|name| name.same(&column.name, cx.dialect()))
        }
        _ => false,
    });
    let others = create.columns().any(|other| {
        other.generated().is_some_and(|it| reads(&it.expr)) || other.checks().any(|(_, expr)| reads(expr))
    });
    let divides = create.partition_by.is_some() || create.partition_of.is_some();
    plain && !checked && !others && !divides
}
