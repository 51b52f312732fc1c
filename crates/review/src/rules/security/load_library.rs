use sluice_sql::model::{NamedOption, ObjectAction, RoleOption, Statement};
use sluice_text::Span;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change has the server load a library.
    ///
    /// ## Why
    /// `LOAD` and the settings `session_preload_libraries`, `local_preload_libraries`, `shared_preload_libraries` and
    /// `dynamic_library_path` decide which machine code runs inside of the server, with all that its user may do.
    ///
    /// ## Bad
    /// ```sql postgres
    /// LOAD 'auto_explain';
    /// ```
    /// ```sql postgres
    /// ALTER ROLE app SET local_preload_libraries = 'auto_explain';
    /// ```
    /// ```sql postgres
    /// ALTER DATABASE shop SET session_preload_libraries = 'auto_explain';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER DATABASE shop SET work_mem = '16MB';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, LOAD; Client Connection Defaults, Shared Library Preloading.
    LoadLibrary, "security/load-library", Engines::POSTGRES, Error, Recommended
}

const SETTINGS: [&str; 4] = [
    "session_preload_libraries",
    "local_preload_libraries",
    "shared_preload_libraries",
    "dynamic_library_path",
];

/// The setting that a clause `SET x = y`, `IN DATABASE d SET x = y` sets, if it is one of them.
fn set_by(option: &NamedOption) -> Option<&str> {
    let (before, name) = option.name.text.rsplit_once(' ')?;
    (before.ends_with("set") && SETTINGS.contains(&name)).then_some(name)
}

impl Rule for LoadLibrary {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let mut report = |span: Span, what: &str| {
            out.report(span, format!("{what} has the server run machine code of a library"))
                .help("leave it to those who configure the server");
        };
        for one in within::statements(cx) {
            match &one.statement {
                Statement::Other(other) if other.verb == "load" => report(one.span, "LOAD"),
                Statement::Set(set) => {
                    let settings = set.settings.iter().filter(|it| !it.reset);
                    for setting in settings.filter(|it| SETTINGS.contains(&it.name.as_str())) {
                        report(setting.span, &setting.name);
                    }
                }
                Statement::AlterObject(alter) => {
                    for action in &alter.actions {
                        let ObjectAction::Option(option) = action else { continue };
                        if let Some(name) = set_by(option) {
                            report(option.span, name);
                        }
                    }
                }
                Statement::Role(role) => {
                    for option in &role.options {
                        let RoleOption::Other(option) = option else { continue };
                        if let Some(name) = set_by(option) {
                            report(option.span, name);
                        }
                    }
                }
                _ => {}
            }
        }
        for call in within::calls_of(cx, &["set_config"]) {
            let name = call.first_text.as_deref().map(str::to_ascii_lowercase);
            if let Some(name) = name.filter(|name| SETTINGS.contains(&name.as_str())) {
                report(call.span, &name);
            }
        }
    }
}
