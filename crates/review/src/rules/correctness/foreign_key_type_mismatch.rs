use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::{ColumnType, Relation};
use sluice_sql::model::{Ident, NameClass, TypeFamily};

rule! {
    /// A foreign key has another type than the column that it refers to.
    ///
    /// ## Why
    /// The server refuses it: the columns are incompatible. Size and sign of integers must be the same.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FOREIGN KEY Constraints, Conditions and Restrictions; error 3780.
    ForeignKeyTypeMismatch, "correctness/foreign-key-type-mismatch", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for ForeignKeyTypeMismatch {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, key) in cx.parsed.statement.foreign_keys() {
            let Some(other) = cx.relation(&key.table) else { continue };
            for (from, to) in key.columns.iter().zip(&key.referenced) {
                let defs = cx.parsed.statement.column_defs();
                let defined = defs.iter().find(|(_, it)| it.name.same(from, cx.dialect()));
                let of = |relation: &Relation, name: &Ident| {
                    relation
                        .column(&name.key(cx.dialect(), NameClass::Other))
                        .and_then(|it| it.data_type.clone())
                };
                let own = match defined {
                    Some((_, column)) => column.data_type.as_ref().map(|it| ColumnType::of(cx.dialect(), it)),
                    None => cx.relation(table).and_then(|relation| of(relation, from)),
                };
                let (Some(own), Some(wanted)) = (own, of(other, to)) else { continue };
                let is_integer = |it: &ColumnType| it.family(cx.dialect()) == TypeFamily::Integer;
                let differs = (is_integer(&own) || is_integer(&wanted))
                    && (own.name != wanted.name || own.unsigned != wanted.unsigned);
                if differs {
                    out.report(
                        key.span,
                        format!("`{}` is {own}, `{}` of `{}` is {wanted}", from.text, to.text, other.name),
                    )
                    .help("give both columns the same type");
                }
            }
        }
    }
}
