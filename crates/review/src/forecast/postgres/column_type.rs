use sluice_schema::{ColumnType, Relation, Schema, UserType};
use sluice_sql::Dialect;
use sluice_sql::model::{DataType, Expr, Ident, NameClass};

use crate::Question;

/// Domains over domains are followed this far.
const DEEPEST: usize = 8;

/// What it takes to give a column another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeChange {
    /// The catalog changes; indexes keep their storage.
    Free,
    /// Rows stay as they are, indexes are built anew: they sort differently.
    Reindex,
    /// Every row is written anew.
    Rewrite,
}

/// What it takes to give `column` of `relation` another type; that of a column that is not known is taken for another one.
pub(crate) fn of_column(
    question: &Question<'_>,
    relation: Option<&Relation>,
    column: &str,
    new: &DataType,
    using: Option<&Expr>,
) -> TypeChange {
    let Some(old) = relation.and_then(|it| it.column(column)).and_then(|it| it.data_type.as_ref()) else {
        return TypeChange::Rewrite;
    };
    // `USING c` and `USING c::new` say what happens anyhow; anything else is computed for each row.
    let key = |ident: &Ident| ident.key(Dialect::Postgres, NameClass::Other).into_owned();
    let computed = using.is_some_and(|expr| {
        !expr.calls.is_empty()
            || expr.computes
            || !expr.subqueries.is_empty()
            || expr.columns.len() != 1
            || expr.columns.iter().any(|one| key(&one.name) != column)
            || expr.cast.as_ref().is_some_and(|cast| cast.name != new.name)
    });
    if computed {
        return TypeChange::Rewrite;
    }
    let zone = question.session.time_zone.as_deref();
    let utc = zone.is_some_and(|zone| matches!(zone, "utc" | "etc/utc" | "gmt" | "z" | "zulu"));
    change(question.schema, &counted(old), &written(new), utc)
}

/// The type that a column has which was written as `serial`.
fn counted(written: &ColumnType) -> ColumnType {
    let name = match written.name.as_str() {
        "smallserial" => "smallint",
        "serial" => "integer",
        "bigserial" => "bigint",
        other => other,
    };
    ColumnType { name: name.to_owned(), ..written.clone() }
}

/// What it takes to turn `old` into `new`, without `USING`. `utc`: the session's time zone is UTC.
fn change(schema: &Schema, old: &ColumnType, new: &ColumnType, utc: bool) -> TypeChange {
    let Some(target) = unconstrained(schema, new) else {
        return if same(old, new) { TypeChange::Free } else { TypeChange::Rewrite };
    };
    let source = base(schema, old);
    match of_bases(source, target, utc) {
        TypeChange::Free if collation(source) != collation(target) => TypeChange::Reindex,
        other => other,
    }
}

fn same(old: &ColumnType, new: &ColumnType) -> bool {
    old.name == new.name && old.arguments == new.arguments && old.dimensions == new.dimensions
}

fn collation(of: &ColumnType) -> Option<&str> {
    of.collation.as_deref().filter(|name| *name != "default")
}

/// The type below a domain.
fn base<'a>(schema: &'a Schema, of: &'a ColumnType) -> &'a ColumnType {
    let mut found = of;
    for _ in 0..DEEPEST {
        match schema.type_of_column(found) {
            Some(UserType::Domain(domain)) if found.dimensions == 0 => found = &domain.base,
            _ => break,
        }
    }
    found
}

/// The type below a domain; none where a domain demands something of its values.
fn unconstrained<'a>(schema: &'a Schema, of: &'a ColumnType) -> Option<&'a ColumnType> {
    let mut found = of;
    for _ in 0..DEEPEST {
        match schema.type_of_column(found) {
            Some(UserType::Domain(domain)) if domain.constrained() => return None,
            Some(UserType::Domain(domain)) if found.dimensions == 0 => found = &domain.base,
            _ => break,
        }
    }
    Some(found)
}

fn of_bases(old: &ColumnType, new: &ColumnType, utc: bool) -> TypeChange {
    if same(old, new) {
        return TypeChange::Free;
    }
    if old.dimensions > 0 || new.dimensions > 0 {
        return TypeChange::Rewrite;
    }
    let free = |free: bool| if free { TypeChange::Free } else { TypeChange::Rewrite };
    match (old.name.as_str(), new.name.as_str()) {
        ("character varying" | "text", "text") => TypeChange::Free,
        ("character varying" | "text", "character varying") | ("bit varying", "bit varying") => {
            free(fits(old.number(0), new.number(0)))
        }
        ("numeric", "numeric") => free(numeric(old, new)),
        ("timestamp", "timestamp")
        | ("timestamp with time zone", "timestamp with time zone")
        | ("time", "time")
        | ("time with time zone", "time with time zone")
        | ("interval", "interval") => free(precise(old, new)),
        ("timestamp", "timestamp with time zone") | ("timestamp with time zone", "timestamp")
            if utc && precise(old, new) =>
        {
            TypeChange::Reindex
        }
        ("cidr", "inet") | ("xml", "text") => TypeChange::Free,
        ("integer", "oid") | ("oid", "integer") => TypeChange::Reindex,
        ("citext", "text") | ("text", "citext") => TypeChange::Reindex,
        ("citext", "character varying") | ("character varying", "citext") => {
            if fits(None, new.number(0)) {
                TypeChange::Reindex
            } else {
                TypeChange::Rewrite
            }
        }
        _ => TypeChange::Rewrite,
    }
}

/// Whether what is as long as `old` allows fits into `new`.
fn fits(old: Option<i64>, new: Option<i64>) -> bool {
    match (old, new) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => new >= old,
    }
}

fn numeric(old: &ColumnType, new: &ColumnType) -> bool {
    let Some(digits) = new.number(0) else { return true };
    let scale = |of: &ColumnType| of.number(1).unwrap_or(0);
    old.number(0).is_some_and(|before| digits >= before && scale(old) == scale(new))
}

/// Times keep at most six digits.
fn precise(old: &ColumnType, new: &ColumnType) -> bool {
    let words = |of: &ColumnType| of.arguments.iter().any(|one| one.parse::<i64>().is_err());
    if words(old) || words(new) {
        return false;
    }
    new.number(0).unwrap_or(6) >= old.number(0).unwrap_or(6)
}

/// The type of a column's definition, by its dialect's name.
pub(super) fn written(data_type: &sluice_sql::model::DataType) -> ColumnType {
    ColumnType::of(Dialect::Postgres, data_type)
}
