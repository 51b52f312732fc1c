use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column of a `STRICT` table has a type that SQLite does not know.
    ///
    /// ## Why
    /// In a `STRICT` table the type of each column is one of `INT`, `INTEGER`, `REAL`, `TEXT`, `BLOB` and `ANY`, without a length;
    /// SQLite refuses the statement.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20)) STRICT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id integer PRIMARY KEY, note text) STRICT;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, STRICT Tables; measured on 3.40.
    StrictType, "correctness/strict-type", Engines::SQLITE, Error, Recommended
}

impl Rule for StrictType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (name, strict) = match &cx.parsed.statement {
            Statement::CreateTable(create) => {
                let strict = create.options.iter().any(|it| matches!(it.kind, TableOptionKind::Strict));
                (&create.name, strict)
            }
            Statement::AlterTable(alter) => {
                let strict = cx.relation(&alter.name).is_some_and(|it| it.options.contains_key("strict"));
                (&alter.name, strict)
            }
            _ => return,
        };
        if !strict {
            return;
        }
        for (_, column) in cx.parsed.statement.column_defs() {
            let known = |written: &str| {
                ["int", "integer", "real", "text", "blob", "any"]
                    .iter()
                    .any(|one| written.eq_ignore_ascii_case(one))
            };
            let written = column.data_type.as_ref().map(|it| cx.slice(it.span).trim());
            if written.is_some_and(known) {
                continue;
            }
            let (column, table) = (&column.name, cx.display(name));
            let message = match written {
                Some(written) => format!(
                    "`{}` of `{table}` has the type {written}, which no STRICT table has",
                    column.text
                ),
                None => format!(
                    "`{}` of `{table}` has no type, which every column of a STRICT table has",
                    column.text
                ),
            };
            out.report(column.span, message).help("use INTEGER, REAL, TEXT, BLOB or ANY");
        }
    }
}
