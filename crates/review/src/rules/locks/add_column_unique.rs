use sluice_sql::model::{ColumnAttributeKind, ColumnDef};
use sluice_text::{Fix, FollowUp};

use crate::rules::locks::alteration::{Alteration, without};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added together with `UNIQUE`, which builds an index under the strongest lock.
    ///
    /// ## Why
    /// Adding a column takes an `ACCESS EXCLUSIVE` lock, and the index of the constraint is built under it: nobody reads or
    /// writes meanwhile. Build it concurrently, then make it a constraint, which is a matter of the catalog alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN number integer UNIQUE;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN number integer;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddColumnUnique, "locks/add-column-unique", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnUnique {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (_, column) in alteration.columns() {
            let Some(attribute) = column.unique() else { continue };
            let ColumnAttributeKind::Unique { nulls_not_distinct, options } = &attribute.kind else {
                continue;
            };
            let message = format!(
                "the index of this constraint is built under an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it meanwhile",
                alteration.table
            );
            let plain = !nulls_not_distinct && options.is_empty() && attribute.name.is_none();
            let fix = plain.then(|| fix(cx, &alteration, column)).flatten();
            out.report(attribute.span, message)
                .help("build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX")
                .fix(fix);
        }
    }
}

/// Whether values of this type can be in a key at all: `json` knows no equality.
pub(in crate::rules) fn has_order(data_type: &str) -> bool {
    !matches!(
        data_type,
        "json"
            | "xml"
            | "point"
            | "line"
            | "lseg"
            | "box"
            | "path"
            | "polygon"
            | "circle"
            | "aclitem"
            | "txid_snapshot"
    )
}

fn fix(cx: &Context<'_>, alteration: &Alteration<'_>, column: &ColumnDef) -> Option<Fix> {
    let deferred =
        column.attributes.iter().any(|attribute| matches!(attribute.kind, ColumnAttributeKind::Deferral(_)));
    let data_type = column.data_type.as_ref()?;
    if alteration.is_partitioned() || deferred || !has_order(&data_type.name) {
        return None;
    }
    let name = alteration.picked(&[column.name.folded(cx.dialect()).as_ref()], "key")?;
    let attribute = column.unique()?;
    let table = cx.slice(alteration.alter.name.span);
    let key = cx.slice(column.name.span);
    let mut fix = Fix::edits("build the index concurrently", vec![without(cx, attribute.span)]);
    fix.follow_ups.push(FollowUp {
        name: format!("build_{name}"),
        sql: format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({key});\n"),
    });
    fix.follow_ups.push(FollowUp {
        name: format!("add_{name}"),
        sql: format!("{}ADD CONSTRAINT {name} UNIQUE USING INDEX {name};\n", alteration.again(cx)),
    });
    Some(fix)
}
