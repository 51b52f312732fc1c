use sluice_sql::ObjectKind;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Everybody may create objects in a schema.
    ///
    /// ## Why
    /// Who creates a function or an operator in a schema of other users' search paths makes them run his code with their
    /// rights (CVE-2018-1058). PostgreSQL 15 took this right away from `PUBLIC` for that reason.
    ///
    /// ## Bad
    /// ```sql postgres
    /// GRANT CREATE ON SCHEMA public TO PUBLIC;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// GRANT USAGE ON SCHEMA shop TO app;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Schemas, Usage Patterns; release notes of 15.
    PublicSchemaCreateGrant, "security/public-schema-create-grant", Engines::POSTGRES, Error, Recommended
}

impl Rule for PublicSchemaCreateGrant {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for grant in within::grants(cx) {
            let Some(public) = within::public(&grant.grantees) else { continue };
            let Some(on) = grant.on.as_ref().filter(|on| on.kind == ObjectKind::Schema) else { continue };
            let creates = grant.privileges.iter().any(|it| it.name == "create" || it.name.starts_with("all"));
            if let Some(schema) = on.names.first().filter(|_| creates && !on.all_in_schema) {
                let name = schema.display(cx.dialect());
                out.report(public.span, format!("everybody may put objects into the schema `{name}`"))
                    .help("grant CREATE to the role that owns the objects");
            }
        }
    }
}
