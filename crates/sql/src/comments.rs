//! Comments of a text: what lies between its tokens.

use sluice_text::Span;

use crate::Dialect;
use crate::features::Features;
use crate::lexer::{Delimiter, Lexer, TokenKind};

/// The comments of `text` in order, each from its opening mark to its end without the line's end. Text that cannot be
/// lexed ends the list.
pub fn comments(dialect: Dialect, text: &str) -> Vec<Span> {
    let delimiter = Delimiter::Semicolon;
    let mut lexer = Lexer::new(dialect, text.as_bytes(), &delimiter, true);
    lexer.lenient = true;
    let mut found = Vec::new();
    let mut at = 0;
    while let Ok(token) = lexer.next() {
        between(dialect, text, Span::new(at, token.start), &mut found);
        if token.kind == TokenKind::End {
            break;
        }
        at = token.end;
    }
    found
}

/// Comments of a text that holds nothing but blanks and comments.
fn between(dialect: Dialect, text: &str, gap: Span, found: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let is = |at: usize, mark: &[u8]| at < gap.end && bytes.get(at..at + mark.len()) == Some(mark);
    let mut at = gap.start;
    while at < gap.end {
        let line = is(at, b"--") || (is(at, b"#") && Features::of(dialect).hash_comments);
        let end = if line {
            bytes
                .get(at..gap.end)
                .and_then(|rest| memchr::memchr(b'\n', rest))
                .map_or(gap.end, |end| at + end)
        } else if is(at, b"/*") {
            let rest = bytes.get(at..gap.end).unwrap_or_default();
            if Features::of(dialect).nested_comments {
                nested_end(rest).map_or(gap.end, |end| at + end)
            } else {
                memchr::memmem::find(rest.get(2..).unwrap_or_default(), b"*/")
                    .map_or(gap.end, |end| at + end + 4)
            }
        } else {
            at += 1;
            continue;
        };
        found.push(Span::new(at, end));
        at = end;
    }
}

/// Length of the comment that `bytes` begin with, comments inside of it included.
fn nested_end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}
