use crate::{Engines, Meta, Rule, rule};

rule! {
    /// The changes do not make the schema that the project declares.
    ///
    /// ## Why
    /// Whoever reads the declared schema believes what no database has. Both were run on a shadow: this is what came out.
    /// `sluice new --from-schema NAME` writes the change that leads there.
    ///
    /// ## Source
    /// Atlas documentation, "Versioned workflow": the directory is replayed on a dev database and held against the desired state.
    SchemaDiffers, "integrity/schema-differs", Engines::ALL, Error, Recommended
}

impl Rule for SchemaDiffers {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
