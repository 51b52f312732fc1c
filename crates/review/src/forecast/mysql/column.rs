use sluice_schema::{Column, ColumnType};
use sluice_sql::model::{ColumnDef, Ident, Storage, TypeFamily};

use super::cost::Cost;
use super::option;
use super::table::Table;

/// `ADD COLUMN`.
pub(super) fn add(table: &Table<'_>, def: &ColumnDef, placed: bool) -> Cost {
    let stored = def.generated().map(|generated| generated.storage == Storage::Stored);
    if stored == Some(true) {
        return Cost::copy();
    }
    if table.mariadb && def.references().is_some() && !table.question.session.foreign_keys_off {
        return Cost::copy();
    }
    if !table.mariadb && def.checks().next().is_some() {
        return Cost::copy();
    }
    if def.auto_increment() {
        return Cost::REBUILD.shared();
    }
    if def.unique().is_some() || def.primary_key().is_some() {
        return Cost::REBUILD;
    }
    if stored == Some(false) {
        let copies = placed && table.mariadb && table.has_generated();
        return if copies { Cost::copy() } else { Cost { virtual_column: true, ..Cost::INSTANT } };
    }
    if table.mariadb {
        return match (placed, table.has_generated(), table.refuses_instant_columns()) {
            (true, true, _) => Cost::copy(),
            (_, _, true) => Cost::REBUILD,
            _ => Cost::INSTANT,
        };
    }
    let instant = (!placed && table.mysql_at_least(8, 0, 12)) || table.mysql_at_least(8, 0, 29);
    if instant && !table.refuses_instant_columns() && !has_late_default(table, def) {
        Cost { rebuild_unless_instant: true, ..Cost::INSTANT }
    } else {
        Cost::REBUILD
    }
}

/// A default for the rows that are there which MySQL does not take at once: an expression, or the zero of a date.
fn has_late_default(table: &Table<'_>, def: &ColumnDef) -> bool {
    match def.default() {
        Some(default) => default.parenthesised && default.literal.is_none(),
        None => {
            let date = def.data_type.as_ref().is_some_and(|data_type| {
                let dialect = table.question.schema.dialect();
                matches!(data_type.family(dialect), TypeFamily::Date | TypeFamily::Timestamp)
            });
            date && def.not_null().is_some()
        }
    }
}

/// `DROP COLUMN`.
pub(super) fn drop(table: &Table<'_>, name: &Ident) -> Cost {
    let column = table.column(name);
    let key = table.key(name);
    let indexed = table.relation.is_some_and(|it| it.indexes_of(&key).next().is_some());
    let in_primary_key = table.relation.is_some_and(|it| it.primary_key().contains(&key));
    let generated = column.and_then(|column| column.generated.as_ref());
    if in_primary_key {
        return Cost::REBUILD;
    }
    if generated.is_some_and(|generated| !generated.stored) {
        let cost = if indexed { Cost::NO_COPY } else { Cost::INSTANT };
        return Cost { virtual_column: true, ..cost };
    }
    if table.mariadb {
        return match (table.refuses_instant_columns(), indexed, table.has_generated()) {
            (true, ..) => Cost::REBUILD,
            (_, true, true) => Cost::copy(),
            (_, true, false) => Cost::NO_COPY,
            _ => Cost::INSTANT,
        };
    }
    let instant = table.mysql_at_least(8, 0, 29) && generated.is_none() && !indexed;
    if instant && !table.refuses_instant_columns() {
        Cost { rebuild_unless_instant: true, ..Cost::INSTANT }
    } else {
        Cost::REBUILD
    }
}

/// `RENAME COLUMN`.
pub(super) fn rename(table: &Table<'_>, name: &Ident) -> Cost {
    let key = table.key(name);
    let referenced = table.relation.is_some_and(|relation| {
        table
            .question
            .schema
            .references_to(&relation.name)
            .filter_map(|(_, constraint)| constraint.foreign_key())
            .any(|foreign| foreign.referenced.is_empty() || foreign.referenced.contains(&key))
    });
    if table.mariadb || (table.mysql_at_least(8, 0, 28) && !referenced) {
        Cost::INSTANT
    } else {
        Cost::INPLACE
    }
}

