use std::collections::BTreeSet;

use crate::Dialect;
use crate::effort::spend;
use crate::lexer::{Delimiter, Lexer, TokenKind};

/// How deep quoting is followed: a string in a string in a function body in a `DO` block.
const DEPTH: usize = 4;
/// So many values are looked for in the bare text before its literals are.
const FEW: usize = 8;

/// Whether a statement holds a string literal with this value, also inside quoted and dollar-quoted text, where code may
/// stand. Says whether a statement may use an enum value that an earlier one added.
pub fn contains_string_literal(dialect: Dialect, statement: &str, value: &str) -> bool {
    may_contain(statement, value) && any(dialect, statement, &|content| content == value, DEPTH)
}

/// Whether [`contains_string_literal`] holds for one of the values. They are not looked for one by one.
pub(crate) fn contains_any_literal(dialect: Dialect, statement: &str, values: &BTreeSet<String>) -> bool {
    let may = values.len() > FEW || values.iter().any(|value| may_contain(statement, value));
    may && any(dialect, statement, &|content| values.contains(content), DEPTH)
}

/// A value is written as it is, or with quotes doubled or escaped in it; most statements are out at once.
fn may_contain(text: &str, value: &str) -> bool {
    spend(text.len());
    text.contains(value) || value.contains(['\'', '\\']) || text.contains('\\')
}

/// Whether a string literal in the text has a value that is `wanted`.
fn any(dialect: Dialect, text: &str, wanted: &dyn Fn(&str) -> bool, depth: usize) -> bool {
    spend(text.len());
    let delimiter = Delimiter::Semicolon;
    let mut lexer = Lexer::new(dialect, text.as_bytes(), &delimiter, true);
    while let Ok(token) = lexer.next() {
        let literal = text.get(token.start..token.end).unwrap_or_default();
        let content = match token.kind {
            TokenKind::End => return false,
            TokenKind::String => string_value(dialect, literal),
            TokenKind::DollarString => dollar_value(literal).to_owned(),
            _ => continue,
        };
        let nested = content.contains(['\'', '"', '$']);
        if wanted(&content) || (nested && depth > 0 && any(dialect, &content, wanted, depth - 1)) {
            return true;
        }
    }
    false
}

/// What stands between `$tag$` and `$tag$`.
pub(super) fn dollar_value(literal: &str) -> &str {
    let tag = literal.get(1..).and_then(|rest| rest.find('$')).map_or(0, |end| end + 2);
    literal.get(tag..literal.len().saturating_sub(tag)).unwrap_or_default()
}

/// The value of a string literal.
pub(super) fn string_value(dialect: Dialect, literal: &str) -> String {
    let (escapes, quoted) = match dialect {
        Dialect::Postgres => match literal.strip_prefix(['e', 'E']) {
            Some(quoted) => (true, quoted),
            None => (false, literal),
        },
        Dialect::Mysql | Dialect::Mariadb => (true, literal),
        Dialect::Sqlite => (false, literal),
    };
    let mut value = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    let quote = characters.next();
    while let Some(character) = characters.next() {
        if Some(character) == quote {
            // Doubled, or the end of a segment: the next one begins at its quote.
            if !characters.as_str().starts_with(character) {
                match characters.as_str().find(character) {
                    Some(next) => {
                        characters = characters.as_str().get(next..).unwrap_or_default().chars();
                        characters.next();
                        continue;
                    }
                    None => break,
                }
            }
            characters.next();
            value.push(character);
        } else if character == '\\' && escapes {
            value.extend(escaped(dialect, &mut characters));
        } else {
            value.push(character);
        }
    }
    value
}

fn escaped(dialect: Dialect, characters: &mut std::str::Chars<'_>) -> Option<char> {
    let character = characters.next()?;
    Some(match character {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' if dialect == Dialect::Postgres => '\u{c}',
        'x' if dialect == Dialect::Postgres => return code(characters, 16, 2).or(Some('x')),
        'u' if dialect == Dialect::Postgres => return code(characters, 16, 4),
        'U' if dialect == Dialect::Postgres => return code(characters, 16, 8),
        '0' if dialect != Dialect::Postgres => '\0',
        'Z' if dialect != Dialect::Postgres => '\u{1a}',
        other => other,
    })
}

/// Up to `most` digits as a character.
fn code(characters: &mut std::str::Chars<'_>, radix: u32, most: usize) -> Option<char> {
    let text = characters.as_str();
    let digits = text.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
    let number = u32::from_str_radix(text.get(..digits)?, radix).ok()?;
    *characters = text.get(digits..)?.chars();
    char::from_u32(number)
}
