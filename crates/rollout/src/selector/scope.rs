use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use cel::common::types::{CelMap, CelMapKey, CelNull, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;

use crate::Target;

/// What the variables stand for.
pub(super) struct Scope<'a> {
    pub facts: Facts<'a>,
    /// Set when a label was looked at that the target does not have.
    pub missing: AtomicBool,
}

pub(super) enum Facts<'a> {
    Target(&'a Target),
    /// Text for everything.
    Sample,
}

impl Scope<'_> {
    fn text<'b>(&'b self, text: Option<&'b str>) -> CowVal<'b, 'b> {
        match text {
            Some(text) => CowVal::owned(CelString::from(text)),
            None => {
                self.missing.store(true, Ordering::Relaxed);
                CowVal::owned(CelNull)
            }
        }
    }
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let Facts::Target(target) = self.facts else {
            return Some(match variable {
                "labels" => CowVal::owned(CelMap::from(HashMap::new())),
                _ => CowVal::owned(CelString::from("")),
            });
        };
        let label = |label: &str| self.text(target.labels.get(label).map(String::as_str));
        Some(match variable {
            "name" => self.text(Some(&target.name.0)),
            "environment" => self.text(Some(&target.environment)),
            "engine" => self.text(target.engine.as_deref()),
            "labels" => {
                let labels: HashMap<CelMapKey<'b>, Box<dyn Val + 'b>> = target
                    .labels
                    .iter()
                    .map(|(key, value)| {
                        let value: Box<dyn Val + 'b> = Box::new(CelString::from(value.as_str()));
                        (CelMapKey::from(key.as_str()), value)
                    })
                    .collect();
                CowVal::owned(CelMap::from(labels))
            }
            _ => match variable.strip_prefix("labels.") {
                Some(name) => label(name),
                // A dotted name is tried part by part: only its first part can be a variable.
                None if variable.contains('.') => return None,
                None => label(variable),
            },
        })
    }
}
