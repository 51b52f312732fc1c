use sluice_sql::model::{Ident, TableConstraintKind};
use sluice_text::{Edit, Fix, FollowUp};

use crate::rules::locks::alteration::Alteration;
use crate::rules::locks::not_null_proof::NotNullProof;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A primary key is added that builds its index under the strongest lock.
    ///
    /// ## Why
    /// The table is read and the index is built under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. Build
    /// it with `CREATE UNIQUE INDEX CONCURRENTLY`, then make it the primary key with `USING INDEX`; where the columns are
    /// `NOT NULL` that is a matter of the catalog alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE items (id bigint NOT NULL, name text);
    /// CREATE UNIQUE INDEX items_id ON items (id);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE items ADD PRIMARY KEY (id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE items (id bigint NOT NULL, name text);
    /// CREATE UNIQUE INDEX items_id ON items (id);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX items_id;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, ADD table_constraint_using_index; measured on 14–18.
    AddPrimaryKey, "locks/add-primary-key", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddPrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let message = format!(
            "the index of the primary key is built under an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it meanwhile",
            alteration.table
        );
        let help = "build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … PRIMARY KEY USING INDEX";
        for (_, column) in alteration.columns() {
            if let Some(attribute) = column.primary_key() {
                out.report(attribute.span, message.clone()).help(help);
            }
        }
        for constraint in alteration.constraints() {
            let TableConstraintKind::PrimaryKey(key) = &constraint.kind else { continue };
            if key.using_index.is_some() {
                continue;
            }
            // A null would be looked for under the same lock.
            let nullable: Vec<&Ident> = constraint
                .columns()
                .into_iter()
                .filter(|name| {
                    let name = name.folded(cx.dialect());
                    !alteration.relation.is_some_and(|it| {
                        it.proves_not_null(&name) || it.column(&name).is_some_and(|column| column.not_null)
                    })
                })
                .collect();
            let fix = alteration.index_first(cx, constraint, key, "pkey");
            let fix = fix.and_then(|fix| proven_first(cx, &alteration, fix, &nullable));
            out.report(constraint.span, message.clone()).help(help).fix(fix);
        }
    }
}

/// The fix with a proof before it that there are no nulls in these columns.
fn proven_first(cx: &Context<'_>, alteration: &Alteration<'_>, fix: Fix, nullable: &[&Ident]) -> Option<Fix> {
    if nullable.is_empty() {
        return Some(fix);
    }
    let names: Vec<_> = nullable.iter().map(|name| name.folded(cx.dialect())).collect();
    let columns: Vec<(&str, &str)> =
        nullable.iter().zip(&names).map(|(ident, name)| (cx.slice(ident.span), name.as_ref())).collect();
    let proof = NotNullProof::of(cx, alteration, &columns)?;
    let build = fix.edits.first()?;
    let begin = format!("{}{}", alteration.again(cx), proof.begin());
    let mut proven = Fix::edits(
        "prove that there are no nulls and build the index first",
        vec![Edit::replace(build.span, begin)],
    );
    proven.follow_ups.push(proof.validation(cx, alteration));
    proven.follow_ups.extend(proof.last(cx, alteration));
    let add = fix.follow_ups.into_iter();
    let index = add.clone().next().map(|next| next.name.replace("add_", "build_")).unwrap_or_default();
    proven.follow_ups.push(FollowUp { name: index, sql: format!("{};\n", build.text) });
    proven.follow_ups.extend(add);
    Some(proven)
}
