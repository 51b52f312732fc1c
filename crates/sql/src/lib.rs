//! SQL text to statements, for every dialect: lexer, splitter, statement facts, and the
//! [statement model](model) that a grammar per dialect fills.
//!
//! Invariants: no I/O; no panic on any input; pieces concatenate to the input; linear time.

mod byte;
mod client;
mod comments;
mod compound;
mod copy;
mod dialect;
mod effort;
mod facts;
mod features;
mod grammar;
mod lexeme;
mod lexer;
pub mod model;
mod piece;
mod redact;
mod shape;
mod splitter;
mod stream;
mod units;

pub use comments::comments;
pub use dialect::Dialect;
#[doc(hidden)]
pub use effort::effort;
pub use facts::{Control, Facts, Kind, Mode, Object, ObjectKind, classify, contains_string_literal};
pub use grammar::{is_reserved, parse};
pub use lexeme::{Lexeme, LexemeKind, lexemes};
pub use piece::{Piece, PieceKind, SplitError, SplitErrorKind, pieces, split, split_at};
pub use redact::redact;
pub use shape::{hints, subquery_depth};
pub use stream::{StreamError, StreamPiece, StreamSplitter};
pub use units::{Placement, Unit, UnitKind, Units};
