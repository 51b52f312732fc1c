use std::cell::OnceCell;

use jiff::civil::Date;
use sluice_schema::{Name, Origin, Schema};
use sluice_sql::model::{DoBlock, Parsed, Statement, StatementKind, Target, Touch};
use sluice_sql::{Dialect, Mode, ObjectKind, Placement, UnitKind, Units};
use sluice_text::{Evidence, Finding, Span};

use crate::context::{ChangeContext, Context, Held, Inside, Orders, Seen, Session, in_use};
use crate::idle;
use crate::policy::Active;
use crate::routines::{Made, Routines};
use crate::rule::Reach;
use crate::rules::review as own;
use crate::sink::{Draft, Sink};
use crate::softening::soften;
use crate::weigh::{Found, NO_STATEMENT, Scales, is_harm};
use crate::window::{View, Window, ahead};
use crate::{
    Estimate, Forecast, Options, Policy, Purpose, Question, Script, ServerVersion, Statistics, Supply,
    forecast, replay,
};

/// More statements of a change than this are not kept for rules that look back.
const SEEN_LIMIT: usize = 10_000;
/// More locks of a transaction than this are not kept: those that wait for it will not count.
const HELD_LIMIT: usize = 200;
/// Routines that call each other are followed as far as this.
const DEEPEST_CALL: usize = 50;
/// More orders of locks than this are not kept.
const ORDERS_LIMIT: usize = 20_000;

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
    /// Those that look at `INSERT`.
    of_inserts: Vec<Active<'p>>,
    conditions: Conditions,
    schema: Schema,
    session: Session,
    counted: Origin,
    orders: Orders,
    routines: Routines,
    statistics: Option<Statistics>,
    /// Statistics are in the schema already.
    measured: bool,
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
    /// How much that is, where the sizes of all tables that it works on are known.
    pub estimate: Option<Estimate>,
}

/// Where a statement is.
#[derive(Clone, Copy)]
struct Place<'a> {
    script: &'a Script,
    /// The statement of the file that it is, or is in.
    statement: Span,
    placement: Option<Placement>,
    after: &'a [Parsed],
    reach: Reach,
}

/// What is passed on from statement to statement.
#[derive(Default)]
struct Walk {
    seen: Vec<Seen>,
    held: Vec<Held>,
    orders: Orders,
    found: Vec<Found>,
    drafts: Vec<Draft>,
    forecasts: Vec<StatementForecast>,
    /// How many routines are being called.
    calls: usize,
    no_options: Options,
}

impl Walk {
    /// The transaction is over: the order of its locks is kept.
    fn release(&mut self, path: &str) {
        for (at, first) in self.held.iter().enumerate() {
            for second in self.held.iter().skip(at + 1).filter(|second| second.by != first.by) {
                if self.orders.len() < ORDERS_LIMIT {
                    let pair = (first.relation.clone(), second.relation.clone());
                    self.orders.entry(pair).or_insert_with(|| path.to_owned());
                }
            }
        }
        self.held.clear();
    }

    /// Keeps what a statement locks until its transaction ends.
    fn hold(&mut self, forecast: &Forecast, by: Span, in_use: impl Fn(&Name) -> bool) {
        for lock in forecast.blocking().filter(|lock| in_use(&lock.relation)) {
            if let Some(held) = self.held.iter_mut().find(|held| held.relation == lock.relation) {
                if held.mode < lock.mode {
                    (held.mode, held.by) = (lock.mode, by);
                }
            } else if self.held.len() < HELD_LIMIT {
                self.held.push(Held { relation: lock.relation.clone(), mode: lock.mode, by });
            }
        }
    }
}

impl<'p> Reviewer<'p> {
    /// A review that begins with `schema`.
    pub fn new(schema: Schema, policy: &'p Policy, conditions: Conditions) -> Self {
        let dialect = schema.dialect();
        let active = policy.active(dialect);
        let session = Session::default();
        let (counted, orders) = (Origin::default(), Orders::default());
        let statistics = None;
        Self {
            dialect,
            policy,
            of_inserts: of_inserts(&active),
            active,
            conditions,
            schema,
            session,
            counted,
            orders,
            routines: Routines::default(),
            statistics,
            measured: false,
        }
    }

