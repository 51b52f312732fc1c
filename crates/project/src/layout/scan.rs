//! What can be known of a script without knowing its dialect: lines, comments at the top, the first statement.

use sluice_text::Span;

/// A line of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'t> {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset of the next line.
    pub next: usize,
    /// The line without its end.
    pub text: &'t str,
}

impl<'t> Line<'t> {
    /// What follows `--` at the start of the line, trimmed; `None` if the line is no comment.
    pub fn comment(&self) -> Option<&'t str> {
        self.text.strip_prefix("--").map(str::trim)
    }
}

/// The lines of `span`.
pub(super) fn lines(text: &str, span: Span) -> impl Iterator<Item = Line<'_>> {
    let mut at = span.start;
    std::iter::from_fn(move || {
        let rest = text.get(at..span.end).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let line = rest.get(..length).unwrap_or_default();
        let start = at;
        at += length;
        Some(Line { start, next: at, text: line.trim_end_matches(['\n', '\r']) })
    })
}

/// Offset of the first statement within `span`: what comes before it are blanks, comments and lone semicolons.
pub(super) fn first_statement(text: &str, span: Span) -> Option<usize> {
    let mut at = span.start;
    loop {
        let rest = text.get(at..span.end)?;
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\u{feff}');
        at += rest.len() - trimmed.len();
        if trimmed.is_empty() {
            return None;
        } else if trimmed.starts_with("--") || trimmed.starts_with('#') {
            at += trimmed.find(['\n', '\r'])?;
        } else if trimmed.starts_with("/*") && !trimmed.starts_with("/*!") && !trimmed.starts_with("/*M!") {
            match comment_length(trimmed) {
                Some(length) => at += length,
                // Never closed: the splitter says so with its place.
                None => return Some(at),
            }
        } else {
            return Some(at);
        }
    }
}

/// Length of the block comment that `text` starts with.
fn comment_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => (at, depth) = (at + 2, depth + 1),
            b"*/" => {
                (at, depth) = (at + 2, depth.saturating_sub(1));
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_statement_comes_after_blanks_and_comments() {
        for (text, expected) in [
            ("", None),
            (" \n\t;;\n", None),
            ("-- only\n# comments\n/* a /* nested */ b */", None),
            ("-- x", None),
            ("select 1", Some(0)),
            ("-- x\r\n\r\n  select 1", Some(10)),
            ("/* a */select 1", Some(7)),
            ("/*!40101 SET x */", Some(0)),
            ("/* open", Some(0)),
        ] {
            assert_eq!(first_statement(text, Span::new(0, text.len())), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_know_their_offsets() {
        let text = "a\r\n\nbc";
        let found: Vec<_> =
            lines(text, Span::new(0, text.len())).map(|l| (l.start, l.next, l.text)).collect();
        assert_eq!(found, [(0, 3, "a"), (3, 4, ""), (4, 6, "bc")]);
    }
}
