use std::time::Duration;

use sluice_sql::Dialect;
use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::rules::timeouts::span_of_time;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// `lock_timeout` is so long that those who wait behind it notice.
    ///
    /// ## Why
    /// While a statement waits for its lock, all others that come after it wait too. A short timeout, and trying again,
    /// lets them through in between.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SET lock_timeout = '1min';
    /// ```
    /// ```sql mysql
    /// SET SESSION lock_wait_timeout = 600;
    /// ```
    /// ```sql mariadb
    /// SET SESSION lock_wait_timeout = 600;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SET lock_timeout = '2s';
    /// ```
    /// ```sql mysql
    /// SET SESSION lock_wait_timeout = 5;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, lock_timeout; MySQL manual, lock_wait_timeout.
    LockTimeoutLong, "timeouts/lock-timeout-long", Engines::SERVERS, Warning, Recommended, options: &[OptionSpec {
        name: "max_seconds",
        kind: OptionKind::Number { default: 30 },
        about: "Seconds that a statement may wait for a lock.",
    }]
}

impl Rule for LockTimeoutLong {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Set(set) = &cx.parsed.statement else { return };
        let (name, unit) = match cx.dialect() {
            Dialect::Postgres => ("lock_timeout", Duration::from_millis(1)),
            _ => ("lock_wait_timeout", Duration::from_secs(1)),
        };
        let Some(value) = set.setting(name).and_then(|setting| setting.values.first()) else { return };
        let Some(timeout) = span_of_time::read(cx.slice(value.span), unit) else { return };
        let max = cx.options.number("max_seconds");
        if timeout > Duration::from_secs(max) {
            let message = format!(
                "{name} of {} s keeps those waiting that come after the statement",
                timeout.as_secs()
            );
            let shorter = match cx.dialect() {
                Dialect::Postgres => format!("'{max}s'"),
                _ => max.to_string(),
            };
            let fix = (max > 0)
                .then(|| Fix::edits(format!("set it to {max} s"), vec![Edit::replace(value.span, shorter)]));
            out.report(cx.parsed.span, message)
                .help(format!("set it to {max} s or less and try again"))
                .fix(fix);
        }
    }
}
