use sluice_sql::model::{SpecialRole, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `SET SESSION AUTHORIZATION` makes the session another user's.
    ///
    /// ## Why
    /// Only superusers may do it, so that the change works only where the deployment has far more rights than it needs; the
    /// audit log names a user who did nothing.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SET SESSION AUTHORIZATION shop;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER TABLE orders OWNER TO shop;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, SET SESSION AUTHORIZATION.
    SessionAuthorization, "security/session-authorization", Engines::POSTGRES, Error, Recommended
}

impl Rule for SessionAuthorization {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Set(set) = &one.statement else { continue };
            let Some(role) = set.role.as_ref().filter(|role| role.special != Some(SpecialRole::Keyword))
            else {
                continue;
            };
            let words = cx.slice(one.span).split_ascii_whitespace();
            if words.map(str::to_ascii_lowercase).any(|word| word == "authorization") {
                out.report(role.span, format!("the session becomes that of `{}`", role.name.text))
                    .help("log in as that role");
            }
        }
    }
}
