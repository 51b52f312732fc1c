use super::super::tokens::Tokens;
use super::super::{Facts, Kind, Mode, Object, ObjectKind};
use crate::lexer::TokenKind;

/// What stands between the verb and the kind of object.
#[derive(Default)]
struct Prefix {
    or_replace: bool,
    temporary: bool,
}

fn prefix(tokens: &mut Tokens<'_>) -> Prefix {
    let mut prefix = Prefix::default();
    loop {
        if tokens.accept_all(&["or", "replace"]) {
            prefix.or_replace = true;
        } else if tokens.accept("temporary") {
            prefix.temporary = true;
        } else if tokens.accept("definer") {
            definer(tokens);
        } else if tokens.accept("algorithm") {
            tokens.accept_symbol(b'=');
            tokens.advance();
        } else if tokens.accept_all(&["sql", "security"]) {
            tokens.advance();
        } else if !tokens.accept_any(&[
            "unique",
            "fulltext",
            "spatial",
            "vector",
            "aggregate",
            "online",
            "offline",
            "ignore",
        ]) {
            return prefix;
        }
    }
}

/// `= user[@host]`, `= CURRENT_USER()`.
fn definer(tokens: &mut Tokens<'_>) {
    tokens.accept_symbol(b'=');
    tokens.advance();
    tokens.skip_parens();
    if tokens.accept_symbol(b'@') {
        tokens.advance();
    }
}

/// The kind of object; none where the statement is about users or roles.
fn subject(tokens: &mut Tokens<'_>) -> Option<ObjectKind> {
    Some(match tokens.take_word().as_str() {
        "table" | "tables" => ObjectKind::Table,
        "view" => ObjectKind::View,
        "index" => ObjectKind::Index,
        "trigger" => ObjectKind::Trigger,
        "procedure" => ObjectKind::Procedure,
        "function" => ObjectKind::Function,
        "event" => ObjectKind::Event,
        "database" | "schema" => ObjectKind::Database,
        "sequence" => ObjectKind::Sequence,
        "user" | "role" => return None,
        "package" => {
            tokens.accept("body");
            ObjectKind::Other
        }
        "undo" | "logfile" | "resource" | "reference" => {
            tokens.accept_any(&["tablespace", "group", "system"]);
            ObjectKind::Other
        }
        _ => ObjectKind::Other,
    })
}

/// DDL of temporary tables commits nothing and ends with the session.
fn mode(temporary: bool) -> Mode {
    if temporary { Mode::Session } else { Mode::Autocommit }
}

pub(super) fn create(tokens: &mut Tokens<'_>) -> Facts {
    let prefix = prefix(tokens);
    let Some(kind) = subject(tokens) else { return Facts::new(Kind::Privilege, Mode::Autocommit) };
    let if_not_exists = tokens.accept_all(&["if", "not", "exists"]);
    let mut objects = vec![Object::new(kind, tokens.name())];
    if matches!(kind, ObjectKind::Index | ObjectKind::Trigger) {
        table_after_on(tokens, &mut objects);
    }
    let kind = Kind::Create { if_not_exists, or_replace: prefix.or_replace, concurrently: false };
    Facts::new(kind, mode(prefix.temporary)).with(objects)
}

fn table_after_on(tokens: &mut Tokens<'_>, objects: &mut Vec<Object>) {
    if tokens.skip_to(&["on"]) {
        objects.extend(tokens.object(ObjectKind::Table));
    }
}

pub(super) fn alter(tokens: &mut Tokens<'_>) -> Facts {
    prefix(tokens);
    let Some(kind) = subject(tokens) else { return Facts::new(Kind::Privilege, Mode::Autocommit) };
    tokens.accept_all(&["if", "exists"]);
    // `ALTER DATABASE CHARACTER SET …` is about the database in use.
    let in_use = kind == ObjectKind::Database
        && tokens.is_any(&["character", "charset", "collate", "default", "encryption", "read", "comment"]);
    let name = if in_use { Vec::new() } else { tokens.name() };
    Facts::new(Kind::Alter, Mode::Autocommit).with(vec![Object::new(kind, name)])
}

pub(super) fn drop(tokens: &mut Tokens<'_>) -> Facts {
    let prefix = prefix(tokens);
    // `DROP PREPARE` is `DEALLOCATE PREPARE`.
    if tokens.accept("prepare") {
        return Facts::new(Kind::Set, Mode::Session);
    }
    let Some(kind) = subject(tokens) else { return Facts::new(Kind::Privilege, Mode::Autocommit) };
    let if_exists = tokens.accept_all(&["if", "exists"]);
    let mut objects = tokens.objects(kind);
    if kind == ObjectKind::Index {
        table_after_on(tokens, &mut objects);
    }
    Facts::new(Kind::Drop { if_exists, concurrently: false }, mode(prefix.temporary)).with(objects)
}

/// `RENAME TABLE a TO b, c TO d`: all four, in this order.
pub(super) fn rename(tokens: &mut Tokens<'_>) -> Facts {
    if tokens.accept("user") {
        return Facts::new(Kind::Privilege, Mode::Autocommit);
    }
    tokens.accept_any(&["table", "tables"]);
    tokens.accept_all(&["if", "exists"]);
    let mut objects = Vec::new();
    while !tokens.at_end() {
        let name = tokens.name();
        if !name.is_empty() {
            objects.push(Object::new(ObjectKind::Table, name));
        } else if tokens.kind() == TokenKind::Delimiter {
            break;
        } else {
            tokens.advance();
        }
        // MariaDB: `RENAME TABLE a WAIT 5 TO b`.
        if tokens.accept("wait") {
            tokens.advance();
        }
        tokens.accept_any(&["nowait", "to"]);
    }
    Facts::new(Kind::Alter, Mode::Autocommit).with(objects)
}
