//! Commands of the clients `psql`, `mysql` and `sqlite3` in a text: two of them tell the splitter something, the rest
//! is refused by name.

use memchr::{memchr, memmem};
use sluice_text::Span;

use crate::byte::{is_blank, run, trim_end};
use crate::lexer::{Delimiter, Lexer, Stop, Token, TokenKind};
use crate::splitter::Trouble;
use crate::{Dialect, SplitError, SplitErrorKind};

/// What a command at the beginning of a statement means. Each holds where its line ends.
pub(crate) enum Client {
    /// `DELIMITER //`.
    Delimiter(Delimiter, usize),
    /// A command without a meaning for us.
    Told(usize),
    /// A statement that ends with its line: `USE shop` needs no delimiter.
    Statement(usize),
}

/// Commands of `mysql` and `mariadb` that are words (client/mysql.cc, `commands`), without `use` and `delimiter`. No
/// statement of the server begins with one of them, save `HELP`, which changes nothing.
const MYSQL_COMMANDS: &[&str] = &[
    "charset",
    "clear",
    "connect",
    "costs",
    "edit",
    "ego",
    "exit",
    "go",
    "help",
    "nopager",
    "notee",
    "nowarning",
    "pager",
    "print",
    "prompt",
    "query_attributes",
    "quit",
    "rehash",
    "resetconnection",
    "sandbox",
    "source",
    "ssl_session_data_print",
    "status",
    "system",
    "tee",
    "warnings",
];

/// Looks for a command where a statement would begin.
pub(crate) fn command(
    dialect: Dialect,
    lexer: &Lexer<'_>,
    token: Token,
    complete: bool,
) -> Result<Option<Client>, Trouble> {
    let text = lexer.text(token);
    match (dialect, token.kind) {
        (Dialect::Postgres, TokenKind::Backslash) => {
            // pg_dump writes these around a dump since 2025 (CVE-2025-8714): psql then obeys no other command.
            let name = command_name(lexer.bytes, token.start);
            if name == b"\\restrict" || name == b"\\unrestrict" {
                return Ok(Some(Client::Told(line_end(lexer.bytes, token.start, complete)?)));
            }
            Ok(None)
        }
        (Dialect::Mysql | Dialect::Mariadb, TokenKind::Word) if text.eq_ignore_ascii_case(b"delimiter") => {
            let end = line_end(lexer.bytes, token.start, complete)?;
            let argument = lexer.bytes.get(token.end..end).unwrap_or_default();
            match delimiter(argument) {
                Some(delimiter) => Ok(Some(Client::Delimiter(delimiter, end))),
                None => Err(refuse(
                    SplitErrorKind::BadDelimiter,
                    token.start,
                    trim_end(lexer.bytes, token.start, end),
                )),
            }
        }
        (Dialect::Mysql | Dialect::Mariadb, TokenKind::Word) if text.eq_ignore_ascii_case(b"use") => {
            let end = line_end(lexer.bytes, token.start, complete)?;
            let line = lexer.bytes.get(token.start..end).unwrap_or_default();
            Ok((!lexer.has_delimiter(line)).then_some(Client::Statement(end)))
        }
        (Dialect::Mysql | Dialect::Mariadb, TokenKind::Word) => {
            let name = MYSQL_COMMANDS.iter().find(|name| text.eq_ignore_ascii_case(name.as_bytes()));
            match name {
                Some(_) => Err(client_command(text, token)),
                None => Ok(None),
            }
        }
        (Dialect::Mysql | Dialect::Mariadb, TokenKind::Symbol(b'?')) => Err(client_command(text, token)),
        (Dialect::Sqlite, TokenKind::Symbol(b'.')) => {
            let end = run(lexer.bytes, token.end, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let name = Token { end, ..token };
            Err(client_command(lexer.text(name), name))
        }
        _ => Ok(None),
    }
}

/// A backslash outside quotes: no server reads one, save MySQL in `\N` for `NULL`.
pub(crate) fn backslash(dialect: Dialect, bytes: &[u8], token: Token) -> Result<(), Trouble> {
    let name = match dialect {
        Dialect::Postgres => command_name(bytes, token.start),
        Dialect::Mysql | Dialect::Mariadb => {
            let name = bytes.get(token.start..(token.start + 2).min(bytes.len())).unwrap_or_default();
            if name == b"\\N" {
                return Ok(());
            }
            // A whole character, whatever it is.
            if name.is_ascii() { name } else { b"\\" }
        }
        Dialect::Sqlite => return Ok(()),
    };
    Err(client_command(name, Token { end: token.start + name.len(), ..token }))
}

/// psql: up to a blank or another backslash.
fn command_name(bytes: &[u8], start: usize) -> &[u8] {
    let end = run(bytes, start + 1, |byte| !is_blank(byte) && byte != b'\\' && byte != b';');
    bytes.get(start..end.max(start + 1)).unwrap_or_default()
}

/// After the line break, or the end of the text.
fn line_end(bytes: &[u8], start: usize, complete: bool) -> Result<usize, Stop> {
    match memchr(b'\n', bytes.get(start..).unwrap_or_default()) {
        Some(found) => Ok(start + found + 1),
        None if complete => Ok(bytes.len()),
        None => Err(Stop::Starved),
    }
}

/// The argument of `DELIMITER`, by the rules of the client's `get_arg`: quoted, or up to a blank.
fn delimiter(argument: &[u8]) -> Option<Delimiter> {
    let argument = argument.trim_ascii();
    let quoted = argument.first().filter(|quote| matches!(quote, b'\'' | b'"' | b'`'));
    let value = match quoted {
        Some(quote) => {
            let inside = argument.get(1..)?;
            let mut value = Vec::new();
            let mut rest = inside;
            while let Some(found) = memchr(*quote, rest) {
                let (part, after) = rest.split_at_checked(found)?;
                value.extend_from_slice(part);
                rest = after.get(1..)?;
                if rest.first() != Some(quote) {
                    break;
                }
                value.push(*quote);
                rest = rest.get(1..)?;
            }
            value
        }
        None => argument.split(|byte| is_blank(*byte)).next()?.to_vec(),
    };
    if value.is_empty() || value.contains(&b'\\') {
        return None;
    }
    Some(if value == b";" { Delimiter::Semicolon } else { Delimiter::Literal(value) })
}

fn client_command(name: &[u8], token: Token) -> Trouble {
    let name = String::from_utf8_lossy(name).into_owned();
    refuse(SplitErrorKind::ClientCommand { name }, token.start, token.end)
}

fn refuse(kind: SplitErrorKind, start: usize, end: usize) -> Trouble {
    Trouble::Refused(SplitError { kind, span: Span::new(start, end) })
}

impl Lexer<'_> {
    fn has_delimiter(&self, line: &[u8]) -> bool {
        memmem::find(line, self.delimiter_text()).is_some()
    }
}
