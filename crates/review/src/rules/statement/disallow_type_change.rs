use sluice_schema::ColumnType;
use sluice_sql::model::NameClass;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Other types for columns that are there are not wanted.
    ///
    /// ## Why
    /// A type that changes may write the table anew, lose values and surprise programs. A new column beside the old one does not.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(40);
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(40);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN remark varchar(40);
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders MODIFY COLUMN note varchar(20) COMMENT 'of the customer';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET DATA TYPE; MySQL manual, Online DDL Operations, Column Operations.
    DisallowTypeChange, "statement/disallow-type-change", Engines::SERVERS, Warning, All
}

impl Rule for DisallowTypeChange {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let Some((name, data_type)) = action.kind.new_type() else { continue };
            let relation = cx.relation(&alter.name);
            let old = relation.and_then(|it| it.column(&name.key(cx.dialect(), NameClass::Other)));
            let old = old.and_then(|column| column.data_type.as_ref());
            if old.is_some_and(|old| *old == ColumnType::of(cx.dialect(), data_type)) {
                continue;
            }
            let table = cx.display(&alter.name);
            out.report(data_type.span, format!("`{}` of `{table}` gets another type", name.text))
                .help("add a column of the new type, and move to it");
        }
    }
}
