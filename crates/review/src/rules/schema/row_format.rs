use sluice_sql::model::TableOptionKind;

use super::table_option;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has a row format that is not on the list.
    ///
    /// ## Why
    /// `DYNAMIC` is the default and lets indexes be longer than 767 bytes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ROW_FORMAT=COMPACT;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ROW_FORMAT=DYNAMIC;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, InnoDB Row Formats.
    RowFormat, "schema/row-format", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["dynamic", "default"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for RowFormat {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        table_option::only_allowed(cx, out, |kind| match kind {
            TableOptionKind::RowFormat(word) => Some(word),
            _ => None,
        });
    }
}
