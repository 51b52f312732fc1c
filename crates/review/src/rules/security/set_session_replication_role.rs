use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `session_replication_role` switches off triggers and foreign keys.
    ///
    /// ## Why
    /// Ordinary triggers and the checks of foreign keys do not fire in this session. Rows that are written meanwhile are
    /// never checked: tables keep references to nothing.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SET session_replication_role = replica;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SET session_replication_role = DEFAULT;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Client Connection Defaults.
    SetSessionReplicationRole, "security/set-session-replication-role", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetSessionReplicationRole {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        const NAME: &str = "session_replication_role";
        for one in within::statements(cx) {
            let Statement::Set(set) = &one.statement else { continue };
            let Some(setting) = set.setting(NAME).filter(|setting| !setting.reset) else { continue };
            let value = setting.values.first().map(|value| cx.slice(value.span).to_ascii_lowercase());
            if value.is_some_and(|value| value.contains("replica")) {
                out.report(setting.span, "triggers and foreign keys are not checked in this session").help(
                    "load rows in the order of their foreign keys, or make the keys anew with NOT VALID",
                );
            }
        }
        for call in within::calls_of(cx, &["set_config"]) {
            if call.first_text.as_deref() == Some(NAME) {
                out.report(call.span, "triggers and foreign keys are not checked in this session").help(
                    "load rows in the order of their foreign keys, or make the keys anew with NOT VALID",
                );
            }
        }
    }
}
