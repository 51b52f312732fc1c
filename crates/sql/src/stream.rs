use std::io::{ErrorKind, Read};

use memchr::memchr_iter;
use sluice_text::Span;

use crate::lexer::Stop;
use crate::splitter::{Splitter, Trouble};
use crate::{Dialect, PieceKind, SplitError};

const CHUNK: usize = 256 * 1024;

/// A piece cut from a stream; the same pieces as [`split`](crate::split) of the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPiece {
    /// Byte offset of the piece in the stream.
    pub offset: usize,
    /// Line that the piece begins on, from 1.
    pub line: usize,
    /// The whole piece: leading blanks and comments, the statement, its terminator.
    pub text: String,
    /// The statement alone, counted in `text`.
    pub body: Span,
    /// What the piece is; its spans count in `text`.
    pub kind: PieceKind,
}

impl StreamPiece {
    /// The statement alone.
    pub fn body(&self) -> &str {
        self.body.slice(&self.text)
    }
}

/// Why a stream cannot be split further. Places count from the beginning of the stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The stream cannot be read.
    #[error("the text cannot be read")]
    Io(#[from] std::io::Error),
    /// Not UTF-8 from `offset` on. Pieces before it were given out.
    #[error("not valid UTF-8 at byte {offset}: save the file as UTF-8")]
    InvalidUtf8 {
        /// Offset of the first bad byte.
        offset: usize,
    },
    /// The text cannot be split.
    #[error("line {line}: {error}")]
    Split {
        /// What is wrong and where.
        error: SplitError,
        /// Line of it, from 1.
        line: usize,
    },
}

/// Splits text as it is read. Memory follows the longest single piece, whatever the length of the stream (the data of
/// a `COPY … FROM stdin` belong to its piece). After an error there are no more pieces.
#[derive(Debug)]
pub struct StreamSplitter<R> {
    reader: R,
    splitter: Splitter,
    buffer: Vec<u8>,
    /// Where the next piece begins in `buffer`.
    start: usize,
    /// End of what is known to be UTF-8 in `buffer`.
    valid: usize,
    /// Offset of `buffer` in the stream.
    offset: usize,
    /// Line of `start`.
    line: usize,
    chunk: usize,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Reading,
    /// The reader is through.
    Ended,
    /// Bytes after `valid` are not UTF-8.
    Invalid,
    /// Nothing more comes.
    Done,
}

impl<R: Read> StreamSplitter<R> {
    /// Splits what `reader` gives.
    pub fn new(dialect: Dialect, reader: R) -> Self {
        Self::with_chunk(dialect, reader, CHUNK)
    }

    /// Reads `chunk` bytes at a time, more while a piece is longer than that.
    pub fn with_chunk(dialect: Dialect, reader: R, chunk: usize) -> Self {
        Self {
            reader,
            splitter: Splitter::new(dialect),
            buffer: Vec::new(),
            start: 0,
            valid: 0,
            offset: 0,
            line: 1,
            chunk: chunk.max(1),
            state: State::Reading,
        }
    }

    fn step(&mut self) -> Result<Option<StreamPiece>, StreamError> {
        loop {
            let pending = self.buffer.get(self.start..self.valid).unwrap_or_default();
            let ended = self.state == State::Ended;
            if pending.is_empty() && ended {
                return Ok(None);
            }
            let trouble = if pending.is_empty() {
                Trouble::Stop(Stop::Starved)
            } else {
                match self.splitter.next(pending, ended) {
                    Ok(piece) => return Ok(Some(self.give(piece))),
                    Err(trouble) => trouble,
                }
            };
            let Some(error) = trouble.moved(0) else {
                match self.state {
                    State::Reading => self.fill()?,
                    State::Invalid => {
                        return Err(StreamError::InvalidUtf8 { offset: self.offset + self.valid });
                    }
                    State::Ended | State::Done => return Ok(None),
                }
                continue;
            };
            let before = pending.get(..error.span.start).unwrap_or_default();
            let line = self.line + memchr_iter(b'\n', before).count();
            let by = self.offset + self.start;
            let span = Span::new(error.span.start + by, error.span.end + by);
            return Err(StreamError::Split { error: SplitError { span, ..error }, line });
        }
    }

    fn give(&mut self, piece: crate::Piece) -> StreamPiece {
        let bytes = self.buffer.get(self.start..self.start + piece.span.end).unwrap_or_default();
        let given = StreamPiece {
            offset: self.offset + self.start,
            line: self.line,
            text: String::from_utf8_lossy(bytes).into_owned(),
            body: piece.body,
            kind: piece.kind,
        };
        self.line += memchr_iter(b'\n', bytes).count();
        self.start += piece.span.end;
        given
    }

    /// Reads on: as much again as is pending, so that a long piece is looked at a few times only.
    fn fill(&mut self) -> Result<(), StreamError> {
        self.buffer.drain(..self.start);
        self.offset += self.start;
        self.valid -= self.start;
        self.start = 0;
        let wanted = self.chunk.max(self.buffer.len());
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let got = loop {
            match self.reader.by_ref().take(wanted).read_to_end(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let fresh = self.buffer.get(self.valid..).unwrap_or_default();
        match std::str::from_utf8(fresh) {
            Ok(_) => self.valid = self.buffer.len(),
            Err(error) => {
                self.valid += error.valid_up_to();
                if error.error_len().is_some() || got == 0 {
                    self.state = State::Invalid;
                }
            }
        }
        if got == 0 && self.state == State::Reading {
            self.state = State::Ended;
        }
        Ok(())
    }
}

impl<R: Read> Iterator for StreamSplitter<R> {
    type Item = Result<StreamPiece, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let step = self.step();
        if !matches!(step, Ok(Some(_))) {
            self.state = State::Done;
        }
        step.transpose()
    }
}
