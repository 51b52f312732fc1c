use sluice_sql::model::{SetScope, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A setting is changed for the whole server.
    ///
    /// ## Why
    /// It holds for every database and every session that begins from now on, until the server restarts or (with `PERSIST`)
    /// beyond. The change does not say what it was, so that nobody can take it back.
    ///
    /// ## Bad
    /// ```sql
    /// SET GLOBAL max_connections = 500;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SET NAMES utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, SET Syntax for Variable Assignment.
    SetGlobal, "security/set-global", Engines::MYSQL_FAMILY, Warning, Recommended
}

impl Rule for SetGlobal {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Set(set) = &one.statement else { continue };
            for setting in &set.settings {
                if matches!(setting.scope, SetScope::Global | SetScope::Persist) {
                    let name = &setting.name;
                    out.report(setting.name_span, format!("{name} changes for every database of the server"))
                        .help(
                            "configure the server where its configuration is kept, or set it for the session",
                        );
                }
            }
        }
    }
}
