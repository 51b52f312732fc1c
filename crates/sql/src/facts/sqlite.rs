//! SQLite, by the pages "SQL As Understood By SQLite" and "PRAGMA Statements".

use super::tokens::Tokens;
use super::{Control, Facts, Kind, Mode, Object, ObjectKind};
use crate::lexer::TokenKind;

/// Pragmas that change the file or its journal when they get a value, and cannot in a transaction, or do nothing there.
const FILE_PRAGMAS: &[&str] = &["journal_mode", "page_size", "auto_vacuum", "encoding"];

/// Pragmas that do work on the file, with or without a value.
const WORK_PRAGMAS: &[&str] = &["wal_checkpoint", "optimize", "incremental_vacuum"];

/// Pragmas with a value that are part of the transaction: numbers in the file's header, and `defer_foreign_keys`, which
/// the end of a transaction switches off.
const TRANSACTIONAL_PRAGMAS: &[&str] =
    &["user_version", "application_id", "schema_version", "defer_foreign_keys"];

/// Pragmas whose value is an argument: they only read.
const READING_PRAGMAS: &[&str] = &[
    "table_info",
    "table_xinfo",
    "table_list",
    "index_info",
    "index_xinfo",
    "index_list",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
    "database_list",
    "collation_list",
    "compile_options",
    "function_list",
    "module_list",
    "pragma_list",
    "stats",
    "freelist_count",
    "page_count",
    "data_version",
];

pub(super) fn facts(tokens: &mut Tokens<'_>) -> Facts {
    let transactional = |kind| Facts::new(kind, Mode::Transactional);
    match tokens.take_word().as_str() {
        "create" => create(tokens),
        "alter" => {
            tokens.accept("table");
            transactional(Kind::Alter).with(tokens.object(ObjectKind::Table))
        }
        "drop" => drop(tokens),
        "insert" | "update" | "delete" | "replace" => transactional(Kind::Dml),
        "with" if tokens.is_with_dml() => transactional(Kind::Dml),
        "select" | "with" | "values" | "explain" | "(" => transactional(Kind::Query),
        "reindex" => transactional(Kind::Reindex { concurrently: false }),
        "analyze" => transactional(Kind::Maintenance),
        "vacuum" => vacuum(tokens),
        "pragma" => pragma(tokens),
        "attach" | "detach" => Facts::new(Kind::Set, Mode::Session),
        "begin" => Facts::control(Control::Begin),
        "commit" | "end" => Facts::control(Control::Commit),
        "rollback" => {
            tokens.accept("transaction");
            Facts::control(if tokens.is("to") { Control::Savepoint } else { Control::Rollback })
        }
        "savepoint" | "release" => Facts::control(Control::Savepoint),
        _ => transactional(Kind::Other),
    }
}

fn subject(tokens: &mut Tokens<'_>) -> Option<ObjectKind> {
    while tokens.accept_any(&["temp", "temporary", "unique", "virtual"]) {}
    match tokens.take_word().as_str() {
        "table" => Some(ObjectKind::Table),
        "view" => Some(ObjectKind::View),
        "index" => Some(ObjectKind::Index),
        "trigger" => Some(ObjectKind::Trigger),
        _ => None,
    }
}

fn create(tokens: &mut Tokens<'_>) -> Facts {
    let Some(kind) = subject(tokens) else { return Facts::new(Kind::Other, Mode::Transactional) };
    let if_not_exists = tokens.accept_all(&["if", "not", "exists"]);
    let mut objects = vec![Object::new(kind, tokens.name())];
    if matches!(kind, ObjectKind::Index | ObjectKind::Trigger) && tokens.skip_to(&["on"]) {
        objects.extend(tokens.object(ObjectKind::Table));
    }
    let kind = Kind::Create { if_not_exists, or_replace: false, concurrently: false };
    Facts::new(kind, Mode::Transactional).with(objects)
}

fn drop(tokens: &mut Tokens<'_>) -> Facts {
    let Some(kind) = subject(tokens) else { return Facts::new(Kind::Other, Mode::Transactional) };
    let if_exists = tokens.accept_all(&["if", "exists"]);
    let objects = tokens.object(kind);
    Facts::new(Kind::Drop { if_exists, concurrently: false }, Mode::Transactional).with(objects)
}

/// `VACUUM INTO` makes a file, and fails where there is one.
fn vacuum(tokens: &mut Tokens<'_>) -> Facts {
    let kind = if tokens.has(&["into"]) { Kind::Other } else { Kind::Maintenance };
    Facts::new(kind, Mode::Autocommit)
}

fn pragma(tokens: &mut Tokens<'_>) -> Facts {
    let name = tokens.name().pop().unwrap_or_default().to_ascii_lowercase();
    let valued = matches!(tokens.kind(), TokenKind::Symbol(b'=') | TokenKind::OpenParen);
    let is = |names: &[&str]| names.contains(&name.as_str());
    if is(WORK_PRAGMAS) || (valued && is(FILE_PRAGMAS)) {
        Facts::new(Kind::Maintenance, Mode::Autocommit)
    } else if !valued || is(READING_PRAGMAS) {
        Facts::new(Kind::Query, Mode::Transactional)
    } else if is(TRANSACTIONAL_PRAGMAS) {
        Facts::new(Kind::Set, Mode::Transactional)
    } else {
        Facts::new(Kind::Set, Mode::Session)
    }
}
