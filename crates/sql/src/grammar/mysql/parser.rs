use crate::grammar::cursor::{Cursor, Grammar};
use crate::model::Statement;

/// A place in the tokens of a statement of MySQL or MariaDB.
pub(super) type Parser<'a> = Cursor<'a, Mysql>;

/// The grammar of MySQL and MariaDB.
#[derive(Default)]
pub(super) struct Mysql;

impl Grammar for Mysql {
    /// MySQL itself refuses more than 63 levels of queries.
    const DEPTH: usize = 64;

    fn statement(cursor: &mut Parser<'_>) -> Option<Statement> {
        cursor.statement()
    }
}
