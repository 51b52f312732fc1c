use sluice_sql::model::TableOptionKind;

use super::table_option;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has an engine that is not on the list.
    ///
    /// ## Why
    /// Other engines than InnoDB have no transactions and no foreign keys and may lose rows in a crash.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ENGINE=MyISAM;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) ENGINE=InnoDB;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Setting the Storage Engine; MariaDB documentation, Choosing the Right Storage Engine.
    Engine, "schema/engine", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["innodb"] },
            about: "Those that may be used.",
        },
    ]
}

impl Rule for Engine {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        table_option::only_allowed(cx, out, |kind| match kind {
            TableOptionKind::Engine(word) => Some(word),
            _ => None,
        });
    }
}
