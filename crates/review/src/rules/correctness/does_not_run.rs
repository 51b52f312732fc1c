use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A statement was run on a shadow and fails there (`sluice check --shadow`).
    ///
    /// ## Why
    /// It will fail on the databases that have the schema that it was tried on, at the latest where somebody waits for it.
    ///
    /// ## Source
    /// The server's own message, from a scratch database that holds the schema before the statement.
    DoesNotRun, "correctness/does-not-run", Engines::ALL, Error, Recommended
}

impl Rule for DoesNotRun {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
