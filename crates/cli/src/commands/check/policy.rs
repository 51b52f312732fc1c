use std::collections::BTreeMap;

use serde_json::Value;
use sluice_project::config;
use sluice_review::{Policy, PolicyError, RuleSetting};
use sluice_text::Severity;

use crate::args::{self, FailOn};
use crate::error::CliError;

/// The policy of a project's `[review]`, and what the options change of it.
///
/// # Errors
/// Sets, rules, severities and options that do not exist.
pub(in crate::commands) fn of(review: &config::Review, args: &args::Check) -> Result<Policy, CliError> {
    let extends = match &args.extends {
        Some(name) => vec![name.as_str()],
        None => review.extends.iter().map(String::as_str).collect(),
    };
    let mut policy = Policy::extending(extends).map_err(refused)?;
    // Categories first, so that a rule of its own comes before its category.
    let (wide, narrow): (Vec<_>, Vec<_>) = review.rules.iter().partition(|(name, _)| name.ends_with("/*"));
    for (name, value) in wide.into_iter().chain(narrow) {
        set(&mut policy, name, value).map_err(|error| {
            CliError::usage(format!("[review.rules] {error}")).help("`sluice rules` lists rules and options")
        })?;
    }
    for setting in &args.rule {
        let Some((name, severity)) = setting.split_once('=') else {
            return Err(CliError::usage(format!("--rule {setting}: write it as ID=SEVERITY")));
        };
        policy.set_severity(name, severity).map_err(refused)?;
    }
    Ok(policy)
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
    match args.fail_on {
        Some(FailOn::Error) => Some(Severity::Error),
        Some(FailOn::Warning) => Some(Severity::Warning),
        Some(FailOn::Info) => Some(Severity::Info),
        Some(FailOn::Never) => None,
        None => match review.fail_on.as_str() {
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Info),
            "never" => None,
            _ => Some(Severity::Error),
        },
    }
}
