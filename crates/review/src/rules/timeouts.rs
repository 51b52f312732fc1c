//! How long a change waits and runs.

mod execution_time_missing;
mod lock_timeout_disabled;
mod lock_timeout_long;
mod lock_timeout_missing;
mod span_of_time;
mod statement_timeout_on_concurrent_work;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &lock_timeout_disabled::LockTimeoutDisabled,
    &statement_timeout_on_concurrent_work::StatementTimeoutOnConcurrentWork,
    &lock_timeout_missing::LockTimeoutMissing,
    &lock_timeout_long::LockTimeoutLong,
    &execution_time_missing::ExecutionTimeMissing,
];
