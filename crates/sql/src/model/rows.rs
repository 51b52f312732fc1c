use sluice_text::Span;

use super::{
    ColumnRef, Condition, Expr, Ident, Limit, NamedOption, ObjectName, Query, QueryFacts, TableRef, Text,
};

/// `INSERT`, `REPLACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// The table.
    pub table: TableRef,
    /// `REPLACE`, `INSERT OR REPLACE`: deletes rows that conflict.
    pub replace: Option<Span>,
    /// `IGNORE`, `OR IGNORE`.
    pub ignore: Option<Span>,
    /// Columns named.
    pub columns: Vec<Ident>,
    /// The list of columns in parentheses; empty at the place where it would be written.
    pub columns_span: Span,
    /// Where the rows come from.
    pub source: InsertSource,
    /// `ON CONFLICT`, `ON DUPLICATE KEY UPDATE`.
    pub upsert: Option<Upsert>,
    /// `OVERRIDING SYSTEM VALUE` (PostgreSQL).
    pub overriding: bool,
    /// It has `RETURNING`.
    pub returning: bool,
    /// Everything inside, the source's included.
    pub facts: QueryFacts,
}

/// Where the rows of an `INSERT` come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertSource {
    /// `VALUES …`: the rows stay a range of bytes.
    Values {
        /// Number of rows.
        rows: u64,
        /// Number of values in the first row.
        width: usize,
        /// From the first `(` to the last `)`.
        span: Span,
    },
    /// A query.
    Query(Box<Query>),
    /// `SET a = 1` (MySQL, MariaDB).
    Set(Vec<Assignment>),
    /// `DEFAULT VALUES`, `() VALUES ()`.
    Default,
}

/// What happens to rows that conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upsert {
    /// Columns of the conflict target; empty where there is none or it is a constraint.
    pub columns: Vec<Ident>,
    /// `ON CONSTRAINT name`.
    pub constraint: Option<Ident>,
    /// What is set; empty for `DO NOTHING`.
    pub assignments: Vec<Assignment>,
    /// All of it.
    pub span: Span,
}

/// `column = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The column.
    pub column: ColumnRef,
    /// The value; of `(a, b) = (…)` the whole right side for each.
    pub value: Expr,
}

/// `UPDATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Tables whose rows may change: several in MySQL's multi-table form.
    pub tables: Vec<TableRef>,
    /// What is set.
    pub assignments: Vec<Assignment>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// Where `WHERE` would go, or is.
    pub filter_at: usize,
    /// `ORDER BY` (MySQL, MariaDB, SQLite).
    pub order_by: Option<Span>,
    /// `LIMIT`.
    pub limit: Option<Limit>,
    /// `IGNORE`, `OR IGNORE`.
    pub ignore: Option<Span>,
    /// It has `FROM` or joins.
    pub joined: bool,
    /// It has `RETURNING`.
    pub returning: bool,
    /// Everything inside.
    pub facts: QueryFacts,
}

/// `DELETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// Tables whose rows may go: several in MySQL's multi-table form, aliases resolved.
    pub tables: Vec<TableRef>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// Where `WHERE` would go, or is.
    pub filter_at: usize,
    /// `ORDER BY`.
    pub order_by: Option<Span>,
    /// `LIMIT`.
    pub limit: Option<Limit>,
    /// It has `USING` or joins.
    pub joined: bool,
    /// It has `RETURNING`.
    pub returning: bool,
    /// `HISTORY`: old versions of rows go, not rows (MariaDB).
    pub history: Option<History>,
    /// Everything inside.
    pub facts: QueryFacts,
}

/// How much of a table's history a `DELETE HISTORY` deletes (MariaDB).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// All of it.
    All,
    /// What is older than something.
    Before,
}

/// `MERGE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The table.
    pub table: TableRef,
    /// A branch inserts.
    pub inserts: bool,
    /// What branches set.
    pub updates: Vec<Assignment>,
    /// A branch deletes.
    pub deletes: bool,
    /// Everything inside.
    pub facts: QueryFacts,
}

/// `COPY` (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The table; none for a query.
    pub table: Option<ObjectName>,
    /// Columns named.
    pub columns: Vec<Ident>,
    /// The query.
    pub query: Option<Box<Query>>,
    /// Which way.
    pub direction: CopyDirection,
    /// From or to where.
    pub endpoint: CopyEndpoint,
    /// Options.
    pub options: Vec<NamedOption>,
    /// `WHERE`.
    pub filter: Option<Condition>,
}

/// Direction of `COPY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyDirection {
    /// `FROM`: writes the table.
    From,
    /// `TO`: reads it.
    To,
}

/// Other end of a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyEndpoint {
    /// `STDIN`, `STDOUT`.
    Client,
    /// A file of the server.
    File(Text),
    /// `PROGRAM 'command'`: runs a command on the server.
    Program(Text),
}

/// `LOAD DATA`, `LOAD XML` (MySQL, MariaDB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The table.
    pub table: ObjectName,
    /// The file.
    pub file: Text,
    /// `LOCAL`: a file of the client.
    pub local: Option<Span>,
    /// `REPLACE`.
    pub replace: Option<Span>,
    /// Columns named.
    pub columns: Vec<Ident>,
    /// `SET`.
    pub assignments: Vec<Assignment>,
}
