use sluice_text::Span;

use crate::model::Keyword;

/// Where the text that is parsed stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Its bytes are bytes of the file, from this offset on.
    At(usize),
    /// It is a string with escapes: whatever is in it stands at the string.
    Whole(Span),
}

/// A text that statements are read from, and how deep it is nested in others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) place: Place,
    /// Programs and statements around it.
    pub(super) depth: usize,
}

impl<'a> Source<'a> {
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The span in the file of a range of the text.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        match self.place {
            Place::At(base) => Span::new(base + start, base + end.max(start)),
            Place::Whole(span) => span,
        }
    }

    /// The offset in the file of an offset in the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        match self.place {
            Place::At(base) => base + at,
            Place::Whole(span) => span.start,
        }
    }

    pub(super) fn absent(&self, at: usize) -> Keyword {
        Keyword::absent(self.offset(at))
    }

    pub(super) fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..*self }
    }
}
