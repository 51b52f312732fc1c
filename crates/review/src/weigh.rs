//! What was found, weighed: suppressions, rules that say the same, order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use sluice_sql::Dialect;
use sluice_text::{Finding, Severity, Span};

use crate::policy::{Active, Policy};
use crate::rules::review as own;
use crate::sink::Draft;
use crate::suppression::{self, Heard, Suppression};
use crate::{Review, Script, Suppressed};

/// The statement of findings that are in none.
pub(crate) const NO_STATEMENT: Span = Span { start: 0, end: 0 };

/// What was found, not yet weighed.
pub(crate) struct Found {
    rule: &'static str,
    severity: Severity,
    statement: Span,
    draft: Draft,
    /// Rules that say the same, only better.
    better: &'static [&'static str],
    /// As [`Active::variant`].
    variant: usize,
}

/// What findings are weighed by.
pub(crate) struct Scales<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) policy: &'a Policy,
    pub(crate) today: Date,
}

impl Active<'_> {
    pub(crate) fn found(&self, severity: Severity, statement: Span, draft: Draft) -> Found {
        let better = self.rule.yields_to();
        Found { rule: self.meta.id, severity, statement, draft, better, variant: self.variant }
    }
}

impl Scales<'_> {
    /// A finding of the review itself, unless the policy has its rule off.
    pub(crate) fn push_own(&self, found: &mut Vec<Found>, rule: &'static str, statement: Span, draft: Draft) {
        let severity = self.policy.severity(rule);
        let better: &[&str] = &[];
        found.extend(severity.map(|severity| Found { rule, severity, statement, draft, better, variant: 0 }));
    }

    /// Weighs what was found: suppressions, doubles, order; reports on the suppressions themselves.
    pub(crate) fn settle(&self, script: &Script, mut found: Vec<Found>, review: &mut Review) {
        keep_severest(&mut found);
        let mut suppressions =
            suppression::read(self.dialect, script.file.text(), &script.statements, script.part);
        // A suppression is used by what it covers, also where another rule says the same.
        let heard: Vec<Heard> = found.iter().map(Found::heard).collect();
        let covered = suppression::hush(&mut suppressions, &heard, self.today);
        review.quiet = quiet(&found, &covered, &suppressions);
        review.suppressed = review.quiet.len();
        let said = said_better(&found);
        let mut at = 0;
        found.retain(|_| {
            let keep = covered.get(at).is_none_or(Option::is_none) && !said.get(at).is_some_and(|it| *it);
            at += 1;
            keep
        });
        for (rule, draft) in own::of_suppressions(&suppressions, self.today, self.policy, self.dialect) {
            self.push_own(&mut found, rule, NO_STATEMENT, draft);
        }
        let key =
            |one: &Found| (one.draft.span.start, one.rule, one.draft.message.clone(), one.draft.span.end);
        found.sort_by_cached_key(key);
        found.dedup_by(|left, right| key(left) == key(right));
        let placed = |one: Found| Finding {
            rule: one.rule,
            severity: one.severity,
            message: one.draft.message,
            help: one.draft.help,
            evidence: one.draft.evidence,
            file: script.file.clone(),
            span: one.draft.span,
            statement: one.statement,
            engine: Some(self.dialect.name()),
            fix: one.draft.fix,
        };
        review.findings = found.into_iter().map(placed).collect();
    }
}

/// Rules about what the server refuses: what never happens locks, loses and breaks nothing.
const REFUSED: &[&str] = &[
    "correctness/drop-constraint-index",
    "correctness/drop-referenced-table",
    "correctness/duplicate-column",
    "correctness/duplicate-index-name",
    "correctness/duplicate-table",
    "correctness/foreign-key-index",
    "correctness/index-on-missing-column",
    "correctness/key-without-order",
    "correctness/missing-column",
    "correctness/missing-constraint",
    "correctness/missing-index",
    "correctness/missing-table",
    "correctness/refused-by-server",
    "correctness/second-primary-key",
    "correctness/sqlite-drop-column",
    "correctness/type-used-by-view",
];

/// Whether a rule is about what a statement does to others: what does nothing locks, loses and breaks nothing.
pub(crate) fn is_harm(rule: &str) -> bool {
    ["locks/", "data-loss/", "compatibility/"].iter().any(|it| rule.starts_with(it))
}

impl Found {
    fn heard(&self) -> Heard {
        let statement = (!self.statement.is_empty()).then_some(self.statement.start);
        Heard { rule: self.rule, places: [Some(self.draft.span.start), statement] }
    }

    /// Whether a finding of this rule leaves this one nothing to say, where they are about the same.
    fn yields_to_rule(&self, rule: &str) -> bool {
        self.better.contains(&rule) || (is_harm(self.rule) && REFUSED.contains(&rule))
    }

    /// Whether another finding leaves this one nothing to say.
    fn yields_to(&self, other: &Self) -> bool {
        self.yields_to_rule(other.rule) && touches(self.draft.span, other.draft.span)
    }
}

/// The findings that suppressions keep quiet, in the order of their places, each once.
fn quiet(found: &[Found], covered: &[Option<usize>], suppressions: &[Suppression]) -> Vec<Suppressed> {
    let pairs = found.iter().zip(covered);
    let by = pairs.filter_map(|(one, by)| Some((one, suppressions.get((*by)?)?)));
    let mut quiet: Vec<Suppressed> = by
        .map(|(one, by)| Suppressed {
            rule: one.rule,
            span: one.draft.span,
            message: one.draft.message.clone(),
            reason: by.reason.clone().unwrap_or_default(),
            until: by.until,
        })
        .collect();
    quiet.sort_by(|left, right| {
        (left.span.start, left.rule, &left.message).cmp(&(right.span.start, right.rule, &right.message))
    });
    quiet.dedup();
    quiet
}

/// Where a rule looked with several options, what the severest setting found at a place stands for all.
fn keep_severest(found: &mut Vec<Found>) {
    if found.iter().all(|one| one.variant == 0) {
        return;
    }
    let place = |one: &Found| (one.rule, one.draft.span.start, one.draft.span.end);
    let rank = |one: &Found| (one.severity, std::cmp::Reverse(one.variant));
    let mut best = BTreeMap::new();
    for one in found.iter() {
        let entry = best.entry(place(one)).or_insert_with(|| rank(one));
        *entry = rank(one).max(*entry);
    }
    found.retain(|one| best.get(&place(one)) == Some(&rank(one)));
}

/// Which findings another one says better. Findings of a statement follow each other.
fn said_better(found: &[Found]) -> Vec<bool> {
    let of_statement = found.chunk_by(|left, right| left.statement == right.statement);
    let mut said = Vec::with_capacity(found.len());
    for together in of_statement {
        // Few rules, but perhaps a finding for each of very many columns.
        let rules: BTreeSet<&str> = together.iter().map(|one| one.rule).collect();
        said.extend(together.iter().map(|one| {
            rules.iter().any(|rule| one.yields_to_rule(rule))
                && together.iter().any(|other| one.yields_to(other))
        }));
    }
    said
}

fn touches(left: Span, right: Span) -> bool {
    left.start < right.end && right.start < left.end
}
