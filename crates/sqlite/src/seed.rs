//! Rows of no meaning, as SQLite takes them.

use sluice_engine::seed::{Planting, Style};
use sluice_facts::{Fact, Snapshot};

use crate::rules::name::name;
use crate::wording::quote;

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SqlitePlanting;

impl Planting for SqlitePlanting {
    fn table(&self, table: &Fact) -> String {
        quote(&name(table))
    }

    fn column(&self, column: &Fact) -> String {
        quote(&name(column))
    }

    fn is_computed(&self, column: &Fact) -> bool {
        column.payload.text("generated").is_some()
    }

    fn is_optional(&self, column: &Fact, _schema: &Snapshot) -> bool {
        !column.payload.flag("not_null") || column.payload.text("default").is_some()
    }

    fn value(&self, column: &Fact, _schema: &Snapshot, row: u32, style: Style) -> Option<String> {
        let number = match style {
            Style::Small => row,
            Style::Large => row.saturating_add(100),
        };
        // The rules of affinity (<https://sqlite.org/datatype3.html#determination_of_column_affinity>).
        let kind = column.payload.text("type").unwrap_or_default().to_ascii_lowercase();
        let has = |word: &str| kind.contains(word);
        Some(match () {
            () if has("int") => number.to_string(),
            () if ["char", "clob", "text"].into_iter().any(has) && style == Style::Large => {
                format!("'row{row}@example.org'")
            }
            () if ["char", "clob", "text"].into_iter().any(has) => format!("'r{row}'"),
            () if has("blob") => format!("x'0{row}'"),
            () => number.to_string(),
        })
    }

    fn text(&self, column: &str) -> String {
        format!("typeof({column}) || ' ' || hex({column})")
    }
}
