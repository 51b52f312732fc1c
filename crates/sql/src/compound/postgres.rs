use super::is_any;
use crate::lexer::{Token, TokenKind};

/// `BEGIN ATOMIC … END` of a routine, and `COPY … FROM stdin`. psql does the same (psqlscan.l), but takes every `BEGIN`
/// for the begin of a body; the server's grammar wants `BEGIN ATOMIC`.
#[derive(Debug, Default)]
pub(crate) struct Body {
    phase: Phase,
    parens: usize,
    /// `BEGIN ATOMIC` and `CASE` that wait for their `END`.
    depth: usize,
    before: Before,
    stdin: bool,
}

#[derive(Debug, Default, PartialEq)]
enum Phase {
    #[default]
    Lead,
    Create,
    Routine,
    Copy,
    Plain,
}

#[derive(Debug, Default, PartialEq)]
enum Before {
    #[default]
    Other,
    Begin,
    From,
    /// After `.` and `AS` every keyword is a name.
    Name,
}

impl Body {
    pub(crate) fn is_plain(&self) -> bool {
        self.phase == Phase::Plain
    }

    pub(crate) fn reads_stdin(&self) -> bool {
        self.stdin
    }

    pub(crate) fn ends(&mut self) -> bool {
        self.before = Before::Other;
        self.depth == 0
    }

    pub(crate) fn observe(&mut self, token: Token, text: &[u8]) {
        match token.kind {
            TokenKind::OpenParen => self.parens += 1,
            TokenKind::CloseParen => self.parens = self.parens.saturating_sub(1),
            _ => {}
        }
        let is = |words: &[&[u8]]| is_any(token, text, words);
        match self.phase {
            Phase::Lead if is(&[b"create"]) => self.phase = Phase::Create,
            Phase::Lead if is(&[b"copy"]) => self.phase = Phase::Copy,
            Phase::Create if is(&[b"or", b"replace"]) => {}
            Phase::Create if is(&[b"function", b"procedure", b"schema"]) => self.phase = Phase::Routine,
            Phase::Lead | Phase::Create => self.phase = Phase::Plain,
            Phase::Copy if self.parens == 0 => {
                self.stdin |= self.before == Before::From && is(&[b"stdin"]);
                self.before = if is(&[b"from"]) { Before::From } else { Before::Other };
            }
            Phase::Routine => {
                if self.before == Before::Begin && is(&[b"atomic"]) {
                    self.depth += 1;
                } else if self.depth > 0 && self.before != Before::Name {
                    if is(&[b"case"]) {
                        self.depth += 1;
                    } else if is(&[b"end"]) {
                        self.depth -= 1;
                    }
                }
                self.before = match token.kind {
                    TokenKind::Symbol(b'.') => Before::Name,
                    _ if is(&[b"as"]) => Before::Name,
                    _ if is(&[b"begin"]) && self.parens == 0 => Before::Begin,
                    _ => Before::Other,
                };
            }
            Phase::Copy | Phase::Plain => {}
        }
    }
}
