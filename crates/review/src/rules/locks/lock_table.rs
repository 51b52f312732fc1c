use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `LOCK TABLE` keeps others off a table until the transaction ends.
    ///
    /// ## Why
    /// The lock is held until the transaction ends, whatever else it does. `ACCESS EXCLUSIVE`, which is what the statement
    /// takes if nothing is said, keeps readers off too; `SHARE` and stronger ones keep writers off.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// LOCK TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, LOCK; Explicit Locking.
    LockTable, "locks/lock-table", Engines::POSTGRES, Warning, Recommended
}

impl Rule for LockTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Lock(lock) = &cx.parsed.statement else { return };
        for one in &lock.tables {
            let blocks = match one.mode.as_str() {
                "access exclusive" => "reads or writes",
                "exclusive" | "share row exclusive" | "share" => "writes",
                _ => continue,
            };
            if cx.is_new(&one.table) {
                continue;
            }
            let message = format!(
                "{} on `{}` is held until the transaction ends: nobody {blocks} it meanwhile",
                one.mode.to_ascii_uppercase(),
                cx.display(&one.table)
            );
            out.report(cx.parsed.span, message)
                .help("leave the lock out, or take the weakest one that does, directly before what needs it");
        }
    }
}
