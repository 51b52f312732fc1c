//! Source text: files, byte spans, lines and columns.
//!
//! Every message that points somewhere points with the types of this crate. No I/O happens here.

mod cut;
mod finding;
mod source;
mod span;

pub use cut::cut;
pub use finding::{Edit, Evidence, Finding, Fix, FollowUp, Severity, apply_edits};
pub use source::{DecodeError, SourceFile, decode, decode_owned};
pub use span::{Position, Span};
