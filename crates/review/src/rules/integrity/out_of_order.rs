use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A new change comes before one that the base has already.
    ///
    /// ## Why
    /// Databases that have the later one refuse the earlier one, and new databases apply both in another order than the old ones.
    ///
    /// ## Source
    /// Flyway documentation, Out Of Order; Atlas, analyzer of non-linear changes.
    OutOfOrder, "integrity/out-of-order", Engines::ALL, Error, Recommended
}

impl Rule for OutOfOrder {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
