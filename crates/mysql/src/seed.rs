//! Rows of no meaning, as MySQL and MariaDB take them.

use sluice_engine::seed::{Planting, Style};
use sluice_facts::{Fact, Snapshot};

use crate::rules::name;

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MysqlPlanting;

impl Planting for MysqlPlanting {
    fn table(&self, table: &Fact) -> String {
        name::top(&table.id)
    }

    fn column(&self, column: &Fact) -> String {
        name::quoted(column)
    }

    fn is_computed(&self, column: &Fact) -> bool {
        column.payload.text("generated").is_some() || column.payload.text("row").is_some()
    }

    fn is_optional(&self, column: &Fact, _schema: &Snapshot) -> bool {
        let payload = &column.payload;
        !payload.flag("not_null") || payload.flag("auto_increment") || payload.text("default").is_some()
    }

    fn value(&self, column: &Fact, _schema: &Snapshot, row: u32, style: Style) -> Option<String> {
        value(column.payload.text("type")?, row, style)
    }

    fn text(&self, column: &str) -> String {
        format!("HEX({column})")
    }
}

fn value(kind: &str, row: u32, style: Style) -> Option<String> {
    let number = match style {
        Style::Small => row,
        Style::Large => row.saturating_add(100),
    };
    let base = kind.split(['(', ' ']).next()?.to_ascii_lowercase();
    let arguments =
        kind.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map(|(inside, _)| inside);
    let length =
        arguments.and_then(|text| text.split(',').next()).and_then(|text| text.trim().parse::<usize>().ok());
    Some(match base.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "float" | "double" => number.to_string(),
        "decimal" => match length {
            Some(digits) if digits < 3 => "0".to_owned(),
            _ => number.to_string(),
        },
        "bit" => format!("b'{}'", row.checked_rem(2)?),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "binary" | "varbinary"
        | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            let word = match style {
                Style::Small => format!("r{row}"),
                Style::Large => format!("row{row}@example.org"),
            };
            match length {
                Some(1) => format!("'{row}'"),
                Some(length) if length < word.len() => format!("'r{row}'"),
                _ => format!("'{word}'"),
            }
        }
        "enum" | "set" => {
            // Labels are numbered from one, those of a set by powers of two.
            let labels = arguments?.matches("','").count().saturating_add(1);
            let at = usize::try_from(row).ok()?.checked_sub(1)?.checked_rem(labels)?.saturating_add(1);
            if base == "enum" { at.to_string() } else { "1".to_owned() }
        }
        "date" => format!("'2001-01-0{row}'"),
        "datetime" | "timestamp" => format!("'2001-01-0{row} 12:00:00'"),
        "time" => format!("'12:00:0{row}'"),
        "year" => format!("'200{row}'"),
        "json" => format!("'{{\"row\": {row}}}'"),
        "uuid" => format!("'00000000-0000-4000-8000-{number:012}'"),
        "inet4" => format!("'10.0.0.{row}'"),
        "inet6" => format!("'::{row}'"),
        "point" | "geometry" => format!("ST_GeomFromText('POINT({row} {row})')"),
        _ => return None,
    })
}
