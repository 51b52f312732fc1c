use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::issuer::Issuer;
use super::key::KeySet;
use crate::outgoing;

/// How long keys are not asked for again.
const FRESH: Duration = Duration::from_mins(10);

/// How long keys count that cannot be asked for again.
const STALE: Duration = Duration::from_hours(1);

/// How often an issuer is asked at most, whatever strangers send.
const PAUSE: Duration = Duration::from_secs(20);

/// Keys of issuers, asked for when somebody needs them and kept for a while.
#[derive(Debug, Default)]
pub struct KeySources {
    known: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
}

#[derive(Debug, Default)]
struct Known {
    /// When it was asked last, whatever came of it.
    asked: Option<Instant>,
    /// What it said, and when.
    keys: Option<(Instant, Arc<KeySet>)>,
}

impl KeySources {
    /// The keys of an issuer, new ones if `id` is none of them: issuers change their keys without telling.
    ///
    /// # Errors
    /// Why they cannot be had, in words.
    pub fn keys(&self, issuer: &Issuer, id: Option<&str>, private: bool) -> Result<Arc<KeySet>, String> {
        if let Some(keys) = &issuer.settings.keys {
            return KeySet::parse(keys).map(Arc::new);
        }
        let known = {
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(issuer.url.clone()).or_default())
        };
        // One asks, the others wait for its answer.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let current =
            known.keys.as_ref().filter(|(at, keys)| at.elapsed() < FRESH && keys.find(id).is_some());
        if let Some((_, keys)) = current {
            return Ok(Arc::clone(keys));
        }
        let last =
            known.keys.as_ref().filter(|(at, _)| at.elapsed() < STALE).map(|(_, keys)| Arc::clone(keys));
        // Soon after the first keys were had they may have changed already; what was asked twice in a row is left alone.
        if known.asked.is_some_and(|at| at.elapsed() < PAUSE) {
            return last.ok_or_else(|| "it was asked a moment ago and gave none".to_owned());
        }
        let first = known.keys.is_none();
        let fetched = fetch(&issuer.url, private);
        if !first || fetched.is_err() {
            known.asked = Some(Instant::now());
        }
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.keys = Some((Instant::now(), Arc::clone(&keys)));
                Ok(keys)
            }
            Err(error) => last.ok_or(error),
        }
    }

    /// Forgets what is known of an issuer.
    pub fn forget(&self, url: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }
}

/// Asks an issuer for its keys, as OpenID Connect Discovery has it.
fn fetch(url: &str, private: bool) -> Result<KeySet, String> {
    let place = format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'));
    let description = json(&place, private)?;
    let text = |name: &str| description.get(name).and_then(Value::as_str);
    if text("issuer") != Some(url) {
        return Err(format!("{place} is that of another issuer"));
    }
    let keys = text("jwks_uri").ok_or_else(|| format!("{place} has no jwks_uri"))?;
    KeySet::parse(&json(keys, private)?).map_err(|error| format!("{keys}: {error}"))
}

fn json(url: &str, private: bool) -> Result<Value, String> {
    let bytes = outgoing::get(url, private)?;
    serde_json::from_slice(&bytes).map_err(|_| format!("{url} answers something that is not JSON"))
}
