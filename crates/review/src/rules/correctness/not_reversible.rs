use crate::{Engines, Meta, Rule, rule};

rule! {
    /// The way back of a change does not lead back (`sluice check --reversibility`).
    ///
    /// ## Why
    /// A rollback would leave a schema that no release has, or the change could not be applied again after it.
    ///
    /// ## Source
    /// The change was run forward, back and forward on a shadow, and the schemas were compared.
    NotReversible, "correctness/not-reversible", Engines::ALL, Error, Recommended
}

impl Rule for NotReversible {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
