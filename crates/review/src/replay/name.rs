//! Names that servers pick where none is written.

use sluice_schema::{Key, Name, Relation, Schema};
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
    let names = constraints.chain(relation.indexes.iter().map(|index| index.name.as_str()));
    let free = |base: &str, first: usize| format!("{base}{}", free_number(base, first, names.clone()));
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
            let of_relation = |name: &str| {
                purpose != Purpose::Check
                    && purpose != Purpose::ForeignKey
                    && schema.relations.contains_key(&Name::new(relation.name.schema.clone(), name))
            };
            let mut name = postgres(&relation.name.name, &columns, suffix);
            if names.clone().any(|one| one == name) || of_relation(&name) {
                let base = std::mem::take(&mut name);
                let mut number = free_number(&base, 1, names.clone());
                while name.is_empty() || of_relation(&name) {
                    name = format!("{base}{number}");
                    number = free_number(&base, number + 1, names.clone());
                }
            }
            name
        }
        Dialect::Mysql | Dialect::Mariadb => match purpose {
            Purpose::PrimaryKey => "PRIMARY".to_owned(),
            Purpose::ForeignKey => free(&format!("{}_ibfk_", relation.name.name), 1),
            Purpose::Check if schema.dialect() == Dialect::Mysql => {
                free(&format!("{}_chk_", relation.name.name), 1)
            }
            Purpose::Check => free("constraint_", 1),
            _ => {
                let first = columns.first().copied().unwrap_or("functional_index");
                if names.clone().any(|one| one == first) {
                    free(&format!("{first}_"), 2)
                } else {
                    first.to_owned()
                }
            }
        },
        Dialect::Sqlite => {
            // Only an index of its own has a name; what is the rowid has none.
            let indexed = match purpose {
                Purpose::PrimaryKey => !is_rowid(relation, columns),
                Purpose::Unique | Purpose::Index => true,
                _ => false,
            };
            let kind = if indexed { "sqlite_autoindex" } else { "sqlite_nameless" };
            free(&format!("{kind}_{}_", relation.name.name), 1)
        }
    }
}

/// SQLite's names for keys follow the name of their table, which was `from`.
pub(super) fn follow_table(relation: &mut Relation, from: &Name) {
    let table = relation.name.name.clone();
    let follow = |name: &mut String| {
        for kind in ["sqlite_autoindex", "sqlite_nameless"] {
            if let Some(number) = name.strip_prefix(&format!("{kind}_{}_", from.name)) {
                *name = format!("{kind}_{table}_{number}");
                return;
            }
        }
    };
    relation.constraints.iter_mut().for_each(|it| follow(&mut it.name));
    for index in &mut relation.indexes {
        follow(&mut index.name);
        index.constraint.iter_mut().for_each(follow);
    }
}

/// Whether a primary key over these columns is SQLite's number of a row.
fn is_rowid(relation: &Relation, columns: &[&str]) -> bool {
    let [column] = columns else { return false };
    let data_type = relation.column(column).and_then(|it| it.data_type.as_ref());
    data_type.is_some_and(|it| it.name == "integer") && !relation.options.contains_key("without rowid")
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

/// The smallest number from `first` on that none of the names has behind `base`. Looks at each name once.
fn free_number<'n>(base: &str, first: usize, names: impl Iterator<Item = &'n str>) -> usize {
    let number = |name: &str| {
        let digits = name.strip_prefix(base)?;
        let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number| plain && *number >= first)
    };
    let mut taken: Vec<usize> = names.filter_map(number).collect();
    taken.sort_unstable();
    taken.dedup();
    let behind = taken.iter().zip(first..).find(|(taken, free)| *taken != free);
    behind.map_or(first + taken.len(), |(_, free)| free)
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

#[cfg(test)]
mod tests {
    use super::free_number;

    #[test]
    fn the_first_number_that_is_free_is_found_in_one_pass() {
        let number = |names: &[&str]| free_number("t_a_idx", 1, names.iter().copied());
        assert_eq!(number(&[]), 1);
        assert_eq!(number(&["t_a_idx", "t_a_idx2", "t_a_idx1", "t_a_idx1", "t_b_idx3"]), 3);
        assert_eq!(number(&["t_a_idx01", "t_a_idx", "t_a_idx+1", "t_a_idx1x"]), 1);
        assert_eq!(number(&["t_a_idx3", "t_a_idx1"]), 2);
        assert_eq!(free_number("a_", 2, ["a_1", "a_2"].into_iter()), 3);
        let many: Vec<String> = (1..=5000).map(|at| format!("t_a_idx{at}")).collect();
        let looks = std::cell::Cell::new(0);
        let counted = many.iter().map(String::as_str).inspect(|_| looks.set(looks.get() + 1));
        assert_eq!((free_number("t_a_idx", 1, counted), looks.get()), (5001, 5000));
    }
}
