//! Pairs of schemas from other tools' tests, old and new, and the score of what becomes of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness fails by panicking"
)]

mod corpus;
mod difference;
mod dump;
mod own;
mod score;

pub use corpus::{Pair, pairs};
pub use difference::differences;
pub use dump::{Likeness, compare};
pub use own::own_pairs;
pub use score::{Outcome, Score, Verdict};
