//! What people and programs see: every command's output as snapshots, every JSON result checked against its published
//! schema ([`sluice_e2e::Run::json`] does that).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod commands;
mod setting_up;
mod usage;

use sluice_e2e::{Run, redact, snapshot_settings};

/// Compares what people see with the snapshot of that name.
fn see(name: &str, run: &Run) {
    snapshot_settings().bind(|| insta::assert_snapshot!(name, run.transcript()));
}

/// Compares what programs get with the snapshot of that name.
fn read(name: &str, run: &Run) {
    let json = serde_json::to_string_pretty(&run.json()).unwrap();
    let text = format!("$ sluice {}\n{}\n--- exit code {}", run.arguments, redact(&json), run.code);
    snapshot_settings().bind(|| insta::assert_snapshot!(name, text));
}
