use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A statement cannot run in a change.
    ///
    /// ## Why
    /// The runner keeps changes and ledger in one transaction and holds a lock of its own; a statement that ends the one or frees the
    /// other is refused when the change is applied.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ROLLBACK;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, BEGIN; the decision record on review of this project: transactions are those of the runner.
    RefusedStatement, "review/refused-statement", Engines::ALL, Error, Recommended
}

impl Rule for RefusedStatement {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
