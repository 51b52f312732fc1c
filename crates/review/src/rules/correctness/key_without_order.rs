use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, TableConstraintKind};
use sluice_text::Span;

use crate::rules::locks::has_order;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A key or an index is over values that have no order.
    ///
    /// ## Why
    /// `json`, `xml` and geometric types have no equality by which a B-tree could keep them: PostgreSQL refuses the statement ("has
    /// no default operator class").
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, extra json);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN note json UNIQUE;
    /// ```
    /// ```sql
    /// CREATE INDEX CONCURRENTLY orders_extra ON orders (extra);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, extra json);
    /// ```
    /// ```sql
    /// CREATE INDEX CONCURRENTLY orders_extra ON orders ((extra ->> 'number'));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Operator Classes and Operator Families; JSON Types. Measured on 14 and 18.
    KeyWithoutOrder, "correctness/key-without-order", Engines::POSTGRES, Error, Recommended
}

impl Rule for KeyWithoutOrder {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let statement = &cx.parsed.statement;
        if !matches!(
            statement,
            Statement::CreateTable(_) | Statement::AlterTable(_) | Statement::CreateIndex(_)
        ) {
            return;
        }
        let defs = statement.column_defs();
        let mut look = |table: &ObjectName, column: &Ident, span: Span| {
            let defined = defs.iter().find(|(_, it)| it.name.same(column, cx.dialect()));
            let data_type = match defined {
                Some((_, it)) => {
                    it.data_type.as_ref().filter(|it| it.dimensions == 0).map(|it| it.name.clone())
                }
                None => cx
                    .relation(table)
                    .and_then(|it| it.column(&column.key(cx.dialect(), NameClass::Other)))
                    .and_then(|it| it.data_type.as_ref().filter(|it| it.dimensions == 0))
                    .map(|it| it.name.clone()),
            };
            if let Some(data_type) = data_type.filter(|it| !has_order(it)) {
                out.report(span, format!("`{}` is {data_type}, which no key can hold", column.text))
                    .help("use another type (jsonb), or an index over a part of it");
            }
        };
        for (table, column) in &defs {
            if let Some(key) = column.unique().or(column.primary_key()) {
                look(table, &column.name, key.span);
            }
        }
        for (table, constraint) in statement.constraints() {
            if matches!(constraint.kind, TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_))
            {
                for column in constraint.columns() {
                    look(table, column, constraint.span);
                }
            }
        }
        for (table, index) in statement.index_defs() {
            let btree = index.method.as_ref().is_none_or(|method| method.is("btree"));
            for key in index.keys.iter().filter(|key| btree && key.operator_class.is_none()) {
                if let Some(column) = key.column() {
                    look(table, column, key.span);
                }
            }
        }
    }
}
