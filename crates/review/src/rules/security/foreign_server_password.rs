use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;
use sluice_text::Span;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The password of a foreign server is written in the change.
    ///
    /// ## Why
    /// It stays in the history of the repository and in logs, and `pg_user_mapping` keeps it as text. Everybody who may read
    /// the code may log in there.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE USER MAPPING FOR app SERVER archive OPTIONS (user 'app', password 'hunter2');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE USER MAPPING FOR app SERVER archive OPTIONS (user 'app');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE USER MAPPING.
    ForeignServerPassword, "security/foreign-server-password", Engines::POSTGRES, Error, Recommended
}

impl Rule for ForeignServerPassword {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let foreign = match &one.statement {
                Statement::CreateObject(create) => {
                    matches!(create.kind, ObjectKind::Server | ObjectKind::Other)
                }
                Statement::AlterObject(alter) => matches!(alter.kind, ObjectKind::Server | ObjectKind::Other),
                _ => false,
            };
            if foreign && let Some(at) = password_option(cx.slice(one.span)) {
                let start = one.span.start + at;
                out.report(
                    Span::new(start, start + PASSWORD.len()),
                    "the password of a foreign server is written here",
                )
                .help("make the user mapping outside of the change, and change this password");
            }
        }
    }
}

const PASSWORD: &str = "password";

/// Where the option `password 'text'` begins.
fn password_option(sql: &str) -> Option<usize> {
    let lower = sql.to_ascii_lowercase();
    let mut hits = lower.match_indices(PASSWORD).filter(|(at, word)| {
        let before = lower.get(..*at).and_then(|text| text.chars().next_back());
        let after = lower.get(at + word.len()..).unwrap_or_default();
        before.is_some_and(|it| it.is_whitespace() || it == '(' || it == ',')
            && after.starts_with(char::is_whitespace)
            && after.trim_start().starts_with('\'')
    });
    hits.next().map(|(at, _)| at)
}
