//! Source text: files, byte spans, lines and columns.
//!
//! Every message that points somewhere points with the types of this crate. No I/O happens here.

mod source;
mod span;

pub use source::{DecodeError, SourceFile, decode};
pub use span::{Position, Span};
