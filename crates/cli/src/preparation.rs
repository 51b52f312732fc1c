pub use sluice_runner::preparation::{check_rejected, is_over};

/// Where the state of a project is kept, beside its configuration.
pub const STATE: &str = ".sluice";
