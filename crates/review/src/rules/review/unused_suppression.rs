use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A suppression names a rule that finds nothing there.
    ///
    /// ## Why
    /// It would hide a finding that somebody makes there later.
    ///
    /// ## Bad
    /// ```sql
    /// -- sluice: allow(review/opaque-sql) reason="the table is small"
    /// SELECT 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// The page on review of this project, Suppressions.
    UnusedSuppression, "review/unused-suppression", Engines::ALL, Warning, Recommended
}

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
