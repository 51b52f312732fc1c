//! Data lines after `COPY … FROM stdin;`.

use memchr::{memchr, memmem};
use sluice_text::Span;

use crate::byte::{is_blank, run};
use crate::lexer::Stop;
use crate::splitter::Trouble;
use crate::{Piece, PieceKind, SplitError, SplitErrorKind};

/// `COPY … FROM stdin` at the end of the text, without `;`: psql sends it and finds no data.
pub(crate) fn without_data(piece: Piece) -> Piece {
    let end = piece.span.end;
    Piece { kind: PieceKind::CopyFromStdin { data: Span::new(end, end) }, ..piece }
}

/// Adds the data lines up to the line `\.` or the end of the text, whichever comes first (psql does the same).
pub(crate) fn with_data(piece: Piece, bytes: &[u8], complete: bool) -> Result<Piece, Trouble> {
    let after = piece.span.end;
    let rest = bytes.get(after..).unwrap_or_default();
    let Some(line) = memchr(b'\n', rest) else {
        if !complete {
            return Err(Stop::Starved.into());
        }
        only_comment(bytes, after, bytes.len())?;
        return Ok(without_data(Piece { span: Span::new(0, bytes.len()), ..piece }));
    };
    only_comment(bytes, after, after + line)?;
    let start = after + line + 1;
    let data = bytes.get(start..).unwrap_or_default();
    for found in memmem::find_iter(data, b"\\.") {
        let at_line_start = found == 0 || data.get(found - 1) == Some(&b'\n');
        let line_end = match data.get(found + 2..).unwrap_or_default() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [] | [b'\r'] if !complete => return Err(Stop::Starved.into()),
            [] => 0,
            [b'\r'] => 1,
            _ => continue,
        };
        if at_line_start {
            return Ok(Piece {
                span: Span::new(0, start + found + 2 + line_end),
                kind: PieceKind::CopyFromStdin { data: Span::new(start, start + found) },
                ..piece
            });
        }
    }
    if !complete {
        return Err(Stop::Starved.into());
    }
    Ok(Piece {
        span: Span::new(0, bytes.len()),
        kind: PieceKind::CopyFromStdin { data: Span::new(start, bytes.len()) },
        ..piece
    })
}

/// psql runs what stands after the `;` when the data are through; nobody means that.
fn only_comment(bytes: &[u8], start: usize, end: usize) -> Result<(), Trouble> {
    let at = run(bytes, start, is_blank).min(end);
    let rest = bytes.get(at..end).unwrap_or_default();
    if rest.is_empty() || rest.starts_with(b"--") {
        return Ok(());
    }
    Err(Trouble::Refused(SplitError { kind: SplitErrorKind::TextBeforeCopyData, span: Span::new(at, end) }))
}