    /// Reviews what follows by another policy.
    pub fn set_policy(&mut self, policy: &'p Policy) {
        if !std::ptr::eq(self.policy, policy) {
            self.policy = policy;
            self.active = policy.active(self.dialect);
            self.of_inserts = of_inserts(&self.active);
        }
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
        self.replay_chunks(script, Supply::new(&mut script.chunks(Purpose::Replay), &mut drop));
    }

    /// [`Reviewer::replay`] with what [`Script::chunks`] gives.
    pub fn replay_chunks(&mut self, script: &Script, statements: Supply<'_>) {
        self.session = Session::default();
        self.measured = false;
        let Supply { chunks, spent } = statements;
        for chunk in chunks {
            for parsed in &chunk.parsed {
                let text = script.file.text();
                let origin = Origin::default();
                replay::apply(&mut self.schema, &mut self.session, text, &parsed.statement, origin);
            }
            spent(chunk);
        }
    }

    /// Reviews a change, and applies it.
    pub fn review(&mut self, script: &Script) -> Review {
        self.review_chunks(script, Supply::new(&mut script.chunks(Purpose::Review), &mut drop))
    }

    /// [`Reviewer::review`] with what [`Script::chunks`] gives.
    pub fn review_chunks(&mut self, script: &Script, statements: Supply<'_>) -> Review {
        self.session = Session::default();
        self.counted.change += 1;
        if !self.conditions.one_batch || self.counted.batch == 0 {
            self.counted.batch += 1;
            self.orders.clear();
            self.routines.clear();
        }
        if let Some(statistics) = self.statistics.as_ref().filter(|_| !self.measured) {
            statistics.enter(&mut self.schema);
            self.measured = true;
        }
        let text = script.file.text();
        let scales = Scales { dialect: self.dialect, policy: self.policy, today: self.conditions.today };
        let mut walk = Walk { orders: std::mem::take(&mut self.orders), ..Walk::default() };
        if let Some((span, message)) = &script.broken {
            scales.push_own(&mut walk.found, own::UNREADABLE, *span, own::broken(*span, message));
        }
        let mut units = Units::new(self.dialect, script.info.separate);
        let mut unit = None;
        let mut window = Window::new(statements);
        while let Some(View { parsed, facts, after }) = window.next() {
            let span = parsed.span;
            let placement = match units.push(facts, span.slice(text)) {
                Ok(placement) => placement,
                Err(message) => {
                    scales.push_own(&mut walk.found, own::REFUSED, span, own::refused(span, message));
                    None
                }
            };
            if placement.map(|placement| placement.unit) != unit || placement.is_none() {
                unit = placement.map(|placement| placement.unit);
                self.counted.transaction += 1;
                walk.release(script.file.path());
            }
            let place = Place { script, statement: span, placement, after, reach: Reach::File };
            self.look(&place, parsed, &mut walk);
            self.look_inside(&place, parsed, &mut walk);
        }
        window.close();
        walk.release(script.file.path());
        let Walk { seen, mut found, mut drafts, forecasts, orders, .. } = walk;
        self.orders = orders;
        for active in &self.active {
            let cx = ChangeContext {
                file: &script.file,
                statements: &seen,
                schema: &self.schema,
                version: self.version(),
                change: &script.info,
                options: active.options,
            };
            active.rule.change(&cx, &mut Sink::new(&mut drafts, Evidence::Modelled));
            found.extend(drafts.drain(..).map(|draft| active.found(active.severity, NO_STATEMENT, draft)));
        }
        let mut review = Review { statements: script.statements.len(), forecasts, ..Review::default() };
        scales.settle(script, found, &mut review);
        review
    }

    /// Reviews a change that databases have otherwise, and applies what they have.
    pub fn review_edited(&mut self, script: &Script, statements: Supply<'_>, instead: &Script) -> Review {
        let before = self.schema.clone();
        let review = self.review_chunks(script, statements);
        self.schema = before;
        self.replay(instead);
        review
    }

    fn version(&self) -> ServerVersion {
        self.conditions.version.unwrap_or(ServerVersion::oldest(self.dialect))
    }

