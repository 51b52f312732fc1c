use crate::{Engines, Meta, Rule, rule};

rule! {
    /// The file of a change that the base has is removed.
    ///
    /// ## Why
    /// Databases that have applied it refuse a repository without it, and new databases never get it.
    ///
    /// ## Source
    /// Flyway documentation, Validate, missing migrations.
    RemovedChange, "integrity/removed-change", Engines::ALL, Error, Recommended
}

impl Rule for RemovedChange {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
