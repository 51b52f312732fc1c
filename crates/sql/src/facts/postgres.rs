//! PostgreSQL, by the reference pages of its commands and `PreventInTransactionBlock` in its source.

mod ddl;
mod program;

use super::tokens::Tokens;
use super::{Control, Facts, Kind, Mode, ObjectKind};
use crate::lexer::TokenKind;

pub(super) fn facts(tokens: &mut Tokens<'_>) -> Facts {
    let transactional = |kind| Facts::new(kind, Mode::Transactional);
    match tokens.take_word().as_str() {
        "create" => ddl::create(tokens),
        "alter" => ddl::alter(tokens),
        "drop" => ddl::drop(tokens),
        "comment" => ddl::comment(tokens),
        "security" | "import" => transactional(Kind::Alter),
        "insert" | "update" | "delete" | "merge" | "copy" => transactional(Kind::Dml),
        "with" if tokens.is_with_dml() => transactional(Kind::Dml),
        "select" => select(tokens),
        "with" | "(" | "values" | "table" | "show" | "explain" | "execute" | "declare" | "fetch" | "move"
        | "close" => transactional(Kind::Query),
        "truncate" => {
            tokens.accept("table");
            transactional(Kind::Truncate).with(tokens.objects(ObjectKind::Table))
        }
        "lock" => {
            tokens.accept("table");
            transactional(Kind::Lock).with(tokens.objects(ObjectKind::Table))
        }
        "refresh" => {
            tokens.accept_all(&["materialized", "view"]);
            tokens.accept("concurrently");
            transactional(Kind::Dml).with(tokens.object(ObjectKind::MaterializedView))
        }
        "reindex" => reindex(tokens),
        "cluster" => cluster(tokens),
        "vacuum" => Facts::new(Kind::Maintenance, Mode::Autocommit),
        "analyze" | "analyse" | "checkpoint" => transactional(Kind::Maintenance),
        "grant" | "revoke" | "reassign" => transactional(Kind::Privilege),
        "set" => set(tokens),
        "reset" | "listen" | "unlisten" | "load" | "deallocate" => Facts::new(Kind::Set, Mode::Session),
        "discard" => {
            let mode = if tokens.is("all") { Mode::Autocommit } else { Mode::Session };
            Facts::new(Kind::Set, mode)
        }
        "call" => Facts::new(Kind::Call, Mode::Opaque),
        "do" => Facts::new(Kind::Call, program::mode(tokens)),
        "prepare" if tokens.is("transaction") => Facts::control(Control::Unsupported),
        "prepare" => Facts::new(Kind::Set, Mode::Session),
        "begin" => Facts::control(Control::Begin),
        "start" if tokens.is("transaction") => Facts::control(Control::Begin),
        "commit" | "end" => end(tokens, Control::Commit),
        "abort" => end(tokens, Control::Rollback),
        "rollback" => {
            let place = tokens.place();
            tokens.accept_any(&["work", "transaction"]);
            if tokens.is("to") {
                return Facts::control(Control::Savepoint);
            }
            tokens.go_back(place);
            end(tokens, Control::Rollback)
        }
        "savepoint" | "release" => Facts::control(Control::Savepoint),
        _ => transactional(Kind::Other),
    }
}

/// `COMMIT` and `ROLLBACK` with what follows them.
fn end(tokens: &mut Tokens<'_>, control: Control) -> Facts {
    tokens.accept_any(&["work", "transaction"]);
    let chained = tokens.accept_all(&["and", "chain"]);
    Facts::control(if chained || tokens.is("prepared") { Control::Unsupported } else { control })
}

/// `SELECT set_config(name, value, is_local)` alone is a `SET`; `pg_dump` writes it.
fn select(tokens: &mut Tokens<'_>) -> Facts {
    let query = Facts::new(Kind::Query, Mode::Transactional);
    if tokens.accept("pg_catalog") && !tokens.accept_symbol(b'.') {
        return query;
    }
    if !tokens.accept("set_config") || tokens.kind() != TokenKind::OpenParen {
        return query;
    }
    let start = tokens.place();
    tokens.skip_parens();
    if !matches!(tokens.kind(), TokenKind::End | TokenKind::Delimiter) {
        return query;
    }
    let local = tokens.place() - 2;
    tokens.go_back(start);
    // `( 'name' , 'value' , false )`, so that nothing in it has an effect of its own.
    let plain = local == start + 5;
    tokens.go_back(local);
    match tokens.text().to_ascii_lowercase().as_str() {
        "false" | "'f'" | "'false'" | "'off'" | "'0'" if plain => Facts::new(Kind::Set, Mode::Session),
        "true" | "'t'" | "'true'" | "'on'" | "'1'" if plain => Facts::new(Kind::Set, Mode::Transactional),
        _ => query,
    }
}

fn set(tokens: &mut Tokens<'_>) -> Facts {
    let inside = tokens.is_any(&["local", "constraints", "transaction"]);
    Facts::new(Kind::Set, if inside { Mode::Transactional } else { Mode::Session })
}

fn reindex(tokens: &mut Tokens<'_>) -> Facts {
    let mut concurrently = option(tokens, "concurrently");
    let kind = match tokens.take_word().as_str() {
        "index" => ObjectKind::Index,
        "table" => ObjectKind::Table,
        "schema" => ObjectKind::Schema,
        _ => ObjectKind::Database,
    };
    concurrently |= tokens.accept("concurrently");
    let whole = matches!(kind, ObjectKind::Schema | ObjectKind::Database);
    let mode = if concurrently || whole { Mode::Autocommit } else { Mode::Transactional };
    Facts::new(Kind::Reindex { concurrently }, mode).with(tokens.object(kind))
}

/// `CLUSTER` of all tables runs a transaction per table.
fn cluster(tokens: &mut Tokens<'_>) -> Facts {
    tokens.skip_parens();
    tokens.accept("verbose");
    let objects = tokens.objects(ObjectKind::Table);
    let mode = if objects.is_empty() { Mode::Autocommit } else { Mode::Transactional };
    Facts::new(Kind::Maintenance, mode).with(objects)
}

/// Goes behind `( option [value], … )` and says whether `name` is on in it.
fn option(tokens: &mut Tokens<'_>, name: &str) -> bool {
    option_value(tokens, name).is_some_and(|value| is_on(&value))
}

/// The value of `name` in `( name [=] [value], … )`, empty where none is written.
fn option_value(tokens: &mut Tokens<'_>, name: &str) -> Option<String> {
    if tokens.kind() != TokenKind::OpenParen {
        return None;
    }
    let start = tokens.place();
    tokens.skip_parens();
    let end = tokens.place();
    tokens.go_back(start + 1);
    let mut value = None;
    while tokens.place() < end {
        if tokens.accept(name) {
            tokens.accept_symbol(b'=');
            let written = match tokens.kind() {
                TokenKind::CloseParen | TokenKind::Symbol(b',') => String::new(),
                _ => tokens.text().trim_matches('\'').to_ascii_lowercase(),
            };
            value = Some(written);
        } else {
            tokens.advance();
        }
    }
    tokens.go_back(end);
    value
}

fn is_on(value: &str) -> bool {
    !matches!(value, "false" | "off" | "0" | "no" | "none")
}
