use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A suppression says no reason, or cannot be read.
    ///
    /// ## Why
    /// Whoever reads it later must know why the finding does not matter. A suppression without reason suppresses nothing.
    ///
    /// ## Bad
    /// ```sql
    /// -- sluice: allow(review/opaque-sql)
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
    SuppressionWithoutReason, "review/suppression-without-reason", Engines::ALL, Error, Recommended
}

impl Rule for SuppressionWithoutReason {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
