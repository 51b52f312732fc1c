use super::is_any;
use crate::lexer::{Token, TokenKind};

/// `CREATE TRIGGER … BEGIN …; END`. As in SQLite's own complete.c the trigger ends at `; END ;`: `END` is a name
/// elsewhere, and the `END` of a `CASE` never follows a `;`.
#[derive(Debug, Default)]
pub(crate) struct Body {
    phase: Phase,
    before: Before,
}

#[derive(Debug, Default, PartialEq)]
enum Phase {
    #[default]
    Lead,
    Create,
    Trigger,
    Begun,
    Plain,
}

#[derive(Debug, Default, PartialEq)]
enum Before {
    #[default]
    Other,
    Semicolon,
    /// `; END`
    End,
    /// After `.`, or where the trigger's name is.
    Name,
}

impl Body {
    pub(crate) fn is_plain(&self) -> bool {
        self.phase == Phase::Plain
    }

    pub(crate) fn ends(&mut self) -> bool {
        let ends = self.phase != Phase::Begun || self.before == Before::End;
        self.before = Before::Semicolon;
        ends
    }

    pub(crate) fn observe(&mut self, token: Token, text: &[u8]) {
        let is = |words: &[&[u8]]| is_any(token, text, words);
        let before = std::mem::take(&mut self.before);
        match self.phase {
            Phase::Lead if is(&[b"explain", b"query", b"plan"]) => {}
            Phase::Lead if is(&[b"create"]) => self.phase = Phase::Create,
            Phase::Create if is(&[b"temp", b"temporary"]) => {}
            Phase::Create if is(&[b"trigger"]) => {
                self.phase = Phase::Trigger;
                self.before = Before::Name;
            }
            Phase::Lead | Phase::Create => self.phase = Phase::Plain,
            Phase::Trigger if token.kind == TokenKind::Symbol(b'.') || is(&[b"exists", b"on", b"of"]) => {
                self.before = Before::Name;
            }
            Phase::Trigger if before != Before::Name && is(&[b"begin"]) => self.phase = Phase::Begun,
            Phase::Begun if before == Before::Semicolon && is(&[b"end"]) => self.before = Before::End,
            Phase::Trigger | Phase::Begun | Phase::Plain => {}
        }
    }
}
