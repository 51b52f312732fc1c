//! Rows of no meaning, as PostgreSQL takes them.

use sluice_engine::seed::{Planting, Style};
use sluice_facts::{Fact, FactId, Kind, Snapshot};

use crate::rules::name::{literal, path, quote};

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostgresPlanting;

impl Planting for PostgresPlanting {
    fn table(&self, table: &Fact) -> String {
        path(&table.id.path())
    }

    fn own_rows(&self, table: &Fact) -> String {
        format!("ONLY {}", path(&table.id.path()))
    }

    fn column(&self, column: &Fact) -> String {
        quote(&column.id.name())
    }

    fn is_computed(&self, column: &Fact) -> bool {
        column.payload.text("generated").is_some()
    }

    fn is_optional(&self, column: &Fact, schema: &Snapshot) -> bool {
        let default = FactId::new(Kind::Default, column.id.path());
        !column.payload.flag("not_null")
            || column.payload.text("identity").is_some()
            || schema.get(&default).is_some()
    }

    fn value(&self, column: &Fact, schema: &Snapshot, row: u32, style: Style) -> Option<String> {
        value(column.payload.text("type")?, schema, row, style)
    }

    fn text(&self, column: &str) -> String {
        format!("{column}::text")
    }

    fn overriding(&self) -> &'static str {
        " OVERRIDING SYSTEM VALUE"
    }
}

fn value(kind: &str, schema: &Snapshot, row: u32, style: Style) -> Option<String> {
    let number = match style {
        Style::Small => row,
        Style::Large => row.saturating_add(100),
    };
    if kind.ends_with("[]") {
        return Some("'{}'".to_owned());
    }
    let (base, length) = match kind.split_once('(') {
        Some((base, rest)) => {
            let (length, behind) = rest.split_once(')')?;
            (format!("{base}{behind}"), Some(length))
        }
        None => (kind.to_owned(), None),
    };
    let length: Option<usize> =
        length.and_then(|length| length.split(',').next()).and_then(|length| length.parse().ok());
    Some(match base.as_str() {
        "smallint" | "integer" | "bigint" | "real" | "double precision" | "oid" => number.to_string(),
        "numeric" => match length {
            Some(digits) if digits < 3 => "0".to_owned(),
            _ => number.to_string(),
        },
        "money" => format!("'{number}'::money"),
        "text" | "character varying" | "character" | "name" | "citext" | "public.citext" => {
            literal(&word(row, style, length))
        }
        "boolean" => "true".to_owned(),
        "date" => format!("'2001-01-0{row}'"),
        "timestamp without time zone" | "timestamp with time zone" => format!("'2001-01-0{row} 12:00:00+00'"),
        "time without time zone" | "time with time zone" => format!("'12:00:0{row}'"),
        "interval" => format!("'{row} days'"),
        "uuid" => format!("'00000000-0000-4000-8000-{number:012}'"),
        "json" | "jsonb" => format!("'{{\"row\": {row}}}'"),
        "bytea" => format!("'\\x0{row}'"),
        "inet" => format!("'10.0.0.{row}'"),
        "cidr" => format!("'10.0.{row}.0/24'"),
        "macaddr" => format!("'08:00:2b:01:02:0{row}'"),
        "bit" => format!("B'{}'", "1".repeat(length.unwrap_or(1))),
        "bit varying" => "B'1'".to_owned(),
        "point" => format!("'({row},{row})'"),
        "int4range" | "int8range" | "numrange" => format!("'[{row},{})'", row.saturating_add(1)),
        "daterange" => format!("'[2001-01-0{row},2001-01-0{})'", row.saturating_add(1)),
        "tsrange" | "tstzrange" => format!("'[2001-01-0{row},2001-01-0{})'", row.saturating_add(1)),
        "xml" => format!("'<row>{row}</row>'"),
        "tsvector" => format!("'word{row}'"),
        _ => return of_own_type(kind, schema, row, style),
    })
}

/// A label of an enum, a value of a domain's type.
fn of_own_type(kind: &str, schema: &Snapshot, row: u32, style: Style) -> Option<String> {
    let (namespace, name) = kind.split_once('.')?;
    let path = [namespace.trim_matches('"'), name.trim_matches('"')];
    if let Some(of) = schema.get(&FactId::new(Kind::Enum, path)) {
        let labels = of.payload.list("labels");
        let at = usize::try_from(row).ok()?.checked_sub(1)?.checked_rem(labels.len())?;
        return Some(literal(labels.get(at)?));
    }
    let domain = schema.get(&FactId::new(Kind::Domain, path))?;
    value(domain.payload.text("type")?, schema, row, style)
}

fn word(row: u32, style: Style, length: Option<usize>) -> String {
    let word = match style {
        Style::Small => format!("r{row}"),
        Style::Large => format!("row{row}@example.org"),
    };
    match length {
        // The last letters tell the rows apart.
        Some(1) => row.to_string(),
        Some(length) if length < word.len() => format!("r{row}"),
        _ => word,
    }
}
