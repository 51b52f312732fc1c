use sluice_sql::Facts;
use sluice_sql::model::Parsed;

use crate::{Chunk, Supply};

/// Rules look ahead as far as this: what a statement leaves open is closed soon, or not at all.
const AHEAD: usize = 1_000;
/// So many statements behind are forgotten at once.
const BEHIND: usize = 4_000;

/// The statements of a script, one after the other, each with those that follow it.
pub(crate) struct Window<'s> {
    coming: Supply<'s>,
    held: Chunk,
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

impl<'s> Window<'s> {
    pub(crate) fn new(coming: Supply<'s>) -> Self {
        Self { coming, held: Chunk::default(), given: 0 }
    }

    /// The next statement.
    pub(crate) fn next(&mut self) -> Option<View<'_>> {
        if self.given >= BEHIND {
            let rest = self.held.split_off(self.given);
            (self.coming.spent)(std::mem::replace(&mut self.held, rest));
            self.given = 0;
        }
        while self.held.len() <= self.given + AHEAD
            && let Some(mut chunk) = self.coming.chunks.next()
        {
            self.held.append(&mut chunk);
        }
        let (at, Chunk { parsed, facts }) = (self.given, &self.held);
        let view = View { parsed: parsed.get(at)?, facts: facts.get(at)?, after: ahead(parsed, at) };
        self.given += 1;
        Some(view)
    }

    /// Gives back what is held.
    pub(crate) fn close(self) {
        (self.coming.spent)(self.held);
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
        let mut chunks = script.chunks(Purpose::Review);
        let mut given_back = 0;
        let mut spent = |chunk: Chunk| given_back += chunk.len();
        let mut window = Window::new(Supply::new(&mut chunks, &mut spent));
        for (at, span) in script.statements.iter().enumerate() {
            let view = window.next().unwrap();
            assert_eq!(view.parsed.span, *span);
            let after: Vec<_> = view.after.iter().map(|parsed| parsed.span).collect();
            let rest = &script.statements[at + 1..];
            assert_eq!(after, rest[..rest.len().min(AHEAD)]);
        }
        assert!(window.next().is_none());
        window.close();
        assert_eq!(given_back, 10_000);
    }
}
