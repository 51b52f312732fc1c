use sluice_sql::model::{ColumnAttribute, ColumnAttributeKind, ColumnDef};
use sluice_text::{Edit, Fix, Span};

use crate::rules::locks::alteration::{Alteration, without};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added together with a `CHECK`, which reads every row.
    ///
    /// ## Why
    /// The check is proven by reading the whole table under the `ACCESS EXCLUSIVE` lock that adding a column takes, even
    /// though all rows have the same value. Nobody reads or writes meanwhile. Added as `NOT VALID` it holds for new rows at
    /// once; `VALIDATE CONSTRAINT` proves it for the old ones and blocks nobody.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer CHECK (amount > 0);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN amount integer, ADD CONSTRAINT orders_amount_check CHECK (amount > 0) NOT VALID;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    AddColumnCheck, "locks/add-column-check", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnCheck {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            for attribute in &column.attributes {
                let ColumnAttributeKind::Check { enforced, .. } = &attribute.kind else { continue };
                if *enforced == Some(false) {
                    continue;
                }
                let message = format!(
                    "this check reads all of `{}` under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                    alteration.table
                );
                let fix = fix(cx, &alteration, column, attribute, action.span);
                out.report(attribute.span, message)
                    .help("add the check as a constraint that is NOT VALID, and validate it in a change of its own")
                    .fix(fix);
            }
        }
    }
}

fn fix(
    cx: &Context<'_>,
    alteration: &Alteration<'_>,
    column: &ColumnDef,
    attribute: &ColumnAttribute,
    action: Span,
) -> Option<Fix> {
    let (name, text) = match &attribute.name {
        Some(name) => (cx.slice(name.span).to_owned(), cx.slice(attribute.span).to_owned()),
        None => {
            let name = alteration.picked(&[column.name.folded(cx.dialect()).as_ref()], "check")?;
            let text = format!("CONSTRAINT {name} {}", cx.slice(attribute.span));
            (name, text)
        }
    };
    let edits =
        vec![without(cx, attribute.span), Edit::insert(action.end, format!(", ADD {text} NOT VALID"))];
    // Of two checks of one column the server names the second one otherwise.
    if column.checks().count() > 1 || attribute.span.end > action.end {
        return None;
    }
    let mut fix = Fix::edits("add the check as NOT VALID and validate it in a change of its own", edits);
    fix.follow_ups.push(alteration.validation(cx, &name));
    Some(fix)
}
