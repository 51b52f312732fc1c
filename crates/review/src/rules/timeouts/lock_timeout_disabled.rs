use std::time::Duration;

use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix, Span};

use crate::rules::timeouts::span_of_time;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `lock_timeout` is turned off, so that statements wait for locks without end.
    ///
    /// ## Why
    /// A statement that waits for a lock makes all others wait that come after it, reads included. Sluice sets a short
    /// `lock_timeout` and tries again; turning it off takes that away for the rest of the change.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// SET lock_timeout = 0;
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// SET lock_timeout = '2s';
    /// ALTER TABLE orders ADD COLUMN amount integer;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, lock_timeout; measured: with a reader of 3 s a read of 2 ms took 2,997 ms behind an ALTER TABLE that waited.
    LockTimeoutDisabled, "timeouts/lock-timeout-disabled", Engines::POSTGRES, Warning, Recommended
}

impl Rule for LockTimeoutDisabled {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Set(set) = &cx.parsed.statement else { return };
        let Some(setting) = set.setting("lock_timeout") else { return };
        let zero = setting
            .values
            .first()
            .and_then(|value| span_of_time::read(cx.slice(value.span), Duration::from_millis(1)))
            .is_some_and(|time| time.is_zero());
        if !zero {
            return;
        }
        let mut span = cx.parsed.span;
        if cx.text().get(span.end..).is_some_and(|rest| rest.starts_with(';')) {
            span = Span::new(span.start, span.end + 1);
        }
        out.report(
            cx.parsed.span,
            "without lock_timeout a statement waits for its lock without end, and all others behind it",
        )
        .help("leave it out: the runner sets one and tries again")
        // A change without statements is none.
        .fix(
            (!cx.before.is_empty() || !cx.after.is_empty())
                .then(|| Fix::edits("leave lock_timeout alone", vec![Edit::replace(span, "")])),
        );
    }
}
