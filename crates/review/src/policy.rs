use std::collections::BTreeMap;

use serde_json::Value;
use sluice_sql::Dialect;
use sluice_text::Severity;

use crate::{Meta, OptionError, Options, Reach, Rule, RuleSet, rules};

/// Which rules apply, how severe they are, and with which options.
#[derive(Debug, Clone)]
pub struct Policy {
    settings: Vec<Setting>,
    /// Where several policies hold at once: further settings of rules, by their index, with other options.
    also: Vec<(usize, Setting)>,
}

/// What holds for one rule.
#[derive(Debug, Clone, PartialEq)]
struct Setting {
    severity: Option<Severity>,
    options: Options,
}

/// A rule that is on.
#[derive(Clone, Copy)]
pub(crate) struct Active<'p> {
    pub(crate) rule: &'static dyn Rule,
    pub(crate) meta: &'static Meta,
    pub(crate) severity: Severity,
    pub(crate) reach: Reach,
    pub(crate) options: &'p Options,
    /// 0, or the number of a further setting of the same rule.
    pub(crate) variant: usize,
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
        Self { settings: settings.collect(), also: Vec::new() }
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

    /// The policy of what several policies are about: a rule is on where one of them has it on, as severe as the severest has it.
    /// Where they give it different options, it looks with each of them.
    pub fn strictest<'p>(policies: impl IntoIterator<Item = &'p Self>) -> Option<Self> {
        let mut policies = policies.into_iter();
        let mut all = policies.next()?.clone();
        for other in policies {
            for (at, setting) in other.settings.iter().enumerate() {
                all.add(at, setting);
            }
            for (at, setting) in &other.also {
                all.add(*at, setting);
            }
        }
        Some(all)
    }

    fn add(&mut self, at: usize, setting: &Setting) {
        let Some(own) = self.settings.get_mut(at).filter(|_| setting.severity.is_some()) else { return };
        if own.severity.is_none() {
            own.clone_from(setting);
            return;
        }
        let same = std::iter::once(own)
            .chain(self.also.iter_mut().filter(|(of, _)| *of == at).map(|(_, setting)| setting))
            .find(|one| one.options == setting.options);
        match same {
            Some(one) => one.severity = one.severity.max(setting.severity),
            None => self.also.push((at, setting.clone())),
        }
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
        let all = rules::all();
        let first = all.iter().zip(&self.settings).map(|(rule, setting)| (0, rule, setting));
        let also = self
            .also
            .iter()
            .zip(1..)
            .filter_map(|((at, setting), variant)| all.get(*at).map(|rule| (variant, rule, setting)));
        let on = first.chain(also).filter_map(|(variant, rule, setting)| {
            let meta = rule.meta();
            let active = Active {
                rule: *rule,
                meta,
                severity: setting.severity?,
                reach: rule.reach(),
                options: &setting.options,
                variant,
            };
            meta.engines.contains(dialect).then_some(active)
        });
        on.collect()
    }

    /// Severity of a rule; none where it is off or unknown.
    pub fn severity(&self, id: &str) -> Option<Severity> {
        let at = rules::all().iter().position(|rule| rule.meta().id == id)?;
        let also = self.also.iter().filter(|(of, _)| *of == at).map(|(_, setting)| setting.severity);
        also.chain(self.settings.get(at).map(|setting| setting.severity)).max().flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rules: &[(&str, Option<Severity>, Option<u64>)]) -> Policy {
        let mut policy = Policy::of(RuleSet::Recommended);
        for (rule, severity, max) in rules {
            let options = max.iter().map(|max| ("max".to_owned(), Value::from(*max))).collect();
            policy.set(rule, &RuleSetting { severity: Some(*severity), options }).unwrap();
        }
        policy
    }

    #[test]
    fn the_strictest_of_several_policies_has_every_rule_at_its_severest() {
        let soft = policy(&[
            ("locks/create-index", None, None),
            ("rows/update-without-where", Some(Severity::Info), None),
        ]);
        let hard = policy(&[
            ("locks/create-index", Some(Severity::Warning), None),
            ("locks/drop-index", None, None),
        ]);
        for pair in [[&soft, &hard], [&hard, &soft]] {
            let all = Policy::strictest(pair).unwrap();
            assert_eq!(all.severity("locks/create-index"), Some(Severity::Warning));
            assert_eq!(all.severity("rows/update-without-where"), hard.severity("rows/update-without-where"));
            assert_eq!(all.severity("locks/drop-index"), soft.severity("locks/drop-index"));
            assert!(all.also.is_empty());
        }
        assert!(Policy::strictest([]).is_none());
    }

    #[test]
    fn different_options_hold_side_by_side_and_equal_ones_once() {
        let rule = "statement/in-list-length";
        let long = policy(&[(rule, Some(Severity::Error), Some(1000))]);
        let short = policy(&[(rule, Some(Severity::Warning), Some(10))]);
        let all = Policy::strictest([&long, &short, &long, &short]).unwrap();
        assert_eq!(all.also.len(), 1);
        assert_eq!(all.severity(rule), Some(Severity::Error));
        let active = all.active(Dialect::Postgres);
        let of_rule: Vec<_> = active.iter().filter(|active| active.meta.id == rule).collect();
        assert_eq!(of_rule.len(), 2);
        assert_eq!(of_rule.iter().map(|active| active.options.number("max")).collect::<Vec<_>>(), [1000, 10]);
    }
}
