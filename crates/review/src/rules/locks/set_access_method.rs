use crate::rules::locks::alteration::Alteration;
use sluice_sql::model::{TableAction, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, WorkKind, rule};

rule! {
    /// A table gets another access method, which writes it anew.
    ///
    /// ## Why
    /// Table and indexes are copied under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres 15
    /// ALTER TABLE orders SET ACCESS METHOD columnar;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres 15
    /// ALTER TABLE orders SET ACCESS METHOD heap;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET ACCESS METHOD.
    SetAccessMethod, "locks/set-access-method", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetAccessMethod {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let TableAction::SetOption(option) = &action.kind else { continue };
            let TableOptionKind::Engine(_) = &option.kind else { continue };
            if alteration.is_partitioned() || !cx.forecast().does(WorkKind::Rewrite) {
                continue;
            }
            let message = format!(
                "`{}` is copied under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(action.span, message)
                .help("make a new table with that method, fill it in batches, and swap the names");
        }
    }
}
