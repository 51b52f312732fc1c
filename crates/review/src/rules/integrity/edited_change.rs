use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A change that the base has already is edited.
    ///
    /// ## Why
    /// Databases that have applied it will not apply it again: they refuse it, or stay different from new ones. Repeatable changes may be
    /// edited.
    ///
    /// ## Source
    /// Flyway documentation, Validate; the decision record on checksums of this project.
    EditedChange, "integrity/edited-change", Engines::ALL, Error, Recommended
}

impl Rule for EditedChange {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
