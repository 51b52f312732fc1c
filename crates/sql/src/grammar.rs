//! A grammar per dialect, all of them into the one [statement model](crate::model).
//!
//! Invariants: never fails, never panics; what a grammar does not know becomes
//! [`Unparsed`](crate::model::Statement::Unparsed) or a `not_analysed` part; time is linear.

mod cursor;
mod mysql;
mod postgres;
mod sqlite;
mod values;

use sluice_text::Span;

use crate::Dialect;
use crate::model::Parsed;

pub(crate) use sqlite::number_end as sqlite_number_end;

/// Whether a word is a keyword of SQLite that is no name unless it is quoted.
pub fn is_reserved(word: &str) -> bool {
    sqlite::is_reserved(word)
}

/// What the statement at `piece` of `text` says. `piece` is the `body` of a [`Piece`](crate::Piece): one statement
/// without terminator. All spans of the result count bytes of `text`.
pub fn parse(dialect: Dialect, text: &str, piece: Span) -> Parsed {
    match dialect {
        Dialect::Postgres => postgres::parse(text, piece),
        Dialect::Mysql | Dialect::Mariadb => mysql::parse(dialect, text, piece),
        Dialect::Sqlite => sqlite::parse(text, piece),
    }
}
