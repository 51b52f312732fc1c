//! Text that a forge shows as it is, whatever is in it: no markup, no links, no mentions, no references.

use std::fmt::Write as _;

/// A character that forges look for in the text that a page shows, after it was decoded: mentions, issues, labels. An invisible
/// blank behind it keeps them from it.
const INVISIBLE_BLANK: &str = "&#8203;";

/// Text with names in backquotes, as messages have it; the names become code.
pub(super) fn text(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return prose(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 0 { prose(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Text without names.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        push(&mut out, c);
        let links = match c {
            ':' => text.get(at..).is_some_and(|rest| rest.starts_with("://")),
            '.' => is_after_www(text, at),
            _ => matches!(c, '@' | '#' | '!' | '~' | '%' | '$' | '&'),
        };
        if links {
            out.push_str(INVISIBLE_BLANK);
        }
    }
    out
}

/// Code on one line. HTML, because backquotes could end a code span and pipes a cell.
pub(super) fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for (at, c) in text.char_indices() {
        let begins_link = c == ':' || c == '.' && is_after_www(text, at);
        match begins_link {
            true => drop(write!(out, "&#{};", u32::from(c))),
            false => push(&mut out, c),
        }
    }
    out.push_str("</code>");
    out
}

fn is_after_www(text: &str, at: usize) -> bool {
    let start = at.checked_sub(3).and_then(|start| text.get(start..at));
    start.is_some_and(|word| word.eq_ignore_ascii_case("www"))
}

/// A character as an entity where it could mean something. Entities mean nothing in Markdown, and are decoded in HTML, where a
/// backslash would be shown.
fn push(out: &mut String, c: char) {
    let is_plain =
        |c: char| matches!(c, '.' | ',' | '(' | ')' | '/' | ':' | ';' | '-' | '=' | '\'' | '"' | '?');
    if c.is_control() {
        out.push(' ');
    } else if is_hidden(c) {
        out.push('\u{fffd}');
    } else if c.is_ascii_punctuation() && !is_plain(c) {
        let _ = write!(out, "&#{};", u32::from(c));
    } else {
        out.push(c);
    }
}

/// Characters that turn the direction of text or cannot be seen.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_means_anything() {
        for (given, shown) in [
            ("a|b\n<i>", "a&#124;b &#60;i&#62;"),
            ("[x](javascript:y)", "&#91;x&#93;(javascript:y)"),
            ("see https://evil.example now", "see https:&#8203;//evil.example now"),
            ("WWW.evil.example", "WWW.&#8203;evil.example"),
            ("@all #1 !2 ~3", "&#64;&#8203;all &#35;&#8203;1 &#33;&#8203;2 &#126;&#8203;3"),
            ("**x** _y_ \\", "&#42;&#42;x&#42;&#42; &#95;y&#95; &#92;"),
            ("table `a|b` is `@c`", "table <code>a&#124;b</code> is <code>&#64;c</code>"),
            ("one ` only", "one &#96; only"),
            ("a\u{202e}b", "a\u{fffd}b"),
            ("&lt;", "&#38;&#8203;lt;"),
        ] {
            assert_eq!(text(given), shown, "{given}");
        }
        assert_eq!(code("`</code>"), "<code>&#96;&#60;/code&#62;</code>");
        assert_eq!(code("http://www.x"), "<code>http&#58;//www&#46;x</code>");
    }
}