/// `MODIFY` and `CHANGE`: what is different decides.
pub(super) fn redefine(
    table: &Table<'_>,
    name: &Ident,
    def: &ColumnDef,
    placed: bool,
    refused: &mut Option<String>,
) -> Cost {
    let Some(old) = table.column(name) else { return Cost::copy() };
    let key = table.key(name);
    let indexed = table.relation.is_some_and(|it| it.indexes_of(&key).next().is_some());
    let retyped = match (&old.data_type, &def.data_type) {
        (Some(from), Some(to)) => {
            let to = ColumnType::of(table.question.schema.dialect(), to);
            retype(table, from, &to, indexed)
        }
        _ => Cost::copy(),
    };
    if retyped == Cost::copy() && !table.question.session.foreign_keys_off {
        *refused = refused.take().or_else(|| used_by_foreign_key(table, &key));
    }
    let mut cost = retyped;
    if placed {
        cost = cost.and(if table.mariadb { Cost::INSTANT } else { Cost::REBUILD });
    }
    cost = cost.and(nullable(table, old, def, &key));
    if def.auto_increment() && !old.auto_increment || regenerated(table, old, def) {
        cost = cost.and(Cost::copy());
    }
    if old.auto_increment && !def.auto_increment() || comment(old) != def.comment().map(|it| &*it.value) {
        cost = cost.and(option::metadata(table));
    }
    if !table.mariadb && def.checks().next().is_some() {
        cost = cost.and(Cost::copy());
    }
    cost
}

fn comment(column: &Column) -> Option<&str> {
    column.comment.as_deref()
}

fn nullable(table: &Table<'_>, old: &Column, def: &ColumnDef, key: &str) -> Cost {
    let in_primary_key = table.relation.is_some_and(|it| it.primary_key().iter().any(|one| one == key));
    let not_null = def.not_null().is_some() || def.primary_key().is_some() || in_primary_key;
    match (old.not_null, not_null) {
        (false, true) if table.mariadb && table.has_generated() => Cost::copy(),
        (false, true) | (true, false) if old.generated.is_none() => Cost::REBUILD,
        _ => Cost::INSTANT,
    }
}

fn regenerated(table: &Table<'_>, old: &Column, def: &ColumnDef) -> bool {
    match (&old.generated, def.generated()) {
        (None, None) => false,
        (Some(old), Some(new)) => {
            old.stored != (new.storage == Storage::Stored)
                || old.text != new.expr.span.slice(table.question.text)
        }
        _ => true,
    }
}

/// The server's words where a foreign key forbids the new type (errors 1832 and 1833).
fn used_by_foreign_key(table: &Table<'_>, column: &str) -> Option<String> {
    let relation = table.relation?;
    let own = relation.foreign_keys().find(|(_, key)| key.columns.iter().any(|one| one == column));
    if let Some((constraint, _)) = own {
        let name = &constraint.name;
        return Some(format!("Cannot change column '{column}': used in a foreign key constraint '{name}'"));
    }
    table.question.schema.references_to(&relation.name).find_map(|(child, constraint)| {
        let key = constraint.foreign_key()?;
        key.referenced.iter().any(|one| one == column).then(|| {
            format!(
                "Cannot change column '{column}': used in a foreign key constraint '{}' of table '{}'",
                constraint.name, child.name
            )
        })
    })
}

/// A new type; of strings also a new charset or collation.
fn retype(table: &Table<'_>, from: &ColumnType, to: &ColumnType, indexed: bool) -> Cost {
    if from.name != to.name || from.unsigned != to.unsigned || from.dimensions != to.dimensions {
        return Cost::copy();
    }
    let size = match from.name.as_str() {
        "varchar" | "varbinary" => widen(table, from, to),
        "enum" | "set" if from.arguments == to.arguments => Some(Cost::INSTANT),
        "enum" | "set" => appended(from, to).then_some(Cost::INSTANT),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Some(Cost::INSTANT),
        "decimal" => {
            let digits = |it: &ColumnType| (it.number(0).unwrap_or(10), it.number(1).unwrap_or(0));
            (digits(from) == digits(to)).then_some(Cost::INSTANT)
        }
        "datetime" | "timestamp" | "time" => {
            let fraction = |it: &ColumnType| it.number(0).unwrap_or(0);
            (fraction(from) == fraction(to)).then_some(Cost::INSTANT)
        }
        "char" | "binary" | "bit" => {
            let length = |it: &ColumnType| it.number(0).unwrap_or(1);
            (length(from) == length(to)).then_some(Cost::INSTANT)
        }
        _ => (from.arguments == to.arguments).then_some(Cost::INSTANT),
    };
    match (size, encoding(table, from, to, indexed)) {
        (Some(size), Some(encoding)) => size.and(encoding),
        _ => Cost::copy(),
    }
}

