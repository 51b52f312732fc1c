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
