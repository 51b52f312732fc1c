use sluice_text::Span;

use super::{Expr, Ident, Keyword, NamedOption, ObjectName, RoleName, Text};
use crate::ObjectKind;

/// `GRANT`, `REVOKE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which of the two.
    pub direction: GrantDirection,
    /// Privileges; empty where roles are granted.
    pub privileges: Vec<Privilege>,
    /// On what; none where roles are granted.
    pub on: Option<GrantObjects>,
    /// Roles granted.
    pub roles: Vec<RoleName>,
    /// To or from whom.
    pub grantees: Vec<RoleName>,
    /// `WITH GRANT OPTION`, `WITH ADMIN OPTION`, `GRANT OPTION FOR`.
    pub grant_option: Option<Span>,
    /// `CASCADE`.
    pub cascade: Option<Span>,
    /// `IDENTIFIED BY 'password'` (MariaDB).
    pub password: Option<Text>,
}

/// `GRANT` or `REVOKE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum GrantDirection {
    Grant,
    Revoke,
}

/// A privilege.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// Its name, lower case, blanks single: `select`, `all`, `create routine`.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// What privileges are granted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantObjects {
    /// Their kind; `Table` where none is written.
    pub kind: ObjectKind,
    /// The objects; the schemas with `ALL … IN SCHEMA`. `*` is a name: `*.*`, `db.*`.
    pub names: Vec<ObjectName>,
    /// `ALL TABLES IN SCHEMA` and its kind.
    pub all_in_schema: bool,
    /// All of it.
    pub span: Span,
}

/// `ALTER DEFAULT PRIVILEGES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPrivileges {
    /// `FOR ROLE`.
    pub for_roles: Vec<RoleName>,
    /// `IN SCHEMA`.
    pub schemas: Vec<Ident>,
    /// What becomes the default; its names are empty.
    pub grant: Grant,
}

/// `CREATE`, `ALTER`, `DROP`, `RENAME` of roles, users and groups; `SET PASSWORD`; `REASSIGN OWNED`,
/// `DROP OWNED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleStatement {
    /// What is done.
    pub verb: RoleVerb,
    /// It says `USER` (can log in), not `ROLE` or `GROUP`.
    pub user: bool,
    /// Whom; with `REASSIGN OWNED` the old owners.
    pub names: Vec<RoleName>,
    /// `IF [NOT] EXISTS`.
    pub if_exists: Keyword,
    /// `OR REPLACE` (MariaDB).
    pub or_replace: Option<Span>,
    /// Options.
    pub options: Vec<RoleOption>,
    /// `RENAME TO`, `REASSIGN OWNED … TO`.
    pub to: Option<RoleName>,
}

/// What is done to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum RoleVerb {
    Create,
    Alter,
    Drop,
    Rename,
    SetPassword,
    ReassignOwned,
    DropOwned,
}

/// An option of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleOption {
    /// A password as text; its span must never be shown.
    Password(Text),
    /// `SUPERUSER`, `CREATEROLE`, `BYPASSRLS`, `LOGIN`, `REPLICATION`, … and their `NO…` forms.
    Attribute {
        /// Lower case, without `NO`.
        name: String,
        /// Given (true) or taken by the `NO…` form.
        on: bool,
        /// Its place.
        span: Span,
    },
    /// `IN ROLE`, `VALID UNTIL`, `REQUIRE SSL`, `SET x = y`, `ACCOUNT LOCK`, …
    Other(NamedOption),
}

/// `CREATE POLICY`, `ALTER POLICY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which of the two.
    pub verb: PolicyVerb,
    /// Its name.
    pub name: Ident,
    /// Its table.
    pub table: ObjectName,
    /// `AS RESTRICTIVE` (else permissive).
    pub restrictive: bool,
    /// `FOR command`, lower case; none for `ALL` or where left out.
    pub command: Option<String>,
    /// `TO roles`.
    pub roles: Vec<RoleName>,
    /// `USING (…)`.
    pub using: Option<Expr>,
    /// `WITH CHECK (…)`.
    pub with_check: Option<Expr>,
    /// `RENAME TO`.
    pub rename_to: Option<Ident>,
}

/// `CREATE` or `ALTER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PolicyVerb {
    Create,
    Alter,
}
