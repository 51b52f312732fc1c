use sluice_sql::Dialect;
use sluice_sql::model::{SpecialRole, Statement};
use sluice_text::Span;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change takes another role.
    ///
    /// ## Why
    /// Statements that follow run with other rights than those that the deployment was given, and what they create belongs to
    /// another owner. What a deployment may do should follow from whom it logs in as.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SET ROLE admin;
    /// ```
    /// ```sql postgres
    /// SELECT set_config('role', 'admin', false);
    /// ```
    /// ```sql mariadb
    /// SET ROLE admin;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER TABLE orders OWNER TO shop;
    /// ```
    /// ```sql mariadb
    /// SET NAMES utf8mb4;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, SET ROLE.
    SetRole, "security/set-role", Engines::SERVERS, Warning, Recommended
}

impl Rule for SetRole {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Set(set) = &one.statement else { continue };
            // `SET role = 'admin'` says the same.
            if let Some(setting) =
                set.setting("role").filter(|it| !it.reset && cx.dialect() == Dialect::Postgres)
                && let Some(value) = setting.values.first()
            {
                let name = cx.slice(value.span).trim_matches('\'');
                if !name.eq_ignore_ascii_case("none") {
                    report(out, setting.span, name);
                }
            }
            let Some(role) = set.role.as_ref().filter(|role| role.special != Some(SpecialRole::Keyword))
            else {
                continue;
            };
            if !is_session_authorization(cx.slice(one.span)) {
                report(out, role.span, &role.name.text);
            }
        }
        for call in within::calls_of(cx, &["set_config"]) {
            if call.first_text.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("role")) {
                out.report(call.span, "what follows runs with the rights of another role").help(HELP);
            }
        }
    }
}

const HELP: &str = "log in as the role that owns the objects, or give them to it with OWNER TO";

fn report(out: &mut Sink<'_>, span: Span, role: &str) {
    out.report(span, format!("what follows runs with the rights of `{role}`")).help(HELP);
}

/// Another rule is about that.
fn is_session_authorization(sql: &str) -> bool {
    sql.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("authorization"))
}
