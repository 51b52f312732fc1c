use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A role may pass on the rights that it gets.
    ///
    /// ## Why
    /// Who has what can then no longer be read from the changes: the role grants on its own. `REVOKE` fails, or takes the
    /// rights from others with `CASCADE`.
    ///
    /// ## Bad
    /// ```sql postgres
    /// GRANT SELECT ON orders TO reporting WITH GRANT OPTION;
    /// ```
    /// ```sql mysql
    /// GRANT SELECT ON shop.orders TO 'reporting'@'%' WITH GRANT OPTION;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// GRANT SELECT ON orders TO reporting;
    /// ```
    /// ```sql mysql
    /// GRANT SELECT ON shop.orders TO 'reporting'@'%';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, GRANT.
    GrantOption, "security/grant-option", Engines::SERVERS, Warning, Strict
}

impl Rule for GrantOption {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for grant in within::grants(cx) {
            if let Some(span) = grant.grant_option {
                out.report(span, "whoever gets this may pass it on").help("grant without this option");
            }
        }
    }
}
