//! Questions to the rows before a step that depends on them. Each is one query that writes nothing.

use sluice_facts::{Assertion, Change, Fact, FactId, Kind, Scene};

use super::name::{literal, owner_of, path, quote};

/// Rows that a constraint of a table that is there will be refused for; none where a query cannot tell.
pub fn constraint(fact: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let payload = &fact.payload;
    let definition = payload.text("definition")?;
    match payload.text("type")? {
        "check" => check(fact, definition, scene),
        "foreign key" => foreign_key(fact, definition, scene),
        "primary key" | "unique" => {
            let rest =
                definition.strip_prefix("PRIMARY KEY").or_else(|| definition.strip_prefix("UNIQUE"))?;
            let (distinct, rest) = nulls(rest);
            let (columns, rest) = parenthesized(rest.trim_start())?;
            if rest.contains("WITHOUT OVERLAPS") || columns.contains("WITHOUT OVERLAPS") {
                return None;
            }
            Some(duplicates(fact, &items(columns), None, distinct, scene))
        }
        _ => None,
    }
}

/// Rows that a unique index of a table that is there will be refused for.
pub fn unique_index(fact: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let definition = fact.payload.text("definition").filter(|_| fact.payload.flag("unique"))?;
    let (_, rest) = definition.split_once(" USING ")?;
    let (keys, rest) = parenthesized(rest.get(rest.find('(')?..)?)?;
    let keys: Option<Vec<String>> = items(keys).iter().map(|key| key_of(key)).collect();
    let (distinct, _) = nulls(if rest.contains("NULLS NOT DISTINCT") { " NULLS NOT DISTINCT" } else { "" });
    let filter = rest.split_once(" WHERE ").map(|(_, filter)| filter);
    plain(duplicates(fact, &keys?, filter, distinct, scene))
}

/// Rows in which a column is null.
pub fn not_null(column: &Fact, scene: &Scene<'_>) -> Option<Assertion> {
    let early = scene.from.get(&column.id).is_some() && !scene.creates(&column.id);
    let (table, name) = (owner_of(column), quote(&column.id.name()));
    Some(Assertion {
        finds: format!("rows of {table} in which {name} is null"),
        sql: rows(column, &format!("{name} IS NULL"), scene),
        tries: false,
        early,
    })
}

/// Rows that will have no value in a column that comes and must have one.
pub fn required(column: &Fact, scene: &Scene<'_>) -> Assertion {
    let (table, name) = (owner_of(column), quote(&column.id.name()));
    Assertion {
        finds: format!("rows of {table}, which would have no value in the new column {name}"),
        sql: rows(column, "true", scene),
        tries: false,
        early: column.parent.as_ref().is_some_and(|table| stands(table, scene)),
    }
}

