//! Names and literals as SQL.

use sluice_facts::{Fact, FactId, Kind};

/// Words that are no names without quotes, as PostgreSQL 18 has them (reserved, and those of types and functions).
const RESERVED: &str = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case \
    cast char character check coalesce collate collation column concurrently constraint create cross current_catalog current_date \
    current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end \
    except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner \
    inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg \
    json_query json_scalar json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp \
    merge_action national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay \
    placing position precision primary real references returning right row select session_user setof similar smallint some substring \
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar \
    variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot \
    xmlserialize xmltable ";

/// A name; in quotes where it needs them.
pub fn quote(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.contains(&format!(" {name} "));
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A qualified name.
pub fn path<S: AsRef<str>>(parts: &[S]) -> String {
    parts.iter().map(|part| quote(part.as_ref())).collect::<Vec<_>>().join(".")
}

/// A string.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// The name of a fact as SQL: of a routine, with its arguments; of a part of a relation, without the relation.
pub fn of(fact: &Fact) -> String {
    match fact.kind {
        Kind::Function | Kind::Procedure | Kind::Aggregate => {
            fact.payload.text("identity").unwrap_or_default().to_owned()
        }
        Kind::Column
        | Kind::Attribute
        | Kind::Constraint
        | Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        | Kind::Default => quote(&fact.id.name()),
        _ => path(&fact.id.path()),
    }
}

/// The qualified name of the relation or type that a part belongs to.
pub fn owner_of(fact: &Fact) -> String {
    let path_of = |id: &FactId| path(id.path().get(..2).unwrap_or_default());
    match &fact.parent {
        Some(parent) if parent.kind() == Some(Kind::Schema) => path(&fact.id.path()),
        Some(parent) => path_of(parent),
        None => path_of(&fact.id),
    }
}

/// What kind of thing a fact is in `ALTER … OWNER TO` and `DROP …`.
pub fn keyword(kind: Kind) -> &'static str {
    match kind {
        Kind::Table => "TABLE",
        Kind::ForeignTable => "FOREIGN TABLE",
        Kind::View => "VIEW",
        Kind::MaterializedView => "MATERIALIZED VIEW",
        Kind::Sequence => "SEQUENCE",
        Kind::Schema => "SCHEMA",
        Kind::Enum | Kind::Range | Kind::Composite => "TYPE",
        Kind::Domain => "DOMAIN",
        Kind::Function => "FUNCTION",
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        Kind::Collation => "COLLATION",
        Kind::TextSearchConfiguration => "TEXT SEARCH CONFIGURATION",
        Kind::TextSearchDictionary => "TEXT SEARCH DICTIONARY",
        Kind::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
        Kind::ForeignServer => "SERVER",
        Kind::Publication => "PUBLICATION",
        Kind::EventTrigger => "EVENT TRIGGER",
        Kind::Statistics => "STATISTICS",
        Kind::Extension => "EXTENSION",
        Kind::Index => "INDEX",
        Kind::Operator => "OPERATOR",
        _ => "",
    }
}

/// A fact with its kind: `TABLE public.orders`.
pub fn phrase(fact: &Fact) -> String {
    let name = match fact.kind {
        Kind::Operator => format!(
            "{} {}",
            fact.payload.text("operator").unwrap_or_default(),
            fact.payload.text("arguments").unwrap_or_default()
        ),
        _ => of(fact),
    };
    format!("{} {name}", keyword(fact.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_need_it() {
        for (name, sql) in [
            ("orders", "orders"),
            ("Orders", "\"Orders\""),
            ("order", "\"order\""),
            ("a\"b", "\"a\"\"b\""),
            ("1a", "\"1a\""),
            ("naïve", "\"naïve\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote(name), sql);
        }
    }

    #[test]
    fn strings_survive_any_setting_of_the_server() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "E'a\\\\b'");
    }
}
