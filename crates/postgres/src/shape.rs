//! What a statement that cannot run in a transaction works on, read from its first words: as much of the grammar as deciding
//! about its effects needs.

/// A statement whose effect the catalog can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `CREATE INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON table`.
    CreateIndex {
        /// The name, if the statement gives one.
        name: Option<String>,
        /// The table, qualified as written.
        table: Vec<String>,
        /// `IF NOT EXISTS` is there.
        if_not_exists: bool,
    },
    /// `DROP INDEX CONCURRENTLY name`.
    DropIndex {
        /// The index, qualified as written.
        index: Vec<String>,
    },
    /// `REINDEX … CONCURRENTLY`.
    Reindex {
        /// What is rebuilt.
        scope: ReindexScope,
    },
    /// `ALTER TABLE parent DETACH PARTITION partition CONCURRENTLY`.
    Detach {
        /// The partitioned table.
        parent: Vec<String>,
        /// The partition.
        partition: Vec<String>,
    },
    /// `CREATE` of something that belongs to the whole cluster or has a name of its own.
    CreateNamed(Named, String),
    /// `DROP` of it.
    DropNamed(Named, String),
    /// `ALTER SYSTEM SET|RESET name`.
    AlterSystem(String),
    /// Running it again does no harm: `VACUUM`, `ANALYZE`, `CLUSTER`, `CHECKPOINT`, plain `REINDEX`, …
    Harmless,
    /// The catalog does not show what it did.
    Unknown,
}

/// What `REINDEX … CONCURRENTLY` rebuilds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReindexScope {
    /// One index.
    Index(Vec<String>),
    /// The indexes of a table.
    Table(Vec<String>),
    /// The indexes of a schema.
    Schema(String),
    /// All indexes of the database.
    Database,
}

/// Kinds of things that are found by one name in one catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A database.
    Database,
    /// A tablespace.
    Tablespace,
    /// A subscription of logical replication.
    Subscription,
}

impl Shape {
    /// Reads the first words of a statement.
    pub fn of(sql: &str) -> Self {
        let tokens = tokens(sql);
        Reader { tokens: &tokens }.statement().unwrap_or(Self::Unknown)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Unquoted, folded to lower case.
    Word(String),
    /// Quoted identifier.
    Quoted(String),
    Sign(char),
}

/// The first tokens; the heads that matter are short.
fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while tokens.len() < 64 {
        let Some(first) = rest.chars().next() else { break };
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        if rest.starts_with("/*") {
            rest = after_comment(rest).trim_start();
            continue;
        }
        let (token, length) = match first {
            '"' => quoted(rest),
            c if c.is_alphanumeric() || c == '_' || !c.is_ascii() => {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()));
                let end = end.unwrap_or(rest.len());
                // PostgreSQL folds ASCII letters only, in every encoding that it recommends.
                (Token::Word(rest.get(..end).unwrap_or_default().to_ascii_lowercase()), end)
            }
            sign => (Token::Sign(sign), sign.len_utf8()),
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens
}

fn after_comment(text: &str) -> &str {
    let mut depth = 0usize;
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix("/*") {
            depth += 1;
            rest = inner;
        } else if let Some(outer) = rest.strip_prefix("*/") {
            depth = depth.saturating_sub(1);
            rest = outer;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut characters = rest.chars();
            if characters.next().is_none() {
                return "";
            }
            rest = characters.as_str();
        }
    }
}

