use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_store::{StoreError, StoredIssuer};

use super::key::{Algorithm, KeySet};
use super::preset::Preset;
use super::rule::Rule;
use crate::outgoing;

/// Somebody who vouches for programs.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Name.
    pub name: String,
    /// What stands as `iss`.
    pub url: String,
    /// The rest.
    pub settings: Settings,
}

/// What an admin has said about an issuer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Product.
    pub preset: Preset,
    /// Whom its assertions must be for: one of these.
    pub audiences: Vec<String>,
    /// What it signs with.
    pub algorithms: Vec<Algorithm>,
    /// Its keys, where they are given and not asked for.
    pub keys: Option<Value>,
    /// How long a token counts.
    pub lifetime_seconds: u32,
    /// Who may do what.
    pub rules: Vec<Rule>,
}

/// Most rules of an issuer.
const MOST_RULES: usize = 500;

impl Issuer {
    /// As it is kept.
    ///
    /// # Errors
    /// It was not written by us.
    pub fn of(stored: StoredIssuer) -> Result<Self, StoreError> {
        let read = serde_json::from_str(&stored.settings);
        let settings = read.map_err(|error| StoreError::Json { what: "issuer", error })?;
        Ok(Self { name: stored.name, url: stored.url, settings })
    }

    /// Whether it makes sense, and can be believed.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, private: bool) -> Result<(), String> {
        let Settings { preset, audiences, algorithms, keys, lifetime_seconds, rules } = &self.settings;
        match keys {
            Some(keys) => {
                KeySet::parse(keys).map_err(|error| format!("keys: {error}"))?;
            }
            None => outgoing::check_url(&self.url, private).map_err(|error| format!("url: {error}"))?,
        }
        if self.url.is_empty() || self.url.len() > 500 || self.url.chars().any(|c| c.is_control() || c == ' ')
        {
            return Err("url: give 1 to 500 characters without spaces".to_owned());
        }
        let audience = |text: &String| !text.is_empty() && text.len() <= 500;
        if audiences.is_empty() || audiences.len() > 20 || !audiences.iter().all(audience) {
            return Err("audiences: give 1 to 20, for example the URL of this server".to_owned());
        }
        if algorithms.is_empty() {
            return Err("algorithms: give at least one".to_owned());
        }
        if !(60..=3600).contains(lifetime_seconds) {
            return Err("lifetime_seconds: give a number from 60 to 3600".to_owned());
        }
        if rules.is_empty() || rules.len() > MOST_RULES {
            return Err(format!("rules: give 1 to {MOST_RULES}"));
        }
        rules.iter().try_for_each(|rule| rule.check(*preset))
    }
}
