//! Questions to the rows before a step that depends on them. Each is one query that writes nothing.

use sluice_facts::{Assertion, Change, Fact, FactId, Kind, Scene};

use super::{constraint, name, narrowing};

/// Rows in which a column is null.
pub(crate) fn not_null(change: &Change<'_>, scene: &Scene<'_>) -> Option<Assertion> {
    let column = name::quoted(change.old);
    let table = change.new.parent.as_ref()?;
    Some(Assertion {
        finds: format!("rows of {} in which {column} is null", name::top(table)),
        sql: rows(table, &format!("{column} IS NULL"), scene),
        tries: false,
        early: true,
    })
}

/// Values that do not fit into another type; none where a query cannot tell.
pub(crate) fn cast(change: &Change<'_>, scene: &Scene<'_>) -> Option<Assertion> {
    let (old, new) = (change.old.payload.text("type")?, change.new.payload.text("type")?);
    if !narrowing::narrows(old, new) {
        return None;
    }
    let column = name::quoted(change.old);
    let table = change.new.parent.as_ref()?;
    Some(Assertion {
        finds: format!("rows of {} whose {column} is no {new}", name::top(table)),
        sql: rows(table, &misfit(old, new, &column)?, scene),
        tries: false,
        early: true,
    })
}

/// Rows that an index or a check will be refused for.
pub(crate) fn inside(fact: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let table = fact.parent.as_ref()?;
    match fact.kind {
        Kind::Index => duplicates(fact, table, scene),
        _ => {
            let expression =
                fact.payload.text("expression").filter(|_| !fact.payload.flag("not_enforced"))?;
            Some(check(table, expression, unchanged(fact, scene), scene))
        }
    }
}

/// Rows that the check of a column will be refused for.
pub(crate) fn column_check(column: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let expression = column.payload.text("check")?;
    Some(check(column.parent.as_ref()?, expression, stands(&column.id, scene), scene))
}

/// Rows that refer to rows that are not there.
pub(crate) fn foreign_key(fact: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let table = fact.parent.as_ref().filter(|_| constraint::is_foreign_key(fact))?;
    let payload = &fact.payload;
    let (columns, referenced) = (payload.list("columns"), payload.list("referenced"));
    let parent =
        payload.list("table").iter().map(|part| crate::name::quote(part)).collect::<Vec<_>>().join(".");
    let set: Vec<String> = columns.iter().map(|column| format!("o.{column} IS NOT NULL")).collect();
    let same: Vec<String> = columns
        .iter()
        .zip(referenced)
        .map(|(column, referenced)| format!("p.{referenced} = o.{column}"))
        .collect();
    let named: Vec<String> = columns.iter().map(|column| format!("o.{column}")).collect();
    let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let top = name::top(table);
    Some(Assertion {
        finds: format!("rows of {top} that refer to rows of {parent} that are not there"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {top} AS o WHERE {} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {})",
            example(&names, &named),
            set.join(" AND "),
            same.join(" AND ")
        )),
        tries: false,
        early: unchanged(fact, scene),
    })
}

fn check(table: &FactId, expression: &str, early: bool, scene: &Scene<'_>) -> Assertion {
    Assertion {
        finds: format!("rows of {} that do not fulfil {expression}", name::top(table)),
        sql: rows(table, &format!("NOT ({expression})"), scene),
        tries: false,
        early,
    }
}

fn duplicates(index: &Fact, table: &FactId, scene: &Scene<'_>) -> Option<Assertion> {
    let kind = index.payload.text("type").filter(|kind| matches!(*kind, "PRIMARY KEY" | "UNIQUE KEY"))?;
    let keys: Option<Vec<String>> = index.payload.list("columns").iter().map(|part| key_of(part)).collect();
    let keys = keys?;
    let top = name::top(table);
    let filter = match kind {
        "PRIMARY KEY" => String::new(),
        _ => {
            let set: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
            format!(" WHERE {}", set.join(" AND "))
        }
    };
    let list = keys.join(", ");
    Some(Assertion {
        finds: format!("values of ({list}) that more than one row of {top} has"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {top}{filter} GROUP BY {list} HAVING COUNT(*) > 1",
            example(&keys, &keys)
        )),
        tries: false,
        early: unchanged(index, scene),
    })
}

