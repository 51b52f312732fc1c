use sluice_sql::model::TableAction;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table becomes `LOGGED` or `UNLOGGED`, which writes it anew.
    ///
    /// ## Why
    /// The table and all of its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes
    /// meanwhile. A table that becomes logged goes to the log, and to the replicas, as a whole.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders SET UNLOGGED;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// CREATE UNLOGGED TABLE scratch (id bigint PRIMARY KEY);
    /// ALTER TABLE scratch SET LOGGED;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    SetLogged, "locks/set-logged", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetLogged {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let TableAction::SetLogged(logged) = action.kind else { continue };
            if alteration.relation.is_some_and(|it| it.unlogged != logged) {
                continue;
            }
            let message = format!(
                "this rewrites `{}` under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(action.span, message)
                .help("make a new table of that kind and move the rows in batches");
        }
    }
}
