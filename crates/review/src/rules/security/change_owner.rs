use super::within;
use sluice_sql::model::{ObjectAction, RoleName, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Something gets another owner.
    ///
    /// ## Why
    /// The owner may do anything with it, and policies of row security do not hold for the owner. Only who is a member of both roles
    /// may change it; such a change is seldom part of a feature.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER TABLE orders OWNER TO app;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// GRANT SELECT ON orders TO app;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Privileges.
    ChangeOwner, "security/change-owner", Engines::POSTGRES, Warning, Strict
}

impl Rule for ChangeOwner {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let actions: Vec<&RoleName> = match &one.statement {
                Statement::AlterTable(alter) if !cx.is_new(&alter.name) => {
                    let owners = alter.actions.iter().filter_map(|action| match &action.kind {
                        TableAction::Owner(role) => Some(role),
                        _ => None,
                    });
                    owners.collect()
                }
                Statement::AlterObject(alter) => {
                    let owners = alter.actions.iter().filter_map(|action| match action {
                        ObjectAction::Owner(role) => Some(role),
                        _ => None,
                    });
                    owners.collect()
                }
                _ => continue,
            };
            for role in actions {
                let name = cx.slice(role.span);
                out.report(role.span, format!("{name} may do anything with this from now on"))
                    .help("grant the rights that are needed instead");
            }
        }
    }
}
