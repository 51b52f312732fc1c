use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::civil::Date;
use sluice_schema::{Origin, Schema};
use sluice_sql::model::{Parsed, StatementKind, Target, Touch};
use sluice_sql::{Dialect, ObjectKind, UnitKind, Units};
use sluice_text::{Evidence, Finding, Severity, Span};

use crate::context::{ChangeContext, Context, Seen, Session};
use crate::policy::Active;
use crate::rules::review as own;
use crate::sink::{Draft, Sink};
use crate::suppression;
use crate::{Forecast, Policy, Question, Script, ServerVersion, forecast, replay};

/// More statements of a change than this are not kept for rules that look back.
const SEEN_LIMIT: usize = 10_000;
/// The statement of findings that are in none.
const NO_STATEMENT: Span = Span { start: 0, end: 0 };

/// What a review takes as given.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// The server's version, where it is known.
    pub version: Option<ServerVersion>,
    /// The day, for suppressions that expire.
    pub today: Date,
    /// All changes that are reviewed are deployed together, so that what one of them makes is new for the next; else each is
    /// deployed for itself.
    pub one_batch: bool,
}

/// Reviews changes one after the other.
pub struct Reviewer<'p> {
    dialect: Dialect,
    policy: &'p Policy,
    active: Vec<Active<'p>>,
    conditions: Conditions,
    schema: Schema,
    session: Session,
    counted: Origin,
}

/// What a review of one change gives.
#[derive(Debug, Default)]
pub struct Review {
    /// Findings in the order of their places.
    pub findings: Vec<Finding>,
    /// What its statements lock and do, those left out that do nothing.
    pub forecasts: Vec<StatementForecast>,
    /// How many statements it has.
    pub statements: usize,
    /// How many findings suppressions kept quiet.
    pub suppressed: usize,
    /// Those findings, in the order of their places.
    pub quiet: Vec<Suppressed>,
}

/// A finding that a suppression keeps quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The rule.
    pub rule: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Why it may stay, as the suppression says.
    pub reason: String,
    /// The last day on which it may.
    pub until: Option<Date>,
}

/// What one statement locks and does.
#[derive(Debug, Clone)]
pub struct StatementForecast {
    /// The statement.
    pub span: Span,
    /// What it locks and does.
    pub forecast: Forecast,
}

impl<'p> Reviewer<'p> {
    /// A review that begins with `schema`.
    pub fn new(schema: Schema, policy: &'p Policy, conditions: Conditions) -> Self {
        let dialect = schema.dialect();
        let active = policy.active(dialect);
        let session = Session::default();
        Self { dialect, policy, active, conditions, schema, session, counted: Origin::default() }
    }

    /// Reviews what follows by another policy.
    pub fn set_policy(&mut self, policy: &'p Policy) {
        if !std::ptr::eq(self.policy, policy) {
            self.policy = policy;
            self.active = policy.active(self.dialect);
        }
    }

    /// The schema after all that was taken.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Applies a change that is not reviewed: it was there before.
    pub fn replay(&mut self, script: &Script) {
        self.session = Session::default();
        for (at, span) in script.statements.iter().enumerate() {
            let parsed = self.parsed(script, at, *span);
            replay::apply(
                &mut self.schema,
                &mut self.session,
                script.file.text(),
                &parsed.statement,
                Origin::default(),
            );
        }
    }

