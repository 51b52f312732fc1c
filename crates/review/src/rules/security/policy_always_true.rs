use sluice_sql::model::{ConjunctKind, SpecialRole, Statement};

use super::within;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A policy lets everybody change every row.
    ///
    /// ## Why
    /// Permissive policies are joined by `OR`: one that is always true makes all others of the command useless. Policies for
    /// `SELECT` alone are let pass, for some tables are meant to be read by all; so are those for a role by name.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE POLICY everything ON orders USING (true);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE POLICY own ON orders USING (owner = current_user);
    /// ```
    /// ```sql postgres
    /// CREATE POLICY readable ON countries FOR SELECT USING (true);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE POLICY; Supabase linter 0024.
    PolicyAlwaysTrue, "security/policy-always-true", Engines::POSTGRES, Error, Recommended, options: &[OptionSpec {
        name: "roles",
        kind: OptionKind::List { default: &["anon", "authenticated"] },
        about: "Roles that mean everybody.",
    }]
}

impl Rule for PolicyAlwaysTrue {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Policy(policy) = &one.statement else { continue };
            if policy.restrictive || policy.command.as_deref() == Some("select") {
                continue;
            }
            let everybody = policy.roles.is_empty()
                || policy.roles.iter().any(|role| {
                    role.special == Some(SpecialRole::Public) || cx.options.lists("roles", &role.name.text)
                });
            let conditions = [&policy.using, &policy.with_check];
            let free = conditions.into_iter().flatten().find(|expr| {
                !expr.conjuncts.is_empty()
                    && expr.conjuncts.iter().all(|it| it.kind == ConjunctKind::AlwaysTrue)
            });
            if let Some(free) = free.filter(|_| everybody) {
                let (name, table) = (&policy.name.text, cx.display(&policy.table));
                out.report(
                    free.span,
                    format!("the policy `{name}` lets everybody change every row of `{table}`"),
                )
                .help("write the condition that rows must meet, or name the role that it is for");
            }
        }
    }
}
