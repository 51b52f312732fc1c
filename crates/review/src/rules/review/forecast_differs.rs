use crate::{Engines, Meta, Rule, rule};

rule! {
    /// A shadow has shown other locks or other work than the forecast says (`sluice check --shadow`).
    ///
    /// ## Why
    /// What was measured is taken. That the forecast says something else is a mistake in Sluice, or a server that is set up in an unusual
    /// way: rules that go by the forecast may have said too much or too little of this statement.
    ///
    /// ## Source
    /// `pg_locks` and `pg_class` while the statement's transaction was open (PostgreSQL); the algorithm that the server took (MySQL, MariaDB).
    ForecastDiffers, "review/forecast-differs", Engines::ALL, Info, Recommended
}

impl Rule for ForecastDiffers {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }
}
