//! SQLite 3: our own cursor over the crate's own lexer, after `parse.y` and the pages "SQL As Understood By SQLite".
//!
//! Reads the tokens as a stream; lists of values stay ranges of bytes. What is not known becomes `not_analysed`, and
//! reading goes on behind the next comma or clause.

mod alter;
mod column;
mod constraint;
mod create;
mod cursor;
mod expr;
mod from;
mod literal;
mod name;
mod operand;
mod program;
mod query;
mod rows;
mod session;
mod statement;
mod table;
mod term;
mod values;
mod window;

pub(crate) use literal::number_end;
use sluice_text::Span;

use crate::Dialect;
use crate::model::Parsed;

/// Whether a word is no name without quotes.
pub(super) fn is_reserved(word: &str) -> bool {
    name::RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

pub(super) fn parse(text: &str, piece: Span) -> Parsed {
    cursor::Cursor::new(Dialect::Sqlite, text, piece).whole(piece)
}
