use sluice_sql::Facts;
use sluice_sql::model::Parsed;

use crate::Chunk;

/// Rules look ahead as far as this: what a statement leaves open is closed soon, or not at all.
const AHEAD: usize = 1_000;
/// So many statements behind are forgotten at once.
const BEHIND: usize = 4_000;

/// The statements of a script, one after the other, each with those that follow it.
pub(crate) struct Window<C> {
    coming: C,
    parsed: Vec<Parsed>,
    facts: Vec<Facts>,
    /// How many of those that are held were given out.
    given: usize,
}

/// What is seen at one place.
pub(crate) struct View<'w> {
    pub(crate) parsed: &'w Parsed,
    pub(crate) facts: &'w Facts,
    /// Those that follow, as far as rules look.
    pub(crate) after: &'w [Parsed],
}

impl<C: Iterator<Item = Chunk>> Window<C> {
    pub(crate) fn new(coming: C) -> Self {
        Self { coming, parsed: Vec::new(), facts: Vec::new(), given: 0 }
    }

    /// The next statement.
    pub(crate) fn next(&mut self) -> Option<View<'_>> {
        if self.given >= BEHIND {
            self.parsed.drain(..self.given);
            self.facts.drain(..self.given);
            self.given = 0;
        }
        while self.parsed.len() <= self.given + AHEAD
            && let Some(mut chunk) = self.coming.next()
        {
            self.parsed.append(&mut chunk.parsed);
            self.facts.append(&mut chunk.facts);
        }
        let at = self.given;
        let view =
            View { parsed: self.parsed.get(at)?, facts: self.facts.get(at)?, after: ahead(&self.parsed, at) };
        self.given += 1;
        Some(view)
    }
}

/// What follows the statement at `at`, as far as rules look.
pub(crate) fn ahead(all: &[Parsed], at: usize) -> &[Parsed] {
    let after = all.get(at + 1..).unwrap_or_default();
    after.get(..AHEAD).unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect;
    use sluice_text::SourceFile;

    use super::*;
    use crate::{ChangeInfo, Purpose, Script};

    #[test]
    fn every_statement_is_seen_once_with_those_that_follow_it() {
        let text: String = (0..10_000).map(|number| format!("SELECT {number};\n")).collect();
        let script = Script::read(Dialect::Postgres, SourceFile::new("a.sql", text), ChangeInfo::default());
        let mut window = Window::new(script.chunks(Purpose::Review));
        for (at, span) in script.statements.iter().enumerate() {
            let view = window.next().unwrap();
            assert_eq!(view.parsed.span, *span);
            let after: Vec<_> = view.after.iter().map(|parsed| parsed.span).collect();
            let rest = &script.statements[at + 1..];
            assert_eq!(after, rest[..rest.len().min(AHEAD)]);
        }
        assert!(window.next().is_none());
    }
}
