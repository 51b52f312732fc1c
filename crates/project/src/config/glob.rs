use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Serialize, Serializer};

use super::value::Fault;

/// A pattern for paths relative to `sluice.toml`: `*` and `?` stay inside of a folder, `**` goes through folders, `{a,b}` and
/// `[a-z]` choose. What it matches it matches with all that is below; without a slash it is about names, in whatever folder.
#[derive(Clone)]
pub struct Glob {
    source: String,
    exact: GlobMatcher,
    below: GlobMatcher,
}

impl Glob {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let rest = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if rest.is_empty() {
            return Err(Fault::new("the pattern is empty", "write one such as migrations/legacy/**"));
        }
        if rest.starts_with('/') {
            return Err(Fault::new(
                format!("`{text}` is an absolute path"),
                "write a pattern relative to sluice.toml",
            ));
        }
        let rest = if rest.contains('/') { rest.to_owned() } else { format!("**/{rest}") };
        let compiled = |pattern: &str| {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            glob.map(|glob| glob.compile_matcher()).map_err(|error| {
                Fault::new(
                    format!("`{text}` is not a pattern for paths: {}", error.kind()),
                    "write one such as migrations/legacy/**",
                )
            })
        };
        Ok(Self { source: text.to_owned(), exact: compiled(&rest)?, below: compiled(&format!("{rest}/**"))? })
    }

    /// Whether it matches a path, which has `/` between its parts.
    pub fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path);
        self.exact.is_match(path) || self.below.is_match(path)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Glob").field(&self.source).finish()
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Glob {}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_about_files_and_what_is_below_folders() {
        for (pattern, matching, other) in [
            ("migrations/legacy", "migrations/legacy/1.sql", "migrations/legacy2/1.sql"),
            ("migrations/legacy/", "migrations/legacy/a/1.sql", "x/migrations/legacy/1.sql"),
            ("migrations/legacy/**", "migrations/legacy/a/1.sql", "migrations/1.sql"),
            ("./migrations/0*", "migrations/01.sql", "migrations/10.sql"),
            ("migrations/*.sql", "migrations/1.sql", "migrations/a/1.sql"),
            ("**/*.view.sql", "a/b/1.view.sql", "a/b/1.sql"),
            ("seed_*.sql", "a/b/seed_1.sql", "a/seed/1.sql"),
            ("{a,b}/[0-9].sql", "b/7.sql", "c/7.sql"),
            ("a/\\*.sql", "a/*.sql", "a/x.sql"),
        ] {
            let glob = Glob::parse(pattern).unwrap_or_else(|fault| panic!("{pattern}: {}", fault.message));
            assert!(glob.matches(matching), "{pattern} and {matching}");
            assert!(!glob.matches(other), "{pattern} and {other}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["", "/", "./", "/etc/*", "a/[", "{a", "a/**b[z-a]"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }
}
