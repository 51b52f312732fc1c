use sluice_sql::model::{AlterAction, ColumnAttributeKind, ColumnDef, Expr, Volatility};
use sluice_text::{Edit, Evidence, Fix};

use crate::rules::locks::alteration::{Alteration, without};
use crate::rules::locks::filling::{Filling, is_last_word};
use crate::rules::locks::not_null_proof::NotNullProof;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added with a default that differs from row to row.
    ///
    /// ## Why
    /// A default that calls a volatile function must be computed for each row, so the whole table and all of its indexes
    /// are written anew under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. `now()` and other stable
    /// functions are computed once and are free.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN token uuid;
    /// ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN created_at timestamptz DEFAULT now();
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, Notes; measured on 14–18.
    AddColumnVolatileDefault, "locks/add-column-volatile-default", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddColumnVolatileDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for (action, column) in alteration.columns() {
            let Some(certain) = column.default().and_then(|default| volatile(cx, default)) else { continue };
            let message = format!(
                "this default is computed for each row: `{}` is rewritten under an ACCESS EXCLUSIVE lock, and nobody reads or writes it meanwhile",
                alteration.table
            );
            let reported = out
                .report(action.span, message)
                .help("add the column without default, SET DEFAULT next, and fill the old rows in batches")
                .fix(fix(cx, &alteration, action, column));
            if !certain {
                reported.evidence(Evidence::Assumed);
            }
        }
    }
}

/// The column without its default, which is set next; then the old rows, and what is demanded of them.
fn fix(
    cx: &Context<'_>,
    alteration: &Alteration<'_>,
    action: &AlterAction,
    column: &ColumnDef,
) -> Option<Fix> {
    let name = column.name.folded(cx.dialect());
    let filling = Filling::of(cx, alteration).filter(|_| is_last_word(cx, alteration.relation, &name))?;
    let text = cx.slice(column.name.span);
    let (mut edits, mut default, mut demanded) = (Vec::new(), None, false);
    for attribute in &column.attributes {
        match &attribute.kind {
            ColumnAttributeKind::Default(expr) => default = Some(cx.slice(expr.span)),
            ColumnAttributeKind::NotNull { no_inherit: false } if attribute.name.is_none() => demanded = true,
            _ => return None,
        }
        edits.push(without(cx, attribute.span));
    }
    edits.push(Edit::insert(action.span.end, format!(", ALTER COLUMN {text} SET DEFAULT {}", default?)));
    let mut fix =
        Fix::edits("set the default after the column is there, and fill old rows in batches", edits);
    fix.follow_ups.push(filling.change(text, "DEFAULT", &format!("{text} IS NULL")));
    if demanded {
        let proof = NotNullProof::of(cx, alteration, &[(text, &name)])?;
        fix.follow_ups.extend(proof.later(cx, alteration));
    }
    Some(fix)
}

/// Whether a default is volatile (true), or may be (false).
fn volatile(cx: &Context<'_>, default: &Expr) -> Option<bool> {
    let worst = default
        .calls
        .iter()
        .filter(|call| !cx.schema.routine(&call.name).is_some_and(|routine| routine.steady))
        .map(|call| call.volatility(cx.dialect()))
        .max()?;
    (worst >= Volatility::Unknown).then_some(worst == Volatility::Volatile)
}
