use super::super::literal::string_value;
use super::super::tokens::Tokens;
use super::super::{Facts, Kind, Mode, Object, ObjectKind};
use super::{is_on, option_value};
use crate::lexer::TokenKind;

/// What `CREATE`, `ALTER`, `DROP` and `COMMENT ON` are about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Subject {
    Plain(ObjectKind),
    /// Belongs to a table that is named after `ON`.
    OnTable(ObjectKind),
    Index,
    Rule,
    Role,
    Database,
    Tablespace,
    Subscription,
    /// Has no name of its own, or one that is not read.
    Nameless,
}

impl Subject {
    fn kind(self) -> ObjectKind {
        match self {
            Self::Plain(kind) | Self::OnTable(kind) => kind,
            Self::Index => ObjectKind::Index,
            Self::Role => ObjectKind::Role,
            Self::Database => ObjectKind::Database,
            Self::Rule | Self::Tablespace | Self::Subscription | Self::Nameless => ObjectKind::Other,
        }
    }
}

fn subject(tokens: &mut Tokens<'_>) -> Subject {
    use ObjectKind as O;
    tokens.accept_any(&["global", "local"]);
    while tokens.accept_any(&[
        "temp",
        "temporary",
        "unlogged",
        "unique",
        "recursive",
        "constraint",
        "trusted",
        "procedural",
    ]) {}
    match tokens.take_word().as_str() {
        "table" => Subject::Plain(O::Table),
        "foreign" if tokens.accept("table") => Subject::Plain(O::Table),
        "foreign" if tokens.accept_all(&["data", "wrapper"]) => Subject::Plain(O::Other),
        "index" => Subject::Index,
        "view" => Subject::Plain(O::View),
        "materialized" if tokens.accept("view") => Subject::Plain(O::MaterializedView),
        "sequence" => Subject::Plain(O::Sequence),
        "schema" => Subject::Plain(O::Schema),
        "database" => Subject::Database,
        "tablespace" => Subject::Tablespace,
        "subscription" => Subject::Subscription,
        "trigger" => Subject::OnTable(O::Trigger),
        "policy" => Subject::OnTable(O::Other),
        "rule" => Subject::Rule,
        "function" | "aggregate" | "routine" => Subject::Plain(O::Function),
        "procedure" => Subject::Plain(O::Procedure),
        "type" | "domain" => Subject::Plain(O::Type),
        "extension" => Subject::Plain(O::Extension),
        "user" if tokens.accept("mapping") => Subject::Nameless,
        "role" | "user" | "group" => Subject::Role,
        "event" if tokens.accept("trigger") => Subject::Plain(O::Other),
        "access" if tokens.accept("method") => Subject::Plain(O::Other),
        "text" if tokens.accept("search") => {
            tokens.advance();
            Subject::Plain(O::Other)
        }
        "collation" | "publication" | "server" | "statistics" | "language" | "conversion" => {
            Subject::Plain(O::Other)
        }
        _ => Subject::Nameless,
    }
}

pub(super) fn create(tokens: &mut Tokens<'_>) -> Facts {
    let or_replace = tokens.accept_all(&["or", "replace"]);
    let subject = subject(tokens);
    let concurrently = subject == Subject::Index && tokens.accept("concurrently");
    let if_not_exists = tokens.accept_all(&["if", "not", "exists"]);
    let objects = match subject {
        Subject::Nameless => Vec::new(),
        Subject::Index => index(tokens),
        Subject::OnTable(kind) => on_table(tokens, kind, &["on"]),
        Subject::Rule => on_table(tokens, ObjectKind::Other, &["to"]),
        // The schema of `CREATE SCHEMA AUTHORIZATION joe` is called joe.
        Subject::Plain(ObjectKind::Schema) => {
            tokens.accept("authorization");
            tokens.object(ObjectKind::Schema)
        }
        _ => tokens.object(subject.kind()),
    };
    let mode = match subject {
        Subject::Database | Subject::Tablespace => Mode::Autocommit,
        Subject::Subscription if connects(tokens) => Mode::Autocommit,
        _ if concurrently => Mode::Autocommit,
        _ => Mode::Transactional,
    };
    let kind = match subject {
        Subject::Role => Kind::Privilege,
        _ => Kind::Create { if_not_exists, or_replace, concurrently },
    };
    Facts::new(kind, mode).with(objects)
}

/// `[name] ON [ONLY] table`.
fn index(tokens: &mut Tokens<'_>) -> Vec<Object> {
    let name = if tokens.is("on") { Vec::new() } else { tokens.name() };
    let mut objects = vec![Object::new(ObjectKind::Index, name)];
    if tokens.accept("on") {
        objects.extend(tokens.object(ObjectKind::Table));
    }
    objects
}

/// `name … ON table`.
fn on_table(tokens: &mut Tokens<'_>, kind: ObjectKind, on: &[&str]) -> Vec<Object> {
    let mut objects = tokens.object(kind);
    if tokens.skip_to(on) {
        objects.extend(tokens.object(ObjectKind::Table));
    }
    objects
}

/// Whether `CREATE SUBSCRIPTION` makes a replication slot: by default it connects and does.
fn connects(tokens: &mut Tokens<'_>) -> bool {
    !tokens.skip_to(&["with"])
        || ["connect", "create_slot"].into_iter().all(|name| {
            let place = tokens.place();
            let value = option_value(tokens, name);
            tokens.go_back(place);
            value.is_none_or(|value| is_on(&value))
        })
}

