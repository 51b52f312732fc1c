use sluice_sql::model::ObjectName;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `GRANT ALL` gives more rights than anybody has named.
    ///
    /// ## Why
    /// `ALL` includes `TRUNCATE`, `TRIGGER` and `REFERENCES` (PostgreSQL) or `DROP` and `ALTER` (MySQL), and whatever right a
    /// later version adds. Rights that are named can be reviewed.
    ///
    /// ## Bad
    /// ```sql postgres
    /// GRANT ALL ON orders TO app;
    /// ```
    /// ```sql mysql
    /// GRANT ALL PRIVILEGES ON shop.* TO 'app'@'%';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// GRANT SELECT, INSERT, UPDATE ON orders TO app;
    /// ```
    /// ```sql mysql
    /// GRANT SELECT, INSERT, UPDATE ON shop.* TO 'app'@'%';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, GRANT; MySQL manual, GRANT.
    GrantAll, "security/grant-all", Engines::SERVERS, Warning, Recommended
}

impl Rule for GrantAll {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for grant in within::grants(cx) {
            // Other rules are about these.
            let everywhere = grant.on.as_ref().is_some_and(|on| on.names.iter().any(is_everything));
            if everywhere || within::public(&grant.grantees).is_some() {
                continue;
            }
            if let Some(all) =
                grant.privileges.iter().find(|it| it.name == "all" || it.name == "all privileges")
            {
                out.report(all.span, "this grants every right that there is, and those that are yet to come")
                    .help("name the rights that are needed");
            }
        }
    }
}

/// `*.*`
fn is_everything(name: &ObjectName) -> bool {
    name.name.text == "*" && name.schema().is_some_and(|schema| schema.text == "*")
}
