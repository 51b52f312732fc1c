use sluice_text::Span;

use crate::grammar::cursor::{Cursor as Tokens, Grammar};
use crate::model::{Ident, Statement};

/// A place in the tokens of a statement of SQLite.
pub(super) type Cursor<'a> = Tokens<'a, Sqlite>;

/// The grammar of SQLite, and what it notes on the way.
#[derive(Default)]
pub(super) struct Sqlite {
    /// Subqueries of expressions so far.
    pub(super) subqueries: Vec<Span>,
    /// How many queries are open.
    pub(super) queries: usize,
    /// The collation that was written last.
    pub(super) collation: Option<Ident>,
    /// In a condition and outside of its calls: what is computed from columns is a fact.
    pub(super) filtering: bool,
}

impl Grammar for Sqlite {
    /// SQLite itself refuses expressions that are deeper than 1000 (page "Implementation Limits").
    const DEPTH: usize = 100;

    fn statement(cursor: &mut Cursor<'_>) -> Option<Statement> {
        cursor.statement()
    }
}
