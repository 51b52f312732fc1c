use sluice_sql::model::{ColumnChange, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column goes from `timestamp` to `timestamptz`, or back, by the time zone that the session happens to have.
    ///
    /// ## Why
    /// A `timestamp` has no zone: which moments its rows mean is decided by the session's `TimeZone` while the statement runs. A server,
    /// a role or a client with another setting gives other moments, and no error.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamp);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN paid_at TYPE timestamptz;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamp);
    /// CREATE TABLE drafts (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE drafts ADD COLUMN paid_at timestamptz;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Date/Time Types, Time Stamps.
    TimestampWithoutZone, "correctness/timestamp-without-zone", Engines::POSTGRES, Warning, Recommended
}

impl Rule for TimestampWithoutZone {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let TableAction::AlterColumn { name, change, .. } = &action.kind else { continue };
            let ColumnChange::Type { data_type, using } = &**change else { continue };
            let relation = cx.relation(&alter.name);
            let old = relation.and_then(|it| it.column(&name.folded(cx.dialect())));
            let Some(old) = old.and_then(|column| column.data_type.as_ref()) else { continue };
            let pair = (old.name.as_str(), data_type.name.as_str());
            let crosses = matches!(
                pair,
                ("timestamp", "timestamp with time zone") | ("timestamp with time zone", "timestamp")
            );
            let said = cx.session.time_zone.is_some()
                || using.as_ref().is_some_and(|using| {
                    let text = cx.slice(using.span).to_ascii_lowercase();
                    using.calls("timezone") || text.contains("at time zone")
                });
            if crosses && !said {
                let (column, table) = (&name.text, cx.display(&alter.name));
                let message = format!(
                    "the session's time zone decides which moments the rows of `{column}` of `{table}` mean"
                );
                out.report(action.span, message)
                    .help("say the zone: USING … AT TIME ZONE 'UTC', or SET TimeZone before it");
            }
        }
    }
}
