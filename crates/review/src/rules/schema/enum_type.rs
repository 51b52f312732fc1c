use sluice_sql::model::{Statement, TypeBody, TypeFamily};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `ENUM`, or such a type is made.
    ///
    /// ## Why
    /// Values are part of the table's definition: to change or to order them alters the table. In PostgreSQL they are part of a
    /// type, from which nothing can be taken away.
    ///
    /// ## Bad
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state enum('open', 'paid'));
    /// ```
    /// ```sql postgres
    /// CREATE TYPE state AS ENUM ('open', 'paid');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, The ENUM Type; PostgreSQL manual, Enumerated Types.
    EnumType, "schema/enum-type", Engines::SERVERS, Info, All
}

impl Rule for EnumType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if let Statement::CreateType(create) = &cx.parsed.statement
            && matches!(create.body, TypeBody::Enum(_))
        {
            let name = create.name.display(cx.dialect());
            out.report(
                create.name.span,
                format!("the values of `{name}` can never be removed or ordered anew"),
            )
            .help("use a table of values and a foreign key");
        }
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if matches!(data_type.family(cx.dialect()), TypeFamily::Enum) {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` is an ENUM"))
                    .help("use a table of values and a foreign key");
            }
        }
    }
}
