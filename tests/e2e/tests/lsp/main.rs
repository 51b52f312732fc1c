//! `sluice lsp`, driven by the client library of VS Code: what an editor shows is what `sluice check` says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod actions;
mod bad_input;
mod editor;
mod findings;
mod hover;
mod projects;
mod protocol;
mod pull;

use serde_json::Value;

/// Rules of diagnostics, in their order.
fn rules(diagnostics: &Value) -> Vec<&str> {
    diagnostics.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap_or("-")).collect()
}
