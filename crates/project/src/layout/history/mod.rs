//! Histories of other tools: how their tables are found and read, and what their rows say of a project's changes.
//!
//! Pure: an engine runs [`HistoryQuery::exists_sql`] and [`HistoryQuery::read_sql`], every column of which is text, and
//! [`adopt`] maps the rows to changes.

mod adoption;
mod query;

pub use adoption::{Adopted, Adoption, adopt};
pub use query::{HistoryQuery, glance, queries};
