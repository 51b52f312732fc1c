use sluice_facts::{FactId, Scope};
use sluice_project::config::{Config, SchemaSection};

/// What of a schema counts by `include` and `exclude` of the configuration.
pub struct Counted(SchemaSection);

impl Counted {
    /// As the configuration says; none where everything counts.
    pub fn of(config: &Config) -> Option<Self> {
        let says = !config.schema.include.is_empty() || !config.schema.exclude.is_empty();
        says.then(|| Self(config.schema.clone()))
    }
}

/// As the comparing crates want it.
pub fn of(counted: Option<&Counted>) -> Option<&dyn Scope> {
    let scope: &dyn Scope = counted?;
    Some(scope)
}

impl Scope for Counted {
    fn includes(&self, id: &FactId) -> bool {
        let include = &self.0.include;
        include.is_empty() || include.iter().any(|pattern| pattern.matches(id.as_str()))
    }

    fn excludes(&self, id: &FactId) -> bool {
        self.0.exclude.iter().any(|pattern| pattern.matches(id.as_str()))
    }
}
