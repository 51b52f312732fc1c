use sluice_sql::model::{MaintenanceVerb, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `CLUSTER` writes a table anew that is in use.
    ///
    /// ## Why
    /// The table and all of its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes
    /// meanwhile. Tools such as pg_repack do the same beside the running work.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// CLUSTER orders USING orders_pkey;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders CLUSTER ON orders_pkey;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CLUSTER.
    Cluster, "locks/cluster", Engines::POSTGRES, Error, Recommended
}

impl Rule for Cluster {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Maintenance(work) = &cx.parsed.statement else { return };
        if work.verb != MaintenanceVerb::Cluster || work.names.first().is_some_and(|name| cx.is_new(name)) {
            return;
        }
        let table = match work.names.first() {
            Some(name) => format!("`{}`", cx.display(name)),
            None => "every table".to_owned(),
        };
        let message = format!(
            "CLUSTER rewrites {table} under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile"
        );
        out.report(cx.parsed.span, message)
            .help("use pg_repack, which does the same beside the running work");
    }
}
