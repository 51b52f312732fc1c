use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Report;
use crate::kept::{self, KeptError};
use crate::paint::{Paint, Tone, line};
use crate::table::Table;

/// How big the relations of databases are, and how much they are used. Holds no rows and no texts of queries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// When it was read, RFC 3339 in UTC.
    pub taken_at: String,
    /// `postgres`, `mysql`, `mariadb` or `sqlite`.
    pub engine: String,
    /// Version of the server; the newest one of several.
    pub server: String,
    /// Where it was read: names of databases, or an address without user and password.
    pub databases: Vec<String>,
    /// For how many seconds reads, writes and calls were counted; the shortest time of several databases.
    pub counted_seconds: Option<u64>,
    /// Relation by relation; of several databases the largest number of each.
    pub relations: Vec<RelationStats>,
}

/// One relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationStats {
    /// Schema; empty on MySQL and MariaDB, `main` on SQLite.
    pub schema: String,
    /// Name in it.
    pub name: String,
    /// Rows, as the server estimates them.
    pub rows: Option<u64>,
    /// Bytes with indexes.
    pub bytes: Option<u64>,
    /// Scans of it or of its indexes (PostgreSQL), rows that were read (MySQL, MariaDB).
    pub reads: Option<u64>,
    /// Rows that were written.
    pub writes: Option<u64>,
    /// Calls of statements that name it (PostgreSQL with `pg_stat_statements`).
    pub calls: Option<u64>,
}

impl Stats {
    /// Name of the file that a review takes, beside `sluice.toml`, where it is there.
    pub const FILE_NAME: &'static str = "sluice.stats.json";

    /// The file's text.
    pub fn render(&self) -> String {
        kept::render(self)
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`KeptError`]: another format, or a newer one.
    pub fn parse(text: &str) -> Result<Self, KeptError> {
        kept::parse(text)
    }
}

impl Report for Stats {
    const SCHEMA: &'static str = "sluice/stats/v1";

    fn human(&self, paint: Paint) -> String {
        let mut table = Table::new(&["relation", "rows", "bytes", "reads", "writes", "calls"]);
        let cell = |number: Option<u64>| (number.map_or_else(|| "?".to_owned(), |it| it.to_string()), None);
        for relation in &self.relations {
            let name = match relation.schema.as_str() {
                "" | "public" | "main" => line(&relation.name),
                schema => line(&format!("{schema}.{}", relation.name)),
            };
            table.row(vec![
                (name, Some(Tone::Strong)),
                cell(relation.rows),
                cell(relation.bytes),
                cell(relation.reads),
                cell(relation.writes),
                cell(relation.calls),
            ]);
        }
        let mut out = table.render(paint);
        out.push_str(&format!(
            "{} {}, {}\n",
            line(&self.engine),
            line(&self.server),
            line(&self.databases.join(", "))
        ));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_written_is_read_again_and_nothing_else_is() {
        let stats = Stats {
            taken_at: "2026-01-02T03:04:05Z".to_owned(),
            engine: "mariadb".to_owned(),
            server: "10.11.6".to_owned(),
            databases: vec!["shop".to_owned()],
            counted_seconds: None,
            relations: vec![RelationStats {
                schema: String::new(),
                name: "orders".to_owned(),
                rows: Some(12),
                bytes: None,
                reads: None,
                writes: None,
                calls: None,
            }],
        };
        let text = stats.render();
        assert_eq!(Stats::parse(&text).unwrap(), stats);
        assert!(Stats::parse(&text.replace("\"rows\": 12", "\"rows\": -12")).is_err());
        assert!(Stats::parse(&text.replace("\"rows\"", "\"lines\"")).is_err());
        let newer = Stats::parse(&text.replace("stats/v1", "stats/v9")).unwrap_err();
        assert!(matches!(newer, KeptError::Newer { .. }), "{newer}");
    }
}
