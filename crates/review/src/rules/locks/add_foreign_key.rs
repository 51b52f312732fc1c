use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign key is added that is proven for every row.
    ///
    /// ## Why
    /// Both tables get a `SHARE ROW EXCLUSIVE` lock until all rows are proven: nobody writes to either. Added as `NOT
    /// VALID` it holds for new rows after an instant; `VALIDATE CONSTRAINT` proves the old ones with locks that let writes
    /// go on. PostgreSQL before 18 refuses `NOT VALID` on partitioned tables.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, ADD table_constraint; measured on 14–18.
    AddForeignKey, "locks/add-foreign-key", Engines::POSTGRES, Error, Recommended
}

impl Rule for AddForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for constraint in alteration.constraints() {
            let Some(key) = constraint.foreign_key() else { continue };
            if constraint.not_valid.is_written() || constraint.enforced == Some(false) {
                continue;
            }
            let message = format!(
                "proving this foreign key takes a SHARE ROW EXCLUSIVE lock on `{}` and `{}`: nobody writes to them until every row is looked at",
                alteration.table,
                cx.display(&key.table)
            );
            let possible = !alteration.is_partitioned() || cx.version.at_least(18, 0);
            let help = if possible {
                "add it as NOT VALID, and validate it in a change of its own"
            } else {
                "add it to each partition as NOT VALID, validate those, and then add it to the partitioned table"
            };
            let fix = possible.then(|| alteration.later(cx, constraint, "fkey")).flatten();
            out.report(constraint.span, message).help(help).fix(fix);
        }
    }
}