/// Values that do not become values of another type. `using` is how they are converted, where that is said.
pub fn cast(change: &Change<'_>, using: Option<&str>, scene: &Scene<'_>) -> Option<Assertion> {
    let (old, to) = (change.old.payload.text("type")?, change.new.payload.text("type")?);
    let (table, name) = (owner_of(change.new), quote(&change.new.id.name()));
    let counted = |condition: String| Assertion {
        finds: format!("rows of {table} whose {name} is no {to}"),
        sql: rows(change.new, &condition, scene),
        tries: false,
        early: true,
    };
    if let Some(length) = ["character varying(", "character("].iter().find_map(|name| to.strip_prefix(name)) {
        let length: u32 = length.strip_suffix(')')?.parse().ok()?;
        // Blanks beyond the end are cut in silence, as the standard wants it.
        return Some(counted(format!("char_length(rtrim({name}::text, ' ')) > {length}")));
    }
    let integer = match to {
        "smallint" => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        "integer" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        "bigint" => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    let is_number = ["smallint", "integer", "bigint", "numeric", "real", "double precision"]
        .iter()
        .any(|number| old.starts_with(number));
    if let (Some((least, most)), true) = (integer, is_number && !old.ends_with(']')) {
        return Some(counted(format!("round({name}::numeric) NOT BETWEEN {least} AND {most}")));
    }
    let is_text = ["text", "character"].iter().any(|text| old.starts_with(text)) && !old.ends_with(']');
    let read = is_text || using.is_some_and(|using| using.contains("::text::"));
    if read && scene.options.version >= 160_000 {
        return Some(counted(format!(
            "{name} IS NOT NULL AND NOT pg_input_is_valid({name}::text, {})",
            literal(to)
        )));
    }
    let expression = using.map_or_else(|| format!("{name}::{to}"), str::to_owned);
    plain(Assertion {
        finds: format!("values in {name} of {table} that are no {to}"),
        sql: format!("SELECT count({expression})::text, NULL::text FROM {table}"),
        tries: true,
        early: true,
    })
}

/// Rows whose value is none of the labels that a type will have.
pub fn labels(column: &Fact, of: &Fact, scene: &Scene<'_>) -> Assertion {
    let (table, name) = (owner_of(column), quote(&column.id.name()));
    let labels: Vec<String> = of.payload.list("labels").iter().map(|label| literal(label)).collect();
    let condition = match labels.as_slice() {
        [] => format!("{name} IS NOT NULL"),
        labels => format!("{name}::text NOT IN ({})", labels.join(", ")),
    };
    Assertion {
        finds: format!("rows of {table} whose {name} is no label of {} any more", path(&of.id.path())),
        sql: rows(column, &condition, scene),
        tries: false,
        early: true,
    }
}

fn check(fact: &Fact, definition: &str, scene: &Scene<'_>) -> Option<Assertion> {
    if fact.parent.as_ref().and_then(FactId::kind) == Some(Kind::Domain) {
        return None;
    }
    let (expression, _) = parenthesized(definition.strip_prefix("CHECK ")?)?;
    plain(Assertion {
        finds: format!("rows of {} that do not fulfil {expression}", owner_of(fact)),
        sql: rows(fact, &format!("NOT ({expression})"), scene),
        tries: false,
        early: unchanged(fact, scene),
    })
}

fn foreign_key(fact: &Fact, definition: &str, scene: &Scene<'_>) -> Option<Assertion> {
    let (columns, rest) = parenthesized(definition.strip_prefix("FOREIGN KEY ")?)?;
    let rest = rest.strip_prefix(" REFERENCES ")?;
    let (parent, rest) = rest.split_at(open(rest)?);
    let (referenced, rest) = parenthesized(rest)?;
    let (columns, referenced) = (items(columns), items(referenced));
    if columns.iter().chain(&referenced).any(|column| column.starts_with("PERIOD ")) {
        return None;
    }
    let table = owner_of(fact);
    // A name without a schema is one that the search path finds.
    let parent = match parent.contains('.') {
        true => parent.to_owned(),
        false => {
            let id = fact.requires.iter().find(|id| id.kind() == Some(Kind::Table));
            id.map_or_else(|| parent.to_owned(), |id| path(&id.path()))
        }
    };
    let set = columns.iter().map(|column| format!("o.{column} IS NOT NULL")).collect::<Vec<_>>();
    let same = columns.iter().zip(&referenced).map(|(own, other)| format!("p.{other} = o.{own}"));
    let missing = format!(
        "{} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {})",
        set.join(" AND "),
        same.collect::<Vec<_>>().join(" AND ")
    );
    let condition = match rest.contains("MATCH FULL") && columns.len() > 1 {
        true => format!("({missing}) OR ({}) IS DISTINCT FROM ({})", set.join(" OR "), set.join(" AND ")),
        false => missing,
    };
    let named: Vec<String> = columns.iter().map(|column| format!("o.{column}")).collect();
    Some(Assertion {
        finds: format!("rows of {table} that refer to rows of {parent} that are not there"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {table} AS o WHERE {condition}",
            example(&columns, &named)
        )),
        tries: false,
        early: unchanged(fact, scene),
    })
}

fn duplicates(
    fact: &Fact,
    keys: &[String],
    filter: Option<&str>,
    distinct: bool,
    scene: &Scene<'_>,
) -> Assertion {
    let table = owner_of(fact);
    let mut conditions: Vec<String> = filter.map(|filter| format!("({filter})")).into_iter().collect();
    if distinct {
        conditions.extend(keys.iter().map(|key| format!("({key}) IS NOT NULL")));
    }
    let filter = match conditions.as_slice() {
        [] => String::new(),
        all => format!(" WHERE {}", all.join(" AND ")),
    };
    let list = keys.join(", ");
    Assertion {
        finds: format!("values of ({list}) that more than one row of {table} has"),
        sql: answer(&format!(
            "SELECT {} AS example FROM {table}{filter} GROUP BY {list} HAVING count(*) > 1",
            example(keys, keys)
        )),
        tries: false,
        early: unchanged(fact, scene),
    }
}

/// The rows of a part's table for which a condition holds.
fn rows(part: &Fact, condition: &str, scene: &Scene<'_>) -> String {
    let table = owner_of(part);
    let key = part.parent.as_ref().and_then(|table| key(table, scene));
    let columns = key.unwrap_or_else(|| vec!["ctid".to_owned()]);
    answer(&format!("SELECT {} AS example FROM {table} WHERE {condition}", example(&columns, &columns)))
}

fn answer(rows: &str) -> String {
    format!("SELECT count(*)::text, min(example) FROM ({rows}) AS found")
}

/// A text that names a row: `id = 7`.
fn example(names: &[String], values: &[String]) -> String {
    match (names, values) {
        ([name], [value]) => format!("{} || ({value})::text", literal(&format!("{name} = "))),
        _ => {
            let names = literal(&format!("({}) = ", names.join(", ")));
            format!("{names} || ROW({})::text", values.join(", "))
        }
    }
}

/// The primary key of a table as it is.
fn key(table: &FactId, scene: &Scene<'_>) -> Option<Vec<String>> {
    let is_key = |user: &&Fact| user.payload.text("type") == Some("primary key");
    let key = scene.users_before(table).filter(|user| user.parent.as_ref() == Some(table)).find(is_key)?;
    let columns = key.payload.text("definition")?.strip_prefix("PRIMARY KEY ")?;
    Some(items(parenthesized(columns)?.0))
}

