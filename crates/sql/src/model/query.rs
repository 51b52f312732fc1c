use sluice_text::Span;

use super::{Call, ColumnRef, DataType, Expr, Ident, ObjectName, Order, Parsed, Text};

/// A table that a query or DML statement uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRef {
    /// Its name. Names of common table expressions are left out of all lists of tables.
    pub name: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `ONLY` (PostgreSQL).
    pub only: bool,
    /// `PARTITION (p, …)` (MySQL, MariaDB).
    pub partitions: Vec<Ident>,
}

/// What is known of everything inside a query or DML statement, subqueries and common table expressions
/// included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryFacts {
    /// Tables and views read; each use once.
    pub reads: Vec<TableRef>,
    /// Functions called, table functions included.
    pub calls: Vec<Call>,
    /// Columns named.
    pub columns: Vec<ColumnRef>,
    /// `*` and `t.*` in select lists (not `count(*)`), where `EXISTS (SELECT *` does not count.
    pub stars: Vec<Span>,
    /// Joins.
    pub joins: Vec<Join>,
    /// Lists of `IN`.
    pub in_lists: Vec<InList>,
    /// Patterns of `LIKE`, `ILIKE`, `SIMILAR TO`, `GLOB`, `REGEXP`.
    pub patterns: Vec<Pattern>,
    /// `x = NULL`, `x <> NULL`.
    pub null_comparisons: Vec<Span>,
    /// Functions and arithmetic over columns inside of conditions: an index on the column does not help.
    pub computed_filters: Vec<Span>,
    /// Keywords of `UNION`, `INTERSECT`, `EXCEPT`.
    pub set_operations: usize,
    /// Parameters: `$1`, `?`, `:name`.
    pub parameters: Vec<Span>,
    /// Common table expressions, in order.
    pub ctes: Vec<Cte>,
    /// Casts to a type.
    pub casts: Vec<DataType>,
}

/// A query: `SELECT`, `VALUES`, `TABLE`, with its `WITH` and set operations. The clauses are those of the
/// outermost level; of a set operation, of its first branch, except `ORDER BY` and `LIMIT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// All of it.
    pub span: Span,
    /// Everything inside.
    pub facts: QueryFacts,
    /// Output columns where they are plainly known: alias, or name of a column; none for an expression.
    pub outputs: Vec<Option<Ident>>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `DISTINCT`.
    pub distinct: Option<Span>,
    /// It has `GROUP BY`.
    pub grouped: bool,
    /// `ORDER BY`.
    pub order_by: Vec<(Expr, Option<Order>)>,
    /// `LIMIT`, `FETCH`.
    pub limit: Option<Limit>,
    /// `FOR UPDATE`, …
    pub lock: Option<RowLock>,
    /// `INTO …`.
    pub into: Option<QueryInto>,
    /// It reads a table on its outermost level.
    pub has_from: bool,
    /// Where `WHERE` would go, or is.
    pub filter_at: usize,
    /// Rows, where it is `VALUES`.
    pub value_rows: Option<u64>,
}

/// A `WHERE` clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The condition.
    pub expr: Expr,
    /// From `WHERE` to its end.
    pub span: Span,
    /// Number of `OR` anywhere inside.
    pub ors: usize,
    /// Number of `AND` anywhere inside.
    pub ands: usize,
    /// `WHERE CURRENT OF cursor`.
    pub current_of: bool,
}

/// `LIMIT` or `FETCH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Number of rows where it is written as a number.
    pub count: Option<u64>,
    /// It has an offset.
    pub offset: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// A row lock of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowLock {
    /// `FOR UPDATE`, `FOR NO KEY UPDATE` (else `FOR SHARE`, `FOR KEY SHARE`, `LOCK IN SHARE MODE`).
    pub exclusive: bool,
    /// `SKIP LOCKED` or `NOWAIT`.
    pub no_wait: bool,
    /// All of it.
    pub span: Span,
}

/// Where a query puts its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryInto {
    /// `INTO table` (PostgreSQL): creates it.
    Table(ObjectName),
    /// `INTO OUTFILE`, `INTO DUMPFILE` (MySQL, MariaDB): writes a file on the server.
    File(Text),
    /// `INTO @variable`, `INTO variable`.
    Variables(Span),
}

/// A join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Join {
    /// It has `ON` or `USING`, is `NATURAL`, or is written `CROSS`. A comma is a join without.
    pub conditional: bool,
    /// Its keyword or comma.
    pub span: Span,
}

/// The list of an `IN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InList {
    /// Number of values.
    pub values: usize,
    /// `NOT IN`.
    pub negated: bool,
    /// It contains `NULL`.
    pub has_null: bool,
    /// The list in parentheses.
    pub span: Span,
}

/// A pattern that text is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The pattern begins with `%`, `_` or `*`.
    pub leading_wildcard: bool,
    /// The pattern has no wildcard at all.
    pub literal: bool,
    /// The pattern with its quotes.
    pub span: Span,
}

/// A common table expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cte {
    /// Its name.
    pub name: Ident,
    /// Its statement where that changes rows (PostgreSQL); facts of queries are in the outer [`QueryFacts`].
    pub writes: Option<Box<Parsed>>,
    /// All of it.
    pub span: Span,
}

impl Query {
    /// A query of which only its place and the facts are known.
    pub fn new(span: Span, facts: QueryFacts) -> Self {
        Self {
            span,
            facts,
            outputs: Vec::new(),
            filter: None,
            distinct: None,
            grouped: false,
            order_by: Vec::new(),
            limit: None,
            lock: None,
            into: None,
            has_from: false,
            filter_at: span.end,
            value_rows: None,
        }
    }
}
