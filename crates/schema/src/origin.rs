use serde::{Deserialize, Serialize};

/// Where a thing of the schema comes from. All zero: it was there before anything that is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Changes that are deployed together: the pull request, or the file where files are reviewed one by one. From 1.
    pub batch: u32,
    /// The change, counted from 1 over all that were replayed.
    pub change: u32,
    /// The transaction, counted from 1 over all that were replayed; a statement outside of transactions is one of its own.
    pub transaction: u32,
}

impl Origin {
    /// Whether it was there before anything that is reviewed.
    pub fn is_before(self) -> bool {
        self.batch == 0
    }
}
