//! The core that [`split`](crate::split), [`split_at`](crate::split_at) and [`StreamSplitter`](crate::StreamSplitter)
//! share: one piece from the beginning of a text.

use sluice_text::Span;

use crate::byte::trim_end;
use crate::client::{self, Client};
use crate::compound::Compound;
use crate::copy;
use crate::features::Features;
use crate::lexer::{Delimiter, Lexer, Stop, Token, TokenKind};
use crate::{Dialect, Piece, PieceKind, SplitError};

/// How far an open parenthesis may keep `;` from ending a statement. No rule is that long; a forgotten parenthesis must
/// not hold a dump in memory.
const PAREN_REACH: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What holds from one piece to the next.
#[derive(Debug)]
pub(crate) struct Splitter {
    dialect: Dialect,
    delimiter: Delimiter,
    /// A literal delimiter of another tool: no client commands, no bodies.
    literal: bool,
    /// No parenthesis has turned out to be never closed.
    parens_protect: bool,
    /// No piece was cut yet.
    fresh: bool,
}

/// Why there is no next piece.
#[derive(Debug)]
pub(crate) enum Trouble {
    Stop(Stop),
    Refused(SplitError),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// The statement that is being read.
#[derive(Default)]
struct Statement {
    /// First significant byte.
    start: Option<usize>,
    /// After the last one.
    end: usize,
    parens: usize,
    /// The first `;` inside parentheses, with the statement's end before it.
    inner: Option<(Token, usize)>,
}

impl Statement {
    fn take(&mut self, start: usize, end: usize) {
        self.start.get_or_insert(start);
        self.end = end;
    }

    fn piece(&self, span_end: usize) -> Piece {
        match self.start {
            Some(start) => Piece {
                span: Span::new(0, span_end),
                body: Span::new(start, self.end),
                kind: PieceKind::Statement,
            },
            None => blank(span_end),
        }
    }
}

fn blank(end: usize) -> Piece {
    Piece { span: Span::new(0, end), body: Span::new(end, end), kind: PieceKind::Blank }
}

impl Splitter {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            delimiter: Delimiter::Semicolon,
            literal: false,
            parens_protect: Features::of(dialect).parens_protect,
            fresh: true,
        }
    }

    pub(crate) fn literal(dialect: Dialect, delimiter: Delimiter) -> Self {
        Self { delimiter, literal: true, parens_protect: true, ..Self::new(dialect) }
    }

    /// The first piece of `bytes`, which must not be empty; its spans count from the beginning of `bytes`. With
    /// `complete` unset, more text may follow, and [`Stop::Starved`] asks for it; the state is then as before.
    pub(crate) fn next(&mut self, bytes: &[u8], complete: bool) -> Result<Piece, Trouble> {
        let outcome = self.read(bytes, complete)?;
        if let Some(delimiter) = outcome.delimiter {
            self.delimiter = delimiter;
        }
        self.parens_protect &= !outcome.unclosed;
        self.fresh = false;
        Ok(outcome.piece)
    }

    fn read(&self, bytes: &[u8], complete: bool) -> Result<Outcome, Trouble> {
        let mut lexer = Lexer::new(self.dialect, bytes, &self.delimiter, complete);
        lexer.lenient = self.literal;
        if self.fresh && bytes.starts_with(BYTE_ORDER_MARK) {
            lexer.at = BYTE_ORDER_MARK.len();
        }
        // With another delimiter `;` is nothing special, so bodies need no watching.
        let mut compound = match self.delimiter {
            Delimiter::Semicolon if !self.literal => Compound::new(self.dialect),
            _ => Compound::None,
        };
        let mut statement = Statement::default();
        loop {
            if statement.start.is_some() && compound.is_plain() {
                let from = lexer.at;
                if lexer.skip_dull() {
                    let end = trim_end(bytes, from, lexer.at);
                    if end > from {
                        statement.end = end;
                    }
                }
            }
            lexer.idle = !self.literal && statement.start.is_none();
            let token = lexer.next()?;
            if !self.literal && statement.start.is_none() {
                match client::command(self.dialect, &lexer, token, complete)? {
                    Some(Client::Delimiter(delimiter, end)) => {
                        return Ok(told(token, end, bytes, Some(delimiter)));
                    }
                    Some(Client::Told(end)) => return Ok(told(token, end, bytes, None)),
                    Some(Client::Statement(end)) => {
                        statement.take(token.start, trim_end(bytes, token.start, end));
                        return Ok(Outcome::of(statement.piece(end)));
                    }
                    None => {}
                }
            }
            match token.kind {
                TokenKind::End => {
                    return Ok(match statement.inner {
                        Some(inner) if statement.parens > 0 => Outcome::unclosed(&mut statement, inner),
                        _ if compound.reads_stdin() => {
                            Outcome::of(copy::without_data(statement.piece(token.end)))
                        }
                        _ => Outcome::of(statement.piece(token.end)),
                    });
                }
                TokenKind::Delimiter if statement.parens > 0 => {
                    statement.inner.get_or_insert((token, statement.end));
                    statement.take(token.start, token.end);
                }
                TokenKind::Delimiter => {
                    if compound.ends() && !lexer.conditional {
                        let piece = statement.piece(token.end);
                        return Ok(Outcome::of(if compound.reads_stdin() {
                            copy::with_data(piece, bytes, complete)?
                        } else {
                            piece
                        }));
                    }
                    statement.take(token.start, token.end);
                    continue;
                }
                TokenKind::Backslash if !self.literal => client::backslash(self.dialect, bytes, token)?,
                TokenKind::OpenParen if self.parens_protect => statement.parens += 1,
                TokenKind::CloseParen => statement.parens = statement.parens.saturating_sub(1),
                _ => {}
            }
            if let Some(inner) = statement.inner
                && statement.parens > 0
                && token.end - inner.0.end > PAREN_REACH
            {
                return Ok(Outcome::unclosed(&mut statement, inner));
            }
            statement.take(token.start, token.end);
            compound.observe(token, lexer.text(token));
        }
    }
}

struct Outcome {
    piece: Piece,
    /// The delimiter from here on.
    delimiter: Option<Delimiter>,
    /// A parenthesis was never closed.
    unclosed: bool,
}

impl Outcome {
    fn of(piece: Piece) -> Self {
        Self { piece, delimiter: None, unclosed: false }
    }

    /// The statement cut at its first `;`, as if parentheses did not matter.
    fn unclosed(statement: &mut Statement, (semicolon, end): (Token, usize)) -> Self {
        statement.end = end;
        Self { piece: statement.piece(semicolon.end), delimiter: None, unclosed: true }
    }
}

fn told(token: Token, end: usize, bytes: &[u8], delimiter: Option<Delimiter>) -> Outcome {
    let piece = Piece {
        span: Span::new(0, end),
        body: Span::new(token.start, trim_end(bytes, token.start, end)),
        kind: PieceKind::Delimiter,
    };
    Outcome { piece, delimiter, unclosed: false }
}
