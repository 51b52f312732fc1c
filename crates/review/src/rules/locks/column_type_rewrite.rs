use sluice_schema::ColumnType;

use crate::rules::locks::alteration::Alteration;
use crate::rules::locks::expansion;
use crate::rules::locks::type_change::{Effort, changes};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The type of a column changes in a way that writes the whole table anew.
    ///
    /// ## Why
    /// The table and all of its indexes are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes
    /// meanwhile. Some changes only touch the catalog: a longer or unlimited `varchar`, `varchar` to `text`, more digits of
    /// a `numeric` of the same scale, more precision of a time, `cidr` to `inet`, a domain without constraints.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note varchar(20), amount integer, at timestamp);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN amount TYPE bigint;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(10);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note varchar(20), amount integer, at timestamp);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(40);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note TYPE text;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, Notes; measured on 14–18.
    ColumnTypeRewrite, "locks/column-type-rewrite", Engines::POSTGRES, Error, Recommended
}

impl Rule for ColumnTypeRewrite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for change in changes(cx, &alteration) {
            if change.effort != Effort::Rewrite {
                continue;
            }
            let new = ColumnType::of(cx.dialect(), change.data_type);
            let old = change.column.and_then(|column| column.data_type.as_ref());
            let from = old.map(|old| format!("from `{old}` ")).unwrap_or_default();
            let message = format!(
                "changing `{}` {from}to `{new}` rewrites `{}` under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                change.name.folded(cx.dialect()),
                alteration.table
            );
            out.report(change.action.span, message)
                .help("add a column of the new type, keep it in step with a trigger, fill it in batches, then switch to it")
                .fix(expansion::fix(cx, &alteration, &change));
        }
    }
}
