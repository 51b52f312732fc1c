use sluice_sql::model::{RoleOption, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A role gets rights that no grant limits.
    ///
    /// ## Why
    /// A superuser passes every check of rights and can run programs on the server; `BYPASSRLS` sees all rows; `CREATEROLE`
    /// and `REPLICATION` reach nearly as far. In MySQL `ALL ON *.*`, `SUPER` and `FILE` are the like.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER ROLE app SUPERUSER;
    /// ```
    /// ```sql mysql
    /// GRANT ALL ON *.* TO 'app'@'%';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER ROLE app NOSUPERUSER;
    /// ```
    /// ```sql mysql
    /// GRANT SELECT ON shop.* TO 'app'@'%';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Role Attributes; MySQL manual, Privileges Provided by MySQL.
    SuperuserRole, "security/superuser-role", Engines::SERVERS, Error, Recommended
}

impl Rule for SuperuserRole {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        const ATTRIBUTES: [&str; 4] = ["superuser", "bypassrls", "createrole", "replication"];
        for one in within::statements(cx) {
            let Statement::Role(role) = &one.statement else { continue };
            for option in &role.options {
                if let RoleOption::Attribute { name, on: true, span } = option
                    && ATTRIBUTES.contains(&name.as_str())
                {
                    let role = role.names.first().map_or("the role", |role| &role.name.text);
                    let attribute = name.to_ascii_uppercase();
                    out.report(*span, format!("{attribute} lets `{role}` do what no grant allows"))
                        .help("grant the rights that are needed");
                }
            }
        }
        for grant in within::grants(cx) {
            let everywhere = grant.on.as_ref().is_some_and(|on| {
                on.names.iter().any(|name| {
                    name.name.text == "*" && name.schema().is_some_and(|schema| schema.text == "*")
                })
            });
            let wide = |name: &str| matches!(name, "all" | "all privileges" | "super" | "file");
            if let Some(right) = grant.privileges.iter().find(|it| everywhere && wide(&it.name)) {
                let name = right.name.to_ascii_uppercase();
                out.report(right.span, format!("{name} on *.* reaches the whole server"))
                    .help("grant the rights that are needed on the database that needs them");
            }
        }
    }
}