fn quoted(text: &str) -> (Token, usize) {
    let mut name = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((offset, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return (Token::Quoted(name), offset + 1);
        }
    }
    (Token::Quoted(name), text.len())
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn take(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Takes the words if they all come next.
    fn words(&mut self, words: &[&str]) -> bool {
        let fits = words
            .iter()
            .enumerate()
            .all(|(index, word)| matches!(self.tokens.get(index), Some(Token::Word(found)) if found == word));
        if fits {
            self.tokens = self.tokens.get(words.len()..).unwrap_or_default();
        }
        fits
    }

    fn identifier(&mut self) -> Option<String> {
        match self.take()? {
            Token::Word(name) | Token::Quoted(name) => Some(name.clone()),
            Token::Sign(_) => None,
        }
    }

    fn qualified(&mut self) -> Option<Vec<String>> {
        let mut name = vec![self.identifier()?];
        while self.tokens.first() == Some(&Token::Sign('.')) {
            self.take();
            name.push(self.identifier()?);
        }
        Some(name)
    }

    fn statement(&mut self) -> Option<Shape> {
        if self.words(&["create"]) {
            return self.create();
        }
        if self.words(&["drop"]) {
            return self.drop();
        }
        if self.words(&["alter"]) {
            return self.alter();
        }
        if self.words(&["reindex"]) {
            return self.reindex();
        }
        match self.take()? {
            Token::Word(word)
                if matches!(word.as_str(), "vacuum" | "analyze" | "analyse" | "cluster" | "checkpoint") =>
            {
                Some(Shape::Harmless)
            }
            _ => None,
        }
    }

    fn create(&mut self) -> Option<Shape> {
        if let Some(named) = self.named() {
            return Some(Shape::CreateNamed(named, self.identifier()?));
        }
        self.words(&["unique"]);
        if !self.words(&["index", "concurrently"]) {
            return None;
        }
        let if_not_exists = self.words(&["if", "not", "exists"]);
        // `on` is reserved: unquoted, it is never a name.
        let name = if self.words(&["on"]) {
            None
        } else {
            let name = self.identifier()?;
            if !self.words(&["on"]) {
                return None;
            }
            Some(name)
        };
        self.words(&["only"]);
        Some(Shape::CreateIndex { name, table: self.qualified()?, if_not_exists })
    }

    fn drop(&mut self) -> Option<Shape> {
        if let Some(named) = self.named() {
            self.words(&["if", "exists"]);
            return Some(Shape::DropNamed(named, self.identifier()?));
        }
        if !self.words(&["index", "concurrently"]) {
            return None;
        }
        self.words(&["if", "exists"]);
        // Several names are refused by the server together with CONCURRENTLY.
        Some(Shape::DropIndex { index: self.qualified()? })
    }

    fn alter(&mut self) -> Option<Shape> {
        if self.words(&["system"]) {
            if self.words(&["reset", "all"]) || !(self.words(&["set"]) || self.words(&["reset"])) {
                return None;
            }
            return Some(Shape::AlterSystem(self.qualified()?.join(".")));
        }
        if !self.words(&["table"]) {
            return None;
        }
        self.words(&["if", "exists"]);
        self.words(&["only"]);
        let parent = self.qualified()?;
        if !self.words(&["detach", "partition"]) {
            return None;
        }
        let partition = self.qualified()?;
        self.words(&["concurrently"]).then_some(Shape::Detach { parent, partition })
    }

    fn reindex(&mut self) -> Option<Shape> {
        let mut concurrently = false;
        if self.tokens.first() == Some(&Token::Sign('(')) {
            let end = self.tokens.iter().position(|token| *token == Token::Sign(')'))?;
            let options = self.tokens.get(..end).unwrap_or_default();
            concurrently = options.contains(&Token::Word("concurrently".to_owned()));
            self.tokens = self.tokens.get(end + 1..).unwrap_or_default();
        }
        let Token::Word(what) = self.take()?.clone() else { return None };
        concurrently |= self.words(&["concurrently"]);
        if !concurrently {
            return Some(Shape::Harmless);
        }
        let scope = match what.as_str() {
            "index" => ReindexScope::Index(self.qualified()?),
            "table" => ReindexScope::Table(self.qualified()?),
            "schema" => ReindexScope::Schema(self.identifier()?),
            "database" => ReindexScope::Database,
            _ => return None,
        };
        Some(Shape::Reindex { scope })
    }

    fn named(&mut self) -> Option<Named> {
        [
            ("database", Named::Database),
            ("tablespace", Named::Tablespace),
            ("subscription", Named::Subscription),
        ]
        .into_iter()
        .find_map(|(word, named)| self.words(&[word]).then_some(named))
    }
}

/// A name as SQL text: every part quoted.
pub fn quote(name: &[String]) -> String {
    let parts: Vec<String> = name.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(parts: &[&str]) -> Vec<String> {
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    #[test]
    fn the_heads_of_statements_are_read() {
        let index = |index: Option<&str>, table: &[&str], if_not_exists| Shape::CreateIndex {
            name: index.map(str::to_owned),
            table: name(table),
            if_not_exists,
        };
        for (sql, shape) in [
            ("create index concurrently a_b on t (a)", index(Some("a_b"), &["t"], false)),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"A\"\"b\" ON ONLY App.\"T\" USING btree (a)",
                index(Some("A\"b"), &["app", "T"], true),
            ),
            ("create /* x /* y */ */ index -- z\n concurrently on t (a)", index(None, &["t"], false)),
            ("drop index concurrently if exists s.i", Shape::DropIndex { index: name(&["s", "i"]) }),
            (
                "reindex (verbose, concurrently) table s.t",
                Shape::Reindex { scope: ReindexScope::Table(name(&["s", "t"])) },
            ),
            ("reindex index concurrently i", Shape::Reindex { scope: ReindexScope::Index(name(&["i"])) }),
            ("reindex schema concurrently s", Shape::Reindex { scope: ReindexScope::Schema("s".into()) }),
            ("reindex database concurrently", Shape::Reindex { scope: ReindexScope::Database }),
            ("reindex database d", Shape::Harmless),
            (
                "alter table only p detach partition s.c concurrently",
                Shape::Detach { parent: name(&["p"]), partition: name(&["s", "c"]) },
            ),
            ("alter table p detach partition c", Shape::Unknown),
            ("create database d owner x", Shape::CreateNamed(Named::Database, "d".into())),
            ("drop database if exists \"D\"", Shape::DropNamed(Named::Database, "D".into())),
            (
                "create subscription s connection 'x' publication p",
                Shape::CreateNamed(Named::Subscription, "s".into()),
            ),
            ("alter system set app.x = 1", Shape::AlterSystem("app.x".into())),
            ("alter system reset all", Shape::Unknown),
            ("vacuum (full) t", Shape::Harmless),
            ("call p()", Shape::Unknown),
            ("create index concurrently", Shape::Unknown),
            ("create index i on t (a)", Shape::Unknown),
            ("\"", Shape::Unknown),
            ("/*", Shape::Unknown),
            ("", Shape::Unknown),
        ] {
            assert_eq!(Shape::of(sql), shape, "{sql}");
        }
    }
}
