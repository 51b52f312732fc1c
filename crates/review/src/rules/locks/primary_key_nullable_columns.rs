use sluice_sql::model::TableConstraintKind;
use sluice_text::{Edit, Fix, FollowUp};

use crate::rules::locks::alteration::{Alteration, word};
use crate::rules::locks::filling::quoted;
use crate::rules::locks::not_null_proof::NotNullProof;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index becomes the primary key although its columns may be null.
    ///
    /// ## Why
    /// The table is read for nulls under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. Where the columns
    /// are `NOT NULL`, or a validated check says so, nothing is read. PostgreSQL 18 refuses the statement if a `NOT NULL`
    /// of them is not validated.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE items (id bigint NOT NULL, code bigint);
    /// CREATE UNIQUE INDEX items_id ON items (id);
    /// CREATE UNIQUE INDEX items_code ON items (code);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX items_code;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE items (id bigint NOT NULL, code bigint);
    /// CREATE UNIQUE INDEX items_id ON items (id);
    /// CREATE UNIQUE INDEX items_code ON items (code);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX items_id;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    PrimaryKeyNullableColumns, "locks/primary-key-nullable-columns", Engines::POSTGRES, Error, Recommended
}

impl Rule for PrimaryKeyNullableColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let Some(relation) = alteration.relation else { return };
        for constraint in alteration.constraints() {
            let TableConstraintKind::PrimaryKey(key) = &constraint.kind else { continue };
            let Some(index) =
                key.using_index.as_ref().and_then(|name| relation.index(&name.folded(cx.dialect())))
            else {
                continue;
            };
            let nullable = index.keys.iter().filter_map(|key| key.column.as_deref()).find(|name| {
                !relation.proves_not_null(name)
                    && relation.column(name).is_some_and(|column| !column.not_null)
            });
            let Some(column) = nullable else { continue };
            let message = format!(
                "`{column}` may be null, so all of `{}` is read under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(constraint.span, message)
                .help(
                    "prove that there is no null with a CHECK that is validated in a change before this one",
                )
                .fix(fix(cx, &alteration, column));
        }
    }
}

/// A proof that there are no nulls in the column, and the statement after it.
fn fix(cx: &Context<'_>, alteration: &Alteration<'_>, column: &str) -> Option<Fix> {
    if alteration.alter.actions.len() != 1 || !cx.after.is_empty() {
        return None;
    }
    let text = quoted(column);
    let proof = NotNullProof::of(cx, alteration, &[(&text, column)])?;
    let begin = format!("{}{}", alteration.again(cx), proof.begin());
    let mut fix =
        Fix::edits("prove that there are no nulls first", vec![Edit::replace(cx.parsed.span, begin)]);
    fix.follow_ups.push(proof.validation(cx, alteration));
    fix.follow_ups.extend(proof.last(cx, alteration));
    let sql = format!("{};\n", cx.slice(cx.parsed.span).trim_end());
    fix.follow_ups
        .push(FollowUp { name: format!("add_key_of_{}", word(&alteration.alter.name.name.text)), sql });
    Some(fix)
}