    /// Asks the rules about one statement, and keeps what later ones need to know of it.
    fn look(&self, place: &Place<'_>, parsed: &Parsed, walk: &mut Walk) {
        let text = place.script.file.text();
        let version = self.version();
        let question = Question {
            text,
            statement: &parsed.statement,
            schema: &self.schema,
            version,
            session: &self.session,
        };
        let (forecast, inside) = (OnceCell::new(), Inside::default());
        let targets = parsed.statement.targets();
        let evidence = self.evidence(&targets);
        let mut cx = Context {
            file: &place.script.file,
            parsed,
            schema: &self.schema,
            version,
            session: &self.session,
            placement: place.placement,
            before: &walk.seen,
            held: &walk.held,
            orders: &walk.orders,
            after: place.after,
            change: &place.script.info,
            origin: self.counted,
            options: &walk.no_options,
            question: &question,
            forecast: &forecast,
            inside: &inside,
            in_program: place.reach != Reach::File,
            altered: None,
        };
        if let Statement::AlterTable(alter) = &parsed.statement
            && !cx.is_new(&alter.name)
        {
            cx.altered = Some(alter);
        }
        let (found, drafts) = (&mut walk.found, &mut walk.drafts);
        let all = match &parsed.statement {
            Statement::Insert(_) => &self.of_inserts,
            _ => &self.active,
        };
        let idle = idle::is_idle(&parsed.statement, &self.schema);
        let speaks = |active: &&Active<'_>| active.reach >= place.reach && !(idle && is_harm(active.meta.id));
        for active in all.iter().filter(speaks) {
            cx.options = active.options;
            active.rule.statement(&cx, &mut Sink::new(drafts, evidence));
            if !drafts.is_empty() {
                found.extend(drafts.drain(..).map(|mut draft| {
                    // What follows would run also where the program does not come to this statement.
                    if cx.in_program && draft.fix.as_ref().is_some_and(|fix| !fix.follow_ups.is_empty()) {
                        draft.fix = None;
                    }
                    let severity = match &self.statistics {
                        Some(statistics) => {
                            let known = (cx.forecast(), &self.schema);
                            soften(active.meta.id, active.severity, &mut draft, known, statistics.few_rows)
                        }
                        None => active.severity,
                    };
                    active.found(severity, place.statement, draft)
                }));
            }
        }
        if place.reach == Reach::Program {
            return;
        }
        let kind = parsed.statement.kind();
        let in_transaction = place.placement.is_some_and(|it| it.kind == UnitKind::Transaction);
        if place.reach == Reach::File && walk.seen.len() < SEEN_LIMIT {
            walk.seen.push(Seen {
                span: parsed.span,
                kind,
                transaction: self.counted.transaction,
                in_transaction,
                subject: targets.first().map(|it| self.schema.relation_name(it.on.unwrap_or(it.name))),
                is_setting: matches!(parsed.statement, Statement::Set(_)),
                is_alteration: matches!(&parsed.statement, Statement::AlterTable(it) if it.kind == ObjectKind::Table),
            });
        }
        // Rows are locked one by one, and a dump has a million statements about them.
        let of_rows = matches!(kind, StatementKind::Rows | StatementKind::Query);
        if of_rows || walk.forecasts.len() >= SEEN_LIMIT {
            return;
        }
        let forecast = forecast.into_inner().unwrap_or_else(|| forecast::forecast(&question));
        // What a block holds is what its statements hold, which are looked at one by one.
        if in_transaction && !matches!(parsed.statement, Statement::Do(_)) && !about_view(&parsed.statement) {
            walk.hold(&forecast, parsed.span, |name| in_use(&self.schema, self.counted, name));
        }
        if place.reach == Reach::File
            && (!forecast.locks.is_empty() || forecast.is_slow() || forecast.online.is_some())
        {
            let estimate = Estimate::of(&forecast, &self.schema);
            walk.forecasts.push(StatementForecast { span: place.statement, forecast, estimate });
        }
    }

