use sluice_sql::model::{EnumAction, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A value of an enum is renamed.
    ///
    /// ## Why
    /// Programs that write or compare the old value fail: it is no value of the enum any more.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TYPE mood AS ENUM ('sad', 'ok');
    /// ```
    /// ```sql
    /// ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TYPE mood AS ENUM ('sad', 'ok');
    /// ```
    /// ```sql
    /// ALTER TYPE mood ADD VALUE 'fine';
    /// ```
    ///
    /// ## Source
    /// Measured: queries with the old value are refused. PostgreSQL manual, ALTER TYPE, RENAME VALUE.
    RenameEnumValue, "compatibility/rename-enum-value", Engines::POSTGRES, Error, Recommended
}

impl Rule for RenameEnumValue {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterEnum(alter) = &cx.parsed.statement else { return };
        let EnumAction::RenameValue { from, to } = &alter.action else { return };
        let made_here = cx.schema.user_type(&alter.name).is_some_and(|(_, it)| cx.made_here(it.origin()));
        if !made_here {
            let message = format!("programs that say '{}' fail once it is '{}'", from.value, to.value);
            out.report(from.span, message)
                .help("add the new value, and update the rows once no program needs the old one");
        }
    }
}
