use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Serialize, Serializer};

use super::value::Fault;

/// A pattern for ids of facts: `table:public.tmp_*`. `*` and `?` stand for anything, `{a,b}` and `[a-z]` choose.
#[derive(Clone)]
pub struct FactPattern {
    source: String,
    matcher: GlobMatcher,
}

impl FactPattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        const HELP: &str = "write the kind, a colon and a name, such as table:public.tmp_*";
        if !text.contains(':') {
            return Err(Fault::new(format!("`{text}` names no kind of facts"), HELP));
        }
        let glob = GlobBuilder::new(text).literal_separator(false).build();
        let glob = glob.map_err(|error| {
            Fault::new(format!("`{text}` is not a pattern for facts: {}", error.kind()), HELP)
        })?;
        Ok(Self { source: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Whether it matches an id.
    pub fn matches(&self, id: &str) -> bool {
        self.matcher.is_match(id)
    }
}

impl fmt::Debug for FactPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FactPattern").field(&self.source).finish()
    }
}

impl PartialEq for FactPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for FactPattern {}

impl Serialize for FactPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_about_ids() {
        for (pattern, matching, other) in [
            ("table:public.tmp_*", "table:public.tmp_a", "table:public.orders"),
            ("table:tmp/*", "table:tmp/a/b", "table:tmp"),
            ("*:audit.*", "view:audit.all", "view:public.audit"),
            ("{table,view}:public.?", "view:public.v", "index:public.i"),
            ("grant:*@reader", "grant:table:public.t@reader", "grant:table:public.t@writer"),
        ] {
            let parsed = FactPattern::parse(pattern).unwrap_or_else(|fault| panic!("{}", fault.message));
            assert!(parsed.matches(matching), "{pattern} and {matching}");
            assert!(!parsed.matches(other), "{pattern} and {other}");
        }
        for wrong in ["public.*", "", "table:["] {
            assert!(FactPattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
