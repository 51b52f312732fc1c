use std::sync::Arc;

use crate::{Position, Span};

/// A named text with exact positions. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    path: Arc<str>,
    /// None where nobody has read it.
    text: Option<Arc<String>>,
}

impl SourceFile {
    /// A file called `path` (relative to the repository, with `/`) that holds `text`.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: Some(Arc::new(text.into())) }
    }

    /// A file whose text nobody has read, because what is known of it is enough. It seems to be empty.
    pub fn unread(path: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: None }
    }

    /// Whether its text is there.
    pub fn is_read(&self) -> bool {
        self.text.is_some()
    }

    /// Reads `bytes` as the text of `path`; see [`decode`].
    pub fn from_bytes(path: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::new(path, decode(bytes)?))
    }

    /// Path as given, for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        self.text.as_deref().map_or("", String::as_str)
    }

    /// The text of `span`.
    pub fn slice(&self, span: Span) -> &str {
        span.slice(self.text())
    }

    /// Line and column of a byte offset. An offset past the end, or inside a character, counts as the
    /// nearest character border before it. Cost is linear in the offset: positions are for messages.
    pub fn position(&self, offset: usize) -> Position {
        let before = crate::cut(self.text(), offset);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: 1 + before.bytes().filter(|byte| *byte == b'\n').count(),
            column: 1 + before.get(line_start..).unwrap_or_default().chars().count(),
        }
    }

    /// `path:line:column` of a byte offset.
    pub fn locate(&self, offset: usize) -> String {
        format!("{}:{}", self.path, self.position(offset))
    }
}

/// Bytes that are not the text of a source file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not UTF-8 from `offset` on.
    #[error("not valid UTF-8 at byte {offset} (line {line}): save the file as UTF-8")]
    InvalidUtf8 {
        /// Offset of the first bad byte.
        offset: usize,
        /// Line of it, from 1.
        line: usize,
    },
    /// A UTF-16 byte order mark.
    #[error("the file is UTF-16: save it as UTF-8")]
    Utf16,
    /// A NUL byte, which no database accepts in SQL text.
    #[error("a NUL byte at offset {offset} (line {line}): the file is binary or damaged")]
    Nul {
        /// Offset of the byte.
        offset: usize,
        /// Line of it, from 1.
        line: usize,
    },
}

/// [`decode`] without a copy of the text.
///
/// # Errors
/// As [`decode`].
pub fn decode_owned(mut bytes: Vec<u8>) -> Result<String, DecodeError> {
    let length = decode(&bytes)?.len();
    bytes.drain(..bytes.len() - length);
    // It is valid, so this cannot fail.
    String::from_utf8(bytes)
        .map_err(|error| DecodeError::InvalidUtf8 { offset: error.utf8_error().valid_up_to(), line: 1 })
}

/// Reads bytes as UTF-8 text and takes a leading byte order mark away. Line endings stay as they are.
///
/// # Errors
/// [`DecodeError`] for UTF-16, invalid UTF-8 and NUL bytes, with the place.
pub fn decode(bytes: &[u8]) -> Result<&str, DecodeError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(DecodeError::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line_of = |offset: usize| {
        1 + bytes.get(..offset).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
    };
    let text = std::str::from_utf8(bytes).map_err(|error| DecodeError::InvalidUtf8 {
        offset: error.valid_up_to(),
        line: line_of(error.valid_up_to()),
    })?;
    if let Some(offset) = text.find('\0') {
        return Err(DecodeError::Nul { offset, line: line_of(offset) });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let file = SourceFile::new("a.sql", "é;\n  ünder");
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(2), Position { line: 1, column: 2 });
        assert_eq!(file.position(1), Position { line: 1, column: 1 });
        assert_eq!(file.locate(6), "a.sql:2:3");
        assert_eq!(file.position(999), Position { line: 2, column: 8 });
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_with_its_place() {
        assert_eq!(decode(b"a\n\xffb"), Err(DecodeError::InvalidUtf8 { offset: 2, line: 2 }));
        assert_eq!(decode(b"\xff\xfea\0"), Err(DecodeError::Utf16));
        assert_eq!(decode(b"a\n\n\0"), Err(DecodeError::Nul { offset: 3, line: 3 }));
        assert_eq!(decode(b"\xef\xbb\xbfselect 1"), Ok("select 1"));
    }
}
