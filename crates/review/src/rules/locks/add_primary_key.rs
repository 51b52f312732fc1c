use sluice_sql::model::TableConstraintKind;

use crate::rules::locks::alteration::Alteration;

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
            let is_proven = constraint.columns().into_iter().all(|name| {
                let name = name.folded(cx.dialect());
                alteration.relation.is_some_and(|it| {
                    it.proves_not_null(&name) || it.column(&name).is_some_and(|column| column.not_null)
                })
            });
            let fix = is_proven.then(|| alteration.index_first(cx, constraint, key, "pkey")).flatten();
            out.report(constraint.span, message.clone()).help(help).fix(fix);
        }
    }
}