/// The condition under which a value does not fit.
fn misfit(old: &str, new: &str, column: &str) -> Option<String> {
    let base = |kind: &str| kind.split(['(', ' ']).next().unwrap_or(kind).to_ascii_lowercase();
    let arguments =
        |kind: &'_ str| -> Option<String> { Some(kind.split_once('(')?.1.rsplit_once(')')?.0.to_owned()) };
    let unsigned = |kind: &str| kind.to_ascii_lowercase().contains("unsigned");
    let (from, to) = (base(old), base(new));
    let is_number = |base: &str| base.ends_with("int") || matches!(base, "decimal" | "float" | "double");
    let is_text = |base: &str| matches!(base, "char" | "varchar" | "enum") || base.ends_with("text");
    let bits = match to.as_str() {
        "tinyint" => Some(8),
        "smallint" => Some(16),
        "mediumint" => Some(24),
        "int" => Some(32),
        "bigint" => Some(64),
        _ => None,
    };
    if let Some(bits) = bits {
        let whole = 1_i128.checked_shl(bits)?;
        let half = whole.checked_div(2)?;
        let (least, most) = match unsigned(new) {
            true => (0, whole.checked_sub(1)?),
            false => (half.checked_neg()?, half.checked_sub(1)?),
        };
        return match () {
            () if is_number(&from) => Some(format!("ROUND({column}) NOT BETWEEN {least} AND {most}")),
            () if is_text(&from) => Some(format!(
                "({column} NOT REGEXP '^ *[-+]?[0-9]+ *$' OR CAST({column} AS DECIMAL(65,0)) NOT BETWEEN {least} AND {most})"
            )),
            () => None,
        };
    }
    match to.as_str() {
        "char" | "varchar" if is_number(&from) || is_text(&from) => {
            let length: u32 = arguments(new)?.trim().parse().ok()?;
            Some(format!("CHAR_LENGTH(RTRIM({column})) > {length}"))
        }
        "enum" if is_text(&from) => Some(format!("{column} NOT IN ({})", arguments(new)?)),
        "decimal" if is_number(&from) => {
            let arguments = arguments(new)?;
            let mut numbers = arguments.split(',').map(|number| number.trim().parse::<usize>().ok());
            let (digits, scale) = (numbers.next()??, numbers.next().flatten().unwrap_or(0));
            let bound = format!("1{}", "0".repeat(digits.checked_sub(scale)?));
            let sign = if unsigned(new) { format!(" OR {column} < 0") } else { String::new() };
            Some(format!("(ABS(ROUND({column}, {scale})) >= {bound}{sign})"))
        }
        _ => None,
    }
}

/// A part of an index as an expression: a prefix of a text, without the order.
fn key_of(part: &str) -> Option<String> {
    let part = part.strip_suffix(" DESC").or_else(|| part.strip_suffix(" ASC")).unwrap_or(part);
    if part.starts_with('(') {
        return Some(part.to_owned());
    }
    match part.rsplit_once("`(") {
        Some((column, length)) => {
            let length: u32 = length.strip_suffix(')')?.parse().ok()?;
            Some(format!("LEFT({column}`, {length})"))
        }
        None => Some(part.to_owned()),
    }
}

/// The rows of a table for which a condition holds.
fn rows(table: &FactId, condition: &str, scene: &Scene<'_>) -> String {
    let is_key = |user: &&Fact| user.kind == Kind::Index && user.payload.text("type") == Some("PRIMARY KEY");
    let own = scene.users_before(table).filter(|user| user.parent.as_ref() == Some(table));
    let key: Option<Vec<String>> = own
        .filter(is_key)
        .find_map(|key| key.payload.list("columns").iter().map(|part| key_of(part)).collect());
    let example = key.map_or_else(|| "''".to_owned(), |key| example(&key, &key));
    answer(&format!("SELECT {example} AS example FROM {} WHERE {condition}", name::top(table)))
}

fn answer(rows: &str) -> String {
    format!("SELECT CAST(COUNT(*) AS CHAR), NULLIF(MIN(example), '') FROM ({rows}) AS found")
}

/// A text that names a row: `` `id` = 7 ``.
fn example(names: &[String], values: &[String]) -> String {
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match (names, values) {
        ([name], [value]) => format!("CONCAT({}, {value})", literal(&format!("{name} = "))),
        _ => format!(
            "CONCAT({}, CONCAT_WS(', ', {}), ')')",
            literal(&format!("({}) = (", names.join(", "))),
            values.join(", ")
        ),
    }
}

/// Whether what a fact needs is there before the first step, and stays what it is.
fn unchanged(fact: &Fact, scene: &Scene<'_>) -> bool {
    fact.needs().all(|id| stands(id, scene))
}

fn stands(id: &FactId, scene: &Scene<'_>) -> bool {
    let (Some(old), Some(new)) = (scene.from.get(id), scene.to.get(id)) else { return false };
    let same = ["type", "collation", "generated", "expression"]
        .iter()
        .all(|name| old.payload.get(name) == new.payload.get(name));
    match id.kind() {
        Some(Kind::Column) => same && !scene.creates(id),
        _ => !scene.creates(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_asked_by_its_type() {
        for (old, new, condition) in [
            ("bigint(20)", "int(11)", Some("ROUND(`c`) NOT BETWEEN -2147483648 AND 2147483647")),
            ("int(11)", "tinyint(3) unsigned", Some("ROUND(`c`) NOT BETWEEN 0 AND 255")),
            ("varchar(40)", "varchar(20)", Some("CHAR_LENGTH(RTRIM(`c`)) > 20")),
            ("enum('a','b')", "enum('b')", Some("`c` NOT IN ('b')")),
            ("decimal(5,2)", "decimal(6,4)", Some("(ABS(ROUND(`c`, 4)) >= 100)")),
            ("json", "int(11)", None),
            ("datetime", "date", None),
        ] {
            assert_eq!(misfit(old, new, "`c`").as_deref(), condition, "{old} → {new}");
        }
    }

    #[test]
    fn parts_of_indexes_are_written_as_expressions() {
        for (part, key) in [
            ("`a`", "`a`"),
            ("`a` DESC", "`a`"),
            ("`a`(10)", "LEFT(`a`, 10)"),
            ("(lower(`a`))", "(lower(`a`))"),
        ] {
            assert_eq!(key_of(part).as_deref(), Some(key));
        }
    }
}
