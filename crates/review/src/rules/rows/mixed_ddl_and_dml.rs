use sluice_sql::model::{StatementKind, Touch};

use crate::rules::remainder::{self, Pieces};
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change alters the schema and the rows of a table that is in use.
    ///
    /// ## Why
    /// Rows take time, and the locks of the DDL are held meanwhile where both run in one transaction; where they do not, a
    /// failure in the middle leaves half of the change. Two changes can be reviewed, timed and repeated apart.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN source integer;
    /// UPDATE orders SET source = 1 WHERE id < 100;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN source integer;
    /// ```
    /// ```sql
    /// CREATE TABLE countries (id bigint PRIMARY KEY);
    /// INSERT INTO countries (id) VALUES (1);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking; MySQL manual, Statements That Cause an Implicit Commit.
    MixedDdlAndDml, "rows/mixed-ddl-and-dml", Engines::ALL, Warning, Strict
}

impl Rule for MixedDdlAndDml {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["locks/slow-work-after-lock"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let rows = cx.parsed.statement.kind() == StatementKind::Rows;
        let targets = cx.parsed.statement.targets();
        let in_use =
            targets.iter().any(|target| target.touch == Touch::Written && !cx.is_new(target.name) && rows);
        // Once for each change: at the first of its statements that touches rows.
        let first = !cx.before.iter().any(|seen| seen.kind == StatementKind::Rows);
        if in_use && first && cx.before.iter().any(|seen| seen.kind == StatementKind::Definition) {
            out.report(cx.parsed.span, "the change alters the schema and the rows of a table that is in use")
                .help("move the statements that change rows to a change of their own")
                .fix(remainder::after(cx, Pieces::One));
        }
    }
}
