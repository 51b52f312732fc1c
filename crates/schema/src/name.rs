use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A relation's, type's or routine's name, both parts as the server compares them: PostgreSQL's unquoted names in lower
/// case, MySQL's relations as written, SQLite's in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    /// Schema; MySQL: database (empty: the one that is connected to); SQLite: `main`, `temp` or an attached one.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

impl Name {
    /// `name` in `schema`.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

/// For messages: without the schema that everybody expects.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !matches!(self.schema.as_str(), "" | "public" | "main") {
            write!(f, "{}.", self.schema)?;
        }
        f.write_str(&self.name)
    }
}

/// Both parts of a name, so that a map of names is asked without making one.
pub(crate) trait Parts {
    fn parts(&self) -> (&str, &str);
}

impl Parts for Name {
    fn parts(&self) -> (&str, &str) {
        (&self.schema, &self.name)
    }
}

impl Parts for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Parts + 'a> for Name {
    fn borrow(&self) -> &(dyn Parts + 'a) {
        self
    }
}

/// As names are ordered: by schema, then by name.
impl Ord for dyn Parts + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for dyn Parts + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Parts + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Parts + '_ {}

/// What holds things by their names.
pub(crate) trait Named<V> {
    /// The one whose name has these parts.
    fn named(&self, parts: &dyn Parts) -> Option<(&Name, &V)>;
}

impl<V> Named<V> for BTreeMap<Name, V> {
    fn named(&self, parts: &dyn Parts) -> Option<(&Name, &V)> {
        self.get_key_value(parts)
    }
}
