use crate::Query;

use super::{Column, Relation};

/// How a family describes tables and writes values of its columns. `row` is a column of a table, `image` one of a table that keeps
/// rows.
pub trait Rows: Send + Sync + std::fmt::Debug {
    /// A name in quotes.
    fn quote(&self, name: &str) -> String;

    /// The columns of a table in order. Rows of: schema, table, column, type, place in the primary key or NULL, `1` for a generated
    /// column, a word on the type, and why its rows cannot be kept or NULL.
    fn describe(&self, schema: Option<&str>, table: &str) -> Query;

    /// Tables whose rows change with those of this one. Rows of: table, `1` where it follows a delete, `1` where it follows an
    /// update, the column of this one.
    fn followers(&self, relation: &Relation) -> Query;

    /// Rows of reasons why nothing can be kept in this session.
    fn unfit(&self) -> Option<Query> {
        None
    }

    /// Statements that keep others from changing the table until the transaction ends, and the tables that its rows are chosen by.
    fn locks(&self, _relation: &Relation, _reads: &[String]) -> Vec<String> {
        Vec::new()
    }

    /// The statement that makes the table for rows of another one; its first column is `sluice_image`.
    fn create(&self, table: &str, relation: &Relation) -> String;

    /// Statements before [`Rows::create`] where it cannot be part of a transaction.
    fn clear(&self, _table: &str) -> Option<String> {
        None
    }

    /// What is kept of a value.
    fn image(&self, _column: &Column, row: &str) -> String {
        row.to_owned()
    }

    /// The value again.
    fn value(&self, _column: &Column, image: &str) -> String {
        image.to_owned()
    }

    /// Whether a value is what was kept; never NULL.
    fn is_same(&self, column: &Column, row: &str, image: &str) -> String;

    /// Whether two kept values are the same; never NULL.
    fn are_same(&self, column: &Column, one: &str, other: &str) -> String;

    /// A value as text for people.
    fn shown(&self, image: &str) -> String;

    /// An update of the table `t` by the rows `b` and `a` of the other one.
    fn update(&self, relation: &Relation, kept: &str, parts: &UpdateParts) -> String {
        let UpdateParts { set, on_live, on_after, condition } = parts;
        format!(
            "UPDATE {} AS t SET {set} FROM {kept} b, {kept} a WHERE {on_live} AND {on_after} AND {condition}",
            relation.sql
        )
    }

    /// A column of `t` in the list of what [`Rows::update`] sets.
    fn target(&self, column: &str) -> String {
        column.to_owned()
    }

    /// What stands between the columns and the values of an `INSERT`.
    fn overriding(&self) -> &'static str {
        ""
    }

    /// The moment that many seconds ago, as a timestamp column of the ledger.
    fn ago(&self, seconds: u64) -> String;

    /// Names of the tables that keep rows, in the ledger's schema and without its prefix, where some may be left from a run that
    /// was killed.
    fn left(&self) -> Option<Query> {
        None
    }
}

/// The parts of an update.
#[derive(Debug, Clone)]
pub struct UpdateParts {
    /// `column = value, …`
    pub set: String,
    /// Joins `t` with `b`.
    pub on_live: String,
    /// Joins `b` with `a`.
    pub on_after: String,
    /// Which rows.
    pub condition: String,
}
