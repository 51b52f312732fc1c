use sluice_sql::model::{Statement, TableAction};
use sluice_text::{Edit, Fix};

use super::OnlineDdl;
use crate::{Algorithm, Context, Engines, Meta, Rule, ServerVersion, Sink, rule};

/// Versions of MySQL whose instant columns damage tables.
const FIRST: ServerVersion = ServerVersion::new(8, 0, 29);
const LAST: ServerVersion = ServerVersion::new(8, 0, 31);

rule! {
    /// A column is added or dropped instantly on MySQL 8.0.29 to 8.0.31, where that may damage the table.
    ///
    /// ## Why
    /// These versions write a new format into the redo log for tables with instantly added or dropped columns. Crash recovery and
    /// backup tools failed on it, and rows were lost (Percona PS-8291, PS-8292, PS-8303). `ALGORITHM=INPLACE` writes the table
    /// anew instead, and is safe.
    ///
    /// ## Bad
    /// ```sql mysql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    /// ```sql mysql 8.0.29
    /// -- sluice: allow(data-loss/drop-column) reason="nothing reads notes any more"
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    ///
    /// ## Good
    /// ```sql mysql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    /// ```sql mysql 8.0.29
    /// -- sluice: allow(data-loss/drop-column) reason="nothing reads notes any more"
    /// ALTER TABLE orders DROP COLUMN note, ALGORITHM=INPLACE, LOCK=NONE;
    /// ```
    /// ```sql mysql 8.0.32
    /// -- sluice: allow(data-loss/drop-column) reason="nothing reads notes any more"
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    ///
    /// ## Source
    /// Percona issues PS-8291, PS-8292 and PS-8303.
    InstantVersionBug, "locks/instant-version-bug", Engines::MYSQL, Error, Recommended
}

impl Rule for InstantVersionBug {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.version < FIRST || cx.version > LAST {
            return;
        }
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let columns = alter.actions.iter().any(|action| {
            matches!(action.kind, TableAction::AddColumn { .. } | TableAction::DropColumn { .. })
        });
        let Some(ddl) = OnlineDdl::of(cx).filter(|ddl| columns && ddl.online.algorithm == Algorithm::Instant)
        else {
            return;
        };
        let message = format!(
            "MySQL {} changes the columns of `{}` instantly, which may damage the table at a crash or in a backup",
            cx.version,
            cx.display(ddl.table)
        );
        let fix = (ddl.stated.algorithm.is_none() && ddl.stated.lock.is_none()).then(|| {
            Fix::edits(
                "write the table anew in place",
                vec![Edit::insert(ddl.stated.end, ", ALGORITHM=INPLACE, LOCK=NONE")],
            )
        });
        out.report(ddl.table.span, message)
            .help("state ALGORITHM=INPLACE, or upgrade to 8.0.32 first")
            .fix(fix);
    }
}
