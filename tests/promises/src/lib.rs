//! What holds for any text, however odd: each promise is a function that panics where it is broken.
//!
//! The property tests of this crate try them on mutated SQL in `make test`; the targets of `fuzz/` let a fuzzer look
//! for the text that breaks one. A crash that it finds becomes a test in the crate whose fault it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken promise is a panic"
)]

mod fixing;
mod reading;
mod replaying;
mod reviewing;
pub mod seeds;

pub use fixing::edits;
pub use reading::{grammar, lexer, splitter};
pub use replaying::{Replayed, replay};
pub use reviewing::{review, suppressions};