/// Whether what a constraint or an index needs is there before the first step, and stays what it is.
fn unchanged(fact: &Fact, scene: &Scene<'_>) -> bool {
    fact.needs().all(|id| stands(id, scene))
}

fn stands(id: &FactId, scene: &Scene<'_>) -> bool {
    let (Some(old), Some(new)) = (scene.from.get(id), scene.to.get(id)) else {
        return false;
    };
    let same = ["type", "collation", "generated", "expression"]
        .iter()
        .all(|name| old.payload.get(name) == new.payload.get(name));
    match id.kind() {
        Some(Kind::Table) => !scene.creates(id),
        Some(Kind::Column) => same && !scene.creates(id),
        // An index of the same name that is made anew is there all the same.
        Some(Kind::Constraint | Kind::Index) => true,
        _ => old.hash == new.hash,
    }
}

/// Operators of `jsonb` that look like parameters cannot be asked with.
fn plain(assertion: Assertion) -> Option<Assertion> {
    let is_operator = |operator: &str| assertion.sql.contains(operator);
    (![" ? ", " ?| ", " ?& ", "@?"].into_iter().any(is_operator)).then_some(assertion)
}

/// Whether null differs from null, and the rest.
fn nulls(text: &str) -> (bool, &str) {
    match text.strip_prefix(" NULLS NOT DISTINCT") {
        Some(rest) => (false, rest),
        None => (true, text),
    }
}

/// An index's key without what does not decide whether two values are the same: the operator class, the order.
fn key_of(item: &str) -> Option<String> {
    let mut end = 0;
    let bytes = item.as_bytes();
    let quoted = item.starts_with('"');
    if quoted {
        end = item.get(1..)?.find('"')?.saturating_add(2);
    } else if !item.starts_with('(') {
        end = item.find([' ', '(']).unwrap_or(item.len());
    }
    if bytes.get(end) == Some(&b'(') {
        let rest = item.get(end..)?;
        end = end.saturating_add(rest.len().saturating_sub(parenthesized(rest)?.1.len()));
    }
    let (key, rest) = item.split_at(end);
    let collation = rest.strip_prefix(" COLLATE ").map(|rest| match rest.strip_prefix('"') {
        Some(name) => {
            rest.get(..name.find('"').map_or(rest.len(), |at| at.saturating_add(2))).unwrap_or(rest)
        }
        None => rest.split(' ').next().unwrap_or(rest),
    });
    Some(match collation {
        Some(collation) => format!("{key} COLLATE {collation}"),
        None => key.to_owned(),
    })
}

/// What is in the parentheses that a text begins with, and what follows them.
fn parenthesized(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('(')?;
    let at = marks(rest).find(|(_, mark, depth)| *mark == ')' && *depth == 0)?.0;
    Some((rest.get(..at)?, rest.get(at.saturating_add(1)..)?))
}

/// Where the first parenthesis outside of quotes is.
fn open(text: &str) -> Option<usize> {
    marks(text).find(|(_, mark, _)| *mark == '(').map(|(at, ..)| at)
}

/// A list, taken apart at its commas.
fn items(list: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut from = 0;
    for (at, mark, depth) in marks(list) {
        if mark == ',' && depth == 0 {
            items.push(list.get(from..at).unwrap_or_default().trim().to_owned());
            from = at.saturating_add(1);
        }
    }
    items.push(list.get(from..).unwrap_or_default().trim().to_owned());
    items
}

/// Characters outside of strings and quoted names, with how many parentheses are open before them.
fn marks(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut depth = 0_usize;
    let mut quote = None;
    text.char_indices().filter_map(move |(at, it)| match (quote, it) {
        (Some(open), it) => {
            if it == open {
                quote = None;
            }
            None
        }
        (None, '\'' | '"') => {
            quote = Some(it);
            None
        }
        (None, '(') => {
            depth = depth.saturating_add(1);
            Some((at, it, depth.saturating_sub(1)))
        }
        (None, ')') => {
            let before = depth;
            depth = depth.saturating_sub(1);
            Some((at, it, before))
        }
        (None, it) => Some((at, it, depth)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lose_what_does_not_decide_whether_values_are_the_same() {
        for (item, key) in [
            ("a", "a"),
            ("a DESC NULLS LAST", "a"),
            ("lower(a) text_pattern_ops", "lower(a)"),
            ("\"a b\" COLLATE \"C\" DESC", "\"a b\" COLLATE \"C\""),
            ("((a || ')'::text)) DESC", "((a || ')'::text))"),
        ] {
            assert_eq!(key_of(item).as_deref(), Some(key));
        }
    }

    #[test]
    fn lists_are_taken_apart_outside_of_parentheses_and_quotes() {
        assert_eq!(items("a, f(b, c), \"d,e\", ','"), ["a", "f(b, c)", "\"d,e\"", "','"]);
        assert_eq!(parenthesized("((a > ')') AND b) x"), Some(("(a > ')') AND b", " x")));
        assert_eq!(parenthesized("((a)"), None);
    }
}
