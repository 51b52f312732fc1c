use sluice_sql::model::{ColumnAttributeKind, ColumnDef, ForeignKey};
use sluice_text::{Edit, Fix, Span};

use crate::rules::locks::alteration::{Alteration, without};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added with a default and a foreign key, which reads every row.
    ///
    /// ## Why
    /// Adding a column takes an `ACCESS EXCLUSIVE` lock, and the foreign key is proven for all rows under it; the
    /// referenced table gets a `SHARE ROW EXCLUSIVE` lock, so that nobody writes to it either. Without a default all rows
    /// have a null and nothing is read.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN shop_id bigint DEFAULT 1 REFERENCES shops (id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE shops (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN shop_id bigint DEFAULT 1, ADD CONSTRAINT orders_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shops (id) NOT VALID;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddColumnForeignKey, "locks/add-column-foreign-key", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            if column.default().is_none_or(|default| default.is_null()) {
                continue;
            }
            for attribute in &column.attributes {
                let ColumnAttributeKind::References(key) = &attribute.kind else { continue };
                let message = format!(
                    "this foreign key is proven for every row of `{}` under an ACCESS EXCLUSIVE lock, and holds off writes to `{}`",
                    alteration.table,
                    cx.display(&key.table)
                );
                let fix = attribute
                    .name
                    .is_none()
                    .then(|| fix(cx, &alteration, column, key, action.span))
                    .flatten();
                out.report(attribute.span, message)
                    .help("add the foreign key as NOT VALID, and validate it in a change of its own")
                    .fix(fix);
            }
        }
    }
}

fn fix(
    cx: &Context<'_>,
    alteration: &Alteration<'_>,
    column: &ColumnDef,
    key: &ForeignKey,
    action: Span,
) -> Option<Fix> {
    let deferred =
        column.attributes.iter().any(|attribute| matches!(attribute.kind, ColumnAttributeKind::Deferral(_)));
    if deferred || (alteration.is_partitioned() && !cx.version.at_least(18, 0)) {
        return None;
    }
    let name = alteration.picked(&[column.name.folded(cx.dialect()).as_ref()], "fkey")?;
    let text = format!(
        ", ADD CONSTRAINT {name} FOREIGN KEY ({}) {} NOT VALID",
        cx.slice(column.name.span),
        cx.slice(key.span)
    );
    let edits = vec![without(cx, key.span), Edit::insert(action.end, text)];
    let mut fix =
        Fix::edits("add the foreign key as NOT VALID and validate it in a change of its own", edits);
    fix.follow_ups.push(alteration.validation(cx, &name));
    Some(fix)
}