pub(super) fn alter(tokens: &mut Tokens<'_>) -> Facts {
    if tokens.accept_all(&["default", "privileges"]) {
        return Facts::new(Kind::Privilege, Mode::Transactional);
    }
    if tokens.accept("system") {
        return Facts::new(Kind::Alter, Mode::Autocommit);
    }
    let subject = subject(tokens);
    tokens.accept_all(&["if", "exists"]);
    if tokens.accept_all(&["all", "in", "tablespace"]) {
        return Facts::new(Kind::Alter, Mode::Transactional);
    }
    let mut objects = match subject {
        Subject::Nameless => Vec::new(),
        Subject::OnTable(kind) => on_table(tokens, kind, &["on"]),
        Subject::Rule => on_table(tokens, ObjectKind::Other, &["on"]),
        _ => tokens.object(subject.kind()),
    };
    tokens.accept_symbol(b'*');
    let mut mode = Mode::Transactional;
    let mut kind = if subject == Subject::Role { Kind::Privilege } else { Kind::Alter };
    match subject {
        Subject::Plain(ObjectKind::Type) => {
            if let Some(value) = new_enum_value(tokens) {
                kind = Kind::AddEnumValue { value };
            }
        }
        Subject::Plain(ObjectKind::Table) => {
            if let Some((partition, concurrently)) = partition(tokens) {
                objects.extend(partition);
                if concurrently {
                    mode = Mode::Autocommit;
                }
            }
        }
        Subject::Database if tokens.accept_all(&["set", "tablespace"]) => mode = Mode::Autocommit,
        Subject::Subscription if talks_to_publisher(tokens) => mode = Mode::Autocommit,
        _ => {}
    }
    Facts::new(kind, mode).with(objects)
}

fn new_enum_value(tokens: &mut Tokens<'_>) -> Option<String> {
    if !tokens.accept_all(&["add", "value"]) {
        return None;
    }
    tokens.accept_all(&["if", "not", "exists"]);
    (tokens.kind() == TokenKind::String).then(|| string_value(tokens.dialect, tokens.text()))
}

/// `ATTACH` or `DETACH PARTITION name [CONCURRENTLY]`.
fn partition(tokens: &mut Tokens<'_>) -> Option<(Vec<Object>, bool)> {
    if !tokens.accept_any(&["attach", "detach"]) || !tokens.accept("partition") {
        return None;
    }
    let partition = tokens.object(ObjectKind::Table);
    Some((partition, tokens.accept("concurrently")))
}

/// Changes of a subscription that the server refuses inside a transaction (manual, ALTER SUBSCRIPTION).
fn talks_to_publisher(tokens: &mut Tokens<'_>) -> bool {
    if tokens.accept("refresh") {
        return true;
    }
    if tokens.accept_any(&["set", "add", "drop"]) {
        if tokens.accept("publication") {
            let refresh = if tokens.skip_to(&["with"]) { option_value(tokens, "refresh") } else { None };
            return refresh.is_none_or(|value| is_on(&value));
        }
        return ["failover", "two_phase"].into_iter().any(|name| {
            let place = tokens.place();
            let value = option_value(tokens, name);
            tokens.go_back(place);
            value.is_some()
        });
    }
    false
}

pub(super) fn drop(tokens: &mut Tokens<'_>) -> Facts {
    if tokens.accept("owned") {
        return Facts::new(Kind::Privilege, Mode::Transactional);
    }
    let subject = subject(tokens);
    let concurrently = subject == Subject::Index && tokens.accept("concurrently");
    let if_exists = tokens.accept_all(&["if", "exists"]);
    let objects = match subject {
        Subject::Nameless => Vec::new(),
        Subject::OnTable(kind) => on_table(tokens, kind, &["on"]),
        Subject::Rule => on_table(tokens, ObjectKind::Other, &["on"]),
        _ => tokens.objects(subject.kind()),
    };
    let mode = match subject {
        Subject::Database | Subject::Tablespace | Subject::Subscription => Mode::Autocommit,
        _ if concurrently => Mode::Autocommit,
        _ => Mode::Transactional,
    };
    let kind = match subject {
        Subject::Role => Kind::Privilege,
        _ => Kind::Drop { if_exists, concurrently },
    };
    Facts::new(kind, mode).with(objects)
}

/// `COMMENT ON subject`: a column or constraint stands for its table.
pub(super) fn comment(tokens: &mut Tokens<'_>) -> Facts {
    tokens.accept("on");
    let objects = if tokens.accept("column") {
        let mut name = tokens.name();
        name.pop();
        vec![Object::new(ObjectKind::Table, name)]
    } else if tokens.accept("constraint") {
        tokens.name();
        tokens.accept("on");
        let kind = if tokens.accept("domain") { ObjectKind::Type } else { ObjectKind::Table };
        tokens.object(kind)
    } else {
        match subject(tokens) {
            Subject::Nameless => Vec::new(),
            Subject::OnTable(kind) => on_table(tokens, kind, &["on"]),
            Subject::Rule => on_table(tokens, ObjectKind::Other, &["on"]),
            subject => tokens.object(subject.kind()),
        }
    };
    Facts::new(Kind::Alter, Mode::Transactional).with(objects)
}
