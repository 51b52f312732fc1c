//! `sluice check`: files without a project, pull requests against a base, suppressions, policies, fixes, bad input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod against;
mod bad_input;
mod baseline;
mod branch;
mod example;
mod files;
mod formats;
mod integrity;
mod lock;
mod policy;
mod rehearsal;
mod replayed;
mod stats;
mod suppressions;
mod templates;

use serde_json::Value;

/// Rules of the findings, in their order.
fn rules(json: &Value) -> Vec<String> {
    let findings = json["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}
