use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A new change has the version of another one that the base has had since the branch began.
    ///
    /// ## Why
    /// Both merge without a conflict, as their files have different names, and then nothing can be deployed: which of the two a database
    /// has could not be told.
    ///
    /// ## Source
    /// Flyway documentation, Validate: more than one migration with a version is refused.
    DuplicateVersion, "integrity/duplicate-version", Engines::ALL, Error, Recommended
}

impl Rule for DuplicateVersion {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
