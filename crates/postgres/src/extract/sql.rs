//! What the questions have in common. Each answers with the same columns first:
//!
//! `class, oid, sub` (the object's address in the catalog), `kind`, `n1, n2, n3` (its qualified name), `pkind, p1, p2, p3` (its
//! parent's), `ordinal`; then come its attributes, a column each, null where there is nothing to say. Thousands of rows answer
//! some of them: what costs a look at the catalog a row (subqueries, functions that take definitions apart) stands where it is
//! needed only.

/// Schemas that are not the user's, by the alias `n` of `pg_namespace`.
pub const OURS: &str = "(n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'sluice'))";

/// The kind of the relation with the alias `c`.
pub const KIND_OF_TABLE: &str = "CASE c.relkind WHEN 'f' THEN 'foreign_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' \
     ELSE 'table' END";

/// The object is no member of an extension: one look at all members, hashed.
pub fn free(catalog: &str, alias: &str) -> String {
    format!(
        "{alias}.oid NOT IN (SELECT e.objid FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass \
         AND e.classid = '{catalog}'::regclass AND e.deptype = 'e')"
    )
}

/// The name of an owner who is neither us nor the database's owner: those are taken for granted, because a schema is elaborated
/// under another user than the one who has it.
pub fn owner(column: &str) -> String {
    format!(
        "CASE WHEN {column} <> ALL (ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname IN (current_user, 'pg_database_owner') \
         UNION ALL SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())) \
         THEN (SELECT r.rolname FROM pg_roles r WHERE r.oid = {column}) END"
    )
}

/// The name of the tablespace of a relation that is not in the database's.
pub fn tablespace(alias: &str) -> String {
    format!(
        "CASE WHEN {alias}.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = {alias}.reltablespace) END"
    )
}

/// When a trigger, an event trigger or a rule fires; nothing where it does always but on replicas.
pub fn enabled(column: &str) -> String {
    format!(
        "CASE {column} WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END"
    )
}

/// The qualified name of a collation that is not the one of the type.
pub fn collation(column: &str, of_type: &str) -> String {
    format!(
        "CASE WHEN {column} <> {of_type} AND {column} <> 0 THEN (SELECT quote_ident(ln.nspname) || '.' || \
         quote_ident(l.collname) FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace \
         WHERE l.oid = {column}) END"
    )
}

/// One question: what is asked of each object, and where.
pub struct Ask<'a> {
    /// Catalog of the object, whose row has the alias `o`.
    pub catalog: &'a str,
    /// Expression for `sub`.
    pub sub: &'a str,
    /// Expression for the kind.
    pub kind: &'a str,
    /// Expressions for the name.
    pub name: &'a [&'a str],
    /// Expressions for the parent: its kind and its name; nothing where it has none.
    pub parent: Option<(&'a str, &'a [&'a str])>,
    /// Expression for the place among the siblings.
    pub ordinal: &'a str,
    /// Attributes: name and expression.
    pub payload: &'a [(&'static str, &'a str)],
    /// `FROM … WHERE …`.
    pub from: &'a str,
}

/// A statement, and what its columns from the twelfth on are called.
pub struct Question {
    /// The statement.
    pub sql: String,
    /// Names of the attributes.
    pub attributes: Vec<&'static str>,
}

/// A question, and what it is worth asking about: where the database has one of these, as [`super::census`] calls them.
pub type Asked = (&'static [&'static str], Question);

impl Ask<'_> {
    /// The statement.
    pub fn question(&self) -> Question {
        self.question_with(&[])
    }

    /// The statement with expressions after the attributes.
    pub fn question_with(&self, more: &[&str]) -> Question {
        let part = |names: &[&str], index: usize| names.get(index).copied().unwrap_or("NULL").to_owned();
        let (parent_kind, parent) = self.parent.unwrap_or(("NULL", &[]));
        let mut payload = String::new();
        for expression in self.payload.iter().map(|(_, expression)| expression).chain(more) {
            payload.push_str(", ");
            payload.push_str(expression);
        }
        let sql = format!(
            "SELECT '{catalog}'::regclass::oid AS class, o.oid AS oid, {sub} AS sub, {kind} AS kind, \
             {n1} AS n1, {n2} AS n2, {n3} AS n3, {parent_kind} AS pkind, {p1} AS p1, {p2} AS p2, {p3} AS p3, \
             {ordinal} AS ordinal{payload} {from}",
            catalog = self.catalog,
            sub = self.sub,
            kind = self.kind,
            n1 = part(self.name, 0),
            n2 = part(self.name, 1),
            n3 = part(self.name, 2),
            p1 = part(parent, 0),
            p2 = part(parent, 1),
            p3 = part(parent, 2),
            ordinal = self.ordinal,
            from = self.from,
        );
        Question { sql, attributes: self.payload.iter().map(|(name, _)| *name).collect() }
    }
}
