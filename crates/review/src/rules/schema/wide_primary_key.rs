use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A primary key has many columns.
    ///
    /// ## Why
    /// Each index of InnoDB and each foreign key repeats all of them.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE places (a int, b int, c int, d int, PRIMARY KEY (a, b, c, d));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE places (a int, b int, PRIMARY KEY (a, b));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Clustered and Secondary Indexes: a long primary key makes every index longer; PostgreSQL manual, Primary
    /// Keys.
    WidePrimaryKey, "schema/wide-primary-key", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 3 },
            about: "Most columns that a primary key may have.",
        },
    ]
}

impl Rule for WidePrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let (count, max) = (create.primary_key().len(), cx.options.number("max"));
        if u64::try_from(count).is_ok_and(|count| count > max) {
            let table = cx.display(&create.name);
            out.report(
                create.name.span,
                format!("the primary key of `{table}` has {count} columns, more than {max}"),
            )
            .help("use one generated key and a unique key");
        }
    }
}
