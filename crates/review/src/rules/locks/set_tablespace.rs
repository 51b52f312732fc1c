use sluice_sql::model::{TableAction, TableOptionKind};

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table moves to another tablespace, which copies it.
    ///
    /// ## Why
    /// All of its files are copied under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. pg_repack moves a
    /// table beside the running work; indexes are built anew elsewhere with `REINDEX (TABLESPACE …) CONCURRENTLY`.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders SET TABLESPACE fast;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET TABLESPACE.
    SetTablespace, "locks/set-tablespace", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetTablespace {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let TableAction::SetOption(option) = &action.kind else { continue };
            if !matches!(option.kind, TableOptionKind::Tablespace(_)) || alteration.is_partitioned() {
                continue;
            }
            let message = format!(
                "`{}` is copied under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(action.span, message).help("move it with pg_repack, or while nobody works");
        }
    }
}
