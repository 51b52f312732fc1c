//! Names that servers pick where none is written.

use std::collections::HashSet;

use sluice_schema::{Key, Relation, Schema};
use sluice_sql::Dialect;

/// PostgreSQL cuts names after this many bytes (`NAMEDATALEN - 1`).
const POSTGRES_NAME_BYTES: usize = 63;

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    NotNull,
    Exclude,
    Index,
}

/// The name that the server picks for a constraint or index over `columns`.
pub(crate) fn pick(schema: &Schema, relation: &Relation, columns: &[&str], purpose: Purpose) -> String {
    let constraints = relation.constraints.iter().map(|constraint| constraint.name.as_str());
    let names: HashSet<&str> =
        constraints.chain(relation.indexes.iter().map(|index| index.name.as_str())).collect();
    let taken = |name: &str| names.contains(name);
    match schema.dialect() {
        Dialect::Postgres => {
            let suffix = match purpose {
                Purpose::PrimaryKey => "pkey",
                Purpose::Unique => "key",
                Purpose::ForeignKey => "fkey",
                Purpose::Check => "check",
                Purpose::NotNull => "not_null",
                Purpose::Exclude => "excl",
                Purpose::Index => "idx",
            };
            let columns = if purpose == Purpose::PrimaryKey { String::new() } else { columns.join("_") };
            let all_taken = |name: &str| {
                taken(name)
                    || (purpose != Purpose::Check
                        && purpose != Purpose::ForeignKey
                        && schema
                            .relations
                            .contains_key(&sluice_schema::Name::new(relation.name.schema.clone(), name)))
            };
            numbered(&postgres(&relation.name.name, &columns, suffix), "", all_taken)
        }
        Dialect::Mysql | Dialect::Mariadb => match purpose {
            Purpose::PrimaryKey => "PRIMARY".to_owned(),
            Purpose::ForeignKey => first_free(|n| format!("{}_ibfk_{n}", relation.name.name), taken),
            Purpose::Check if schema.dialect() == Dialect::Mysql => {
                first_free(|n| format!("{}_chk_{n}", relation.name.name), taken)
            }
            Purpose::Check => first_free(|n| format!("constraint_{n}"), taken),
            _ => {
                let first = columns.first().copied().unwrap_or("functional_index");
                if taken(first) {
                    first_free(|n| format!("{first}_{}", n + 1), taken)
                } else {
                    first.to_owned()
                }
            }
        },
        Dialect::Sqlite => first_free(|n| format!("sqlite_autoindex_{}_{n}", relation.name.name), taken),
    }
}

/// What a key gives to the name of its index.
pub(crate) fn key_word(key: &Key) -> &str {
    match &key.column {
        Some(column) => column,
        None => expression_word(&key.text),
    }
}

/// What an expression gives to the name of its index: the function that it calls.
pub(crate) fn expression_word(text: &str) -> &str {
    let word = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    if word.is_empty() { "expr" } else { word }
}

fn first_free(name: impl Fn(usize) -> String, taken: impl Fn(&str) -> bool) -> String {
    (1..).map(name).find(|name| !taken(name)).unwrap_or_default()
}

fn numbered(base: &str, separator: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    first_free(|n| format!("{base}{separator}{n}"), taken)
}

/// As `makeObjectName` of PostgreSQL: the longer of both parts is cut until the whole fits.
fn postgres(table: &str, columns: &str, suffix: &str) -> String {
    let overhead = suffix.len() + 1 + if columns.is_empty() { 0 } else { 1 };
    let room = POSTGRES_NAME_BYTES.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let (table, columns) = (sluice_text::cut(table, first), sluice_text::cut(columns, second));
    if columns.is_empty() { format!("{table}_{suffix}") } else { format!("{table}_{columns}_{suffix}") }
}
