use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A suppression is past its day.
    ///
    /// ## Why
    /// Somebody decided that a finding may stay until a day, and the day is over. The finding is reported again.
    ///
    /// ## Bad
    /// ```sql
    /// -- sluice: allow(review/opaque-sql) reason="until the new partition is there" until=2020-01-31
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
    ExpiredSuppression, "review/expired-suppression", Engines::ALL, Error, Recommended
}

impl Rule for ExpiredSuppression {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
