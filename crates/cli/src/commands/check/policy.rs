use std::collections::BTreeMap;

use serde_json::Value;
use sluice_project::config::{self, ReviewOverride};
use sluice_review::{Policy, PolicyError, RuleSetting};
use sluice_text::Severity;

use crate::args::{self, FailOn};
use crate::error::CliError;

/// The policy of a project's `[review]`, and what the options change of it.
///
/// # Errors
/// Sets, rules, severities and options that do not exist.
pub(in crate::commands) fn of(review: &config::Review, args: &args::Check) -> Result<Policy, CliError> {
    with(review, &[], args)
}

/// As [`of`], with these overrides on top, the later before the earlier.
///
/// # Errors
/// Those of [`of`].
pub(super) fn with(
    review: &config::Review,
    overrides: &[&ReviewOverride],
    args: &args::Check,
) -> Result<Policy, CliError> {
    let own = overrides.iter().rev().find_map(|one| one.extends.as_ref()).unwrap_or(&review.extends);
    let extends = match &args.extends {
        Some(name) => vec![name.as_str()],
        None => own.iter().map(String::as_str).collect(),
    };
    let mut policy = Policy::extending(extends).map_err(refused)?;
    set_all(&mut policy, &review.rules, "[review.rules]")?;
    for one in overrides {
        set_all(&mut policy, &one.rules, &format!("[[review.override]] in line {}:", one.line))?;
    }
    for setting in &args.rule {
        let Some((name, severity)) = setting.split_once('=') else {
            return Err(CliError::usage(format!("--rule {setting}: write it as ID=SEVERITY")));
        };
        policy.set_severity(name, severity).map_err(refused)?;
    }
    Ok(policy)
}

fn set_all(policy: &mut Policy, rules: &BTreeMap<String, Value>, place: &str) -> Result<(), CliError> {
    // Categories first, so that a rule of its own comes before its category.
    let (wide, narrow): (Vec<_>, Vec<_>) = rules.iter().partition(|(name, _)| name.ends_with("/*"));
    for (name, value) in wide.into_iter().chain(narrow) {
        set(policy, name, value).map_err(|error| {
            CliError::usage(format!("{place} {error}")).help("`sluice rules` lists rules and options")
        })?;
    }
    Ok(())
}

fn refused(error: PolicyError) -> CliError {
    CliError::usage(error.to_string()).help("`sluice rules` lists rules, sets and options")
}

fn set(policy: &mut Policy, name: &str, value: &Value) -> Result<(), PolicyError> {
    match value {
        Value::String(severity) => policy.set_severity(name, severity),
        Value::Object(fields) => {
            if let Some(severity) = fields.get("severity").and_then(Value::as_str) {
                policy.set_severity(name, severity)?;
            }
            let options: BTreeMap<String, Value> = fields
                .iter()
                .filter(|(key, _)| *key != "severity")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if options.is_empty() {
                return Ok(());
            }
            policy.set(name, &RuleSetting { severity: None, options })
        }
        other => Err(PolicyError::Severity(other.to_string())),
    }
}

/// The lowest severity that makes a review fail.
pub(super) fn fail_on(review: &config::Review, args: &args::Check) -> Option<Severity> {
    fail_on_with(review, &[], args)
}

/// As [`fail_on`], with these overrides on top, the later before the earlier.
pub(super) fn fail_on_with(
    review: &config::Review,
    overrides: &[&ReviewOverride],
    args: &args::Check,
) -> Option<Severity> {
    let own = overrides.iter().rev().find_map(|one| one.fail_on.as_ref()).unwrap_or(&review.fail_on);
    match args.fail_on {
        Some(FailOn::Error) => Some(Severity::Error),
        Some(FailOn::Warning) => Some(Severity::Warning),
        Some(FailOn::Info) => Some(Severity::Info),
        Some(FailOn::Never) => None,
        None => match own.as_str() {
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Info),
            "never" => None,
            _ => Some(Severity::Error),
        },
    }
}
