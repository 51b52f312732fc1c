//! What the review has to say of itself: what it could not read, and suppressions that are wrong.

mod beyond_limits;
mod expired_suppression;
mod forecast_differs;
mod not_analysed;
mod opaque_sql;
mod refused_statement;
mod stale_baseline;
mod suppression_without_reason;
mod unreadable_file;
mod unused_suppression;

use jiff::civil::Date;
use sluice_sql::Dialect;
use sluice_text::{Evidence, Span};

use crate::sink::Draft;
use crate::suppression::Suppression;
use crate::{Policy, Rule, nearest};

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &beyond_limits::BeyondLimits,
    &expired_suppression::ExpiredSuppression,
    &forecast_differs::ForecastDiffers,
    &not_analysed::NotAnalysed,
    &opaque_sql::OpaqueSql,
    &refused_statement::RefusedStatement,
    &stale_baseline::StaleBaseline,
    &suppression_without_reason::SuppressionWithoutReason,
    &unreadable_file::UnreadableFile,
    &unused_suppression::UnusedSuppression,
];

/// A forecast that a shadow has shown to be wrong.
pub const FORECAST_DIFFERS: &str = "review/forecast-differs";
/// Text that cannot be read or cut.
pub const UNREADABLE: &str = "review/unreadable-file";
/// SQL that cannot be seen before it runs.
pub(crate) const OPAQUE: &str = "review/opaque-sql";
/// An entry of the baseline file that matches nothing.
pub const STALE_BASELINE: &str = "review/stale-baseline";
/// A statement that the runner refuses.
pub(crate) const REFUSED: &str = "review/refused-statement";

fn draft(span: Span, message: String, help: &str) -> Draft {
    Draft { span, message, help: help.to_owned(), evidence: Evidence::Modelled, fix: None }
}

/// The finding about text that cannot be cut.
pub(crate) fn broken(span: Span, message: &str) -> Draft {
    draft(span, message.to_owned(), "correct the text: nothing of this file was reviewed")
}

/// The finding about a statement that the runner refuses.
pub(crate) fn refused(span: Span, message: String) -> Draft {
    draft(span, message, "")
}

/// The finding about a call of a routine that was only looked at as what runs later.
pub(crate) fn called(span: Span, path: &str) -> Draft {
    let message = format!("this runs a routine that {path} makes: what it does here was not reviewed");
    draft(span, message, "call it in the change that makes it, or look at what it does yourself")
}

/// Findings about suppressions: without a reason, expired, unused.
pub(crate) fn of_suppressions(
    suppressions: &[Suppression],
    today: Date,
    policy: &Policy,
    dialect: Dialect,
) -> Vec<(&'static str, Draft)> {
    let mut found = Vec::new();
    for one in suppressions {
        if let Some(wrong) = &one.wrong {
            let help = "write it as `-- sluice: allow(rule) reason=\"…\"`";
            found.push(("review/suppression-without-reason", draft(one.span, wrong.clone(), help)));
        } else if one.reason.is_none() {
            let message = "the suppression has no reason, so that it suppresses nothing".to_owned();
            let help = "add reason=\"…\" that says why the finding does not matter here";
            found.push(("review/suppression-without-reason", draft(one.span, message, help)));
        } else if let Some(until) = one.until.filter(|until| *until < today) {
            let message = format!("the suppression has expired on {until}");
            let help = "resolve the finding, or decide anew until when it may stay";
            found.push(("review/expired-suppression", draft(one.span, message, help)));
        } else if !one.shared {
            for (name, _) in one.rules.iter().zip(&one.used).filter(|(_, used)| !**used) {
                let message = unused(name, policy, dialect);
                let help = "remove it from the suppression";
                found.push(("review/unused-suppression", draft(one.span, message, help)));
            }
        }
    }
    found
}

fn unused(name: &str, policy: &Policy, dialect: Dialect) -> String {
    let Some(rule) = super::find(name) else {
        return match nearest(name) {
            Some(near) => format!("there is no rule `{name}`: did you mean `{near}`?"),
            None if name.ends_with("/*") => format!("nothing that `{name}` finds is here"),
            None => format!("there is no rule `{name}`: `sluice rules` lists them"),
        };
    };
    if !rule.meta().engines.contains(dialect) {
        return format!("`{name}` is not about {dialect}");
    }
    if policy.severity(name).is_none() {
        return format!("`{name}` is off, so that there is nothing to suppress");
    }
    format!("`{name}` finds nothing here")
}
