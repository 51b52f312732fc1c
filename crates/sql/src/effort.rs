//! How much was looked at to understand a text, counted in debug builds: what takes more than linear time shows in the
//! count, on any machine and however busy it is.

#[cfg(debug_assertions)]
thread_local! {
    static SPENT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts bytes or tokens that are looked at.
#[cfg(debug_assertions)]
pub(crate) fn spend(count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    SPENT.with(|spent| spent.set(spent.get().saturating_add(count)));
}

/// Counts bytes or tokens that are looked at.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn spend(_count: usize) {}

/// Does some work on this thread, and says how many bytes and tokens were looked at for it. Nothing is counted in release
/// builds.
#[doc(hidden)]
pub fn effort<T>(work: impl FnOnce() -> T) -> (T, u64) {
    #[cfg(debug_assertions)]
    let spent = || SPENT.with(std::cell::Cell::get);
    #[cfg(not(debug_assertions))]
    let spent = || 0_u64;
    let before = spent();
    let result = work();
    (result, spent() - before)
}
