//! Tables of full-text search that keep their own rows: where their arguments change, the rows are copied. Other virtual tables are
//! dropped and made again: what their rows are is their module's secret.

use sluice_facts::{Change, Fact, Hazard, Scene, Step, Verb};
use sluice_sql::{Dialect, LexemeKind, lexemes};

use super::name::{aside, name, written};
use super::proof;
use crate::wording::{quote, unquote};

const MODULES: [&str; 3] = ["fts5", "fts4", "fts3"];

/// Whether the rows can be copied from the one to the other.
pub(super) fn is_copied(change: &Change<'_>) -> bool {
    let keeps_rows = |fact: &Fact| {
        let arguments = fact.payload.list("arguments");
        fact.payload.text("module").is_some_and(|module| MODULES.contains(&module))
            && arguments.iter().all(|argument| !argument.to_ascii_lowercase().starts_with("content="))
    };
    let (old, new) = (columns(change.old), columns(change.new));
    keeps_rows(change.old) && keeps_rows(change.new) && new.iter().any(|column| old.contains(column))
}

/// The steps that copy them.
pub(super) fn steps(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let (old, new) = (columns(change.old), columns(change.new));
    let (aside, table) = (quote(&aside(change.old, scene)), quote(&name(change.new)));
    let common: Vec<String> =
        new.iter().filter(|column| old.contains(column)).map(|name| quote(name)).collect();
    let list = format!("rowid, {}", common.join(", "));
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let dropped = step(format!("DROP TABLE {aside}"));
    let loses = old.iter().any(|column| !new.contains(column));
    vec![
        step(format!("ALTER TABLE {} RENAME TO {aside}", quote(&name(change.old)))),
        step(written(change.new)),
        step(format!("INSERT OR ROLLBACK INTO {table} ({list}) SELECT {list} FROM {aside}"))
            .hazard(Hazard::RewritesTable),
        step(proof::copied(&aside, &table)),
        if loses { dropped.hazard(Hazard::DeletesData) } else { dropped },
    ]
}

/// The columns, in lower case: arguments that are no options (<https://sqlite.org/fts5.html>, "FTS5 Table Creation and
/// Initialization").
fn columns(table: &Fact) -> Vec<String> {
    let arguments = table.payload.list("arguments");
    let names = arguments.iter().filter_map(|argument| {
        let lexemes = lexemes(Dialect::Sqlite, argument);
        let option = lexemes.get(1).is_some_and(|next| next.text == "=");
        let name = lexemes.first().filter(|_| !option)?;
        Some(match name.kind {
            LexemeKind::QuotedName | LexemeKind::String => unquote(name.text).to_ascii_lowercase(),
            _ => name.text.to_ascii_lowercase(),
        })
    });
    names.collect()
}
