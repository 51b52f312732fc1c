//! Which `;` belongs to a statement's body.
//!
//! One small state machine per family, fed with the statement's tokens in order.

mod mysql;
mod postgres;
mod sqlite;

use crate::Dialect;
use crate::lexer::{Token, TokenKind};

pub(crate) enum Compound {
    Postgres(postgres::Body),
    Mysql(mysql::Body),
    Sqlite(sqlite::Body),
    /// No body: `;` always ends the statement.
    None,
}

impl Compound {
    pub(crate) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::Postgres(postgres::Body::default()),
            Dialect::Mysql => Self::Mysql(mysql::Body::new(false)),
            Dialect::Mariadb => Self::Mysql(mysql::Body::new(true)),
            Dialect::Sqlite => Self::Sqlite(sqlite::Body::default()),
        }
    }

    /// Whether the statement is known to have no body, so that its words do not matter any more.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::Postgres(body) => body.is_plain(),
            Self::Mysql(body) => body.is_plain(),
            Self::Sqlite(body) => body.is_plain(),
            Self::None => true,
        }
    }

    /// Whether the statement is `COPY … FROM stdin`.
    pub(crate) fn reads_stdin(&self) -> bool {
        matches!(self, Self::Postgres(body) if body.reads_stdin())
    }

    pub(crate) fn observe(&mut self, token: Token, text: &[u8]) {
        match self {
            Self::Postgres(body) => body.observe(token, text),
            Self::Mysql(body) => body.observe(token, text),
            Self::Sqlite(body) => body.observe(token, text),
            Self::None => {}
        }
    }

    /// Takes a `;` and says whether it ends the statement.
    pub(crate) fn ends(&mut self) -> bool {
        match self {
            Self::Postgres(body) => body.ends(),
            Self::Mysql(body) => body.ends(),
            Self::Sqlite(body) => body.ends(),
            Self::None => true,
        }
    }
}

/// Whether a token is one of the words, whatever the case.
fn is_any(token: Token, text: &[u8], words: &[&[u8]]) -> bool {
    token.kind == TokenKind::Word && words.iter().any(|word| text.eq_ignore_ascii_case(word))
}
