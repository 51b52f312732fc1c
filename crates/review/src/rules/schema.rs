//! What tables, columns and indexes have and do not have. Mostly off by default: house style.

mod auto_increment_start;
mod auto_increment_type;
mod auto_increment_unsigned;
mod autoincrement;
mod blob_type;
mod char_length;
mod char_type;
mod charset;
mod collation;
mod column_charset;
mod column_count;
mod comment_length;
mod current_time_count;
mod display_width;
mod drop_indexed_column;
mod engine;
mod enum_type;
mod enum_value_order;
mod float_money;
mod float_precision;
mod forbidden_type;
mod foreign_key_cascade;
mod foreign_key_without_index;
mod index_column_count;
mod index_count;
mod index_on_lob;
mod index_type;
mod inheritance;
mod length;
mod money_type;
mod nested_view;
mod new_index;
mod not_null_without_default;
mod nullable_foreign_key;
mod on_update_timestamp;
mod partitioned_table;
mod prefer_bigint;
mod prefer_identity;
mod prefer_jsonb;
mod prefer_text;
mod prefer_timestamptz;
mod primary_key_type;
mod redundant_index;
mod require_charset;
mod require_collation;
mod require_column_charset;
mod require_column_collation;
mod require_column_comment;
mod require_columns;
mod require_default;
mod require_not_null;
mod require_primary_key;
mod require_table_comment;
mod row_format;
mod set_type;
mod small_primary_key;
mod strict_table;
mod table_charset;
mod table_option;
mod text_total_length;
mod unlogged_table;
mod utf8mb3;
mod uuid_as_text;
mod varchar_length;
mod wide_primary_key;

use sluice_sql::model::{
    ColumnAttributeKind, ColumnDef, Comment, CreateTable, DataType, Expr, Ident, NameClass, ObjectName,
    Statement, TableConstraintKind, TableElement, TypeFamily,
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
    &require_default::RequireDefault,
    &not_null_without_default::NotNullWithoutDefault,
    &index_on_lob::IndexOnLob,
    &on_update_timestamp::OnUpdateTimestamp,
    &current_time_count::CurrentTimeCount,
    &auto_increment_type::AutoIncrementType,
    &auto_increment_unsigned::AutoIncrementUnsigned,
    &table_charset::TableCharset,
    &require_collation::RequireCollation,
    &require_column_charset::RequireColumnCharset,
    &require_column_collation::RequireColumnCollation,
    &text_total_length::TextTotalLength,
    &drop_indexed_column::DropIndexedColumn,
    &enum_value_order::EnumValueOrder,
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

/// Whether values of a type are characters, so that it has a charset and a collation (MySQL and MariaDB).
fn holds_characters(cx: &Context<'_>, data_type: &DataType) -> bool {
    let blob = data_type.name.ends_with("blob") || data_type.name == "binary";
    match data_type.family(cx.dialect()) {
        TypeFamily::Text | TypeFamily::FixedText | TypeFamily::Lob => !blob,
        TypeFamily::Enum | TypeFamily::Set => true,
        _ => false,
    }
}

/// Columns that count by themselves, with their types.
fn counting<'a>(cx: &Context<'a>) -> impl Iterator<Item = (&'a ObjectName, &'a ColumnDef, &'a DataType)> {
    let columns = cx.parsed.statement.column_defs().into_iter();
    columns
        .filter(|(_, column)| column.auto_increment())
        .filter_map(|(table, column)| Some((table, column, column.data_type.as_ref()?)))
}

/// The columns of a table's primary key, as it is after the statement.
fn primary_key(cx: &Context<'_>, table: &ObjectName) -> Vec<String> {
    let statement = &cx.parsed.statement;
    let key = |ident: &Ident| ident.key(cx.dialect(), NameClass::Other).into_owned();
    if let Statement::CreateTable(create) = statement {
        return create.primary_key().into_iter().map(key).collect();
    }
    let added = statement.constraints().into_iter().map(|(_, constraint)| constraint);
    if let Some(added) = added.into_iter().find(|it| matches!(it.kind, TableConstraintKind::PrimaryKey(_))) {
        return added.columns().into_iter().map(key).collect();
    }
    let inline = statement.column_defs().into_iter().map(|(_, column)| column);
    if let Some(inline) = inline.into_iter().find(|column| column.primary_key().is_some()) {
        return vec![key(&inline.name)];
    }
    cx.relation(table).map(|relation| relation.primary_key().to_vec()).unwrap_or_default()
}

/// Whether a column gets its value without anybody who says it, or cannot have a default: keys, generated columns, large types.
fn fills_itself(cx: &Context<'_>, table: &ObjectName, column: &ColumnDef) -> bool {
    let family = column.data_type.as_ref().map(|data_type| data_type.family(cx.dialect()));
    let name = column.name.key(cx.dialect(), NameClass::Other);
    matches!(
        family,
        Some(
            TypeFamily::Serial
                | TypeFamily::Lob
                | TypeFamily::Json
                | TypeFamily::Spatial
                | TypeFamily::Binary
        )
    ) || column.generated().is_some()
        || column.identity().is_some()
        || column.auto_increment()
        || primary_key(cx, table).iter().any(|key| *key == *name)
}

/// What statements after this one say in `COMMENT ON` (PostgreSQL).
fn comments<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a Comment> {
    cx.after.iter().filter_map(|parsed| match &parsed.statement {
        Statement::Comment(comment) if comment.text.is_some() => Some(&**comment),
        _ => None,
    })
}

/// Whether the column called `name` is new and another type of it changes nothing else: no expression reads it, and `takes` its
/// default.
fn stands_alone(cx: &Context<'_>, name: &Ident, takes: impl Fn(&Expr) -> bool) -> bool {
    let columns = cx.parsed.statement.column_defs();
    let Some((_, column)) = columns.into_iter().find(|(_, column)| column.name.span == name.span) else {
        return false;
    };
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
