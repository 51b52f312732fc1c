//! The tokens of a text, for those who compare texts and do not parse them.

use crate::Dialect;
use crate::grammar::sqlite_number_end;
use crate::lexer::{Delimiter, Lexer, TokenKind};

/// What a lexeme is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LexemeKind {
    /// A name or keyword without quotes.
    Word,
    /// A name in quotes.
    QuotedName,
    /// A string or bytes, with quotes and prefix.
    String,
    /// A number without its sign.
    Number,
    /// Anything else: an operator, a bracket, a delimiter. Operators of several characters are one lexeme.
    Symbol,
}

/// A token; comments and blanks are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexeme<'a> {
    /// What it is.
    pub kind: LexemeKind,
    /// As it is written.
    pub text: &'a str,
    /// Where it begins.
    pub start: usize,
}

/// Operators of more than one character that any dialect here knows, longer ones first.
const OPERATORS: &[&str] = &["->>", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"];

/// The lexemes of a text in order. Text that cannot be lexed ends the list.
pub fn lexemes(dialect: Dialect, text: &str) -> Vec<Lexeme<'_>> {
    let delimiter = Delimiter::Semicolon;
    let mut lexer = Lexer::new(dialect, text.as_bytes(), &delimiter, true);
    lexer.lenient = true;
    let mut found = Vec::new();
    while let Ok(token) = lexer.next() {
        let rest = text.get(token.start..).unwrap_or_default();
        let mut end = token.end;
        let kind = match token.kind {
            TokenKind::End => break,
            TokenKind::Word if is_bytes(rest) => match lexer.next() {
                Ok(string) => {
                    end = string.end;
                    LexemeKind::String
                }
                Err(_) => break,
            },
            TokenKind::Word => LexemeKind::Word,
            TokenKind::QuotedName => LexemeKind::QuotedName,
            TokenKind::String | TokenKind::DollarString => LexemeKind::String,
            TokenKind::Number => {
                end = sqlite_number_end(text.as_bytes(), token.start).max(token.end);
                LexemeKind::Number
            }
            TokenKind::Symbol(b'.') if is_fraction(rest) && !follows_name(&found, token.start) => {
                end = sqlite_number_end(text.as_bytes(), token.start).max(token.end);
                LexemeKind::Number
            }
            _ => {
                let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                end = operator.map_or(end, |operator| token.start + operator.len());
                LexemeKind::Symbol
            }
        };
        lexer.at = lexer.at.max(end);
        found.push(Lexeme { kind, text: text.get(token.start..end).unwrap_or_default(), start: token.start });
    }
    found
}

/// `x'…'`.
fn is_bytes(rest: &str) -> bool {
    rest.starts_with("x'") || rest.starts_with("X'")
}

/// `.5`.
fn is_fraction(rest: &str) -> bool {
    rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// Whether a name ends where this begins.
fn follows_name(found: &[Lexeme<'_>], start: usize) -> bool {
    found.last().is_some_and(|last| {
        matches!(last.kind, LexemeKind::Word | LexemeKind::QuotedName)
            && last.start + last.text.len() == start
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_bytes_and_operators_are_whole() {
        let text = "a.b<=-1.5e-3||X'0f' /* c */ ->> .5 <> 0x1F -- end\n \"q\"\"q\"[b c]`t`;'it''s'";
        let found: Vec<(LexemeKind, &str)> =
            lexemes(Dialect::Sqlite, text).iter().map(|lexeme| (lexeme.kind, lexeme.text)).collect();
        use LexemeKind::{Number, QuotedName, String, Symbol, Word};
        let expected = [
            (Word, "a"),
            (Symbol, "."),
            (Word, "b"),
            (Symbol, "<="),
            (Symbol, "-"),
            (Number, "1.5e-3"),
            (Symbol, "||"),
            (String, "X'0f'"),
            (Symbol, "->>"),
            (Number, ".5"),
            (Symbol, "<>"),
            (Number, "0x1F"),
            (QuotedName, "\"q\"\"q\""),
            (QuotedName, "[b c]"),
            (QuotedName, "`t`"),
            (Symbol, ";"),
            (String, "'it''s'"),
        ];
        assert_eq!(found, expected);
    }
}
