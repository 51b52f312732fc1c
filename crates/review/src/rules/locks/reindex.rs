use sluice_sql::ObjectKind;
use sluice_sql::model::{MaintenanceVerb, Statement};
use sluice_text::{Edit, Fix};

use crate::rules::locks::alteration::is_bracketed;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Indexes are built anew with `REINDEX` while the table is in use.
    ///
    /// ## Why
    /// The table is held with a `SHARE` lock, so that nobody writes, and each index with `ACCESS EXCLUSIVE`, so that
    /// queries which would plan with it wait too. `CONCURRENTLY` builds a new index next to the old one.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// REINDEX TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// REINDEX TABLE CONCURRENTLY orders;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, REINDEX; measured on 14–18.
    Reindex, "locks/reindex", Engines::POSTGRES, Error, Recommended
}

impl Rule for Reindex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Maintenance(work) = &cx.parsed.statement else { return };
        if work.verb != MaintenanceVerb::Reindex || work.concurrently.is_written() {
            return;
        }
        let Some(name) = work.names.first() else { return };
        let table = match work.kind {
            ObjectKind::Table if cx.is_new(name) => return,
            ObjectKind::Table => format!("`{}`", cx.display(name)),
            ObjectKind::Index => match cx.schema.index(name, None) {
                Some((table, _)) if cx.made_here(table.origin) || table.temporary => return,
                Some((table, _)) => format!("`{}`", table.name),
                None => "its table".to_owned(),
            },
            ObjectKind::Schema => "every table of the schema".to_owned(),
            _ => return,
        };
        let message =
            format!("reindexing takes a SHARE lock on {table}: nobody writes to it until it is done");
        let fix = (!is_bracketed(cx)).then(|| {
            let edit = Edit::insert(work.concurrently.span.start, " CONCURRENTLY");
            Fix::edits("reindex concurrently", vec![edit])
        });
        out.report(cx.parsed.span, message).help("use REINDEX … CONCURRENTLY").fix(fix);
    }
}
