use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `ON CONFLICT DO NOTHING` does not say which conflict is meant.
    ///
    /// ## Why
    /// A row is passed over whichever unique key it violates: also one that was added later, or one whose violation is an
    /// error in the data.
    ///
    /// ## Bad
    /// ```sql
    /// INSERT INTO countries (code) VALUES ('ch') ON CONFLICT DO NOTHING;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO countries (code) VALUES ('ch') ON CONFLICT (code) DO NOTHING;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, INSERT, ON CONFLICT Clause; SQLite documentation, UPSERT.
    OnConflictWithoutTarget, "rows/on-conflict-without-target", Engines::TRANSACTIONAL, Warning, Strict
}

impl Rule for OnConflictWithoutTarget {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let Some(upsert) = &insert.upsert else { return };
        if upsert.columns.is_empty() && upsert.constraint.is_none() && upsert.assignments.is_empty() {
            out.report(upsert.span, "a row is passed over whichever unique key it violates")
                .help("name the columns of the key that is meant");
        }
    }
}
