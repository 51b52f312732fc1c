use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A sequence that is in use is dropped.
    ///
    /// ## Why
    /// Its position is lost: one that is made again begins with numbers that are taken.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE SEQUENCE invoice_numbers;
    /// ```
    /// ```sql mariadb before
    /// CREATE SEQUENCE invoice_numbers;
    /// ```
    /// ```sql postgres
    /// DROP SEQUENCE invoice_numbers;
    /// ```
    /// ```sql mariadb
    /// DROP SEQUENCE invoice_numbers;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE SEQUENCE invoice_numbers;
    /// DROP SEQUENCE invoice_numbers;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP SEQUENCE; MariaDB documentation, DROP SEQUENCE.
    DropSequence, "data-loss/drop-sequence", Engines::SERVERS, Warning, Recommended
}

impl Rule for DropSequence {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Sequence || cx.change.contract {
            return;
        }
        for name in &drop.names {
            let sequence = cx.schema.sequences.get(&cx.schema.sequence_name(name));
            if sequence.is_some_and(|sequence| cx.made_here(sequence.origin)) {
                continue;
            }
            out.report(name.span, format!("dropping sequence `{}` loses its position", name.name.text))
                .help("drop it in a change with phase=contract once nothing takes numbers from it");
        }
    }
}
