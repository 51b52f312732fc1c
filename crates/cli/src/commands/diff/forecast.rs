//! What the steps lock and do on the schema FROM, as the model of the review tells it.

use sluice_engine::Server;
use sluice_facts::{Builder, Options, Rules, Snapshot, transition};
use sluice_report::{StepForecast, StepReport, terminated};
use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{SourceFile, Span};

use crate::against::version_of;
use crate::commands::check::today;

/// Puts the forecasts where the steps are. The schema FROM is replayed as the statements that make it; the steps are looked at as
/// one change, so that nobody waits for what one of them has made.
pub fn give(from: &Snapshot, rules: &dyn Rules, server: Option<&Server>, steps: &mut [StepReport]) {
    let Some(dialect) = Dialect::named(&from.engine) else { return };
    let nothing = Builder::default().finish(&from.engine, &from.server);
    let options = Options { online: false, version: server.map_or(0, |server| server.version) };
    let made = super::sql(&from.engine, &transition(&nothing, from, rules, options));
    let policy = Policy::of(RuleSet::Recommended);
    let conditions = Conditions { version: server.map(version_of), today: today(), one_batch: false };
    let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
    reviewer.replay(&Script::read(dialect, SourceFile::new("FROM", made), ChangeInfo::default()));
    let (mut text, mut spans) = (String::new(), Vec::with_capacity(steps.len()));
    for step in steps.iter() {
        let start = text.len();
        text.push_str(&step.sql);
        spans.push(Span { start, end: text.len() });
        // What ends it is between the statements.
        text.push_str(terminated(&step.engine, &step.sql).strip_prefix(step.sql.as_str()).unwrap_or(";\n"));
    }
    let file = SourceFile::new("steps", text);
    let info = ChangeInfo { separate: true, ..ChangeInfo::default() };
    let review = reviewer.review(&Script::cut(dialect, file.clone(), spans.clone(), info));
    for (step, span) in steps.iter_mut().zip(spans) {
        let forecast = review.forecasts.iter().find(|one| one.span.start == span.start);
        step.forecast = forecast.map(|one| StepForecast::of(one, dialect, &file));
    }
}
