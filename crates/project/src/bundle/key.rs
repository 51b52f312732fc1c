use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::Signer;

/// What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What is no key.
#[derive(Debug, thiserror::Error)]
#[error("{what} is no Ed25519 key{reason}")]
pub struct KeyError {
    what: String,
    reason: String,
}

impl KeyError {
    fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into() }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        "`openssl genpkey -algorithm ed25519 -out release.key` makes one, `openssl pkey -in release.key -pubout` tells its public part"
    }
}

/// Who may sign: an Ed25519 key, written in hexadecimal digits or in PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads the public part of a key from a file in PEM, or in hexadecimal digits.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no key.
    pub fn of_file(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| KeyError::new(&shown, format!(": {error}")))?;
        text.parse().map_err(|_| KeyError::new(shown, ""))
    }

    /// Whether a signature is of this key.
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).is_ok()
    }

    /// Whether a signature in base64 is of this key.
    pub fn verifies_text(&self, text: &str, signature: &str) -> bool {
        BASE64_STANDARD.decode(signature).is_ok_and(|signature| self.verifies(text.as_bytes(), &signature))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let no_key = || KeyError::new(format!("`{}`", text.chars().take(80).collect::<String>()), "");
        let trimmed = text.trim();
        let bytes = if trimmed.len() == 64 && trimmed.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let pair = |at: usize| trimmed.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            (0..64).step_by(2).map(pair).collect::<Option<Vec<u8>>>().ok_or_else(no_key)?
        } else {
            let der = der(trimmed).ok_or_else(no_key)?;
            der.strip_prefix(SPKI.as_slice()).ok_or_else(no_key)?.to_vec()
        };
        bytes.try_into().map(Self).map_err(|_| no_key())
    }
}

/// The key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A key that nobody else has.
    ///
    /// # Errors
    /// A system without random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let failed = || KeyError::new("what the system made", "");
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| failed())?;
        Ed25519KeyPair::from_pkcs8(document.as_ref()).map(Self).map_err(|_| failed())
    }

    /// Reads a key from a file in PEM, as openssl writes it.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no key.
    pub fn of_file(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| KeyError::new(&shown, format!(": {error}")))?;
        let der = der(text.trim()).ok_or_else(|| KeyError::new(&shown, ""))?;
        // openssl leaves the public part out.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(Self).map_err(|_| KeyError::new(shown, ""))
    }
}

impl Signer for SigningKey {
    fn key_id(&self) -> String {
        self.0.public_key().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

/// The bytes of a text in PEM, or of its middle alone.
fn der(text: &str) -> Option<Vec<u8>> {
    let middle: String =
        text.lines().filter(|line| !line.starts_with("-----")).flat_map(|line| line.trim().chars()).collect();
    BASE64_STANDARD.decode(middle).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn keys_of_openssl_are_understood() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, PRIVATE).expect("a file");
        let key = SigningKey::of_file(&path).expect("a key");
        // RFC 8410, 10.3 and 10.1.
        assert_eq!(PUBLIC.parse::<PublicKey>().expect("a key").to_string(), key.key_id());
        assert_eq!(key.key_id().parse::<PublicKey>().expect("a key").to_string(), key.key_id());
        std::fs::write(&path, PUBLIC).expect("a file");
        assert!(SigningKey::of_file(&path).is_err());
        assert!(PublicKey::of_file(&folder.path().join("none")).is_err());
    }
}
