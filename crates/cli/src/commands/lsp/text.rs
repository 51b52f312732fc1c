use gen_lsp_types::{Position, Range};
use sluice_text::Span;

/// How positions count within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: what every client understands.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// The text of an editor, which counts lines as the protocol does: `\n`, `\r\n` and `\r` end one.
#[derive(Debug)]
pub(super) struct Text {
    text: String,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Text {
    pub(super) fn new(text: String, encoding: Encoding) -> Self {
        let starts = starts(&text);
        Self { text, starts, encoding }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Where a byte offset is. Inside of a character or of a line's end it counts as the place before it.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let content = self.line(line);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let mut units = 0;
        for (at, c) in content.char_indices() {
            if start + at + c.len_utf8() > offset {
                break;
            }
            units += self.encoding.width(c);
        }
        Position { line: number(line), character: number(units) }
    }

    /// Where a span is.
    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    /// The byte offset of a position. Past the end of its line it counts as that end, past the last line as the end of the text, and
    /// inside of a character as the place before it.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some((line, start)) =
            index(position.line).and_then(|line| Some((line, self.starts.get(line).copied()?)))
        else {
            return self.text.len();
        };
        let wanted = index(position.character).unwrap_or(usize::MAX);
        let content = self.line(line);
        let mut units = 0;
        for (at, c) in content.char_indices() {
            units += self.encoding.width(c);
            if units > wanted {
                return start + at;
            }
        }
        start + content.len()
    }

    /// The byte offset of a line and a column in characters, both from 1.
    pub(super) fn offset_of(&self, line: usize, column: usize) -> usize {
        let at = line.saturating_sub(1);
        let Some(start) = self.starts.get(at) else { return self.text.len() };
        let content = self.line(at);
        start + content.char_indices().nth(column.saturating_sub(1)).map_or(content.len(), |(at, _)| at)
    }

    /// Where the line of an offset begins.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        self.starts.get(line).copied().unwrap_or_default()
    }

    /// Replaces a part, or everything.
    pub(super) fn replace(&mut self, range: Option<Range>, new: &str) {
        match range {
            None => self.text = new.to_owned(),
            Some(range) => {
                let (start, end) = (self.offset(range.start), self.offset(range.end));
                self.text.replace_range(start.min(end)..start.max(end), new);
            }
        }
        self.starts = starts(&self.text);
    }

    /// A line without its end.
    fn line(&self, line: usize) -> &str {
        let start = self.starts.get(line).copied().unwrap_or_default();
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

fn starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let ends = match byte {
            b'\n' => true,
            b'\r' => bytes.peek().is_none_or(|(_, next)| *next != b'\n'),
            _ => false,
        };
        if ends {
            starts.push(at + 1);
        }
    }
    starts
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn index(number: u32) -> Option<usize> {
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POEM: &str = "a\u{1f600}b\r\né\rx\n";

    fn place(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_count_as_the_client_does() {
        for (encoding, after_smile, after_accent) in
            [(Encoding::Utf16, 3, 1), (Encoding::Utf8, 5, 2), (Encoding::Utf32, 2, 1)]
        {
            let text = Text::new(POEM.to_owned(), encoding);
            for (offset, position) in [
                (0, place(0, 0)),
                (5, place(0, after_smile)),
                (6, place(0, after_smile + 1)),
                (8, place(1, 0)),
                (10, place(1, after_accent)),
                (11, place(2, 0)),
                (12, place(2, 1)),
                (13, place(3, 0)),
            ] {
                assert_eq!(text.position(offset), position, "{offset} {encoding:?}");
                assert_eq!(text.offset(position), offset, "{position:?} {encoding:?}");
            }
        }
    }

    #[test]
    fn places_that_are_none_count_as_the_nearest_before_them() {
        let text = Text::new(POEM.to_owned(), Encoding::Utf16);
        assert_eq!(text.position(3), place(0, 1), "inside of a character");
        assert_eq!(text.position(7), place(0, 4), "inside of a line's end");
        assert_eq!(text.position(999), place(3, 0));
        assert_eq!(text.offset(place(0, 2)), 1, "inside of a pair of surrogates");
        assert_eq!(text.offset(place(0, 99)), 6, "past the line");
        assert_eq!(text.offset(place(9, 0)), text.as_str().len());
        assert_eq!(text.offset(place(u32::MAX, u32::MAX)), text.as_str().len());
    }

    #[test]
    fn edits_follow_each_other() {
        let mut text = Text::new(POEM.to_owned(), Encoding::Utf16);
        text.replace(Some(Range { start: place(0, 1), end: place(0, 3) }), "1\n2");
        assert_eq!(text.as_str(), "a1\n2b\r\né\rx\n");
        text.replace(Some(Range { start: place(1, 1), end: place(2, 0) }), "");
        assert_eq!(text.as_str(), "a1\n2é\rx\n");
        text.replace(Some(Range { start: place(3, 0), end: place(3, 0) }), "end");
        assert_eq!(text.as_str(), "a1\n2é\rx\nend");
        text.replace(Some(Range { start: place(1, 0), end: place(0, 0) }), "");
        assert_eq!(text.as_str(), "2é\rx\nend", "a range that is the wrong way round");
        text.replace(None, "x");
        assert_eq!((text.as_str(), text.position(1)), ("x", place(0, 1)));
    }

    #[test]
    fn columns_of_messages_count_characters() {
        let text = Text::new(POEM.to_owned(), Encoding::Utf16);
        assert_eq!(text.offset_of(1, 3), 5);
        assert_eq!(text.offset_of(2, 9), 10);
        assert_eq!(text.offset_of(9, 1), text.as_str().len());
        assert_eq!(text.line_start(9), 8);
    }
}
