use std::io::Read;

use sluice_sql::model::Parsed;
use sluice_sql::{Dialect, Piece, PieceKind, StreamError, StreamSplitter};
use sluice_text::Span;

/// Comments are comments of the text; what is redacted is no longer than before and still lexes.
pub fn lexer(dialect: Dialect, text: &str) {
    let mut end = 0;
    for comment in sluice_sql::comments(dialect, text) {
        assert!(comment.start >= end && comment.end > comment.start, "{comment:?} of {text:?}");
        inside(text, comment);
        end = comment.end;
    }
    sluice_sql::redact(dialect, text);
    sluice_sql::classify(dialect, text);
    sluice_sql::contains_string_literal(dialect, text, "a");
}

/// Pieces concatenate to the text, each is in its place, and a stream gives the same ones.
pub fn splitter(dialect: Dialect, text: &str) {
    let whole = sluice_sql::split(dialect, text);
    match &whole {
        Ok(pieces) => pieces_cover(text, pieces),
        Err(error) => inside(text, error.span),
    }
    if let Ok(pieces) = sluice_sql::split_at(dialect, text, "//") {
        pieces_cover(text, &pieces);
    }
    let (pieces, broken) = streamed(dialect, text);
    match whole {
        Ok(whole) => assert!(!broken && pieces == whole, "a stream differs: {pieces:?}, {whole:?}"),
        Err(_) => assert!(broken, "a stream does not see that {text:?} is broken"),
    }
}

/// The statements of the text, and the text as one statement, are read; all that is said of places is in the text.
pub fn grammar(dialect: Dialect, text: &str) {
    let whole = Span::new(0, text.len());
    let mut bodies = vec![whole];
    if let Ok(pieces) = sluice_sql::split(dialect, text) {
        bodies
            .extend(pieces.iter().map(|piece| piece.body).filter(|body| !body.is_empty() && *body != whole));
    }
    for body in bodies {
        let parsed = sluice_sql::parse(dialect, text, body);
        assert_eq!(parsed.span, body);
        sound(text, &parsed);
    }
}

fn sound(text: &str, parsed: &Parsed) {
    inside(text, parsed.span);
    for part in &parsed.not_analysed {
        inside(text, part.span);
    }
    for target in parsed.statement.targets() {
        inside(text, target.name.span);
    }
    for nested in parsed.statement.nested() {
        sound(text, nested);
    }
}

pub(crate) fn inside(text: &str, span: Span) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} is not in {text:?}");
}

fn pieces_cover(text: &str, pieces: &[Piece]) {
    let mut at = 0;
    for piece in pieces {
        assert!(piece.span.start == at && piece.span.end > at, "{piece:?} of {text:?}");
        assert!(piece.span.start <= piece.body.start && piece.body.end <= piece.span.end, "{piece:?}");
        inside(text, piece.span);
        inside(text, piece.body);
        if let PieceKind::CopyFromStdin { data } = piece.kind {
            inside(text, data);
        }
        at = piece.span.end;
    }
    assert_eq!(at, text.len(), "pieces concatenate to the input");
}

/// Gives a few bytes at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = 7.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// The pieces of a stream as `split` would give them, and whether it broke off.
fn streamed(dialect: Dialect, text: &str) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    for piece in StreamSplitter::with_chunk(dialect, Drip(text.as_bytes()), 16) {
        match piece {
            Ok(piece) => {
                let moved = |span: Span| Span::new(span.start + piece.offset, span.end + piece.offset);
                let kind = match piece.kind {
                    PieceKind::CopyFromStdin { data } => PieceKind::CopyFromStdin { data: moved(data) },
                    ref kind => kind.clone(),
                };
                let span = Span::new(piece.offset, piece.offset + piece.text.len());
                assert_eq!(span.slice(text), piece.text);
                pieces.push(Piece { span, body: moved(piece.body), kind });
            }
            Err(StreamError::Split { .. }) => return (pieces, true),
            Err(error) => panic!("{error}"),
        }
    }
    (pieces, false)
}
