//! What the questions have in common. Each answers with the same columns:
//!
//! `class, oid, sub` (the object's address in the catalog), `kind`, `n1, n2, n3` (its qualified name), `pkind, p1, p2, p3` (its
//! parent's), `ordinal`, `payload` (a JSON object; what is null is left out).

/// Schemas that are not the user's, by the alias `n` of `pg_namespace`.
pub const OURS: &str = "(n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'sluice'))";

/// The object is no member of an extension.
pub fn free(catalog: &str, alias: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {alias}.oid \
         AND e.deptype = 'e')"
    )
}

/// The name of an owner who is neither us nor the database's owner: those are taken for granted, because a schema is elaborated
/// under another user than the one who has it.
pub fn owner(column: &str) -> String {
    format!(
        "(SELECT r.rolname FROM pg_roles r WHERE r.oid = {column} AND r.rolname NOT IN (current_user, 'pg_database_owner') \
         AND r.oid <> (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()))"
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
    pub payload: &'a [(&'a str, &'a str)],
    /// `FROM … WHERE …`.
    pub from: &'a str,
}

impl Ask<'_> {
    /// The statement.
    pub fn sql(&self) -> String {
        let part = |names: &[&str], index: usize| names.get(index).copied().unwrap_or("NULL").to_owned();
        let (parent_kind, parent) = self.parent.unwrap_or(("NULL", &[]));
        let payload: Vec<String> =
            self.payload.iter().map(|(name, expression)| format!("'{name}', {expression}")).collect();
        format!(
            "SELECT '{catalog}'::regclass::oid AS class, o.oid AS oid, {sub} AS sub, {kind} AS kind, \
             {n1} AS n1, {n2} AS n2, {n3} AS n3, {parent_kind} AS pkind, {p1} AS p1, {p2} AS p2, {p3} AS p3, \
             {ordinal} AS ordinal, json_build_object({payload}) AS payload {from}",
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
            payload = payload.join(", "),
            from = self.from,
        )
    }
}
