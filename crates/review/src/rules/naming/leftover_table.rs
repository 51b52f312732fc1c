use super::new_name::{Thing, new_names};
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table is called as copies and leftovers are.
    ///
    /// ## Why
    /// Tables such as `orders_bak` stay for years: nobody knows whether they may go, and they keep data that was meant to be
    /// deleted.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders_bak (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, RENAME TABLE Statement, which such names come from.
    LeftoverTable, "naming/leftover-table", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^(tmp|temp|bak|backup|old)_|_(tmp|temp|bak|backup|old)$|_[0-9]{8}$", placeholders: &[] },
            about: "Regular expression that names of tables must not match.",
        },
    ]
}

impl Rule for LeftoverTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for name in new_names(&cx.parsed.statement).into_iter().filter(|name| name.thing == Thing::Table) {
            let text = name.ident.text.to_lowercase();
            let pattern = cx.options.text("pattern");
            let temporary =
                matches!(&cx.parsed.statement, Statement::CreateTable(create) if create.temporary.is_some());
            if !temporary && !pattern.is_empty() && cx.options.matches("pattern", &text, &[]) {
                out.report(name.ident.span, format!("the table `{text}` is called like a leftover"))
                    .help("keep copies outside of the schema or name what it is for");
            }
        }
    }
}
