use sluice_text::Span;

use super::{DataType, Ident, ObjectName, Volatility};
use crate::Dialect;

/// An expression: its place and the facts that a review needs. Not a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// Its text, outer parentheses included.
    pub span: Span,
    /// The value where it is one literal, also in parentheses, signed or cast (`'{}'::jsonb`).
    pub literal: Option<Literal>,
    /// Functions called anywhere inside, `CURRENT_TIMESTAMP` and its kind included.
    pub calls: Vec<Call>,
    /// Columns named anywhere inside.
    pub columns: Vec<ColumnRef>,
    /// The outermost cast (`x::t`, `CAST(x AS t)`), if the expression is one.
    pub cast: Option<Box<DataType>>,
    /// The terms that `AND` joins on the outermost level; one for any other expression.
    pub conjuncts: Vec<Conjunct>,
    /// Subqueries inside.
    pub subqueries: Vec<Span>,
    /// It computes something (an operator other than `AND`, `OR`, `NOT`, comparisons) from a column.
    pub computes: bool,
    /// It is written in parentheses (SQLite and MySQL demand them for defaults that are no literal).
    pub parenthesised: bool,
}

impl Expr {
    /// An expression of which nothing is known but its place.
    pub fn opaque(span: Span) -> Self {
        Self {
            span,
            literal: None,
            calls: Vec::new(),
            columns: Vec::new(),
            cast: None,
            conjuncts: Vec::new(),
            subqueries: Vec::new(),
            computes: false,
            parenthesised: false,
        }
    }

    /// Whether its value is the same at all times: no column, no function, no subquery.
    pub fn is_constant(&self) -> bool {
        self.literal.is_some()
            || (self.columns.is_empty() && self.calls.is_empty() && self.subqueries.is_empty())
    }

    /// Whether it is the literal `NULL`.
    pub fn is_null(&self) -> bool {
        self.literal == Some(Literal::Null)
    }

    /// The most volatile function that it calls; a subquery counts as [`Volatility::Unknown`].
    pub fn volatility(&self, dialect: Dialect) -> Volatility {
        let subquery = if self.subqueries.is_empty() { Volatility::Immutable } else { Volatility::Unknown };
        self.calls.iter().map(|call| call.volatility(dialect)).fold(subquery, Ord::max)
    }

    /// Whether it calls `name` (without schema), whatever the case.
    pub fn calls(&self, name: &str) -> bool {
        self.calls.iter().any(|call| call.name.name.text.eq_ignore_ascii_case(name))
    }

    /// Columns of which a conjunct says `IS NOT NULL`. Nothing weaker proves it: a `CHECK (b > 0)` accepts a null.
    pub fn not_null_columns(&self) -> impl Iterator<Item = &Ident> {
        self.conjuncts.iter().filter_map(|conjunct| match &conjunct.kind {
            ConjunctKind::IsNotNull(column) => Some(&column.name),
            _ => None,
        })
    }
}

/// A value written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A number as written, sign included, without blanks.
    Number(String),
    /// A string, quotes and escapes resolved. Cut after 256 bytes: bodies are not kept.
    Text(String),
    /// `X'…'`, `B'…'`, `0x…` as written, cut alike.
    Bytes(String),
}

/// A function call, or a keyword that is one (`CURRENT_TIMESTAMP`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// The function's name.
    pub name: ObjectName,
    /// Number of arguments.
    pub arguments: usize,
    /// The first argument where it is a string, for example the sequence of `nextval('s')`.
    pub first_text: Option<String>,
    /// Name and arguments.
    pub span: Span,
}

impl Call {
    /// How its result changes, from what is known of built-in functions.
    pub fn volatility(&self, dialect: Dialect) -> Volatility {
        Volatility::of(dialect, &self.name)
    }
}

/// A column that an expression names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// Table or alias before the dot; also `NEW`, `OLD`, `excluded`.
    pub table: Option<ObjectName>,
    /// The column.
    pub name: Ident,
    /// All of it.
    pub span: Span,
}

/// One term of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conjunct {
    /// Its text.
    pub span: Span,
    /// Its shape.
    pub kind: ConjunctKind,
}

/// Shapes of terms that prove something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConjunctKind {
    /// `c IS NOT NULL`.
    IsNotNull(ColumnRef),
    /// `c IS NULL`.
    IsNull(ColumnRef),
    /// `c <op> literal`; `literal <op> c` is turned around, `c BETWEEN a AND b` becomes two.
    Compare {
        /// The column.
        column: ColumnRef,
        /// The operator.
        operator: Comparison,
        /// The value.
        value: Literal,
    },
    /// True for every row: `TRUE`, `1`, `1 = 1`.
    AlwaysTrue,
    /// Anything else.
    Other,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
