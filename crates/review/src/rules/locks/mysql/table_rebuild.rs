use super::OnlineDdl;
use crate::{Context, Engines, Meta, OnlineLock, Rule, Sink, rule};

rule! {
    /// A table that is in use is written anew, while reads and writes go on.
    ///
    /// ## Why
    /// The rebuild needs room for a second table and its time on every replica, which apply it one after the other and fall
    /// behind meanwhile. Writes are kept in a log (`innodb_online_alter_log_max_size`); if it overflows, all was for nothing. Its
    /// end takes an exclusive metadata lock, behind which everybody queues while a long transaction holds the table.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY note varchar(200) NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note SET DEFAULT '';
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Online DDL Operations and Online DDL Failure Conditions; measured on MariaDB 10.11.
    TableRebuild, "locks/table-rebuild", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for TableRebuild {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(ddl) = OnlineDdl::of(cx) else { return };
        // Where writes wait too, that is what another rule says.
        if !ddl.online.rebuild || ddl.online.lock != OnlineLock::None {
            return;
        }
        let table = cx.display(ddl.table);
        let message = format!(
            "`{table}` is written anew (LOCK=NONE): reads and writes go on, replicas fall behind until it is done"
        );
        out.report(ddl.table.span, message)
            .evidence(cx.forecast().evidence)
            .help("run it when there is little to do, with room on the disk for a second table");
    }
}
