use sluice_sql::model::TableConstraintKind;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A `CHECK` is added that is proven for every row.
    ///
    /// ## Why
    /// The table is read under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. Added as `NOT VALID` the check
    /// holds for new rows after an instant; `VALIDATE CONSTRAINT` proves it for the old ones and blocks nobody.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CHECK (customer_id > 0);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT note_short CHECK (length(note) < 100) NOT VALID;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, ADD table_constraint; measured on 14–18.
    AddCheck, "locks/add-check", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddCheck {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for constraint in alteration.constraints() {
            let is_check = matches!(constraint.kind, TableConstraintKind::Check(_));
            if !is_check || constraint.not_valid.is_written() || constraint.enforced == Some(false) {
                continue;
            }
            let message = format!(
                "proving this check reads all of `{}` under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(constraint.span, message)
                .help("add it as NOT VALID, and validate it in a change of its own")
                .fix(alteration.later(cx, constraint, "check"));
        }
    }
}
