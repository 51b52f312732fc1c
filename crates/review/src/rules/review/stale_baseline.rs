use crate::{Engines, Meta, Rule, rule};

rule! {
    /// The baseline file lists a finding that is not there any more.
    ///
    /// ## Why
    /// It would hide the finding when somebody makes it there again.
    StaleBaseline, "review/stale-baseline", Engines::ALL, Info, Recommended
}

impl Rule for StaleBaseline {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