    fn parsed<'s>(&self, script: &'s Script, at: usize, span: Span) -> Cow<'s, Parsed> {
        match script.held().get(at) {
            Some(parsed) => Cow::Borrowed(parsed),
            None => Cow::Owned(sluice_sql::parse(self.dialect, script.file.text(), span)),
        }
    }

    /// Reviews a change, and applies it.
    pub fn review(&mut self, script: &Script) -> Review {
        self.session = Session::default();
        self.counted.change += 1;
        if !self.conditions.one_batch || self.counted.batch == 0 {
            self.counted.batch += 1;
        }
        let text = script.file.text();
        let version = self.conditions.version.unwrap_or(ServerVersion::oldest(self.dialect));
        let mut found: Vec<Found> = Vec::new();
        let mut review = Review { statements: script.statements.len(), ..Review::default() };
        if let Some((span, message)) = &script.broken {
            self.push_own(&mut found, own::UNREADABLE, *span, own::broken(*span, message));
        }
        let mut units = Units::new(self.dialect, script.info.separate);
        let mut seen: Vec<Seen> = Vec::new();
        let (mut unit, mut drafts) = (None, Vec::new());
        for (at, span) in script.statements.iter().enumerate() {
            let parsed = self.parsed(script, at, *span);
            let facts = sluice_sql::classify(self.dialect, span.slice(text));
            let placement = match units.push(&facts, span.slice(text)) {
                Ok(placement) => placement,
                Err(message) => {
                    self.push_own(&mut found, own::REFUSED, *span, own::refused(*span, message));
                    None
                }
            };
            if placement.map(|placement| placement.unit) != unit || placement.is_none() {
                unit = placement.map(|placement| placement.unit);
                self.counted.transaction += 1;
            }
            let question = Question {
                text,
                statement: &parsed.statement,
                schema: &self.schema,
                version,
                session: &self.session,
            };
            let forecast = OnceCell::new();
            let targets = parsed.statement.targets();
            let evidence = self.evidence(&targets);
            for active in &self.active {
                let cx = Context {
                    file: &script.file,
                    parsed: &parsed,
                    schema: &self.schema,
                    version,
                    session: &self.session,
                    placement,
                    before: &seen,
                    after: script.held().get(at + 1..).unwrap_or_default(),
                    change: &script.info,
                    origin: self.counted,
                    options: active.options,
                    question: &question,
                    forecast: &forecast,
                };
                active.rule.statement(&cx, &mut Sink::new(&mut drafts, evidence));
                found.extend(drafts.drain(..).map(|draft| active.found(*span, draft)));
            }
            if seen.len() < SEEN_LIMIT {
                seen.push(Seen {
                    span: *span,
                    kind: parsed.statement.kind(),
                    transaction: self.counted.transaction,
                    in_transaction: placement.is_some_and(|it| it.kind == UnitKind::Transaction),
                    subject: targets.first().map(|it| self.schema.relation_name(it.on.unwrap_or(it.name))),
                });
            }
            // Rows are locked one by one, and a dump has a million statements about them.
            let of_rows = matches!(parsed.statement.kind(), StatementKind::Rows | StatementKind::Query);
            if !of_rows && review.forecasts.len() < SEEN_LIMIT {
                let forecast = forecast.into_inner().unwrap_or_else(|| forecast::forecast(&question));
                if !forecast.locks.is_empty() || forecast.is_slow() || forecast.online.is_some() {
                    review.forecasts.push(StatementForecast { span: *span, forecast });
                }
            }
            replay::apply(&mut self.schema, &mut self.session, text, &parsed.statement, self.counted);
        }
        for active in &self.active {
            let cx = ChangeContext {
                file: &script.file,
                statements: &seen,
                schema: &self.schema,
                version,
                change: &script.info,
                options: active.options,
            };
            active.rule.change(&cx, &mut Sink::new(&mut drafts, Evidence::Modelled));
            found.extend(drafts.drain(..).map(|draft| active.found(NO_STATEMENT, draft)));
        }
        self.settle(script, found, &mut review);
        review
    }

    /// How far what is said of a statement can be trusted: as far as its relations are known.
    fn evidence(&self, targets: &[Target<'_>]) -> Evidence {
        let known = targets
            .iter()
            .filter(|target| target.kind == ObjectKind::Table && target.touch != Touch::Created)
            .all(|target| self.schema.relation(target.name).is_some());
        if known { Evidence::Modelled } else { Evidence::Assumed }
    }

    /// A finding of the review itself, unless the policy has its rule off.
    fn push_own(&self, found: &mut Vec<Found>, rule: &'static str, statement: Span, draft: Draft) {
        let severity = self.policy.severity(rule);
        found.extend(severity.map(|severity| Found { rule, severity, statement, draft, variant: 0 }));
    }

    /// Weighs what was found: suppressions, order, doubles; reports on the suppressions themselves.
    fn settle(&self, script: &Script, mut found: Vec<Found>, review: &mut Review) {
        let (text, today) = (script.file.text(), self.conditions.today);
        let mut suppressions = suppression::read(self.dialect, text, &script.statements);
        keep_severest(&mut found);
        found.retain(|one| {
            let mut quiet = None;
            // Every one of them is asked, so that each that fits counts as used.
            for by in &mut suppressions {
                let covers = by.covers(one.rule, one.draft.span.start, today)
                    || (!one.statement.is_empty() && by.covers(one.rule, one.statement.start, today));
                if covers && quiet.is_none() {
                    quiet = Some(Suppressed {
                        rule: one.rule,
                        span: one.draft.span,
                        message: one.draft.message.clone(),
                        reason: by.reason.clone().unwrap_or_default(),
                        until: by.until,
                    });
                }
            }
            let stays = quiet.is_none();
            review.quiet.extend(quiet);
            stays
        });
        review.quiet.sort_by(|left, right| {
            (left.span.start, left.rule, &left.message).cmp(&(right.span.start, right.rule, &right.message))
        });
        review.quiet.dedup();
        review.suppressed = review.quiet.len();
        for (rule, draft) in own::of_suppressions(&suppressions, today, self.policy, self.dialect) {
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

/// What was found, not yet weighed against suppressions.
struct Found {
    rule: &'static str,
    severity: Severity,
    statement: Span,
    draft: Draft,
    /// As [`Active::variant`].
    variant: usize,
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

impl Active<'_> {
    fn found(&self, statement: Span, draft: Draft) -> Found {
        Found { rule: self.meta.id, severity: self.severity, statement, draft, variant: self.variant }
    }
}
