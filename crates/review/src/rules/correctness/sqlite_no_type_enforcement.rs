use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table of SQLite takes values of any type in its columns.
    ///
    /// ## Why
    /// Without `STRICT` a column of type integer takes text as it comes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY, weight integer);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY, weight integer) STRICT;
    /// ```
    ///
    /// ## Source
    /// SQLite manual, STRICT Tables (3.37).
    SqliteNoTypeEnforcement, "correctness/sqlite-no-type-enforcement", Engines::SQLITE, Info, All
}

impl Rule for SqliteNoTypeEnforcement {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["schema/strict-table"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let strict = create.options.iter().any(|it| matches!(it.kind, TableOptionKind::Strict));
        if !strict && create.query.is_none() && create.temporary.is_none() {
            let message = format!("`{}` takes values of any type", create.name.name.text);
            out.report(create.name.span, message).help("write STRICT after the closing parenthesis");
        }
    }
}
