use crate::{Engines, Meta, Rule, rule};

rule! {
    /// The baseline file lists a finding that is not there any more.
    ///
    /// ## Why
    /// It would hide the finding when somebody makes it there again.
    ///
    /// ## Source
    /// How baseline files of linters go stale: PHPStan reports ignored errors that do not occur any more, too.
    StaleBaseline, "review/stale-baseline", Engines::ALL, Info, Recommended
}

impl Rule for StaleBaseline {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