    /// Looks into what a statement has inside, and applies the statement: what a `DO`, `PREPARE` or `EXPLAIN ANALYZE` runs is run
    /// by the change itself, one after the other; what others have inside runs later, unless the change calls it.
    fn look_inside(&mut self, outer: &Place<'_>, parsed: &Parsed, walk: &mut Walk) {
        let text = outer.script.file.text();
        let body = parsed.statement.body().map(|body| body.statements.as_slice());
        let (runs, inner) = match &parsed.statement {
            Statement::Other(other) => match other.runs() {
                Some(inner) => (true, std::slice::from_ref(inner)),
                None => (false, &[][..]),
            },
            Statement::Do(_) => (true, body.unwrap_or_default()),
            _ => (false, body.unwrap_or_default()),
        };
        let reach = if runs { Reach::Block } else { Reach::Program };
        for (at, one) in inner.iter().enumerate() {
            let place = Place { after: ahead(inner, at), reach, ..*outer };
            self.look(&place, one, walk);
            let block = matches!(parsed.statement, Statement::Do(_));
            if let Some(why) = self.refused_in_block(one, text).filter(|_| block) {
                let scales =
                    Scales { dialect: self.dialect, policy: self.policy, today: self.conditions.today };
                let draft = own::refused(one.span, why.to_owned());
                scales.push_own(&mut walk.found, own::REFUSED, outer.statement, draft);
            }
            if runs {
                replay::apply(&mut self.schema, &mut self.session, text, &one.statement, self.counted);
                self.look_at_calls(&place, one, walk);
            }
        }
        if runs {
            replay::doubt(&mut self.schema, &parsed.statement);
        } else {
            replay::apply(&mut self.schema, &mut self.session, text, &parsed.statement, self.counted);
            self.look_at_calls(outer, parsed, walk);
        }
    }

    /// Why PostgreSQL refuses a statement in a `DO` block, whatever else it may say. A block that commits runs alone.
    fn refused_in_block(&self, parsed: &Parsed, text: &str) -> Option<&'static str> {
        let mode = sluice_sql::classify(self.dialect, parsed.span.slice(text)).mode;
        (self.dialect == Dialect::Postgres && mode == Mode::Autocommit).then_some(
            "this cannot run in a DO block, because a block is one statement of a transaction: put it into the file by \
             itself",
        )
    }

    /// Looks into the routines that a statement calls, if what is deployed now makes them, and keeps those that it makes itself.
    fn look_at_calls(&mut self, outer: &Place<'_>, parsed: &Parsed, walk: &mut Walk) {
        self.routines.keep(self.dialect, parsed, self.counted.change, outer.script.file.path());
        for made in self.routines.called(self.dialect, &parsed.statement) {
            if made.change == self.counted.change && walk.calls < DEEPEST_CALL {
                walk.calls += 1;
                self.look_at_called(outer, made.span, walk);
                walk.calls -= 1;
            } else if !made.only_asks {
                self.push_opaque(outer, parsed, &made, walk);
            }
        }
    }

    /// What a routine does when it is called is what a `DO` with its body does.
    fn look_at_called(&mut self, outer: &Place<'_>, made: Span, walk: &mut Walk) {
        let Parsed { statement, not_analysed, .. } =
            sluice_sql::parse(self.dialect, outer.script.file.text(), made);
        let Statement::CreateRoutine(routine) = statement else { return };
        let Some(body) = routine.body else { return };
        let run = Parsed { span: made, statement: Statement::Do(Box::new(DoBlock { body })), not_analysed };
        let place = Place { statement: made, after: &[], reach: Reach::Block, ..*outer };
        self.look(&place, &run, walk);
        self.look_inside(&place, &run, walk);
    }

    /// A routine is called that was not looked into.
    fn push_opaque(&self, place: &Place<'_>, parsed: &Parsed, made: &Made, walk: &mut Walk) {
        let active = self.active.iter().find(|active| active.meta.id == own::OPAQUE);
        let draft = own::called(parsed.span, &made.path);
        walk.found.extend(active.map(|active| active.found(active.severity, place.statement, draft)));
    }

    /// How far what is said of a statement can be trusted: as far as its relations are known.
    fn evidence(&self, targets: &[Target<'_>]) -> Evidence {
        let known = targets
            .iter()
            .filter(|target| target.kind == ObjectKind::Table && target.touch != Touch::Created)
            .all(|target| self.schema.relation(target.name).is_some());
        if known { Evidence::Modelled } else { Evidence::Assumed }
    }
}

fn of_inserts<'p>(active: &[Active<'p>]) -> Vec<Active<'p>> {
    active.iter().filter(|active| active.rule.looks_at_inserts()).copied().collect()
}

/// Whether the statement is about a view: its lock keeps nobody off a table.
fn about_view(statement: &Statement) -> bool {
    match statement {
        Statement::Drop(drop) => drop.kind == ObjectKind::View,
        Statement::AlterTable(alter) => alter.kind == ObjectKind::View,
        Statement::CreateView(_) => true,
        _ => false,
    }
}
