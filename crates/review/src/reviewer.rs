use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::civil::Date;
use sluice_schema::{Name, Origin, Schema};
use sluice_sql::model::{Parsed, Statement, StatementKind, Target, Touch};
use sluice_sql::{Dialect, ObjectKind, UnitKind, Units};
use sluice_text::{Evidence, Finding, Severity, Span};

use crate::context::{ChangeContext, Context, Seen, Session};
use crate::policy::Active;
use crate::rules::locks::strong_lock;
use crate::rules::review as own;
use crate::sink::{Draft, Sink};
use crate::suppression::{self, Suppression};
use crate::weight::weigh;
use crate::{
    Estimate, Forecast, Options, Policy, Question, Script, ServerVersion, Statistics, forecast, replay,
};

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
    statistics: Option<Statistics>,
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
}

/// What one statement locks and does.
#[derive(Debug, Clone)]
pub struct StatementForecast {
    /// The statement.
    pub span: Span,
    /// What it locks and does.
    pub forecast: Forecast,
    /// How much that is, where the sizes of all tables that it works on are known.
    pub estimate: Option<Estimate>,
}

impl<'p> Reviewer<'p> {
    /// A review that begins with `schema`.
    pub fn new(schema: Schema, policy: &'p Policy, conditions: Conditions) -> Self {
        let dialect = schema.dialect();
        let active = policy.active(dialect);
        let session = Session::default();
        let counted = Origin::default();
        Self { dialect, policy, active, conditions, schema, session, counted, statistics: None }
    }

    /// The same review with what is known of the sizes of tables.
    pub fn with_statistics(self, statistics: Option<Statistics>) -> Self {
        Self { statistics, ..self }
    }

    /// The schema after all that was taken.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Applies a change that is not reviewed: it was there before.
    pub fn replay(&mut self, script: &Script) {
        self.replay_parsed(script, &[]);
    }

    /// [`Reviewer::replay`] with the statements' models, as far as they are at hand.
    pub fn replay_parsed(&mut self, script: &Script, held: &[Parsed]) {
        self.session = Session::default();
        for (at, span) in script.statements.iter().enumerate() {
            let parsed = self.parsed(script, held.get(at), *span);
            replay::apply(
                &mut self.schema,
                &mut self.session,
                script.file.text(),
                &parsed.statement,
                Origin::default(),
            );
        }
    }

    fn parsed<'s>(&self, script: &Script, held: Option<&'s Parsed>, span: Span) -> Cow<'s, Parsed> {
        match held {
            Some(parsed) => Cow::Borrowed(parsed),
            None => Cow::Owned(sluice_sql::parse(self.dialect, script.file.text(), span)),
        }
    }

    /// Reviews a change, and applies it.
    pub fn review(&mut self, script: &Script) -> Review {
        self.review_parsed(script, &script.parse())
    }

    /// [`Reviewer::review`] with what [`Script::parse`] gave.
    pub fn review_parsed(&mut self, script: &Script, held: &[Parsed]) -> Review {
        self.session = Session::default();
        self.counted.change += 1;
        if !self.conditions.one_batch || self.counted.batch == 0 {
            self.counted.batch += 1;
        }
        if let Some(statistics) = &self.statistics {
            statistics.enter(&mut self.schema);
        }
        let text = script.file.text();
        let version = self.conditions.version.unwrap_or(ServerVersion::oldest(self.dialect));
        let mut found: Vec<Found> = Vec::new();
        let mut review = Review { statements: script.statements.len(), ..Review::default() };
        if let Some((span, message)) = &script.broken {
            self.push_own(&mut found, own::UNREADABLE, *span, own::broken(*span, message));
        }
        let mut units = Units::new(self.dialect, script.info.separate);
        let (mut seen, mut locked): (Vec<Seen>, Vec<Name>) = (Vec::new(), Vec::new());
        let (mut unit, mut drafts) = (None, Vec::new());
        let no_options = Options::default();
        for (at, span) in script.statements.iter().enumerate() {
            let parsed = self.parsed(script, held.get(at), *span);
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
                locked.clear();
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
            let mut cx = Context {
                file: &script.file,
                parsed: &parsed,
                schema: &self.schema,
                version,
                session: &self.session,
                placement,
                before: &seen,
                after: held.get(at + 1..).unwrap_or_default(),
                held: &locked,
                change: &script.info,
                origin: self.counted,
                options: &no_options,
                question: &question,
                forecast: &forecast,
                altered: None,
            };
            if let Statement::AlterTable(alter) = &parsed.statement
                && !cx.is_new(&alter.name)
            {
                cx.altered = Some(alter);
            }
            for active in &self.active {
                cx.options = active.options;
                active.rule.statement(&cx, &mut Sink::new(&mut drafts, evidence));
                if !drafts.is_empty() {
                    found.extend(drafts.drain(..).map(|mut draft| {
                        let severity = match &self.statistics {
                            Some(statistics) => {
                                let known = (cx.forecast(), &self.schema);
                                weigh(active.meta.id, active.severity, &mut draft, known, statistics.few_rows)
                            }
                            None => active.severity,
                        };
                        active.found(severity, *span, draft)
                    }));
                }
            }
            if self.dialect == Dialect::Postgres && cx.in_transaction() {
                let mut new = strong_lock::of(&cx);
                new.retain(|name| !locked.contains(name));
                locked.append(&mut new);
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
                    let estimate = Estimate::of(&forecast, &self.schema);
                    review.forecasts.push(StatementForecast { span: *span, forecast, estimate });
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
            found.extend(drafts.drain(..).map(|draft| active.found(active.severity, NO_STATEMENT, draft)));
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
        found.extend(severity.map(|severity| Found { rule, severity, statement, draft }));
    }

    /// Weighs what was found: suppressions, order, doubles; reports on the suppressions themselves.
    fn settle(&self, script: &Script, mut found: Vec<Found>, review: &mut Review) {
        let (text, today) = (script.file.text(), self.conditions.today);
        let mut suppressions = suppression::read(self.dialect, text, &script.statements);
        let before = found.len();
        found.retain(|one| {
            let covered = |by: &mut Suppression| {
                by.covers(one.rule, one.draft.span.start, today)
                    || (!one.statement.is_empty() && by.covers(one.rule, one.statement.start, today))
            };
            // Every one of them is asked, so that each that fits counts as used.
            !suppressions.iter_mut().map(covered).fold(false, |any, one| any | one)
        });
        review.suppressed = before - found.len();
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
}

impl Active<'_> {
    fn found(&self, severity: Severity, statement: Span, draft: Draft) -> Found {
        Found { rule: self.meta.id, severity, statement, draft }
    }
}
