use sluice_sql::ObjectKind;
use sluice_sql::model::Grant;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Rights are granted to everybody.
    ///
    /// ## Why
    /// `PUBLIC` is every role that there is and every one that will be, those of other applications included. Nobody notices
    /// later who depends on it.
    ///
    /// ## Bad
    /// ```sql postgres
    /// GRANT SELECT ON orders TO PUBLIC;
    /// ```
    /// ```sql mariadb
    /// GRANT SELECT ON shop.orders TO PUBLIC;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// GRANT SELECT ON orders TO reporting;
    /// ```
    /// ```sql mariadb
    /// GRANT SELECT ON shop.orders TO reporting;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, GRANT.
    GrantToPublic, "security/grant-to-public", Engines::SERVERS, Error, Recommended
}

impl Rule for GrantToPublic {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for grant in within::grants(cx) {
            let Some(public) = within::public(&grant.grantees) else { continue };
            let kind = grant.on.as_ref().map(|on| on.kind);
            // Types and functions are everybody's by default; schemas have a rule of their own.
            if matches!(kind, Some(ObjectKind::Type | ObjectKind::Function | ObjectKind::Language))
                || (kind == Some(ObjectKind::Schema) && lets_create(grant))
            {
                continue;
            }
            out.report(public.span, format!("every role, now and later, gets {}", what(cx, grant)))
                .help("grant it to the roles that need it");
        }
    }
}

fn lets_create(grant: &Grant) -> bool {
    grant.privileges.iter().any(|it| it.name == "create" || it.name.starts_with("all"))
}

fn what(cx: &Context<'_>, grant: &Grant) -> String {
    let names = grant.privileges.iter().map(|privilege| privilege.name.to_ascii_uppercase());
    let names: Vec<String> = names.chain(grant.roles.iter().map(|role| role.name.text.clone())).collect();
    let on = grant.on.as_ref().and_then(|on| Some((on, on.names.first()?.display(cx.dialect()))));
    let on = match on {
        Some((on, name)) if on.all_in_schema => format!(" on all that is in `{name}`"),
        Some((_, name)) => format!(" on `{name}`"),
        None => String::new(),
    };
    format!("{}{on}", names.join(", "))
}
