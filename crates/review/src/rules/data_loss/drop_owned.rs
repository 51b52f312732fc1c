use sluice_sql::model::{RoleVerb, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DROP OWNED` drops everything that a role owns.
    ///
    /// ## Why
    /// Every table of the role in this database goes with its rows, whatever it is called and whoever made it.
    ///
    /// ## Bad
    /// ```sql postgres
    /// DROP OWNED BY reporting;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// REASSIGN OWNED BY reporting TO shop;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP OWNED.
    DropOwned, "data-loss/drop-owned", Engines::POSTGRES, Error, Recommended
}

impl Rule for DropOwned {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Role(role) = &cx.parsed.statement else { return };
        if role.verb != RoleVerb::DropOwned {
            return;
        }
        let names: Vec<String> = role.names.iter().map(|one| format!("`{}`", one.name.text)).collect();
        out.report(
            cx.parsed.span,
            format!("everything that {} owns is dropped with its rows", names.join(", ")),
        )
        .help("give it to another role with REASSIGN OWNED first");
    }
}
