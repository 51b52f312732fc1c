use sluice_sql::model::{Statement, TableAction, TableOptionKind};

use super::table_option;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table or column has a charset that is not on the list.
    ///
    /// ## Why
    /// One charset for all tables lets them be joined without conversions.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) DEFAULT CHARSET=latin1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) DEFAULT CHARSET=utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Character Sets and Collations in MySQL.
    Charset, "schema/charset", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["utf8mb4", "default"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for Charset {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        table_option::only_allowed(cx, out, |kind| match kind {
            TableOptionKind::Charset(word) => Some(word),
            _ => None,
        });
        for (_, _, data_type) in cx.parsed.statement.column_types() {
            if let Some(charset) = &data_type.charset {
                table_option::check(cx, out, &charset.text, charset.span);
            }
        }
        if let Statement::AlterTable(alter) = &cx.parsed.statement {
            for action in &alter.actions {
                if let TableAction::ConvertCharset { charset, .. } = &action.kind {
                    table_option::check(cx, out, &charset.text, charset.span);
                }
            }
        }
    }
}
