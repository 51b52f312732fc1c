use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::civil::Date;
use sluice_schema::{Origin, Schema};
use sluice_sql::model::{InsertSource, Parsed, Statement, StatementKind, Touch};
use sluice_sql::{Dialect, ObjectKind, UnitKind, Units};
use sluice_text::{Evidence, Finding, Severity, Span};

use crate::context::{ChangeContext, Context, Seen, Session};
use crate::policy::Active;
use crate::rules::review as own;
use crate::sink::{Draft, Sink};
use crate::suppression::{self, Suppression};
use crate::{Forecast, Policy, Script, ServerVersion, WorkKind, replay};

/// More statements of a change than this are not kept for rules that look back.
const SEEN_LIMIT: usize = 10_000;

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
        let mut found: Vec<(&'static str, Severity, Span, Draft)> = Vec::new();
        let mut review = Review { statements: script.statements.len(), ..Review::default() };
        if let Some((span, message)) = &script.broken {
            let draft = own::broken(*span, message);
            found.push((own::UNREADABLE, Severity::Error, *span, draft));
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
                    found.push((own::REFUSED, Severity::Error, *span, own::refused(*span, message)));
                    None
                }
            };
            if placement.map(|placement| placement.unit) != unit || placement.is_none() {
                unit = placement.map(|placement| placement.unit);
                self.counted.transaction += 1;
            }
            let forecast = OnceCell::new();
            let evidence = self.evidence(&parsed.statement);
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
                    forecast: &forecast,
                };
                active.rule.statement(&cx, &mut Sink::new(&mut drafts, evidence));
                found.extend(drafts.drain(..).map(|draft| (active.meta.id, active.severity, *span, draft)));
            }
            let forecast = forecast.into_inner();
            if seen.len() < SEEN_LIMIT {
                let in_transaction = placement.is_some_and(|it| it.kind == UnitKind::Transaction);
                seen.push(self.note(*span, &parsed.statement, in_transaction, forecast.as_ref()));
            }
            if let Some(forecast) = forecast
                && (!forecast.locks.is_empty() || !forecast.work.is_empty() || forecast.online.is_some())
                && review.forecasts.len() < SEEN_LIMIT
            {
                review.forecasts.push(StatementForecast { span: *span, forecast });
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
            let whole = Span::new(0, 0);
            found.extend(drafts.drain(..).map(|draft| (active.meta.id, active.severity, whole, draft)));
        }
        self.settle(script, found, &mut review);
        review
    }

    /// How far what is said of a statement can be trusted: as far as its relations are known.
    fn evidence(&self, statement: &Statement) -> Evidence {
        let known = statement
            .targets()
            .iter()
            .filter(|target| target.kind == ObjectKind::Table && target.touch != Touch::Created)
            .all(|target| self.schema.relation(target.name).is_some());
        if known { Evidence::Modelled } else { Evidence::Assumed }
    }

    fn note(
        &self,
        span: Span,
        statement: &Statement,
        in_transaction: bool,
        forecast: Option<&Forecast>,
    ) -> Seen {
        let targets = statement.targets();
        let subject = targets.first().map(|target| {
            let name = target.on.unwrap_or(target.name);
            self.schema.relation_name(name)
        });
        let rows = match statement {
            Statement::Insert(insert) => match insert.source {
                InsertSource::Values { rows, .. } => rows,
                _ => 0,
            },
            _ => 0,
        };
        let slow = forecast.is_some_and(|forecast| {
            [
                WorkKind::Scan,
                WorkKind::Rewrite,
                WorkKind::IndexBuild,
                WorkKind::IndexRebuild,
                WorkKind::ForeignKeyCheck,
            ]
            .into_iter()
            .any(|kind| forecast.does(kind))
        }) || statement.kind() == StatementKind::Rows;
        Seen {
            span,
            kind: statement.kind(),
            transaction: self.counted.transaction,
            in_transaction,
            locks: forecast.map(|forecast| forecast.locks.clone()).unwrap_or_default(),
            slow,
            subject,
            rows,
        }
    }

    /// Weighs what was found: suppressions, order, doubles; reports on the suppressions themselves.
    fn settle(
        &self,
        script: &Script,
        mut found: Vec<(&'static str, Severity, Span, Draft)>,
        review: &mut Review,
    ) {
        let (text, today) = (script.file.text(), self.conditions.today);
        let mut suppressions = suppression::read(self.dialect, text, &script.statements);
        let before = found.len();
        found.retain(|(rule, _, statement, draft)| {
            let covered = |one: &mut Suppression| {
                one.covers(rule, draft.span.start, today)
                    || (!statement.is_empty()
                        && one.covers(rule, statement.start, today)
                        && !one.span.is_empty())
            };
            // Every one of them is asked, so that each that fits counts as used.
            let quiet = suppressions.iter_mut().map(covered).fold(false, |any, one| any | one);
            !quiet || own::is_about_suppressions(rule)
        });
        review.suppressed = before - found.len();
        for (id, severity, draft) in own::of_suppressions(&suppressions, today, self.policy, self.dialect) {
            let severity = self.policy.severity(id).map(|_| severity);
            if let Some(severity) = severity {
                found.push((id, severity, Span::new(0, 0), draft));
            }
        }
        found.sort_by(|left, right| {
            (left.3.span.start, left.0, &left.3.message).cmp(&(right.3.span.start, right.0, &right.3.message))
        });
        found.dedup_by(|left, right| {
            left.0 == right.0 && left.3.span == right.3.span && left.3.message == right.3.message
        });
        review.findings = found
            .into_iter()
            .map(|(rule, severity, statement, draft)| Finding {
                rule,
                severity,
                message: draft.message,
                help: draft.help,
                evidence: draft.evidence,
                file: script.file.clone(),
                span: draft.span,
                statement,
                engine: Some(self.dialect.name()),
                fix: draft.fix,
            })
            .collect();
    }
}
