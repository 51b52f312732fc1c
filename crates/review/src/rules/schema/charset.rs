use sluice_sql::model::TableOptionKind;

use super::table_option;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has a charset that is not on the list.
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
    }
}
