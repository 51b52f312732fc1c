//! Names of scratch databases on servers. They tell when they were made, so that those of runs that died are found.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What every name begins with.
pub const PREFIX: &str = "sluice_shadow_";
/// Nobody works in a scratch database for this long, in seconds, without being connected to it.
const STALE: u64 = 600;

/// A name that nobody else has.
pub fn name(run_id: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let suffix: String = run_id.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{:x}_{}_{count}", now(), suffix.to_ascii_lowercase())
}

/// Whether it is the name of one that is old enough to be dropped where nobody is connected to it.
pub fn is_stale(name: &str) -> bool {
    made_at(name).is_some_and(|made| made.saturating_add(STALE) < now())
}

fn made_at(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix(PREFIX)?.split('_').next()?, 16).ok()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_when_they_were_made() {
        assert_eq!(made_at("sluice_shadow_ff_ab_0"), Some(255));
        assert_eq!(made_at("shop"), None);
        assert!(is_stale("sluice_shadow_ff_ab_0"));
        let (first, second) = (name("Ab-1"), name("Ab-1"));
        assert_ne!(first, second);
        assert!(!is_stale(&first) && !is_stale("shop"));
    }
}
