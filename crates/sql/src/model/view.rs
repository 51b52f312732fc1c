use sluice_text::Span;

use super::{Ident, Keyword, NamedOption, ObjectName, Query, RoleName, Security, Word};

/// `CREATE [OR REPLACE] [MATERIALIZED] VIEW`, `ALTER VIEW … AS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateView {
    /// Its name.
    pub name: ObjectName,
    /// `ALTER VIEW … AS` (MySQL, MariaDB): the view exists.
    pub alter: bool,
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `TEMPORARY`.
    pub temporary: Option<Span>,
    /// `RECURSIVE`.
    pub recursive: bool,
    /// `OR REPLACE`, after `CREATE`.
    pub or_replace: Keyword,
    /// `IF NOT EXISTS`.
    pub if_not_exists: Keyword,
    /// Columns named in parentheses.
    pub columns: Vec<Ident>,
    /// `ALGORITHM=` (MySQL, MariaDB).
    pub algorithm: Option<Word>,
    /// `DEFINER=`.
    pub definer: Option<RoleName>,
    /// `SQL SECURITY` (MySQL, MariaDB).
    pub security: Option<Security>,
    /// `WITH (…)` (PostgreSQL): `security_barrier`, `security_invoker`, …
    pub options: Vec<NamedOption>,
    /// The query.
    pub query: Query,
    /// `WITH … CHECK OPTION`.
    pub check_option: Option<Span>,
    /// `WITH NO DATA`.
    pub no_data: bool,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshView {
    /// The view.
    pub name: ObjectName,
    /// `CONCURRENTLY`, after `VIEW`.
    pub concurrently: Keyword,
    /// `WITH NO DATA`.
    pub no_data: bool,
}
