use sluice_sql::model::{GrantDirection, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Everybody gets rights on objects that are yet to be made.
    ///
    /// ## Why
    /// Default privileges hold for every object that is created from now on. With `PUBLIC` each new table is open to every
    /// role, whoever makes it and whatever is in it.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO reporting;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER DEFAULT PRIVILEGES.
    DefaultPrivilegesPublic, "security/default-privileges-public", Engines::POSTGRES, Error, Recommended
}

impl Rule for DefaultPrivilegesPublic {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::DefaultPrivileges(defaults) = &one.statement else { continue };
            let public = within::public(&defaults.grant.grantees);
            if let Some(public) = public.filter(|_| defaults.grant.direction == GrantDirection::Grant) {
                out.report(public.span, "every role gets these rights on whatever is created from now on")
                    .help("name the roles that need them");
            }
        }
    }
}