/// `VARCHAR` in place: never shorter, and the length in the row keeps its one byte or its two.
fn widen(table: &Table<'_>, from: &ColumnType, to: &ColumnType) -> Option<Cost> {
    let bytes = |it: &ColumnType| {
        let width = if it.name == "varbinary" { 1 } else { bytes_per_character(&charset(table, it)) };
        it.number(0).and_then(|length| length.checked_mul(width))
    };
    let (old, new) = (bytes(from)?, bytes(to)?);
    if from.number(0) == to.number(0) && old == new {
        return Some(Cost::INSTANT);
    }
    (new >= old && (new <= 255 || old >= 256)).then(|| option::metadata(table))
}

fn appended(from: &ColumnType, to: &ColumnType) -> bool {
    let bytes = |it: &ColumnType| match (it.name.as_str(), it.arguments.len()) {
        ("enum", 0..=255) => 1,
        ("enum", _) => 2,
        (_, 0..=8) => 1,
        (_, 9..=16) => 2,
        (_, 17..=24) => 3,
        (_, 25..=32) => 4,
        _ => 8,
    };
    to.arguments.starts_with(&from.arguments) && bytes(from) == bytes(to)
}

fn is_text(data_type: &ColumnType) -> bool {
    matches!(
        data_type.name.as_str(),
        "varchar" | "char" | "text" | "tinytext" | "mediumtext" | "longtext" | "enum" | "set"
    )
}

/// What a new charset or collation costs; nothing where it copies.
fn encoding(table: &Table<'_>, from: &ColumnType, to: &ColumnType, indexed: bool) -> Option<Cost> {
    if !is_text(from) {
        return Some(Cost::INSTANT);
    }
    let (old, new) = (charset(table, from), charset(table, to));
    let same = old == new;
    if same && collation(table, from) == collation(table, to) {
        return Some(Cost::INSTANT);
    }
    let extends = table.mariadb && (same || old == "utf8mb3" && new == "utf8mb4");
    extends.then_some(if indexed { Cost::NO_COPY } else { Cost::INSTANT })
}

/// Charset of a type: its own, its collation's, the table's, the database's.
fn charset(table: &Table<'_>, data_type: &ColumnType) -> String {
    let of_collation =
        |name: &str| name.split('_').next().filter(|charset| !charset.is_empty()).map(str::to_owned);
    let options = table.relation.map(|relation| &relation.options);
    let option = |name: &str| options.and_then(|options| options.get(name));
    let found = data_type
        .charset
        .clone()
        .or_else(|| data_type.collation.as_deref().and_then(of_collation))
        .or_else(|| option("charset").cloned())
        .or_else(|| option("collation").and_then(|name| of_collation(name)))
        .or_else(|| table.question.schema.charset.clone())
        .unwrap_or_else(|| "utf8mb4".to_owned());
    if found == "utf8" { "utf8mb3".to_owned() } else { found }
}

/// Collation of a type, where one is written; the charset's own otherwise.
fn collation(table: &Table<'_>, data_type: &ColumnType) -> Option<String> {
    let written = data_type.collation.as_deref().map(str::to_lowercase);
    let of_table = || {
        let own = data_type.charset.is_none();
        own.then(|| table.relation.and_then(|it| it.options.get("collation")).cloned()).flatten()
    };
    written.or_else(of_table)
}

fn bytes_per_character(charset: &str) -> i64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "eucjpms" | "ujis" => 3,
        "ucs2" | "gbk" | "gb2312" | "big5" | "sjis" | "cp932" | "euckr" => 2,
        _ => 1,
    }
}
