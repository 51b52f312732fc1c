use sluice_sql::model::{MaintenanceVerb, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `VACUUM FULL` writes a table anew that is in use.
    ///
    /// ## Why
    /// The table and all of its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes
    /// meanwhile. Tools such as pg_repack do the same beside the running work; a plain `VACUUM` blocks nobody.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// VACUUM FULL orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// VACUUM orders;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, VACUUM.
    VacuumFull, "locks/vacuum-full", Engines::POSTGRES, Error, Recommended
}

impl Rule for VacuumFull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Maintenance(work) = &cx.parsed.statement else { return };
        if work.verb != MaintenanceVerb::Vacuum
            || work.full.is_none()
            || work.names.first().is_some_and(|name| cx.is_new(name))
        {
            return;
        }
        let table = match work.names.first() {
            Some(name) => format!("`{}`", cx.display(name)),
            None => "every table".to_owned(),
        };
        let message = format!(
            "VACUUM FULL rewrites {table} under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile"
        );
        out.report(cx.parsed.span, message).help("use plain VACUUM, or pg_repack");
    }
}
