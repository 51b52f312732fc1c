//! Scratch databases are in memory: nobody has to be asked for room, and nothing is left behind.

use sluice_engine::Connect;

/// One for the session that connects to it.
pub(crate) fn create(connect: &Connect) -> Connect {
    Connect { url: "sqlite::memory:".to_owned(), ..connect.clone() }
}
