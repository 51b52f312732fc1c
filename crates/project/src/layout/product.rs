/// The engine that a directory says its migrations are for, as its tool writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `path:line:column` of the word.
    pub place: String,
    /// For example `postgresql`, `mysql`, `sqlite`.
    pub word: String,
}

impl Written {
    /// Whether migrations that are written for it can be for databases of this engine (`postgres`, `mysql`, `mariadb`, `sqlite`).
    pub fn suits(&self, engine: &str) -> bool {
        match self.word.as_str() {
            // What Prisma and Drizzle write, older and newer.
            "postgresql" | "postgres" | "pg" | "cockroachdb" => engine == "postgres",
            "mysql" | "mariadb" => matches!(engine, "mysql" | "mariadb"),
            "sqlite" | "turso" => engine == "sqlite",
            _ => false,
        }
    }
}
