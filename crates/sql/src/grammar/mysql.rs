//! MySQL 8.0, 8.4, 9 and MariaDB 10.11 and later: an error-tolerant grammar on the crate's own lexer.
//!
//! Reads the tokens as a stream, so that a statement of any length takes constant memory besides its model. A part
//! that is not known becomes `not_analysed`, and reading goes on behind the next comma or keyword.
//! What it reads is the union of both servers' grammars: which server accepts what is not its business.

mod access;
mod account;
mod alter;
mod body;
mod column;
mod condition;
mod create;
mod database;
mod expr;
mod from;
mod index;
mod key;
mod literal;
mod name;
mod object;
mod option;
mod parser;
mod partition;
mod query;
mod routine;
mod rows;
mod sequence;
mod session;
mod shape;
mod statement;
mod table;
mod types;
mod values;
mod view;

use sluice_text::Span;

use crate::Dialect;
use crate::model::Parsed;

pub(super) fn parse(dialect: Dialect, text: &str, piece: Span) -> Parsed {
    parser::Parser::new(dialect, text, piece).whole(piece)
}
