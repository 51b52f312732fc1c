use sluice_schema::ColumnType;

use crate::narrowing::is_narrower;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column gets a type that holds less.
    ///
    /// ## Why
    /// Values that do not fit make the statement fail halfway through a rewrite of the table, or are rounded without a word (numbers with
    /// fewer decimals). Programs that still write the old size fail from then on.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(5);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN total TYPE integer;
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN total int;
    /// ```
    /// ```sql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(5);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(50);
    /// ```
    /// ```sql mysql
    /// ALTER TABLE orders MODIFY COLUMN note varchar(50);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Out-of-Range and Overflow Handling; PostgreSQL manual, ALTER TABLE, SET DATA TYPE. Measured on MariaDB: a
    /// narrower varchar is not refused before it is run.
    NarrowType, "data-loss/narrow-type", Engines::SERVERS, Warning, Recommended
}

impl Rule for NarrowType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let Some((name, new)) = action.kind.new_type() else { continue };
            let Some(column) = super::column(cx, &alter.name, name) else { continue };
            let Some(old) = &column.data_type else { continue };
            let new_type = ColumnType::of(cx.dialect(), new);
            if cx.made_here(column.origin) || !is_narrower(cx.dialect(), old, &new_type) {
                continue;
            }
            let (name, table) = (&name.text, cx.display(&alter.name));
            let message = format!(
                "`{name}` of `{table}` goes from {old} to {new_type}: values that do not fit are lost or refused"
            );
            out.report(new.span, message)
                .help("add a column of the new type, copy what fits, and contract later");
        }
    }
}
