use std::collections::BTreeMap;

use serde_json::Value;
use sluice_sql::Dialect;
use sluice_text::Severity;

use crate::{Meta, OptionError, Options, Reach, Rule, RuleSet, rules};

/// Which rules apply, how severe they are, and with which options.
#[derive(Debug, Clone)]
pub struct Policy {
    settings: Vec<Setting>,
}

/// What holds for one rule.
#[derive(Debug, Clone)]
struct Setting {
    severity: Option<Severity>,
    options: Options,
}

/// A rule that is on.
pub(crate) struct Active<'p> {
    pub(crate) rule: &'static dyn Rule,
    pub(crate) meta: &'static Meta,
    pub(crate) severity: Severity,
    pub(crate) reach: Reach,
    pub(crate) options: &'p Options,
}

/// What `[review.rules]` says of a rule.
#[derive(Debug, Clone)]
pub struct RuleSetting {
    /// Severity; none for off; outer none where only options are given.
    pub severity: Option<Option<Severity>>,
    /// Options by name.
    pub options: BTreeMap<String, Value>,
}

/// A policy that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No such set.
    #[error("there is no rule set `{0}`: `recommended`, `strict` and `all` are known")]
    Set(String),
    /// No such rule.
    #[error("there is no rule `{name}`{}", nearest.map_or_else(|| ": `sluice rules` lists them".to_owned(), |nearest| format!(": did you mean `{nearest}`?")))]
    Rule {
        /// As written.
        name: String,
        /// The nearest one.
        nearest: Option<&'static str>,
    },
    /// No such severity.
    #[error("`{0}` is no severity: `error`, `warning`, `info` and `off` are known")]
    Severity(String),
    /// An option that cannot be taken.
    #[error("{rule}: {error}")]
    Option {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        error: OptionError,
    },
}

impl Policy {
    /// The rules of a set, with their defaults.
    pub fn of(set: RuleSet) -> Self {
        let settings = rules::all().iter().map(|rule| {
            let meta = rule.meta();
            Setting {
                severity: (meta.set <= set).then_some(meta.severity),
                options: Options::defaults(meta.options),
            }
        });
        Self { settings: settings.collect() }
    }

    /// The rules of the sets that are named; of the recommended one, where none is.
    ///
    /// # Errors
    /// A set that does not exist.
    pub fn extending<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, PolicyError> {
        let mut set = RuleSet::Recommended;
        for name in names {
            set = set.max(RuleSet::named(name).ok_or_else(|| PolicyError::Set(name.to_owned()))?);
        }
        Ok(Self::of(set))
    }

    /// Takes what is said of one rule, or of all rules of a category (`naming/*`). A rule that is only given options is on.
    ///
    /// # Errors
    /// A rule that does not exist; an option that it does not take.
    pub fn set(&mut self, name: &str, setting: &RuleSetting) -> Result<(), PolicyError> {
        let all = rules::all();
        let category = name.strip_suffix("/*");
        let is_meant = |meta: &Meta| category.map_or(meta.id == name, |category| meta.category() == category);
        let mut found = false;
        for (rule, own) in all.iter().zip(&mut self.settings) {
            let meta = rule.meta();
            if !is_meant(meta) {
                continue;
            }
            found = true;
            own.severity = match setting.severity {
                Some(severity) => severity,
                None => own.severity.or(Some(meta.severity)),
            };
            for (option, value) in &setting.options {
                own.options
                    .set(meta.options, option, value)
                    .map_err(|error| PolicyError::Option { rule: meta.id.to_owned(), error })?;
            }
        }
        if found { Ok(()) } else { Err(PolicyError::Rule { name: name.to_owned(), nearest: nearest(name) }) }
    }

    /// Takes a severity by its name, as `--rule ID=SEVERITY` has it.
    ///
    /// # Errors
    /// Those of [`Policy::set`]; a severity that does not exist.
    pub fn set_severity(&mut self, name: &str, severity: &str) -> Result<(), PolicyError> {
        let severity = match severity {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Info),
            "off" => None,
            other => return Err(PolicyError::Severity(other.to_owned())),
        };
        self.set(name, &RuleSetting { severity: Some(severity), options: BTreeMap::new() })
    }

    /// Rules that are on for a dialect.
    pub(crate) fn active(&self, dialect: Dialect) -> Vec<Active<'_>> {
        let pairs = rules::all().iter().zip(&self.settings);
        pairs
            .filter_map(|(rule, setting)| {
                let meta = rule.meta();
                let severity = setting.severity?;
                let on = meta.engines.contains(dialect);
                let reach = rule.reach();
                on.then_some(Active { rule: *rule, meta, severity, reach, options: &setting.options })
            })
            .collect()
    }

    /// Severity of a rule; none where it is off or unknown.
    pub fn severity(&self, id: &str) -> Option<Severity> {
        let at = rules::all().iter().position(|rule| rule.meta().id == id)?;
        self.settings.get(at)?.severity
    }
}

/// The rule whose name is nearest, if one is near.
pub fn nearest(name: &str) -> Option<&'static str> {
    let length = name.chars().count();
    rules::all()
        .iter()
        .map(|rule| rule.meta().id)
        // What differs by as many characters is not near, and need not be compared: a name may be a megabyte long.
        .filter(|id| id.len().abs_diff(length) * 3 <= id.len())
        .map(|id| (strsim::damerau_levenshtein(id, name), id))
        .min()
        .filter(|(distance, id)| distance * 3 <= id.len())
        .map(|(_, id)| id)
}
