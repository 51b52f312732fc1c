//! MySQL and MariaDB, by the manual's "Statements That Cause an Implicit Commit".

mod ddl;

use super::tokens::Tokens;
use super::{Control, Facts, Kind, Mode, Object, ObjectKind, classify};
use crate::Dialect;

pub(super) fn facts(tokens: &mut Tokens<'_>) -> Facts {
    let transactional = |kind| Facts::new(kind, Mode::Transactional);
    let autocommit = |kind| Facts::new(kind, Mode::Autocommit);
    let session = |kind| Facts::new(kind, Mode::Session);
    let mariadb = tokens.dialect == Dialect::Mariadb;
    match tokens.take_word().as_str() {
        "create" => ddl::create(tokens),
        "alter" => ddl::alter(tokens),
        "drop" => ddl::drop(tokens),
        "rename" => ddl::rename(tokens),
        "truncate" => {
            tokens.accept("table");
            autocommit(Kind::Truncate).with(tokens.object(ObjectKind::Table))
        }
        "load" if tokens.is("index") => autocommit(Kind::Maintenance),
        "insert" | "update" | "delete" | "replace" | "load" => transactional(Kind::Dml),
        "with" if tokens.is_with_dml() => transactional(Kind::Dml),
        "select" | "with" | "(" | "values" | "table" | "show" | "explain" | "describe" | "desc"
        | "handler" | "checksum" | "do" => transactional(Kind::Query),
        "analyze" | "optimize" | "repair" | "check" => maintain(tokens),
        "cache" | "flush" | "reset" | "purge" => autocommit(Kind::Maintenance),
        "install" | "uninstall" | "import" | "clone" | "shutdown" | "restart" | "stop" | "change" => {
            autocommit(Kind::Other)
        }
        "start" if tokens.is("transaction") => Facts::control(Control::Begin),
        "start" => autocommit(Kind::Other),
        "grant" | "revoke" => autocommit(Kind::Privilege),
        "lock" | "unlock" => autocommit(Kind::Lock).with(locked(tokens)),
        "set" => set(tokens),
        "use" | "prepare" | "deallocate" => session(Kind::Set),
        "call" | "execute" => Facts::new(Kind::Call, Mode::Opaque),
        "begin" if tokens.is("not") => Facts::new(Kind::Call, Mode::Opaque),
        "if" | "case" | "loop" | "repeat" | "while" | "for" if mariadb => {
            Facts::new(Kind::Call, Mode::Opaque)
        }
        "begin" => Facts::control(Control::Begin),
        "commit" => end(tokens, Control::Commit),
        "rollback" => {
            let place = tokens.place();
            tokens.accept("work");
            if tokens.is("to") {
                return Facts::control(Control::Savepoint);
            }
            tokens.go_back(place);
            end(tokens, Control::Rollback)
        }
        "savepoint" | "release" => Facts::control(Control::Savepoint),
        "xa" => Facts::control(Control::Unsupported),
        _ => transactional(Kind::Other),
    }
}

/// `COMMIT` and `ROLLBACK` with what follows them.
fn end(tokens: &mut Tokens<'_>, control: Control) -> Facts {
    tokens.accept("work");
    let chained = tokens.accept_all(&["and", "chain"]);
    tokens.accept_all(&["and", "no", "chain"]);
    Facts::control(if chained || tokens.is("release") { Control::Unsupported } else { control })
}

/// `ANALYZE TABLE` and its kin. MariaDB's `ANALYZE` in front of a statement runs the statement.
fn maintain(tokens: &mut Tokens<'_>) -> Facts {
    let begun = tokens.accept_any(&["local", "no_write_to_binlog"]);
    if tokens.accept_any(&["table", "tables", "view"]) || begun {
        return Facts::new(Kind::Maintenance, Mode::Autocommit).with(tokens.objects(ObjectKind::Table));
    }
    Facts::new(Kind::Dml, Mode::Transactional)
}

/// `LOCK TABLES a [AS x] READ, …`.
fn locked(tokens: &mut Tokens<'_>) -> Vec<Object> {
    let mut objects = Vec::new();
    if !tokens.accept_any(&["table", "tables"]) {
        return objects;
    }
    while !tokens.at_end() {
        objects.push(Object::new(ObjectKind::Table, tokens.name()));
        while !tokens.at_end() && !tokens.accept_symbol(b',') {
            tokens.advance();
        }
    }
    objects
}

fn set(tokens: &mut Tokens<'_>) -> Facts {
    if tokens.is("password") || tokens.accept_all(&["default", "role"]) {
        return Facts::new(Kind::Privilege, Mode::Autocommit);
    }
    // MariaDB: settings for one statement.
    if tokens.accept("statement") && tokens.skip_to(&["for"]) {
        return classify(tokens.dialect, tokens.rest());
    }
    let mut assignment = true;
    while !tokens.at_end() {
        if assignment && tokens.is_any(&["global", "persist", "persist_only"]) {
            return Facts::new(Kind::Set, Mode::Autocommit);
        }
        // `@@global.name` and `GLOBAL name` stand at the beginning of an assignment.
        assignment = tokens.accept_symbol(b',') || (assignment && tokens.accept_symbol(b'@'));
        if !assignment {
            tokens.advance();
        }
    }
    Facts::new(Kind::Set, Mode::Session)
}
