use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use ring::{digest, hmac};

use crate::{Location, StoreError};

/// The key of a server: signs checkpoints of its audit log, and gives secrets that need not be kept.
pub struct Key {
    pair: Ed25519KeyPair,
    secret: hmac::Key,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.public())
    }
}

impl Key {
    /// Reads the key of a data directory, and makes one where there is none.
    ///
    /// # Errors
    /// A file that cannot be read or written, or holds no key.
    pub fn of(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join("server.key");
        match std::fs::read(&path) {
            Ok(bytes) => Self::parse(&path, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(&path),
            Err(error) => Err(StoreError::File { path, action: "read", error }),
        }
    }

    fn create(path: &Path) -> Result<Self, StoreError> {
        let generated = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let document = generated.map_err(|_| no_randomness(path))?;
        // Whole or not at all, and readable by nobody else from the beginning.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let failed = |error| StoreError::File { path: path.to_owned(), action: "created", error };
        let mut options = std::fs::OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
        file.write_all(document.as_ref()).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        Self::parse(path, document.as_ref())
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        let pair = Ed25519KeyPair::from_pkcs8(bytes).map_err(|_| StoreError::Damaged {
            place: Location::File(path.to_owned()),
            what: "it holds no key".to_owned(),
        })?;
        let secret = digest::digest(&digest::SHA256, &[b"sluice secrets\n", bytes].concat());
        Ok(Self { pair, secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()) })
    }

    /// The public part, in hexadecimal digits.
    pub fn public(&self) -> String {
        hex(self.pair.public_key().as_ref())
    }

    /// Signs text.
    pub(crate) fn sign(&self, text: &str) -> String {
        hex(self.pair.sign(text.as_bytes()).as_ref())
    }

    /// Signs bytes; what signs for another purpose must begin in another way.
    pub fn sign_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }

    /// A secret for a purpose: the same each time.
    pub fn secret(&self, purpose: &str) -> String {
        hex(hmac::sign(&self.secret, purpose.as_bytes()).as_ref())
    }
}

impl Key {
    /// Whether two texts are the same; the time that it takes tells nothing about either.
    pub fn same(&self, one: &str, other: &str) -> bool {
        hmac::verify(&self.secret, one.as_bytes(), hmac::sign(&self.secret, other.as_bytes()).as_ref())
            .is_ok()
    }
}

/// Whether a signature, in hexadecimal digits, is the HMAC-SHA-256 of a body by a secret.
pub fn is_hmac(secret: &str, body: &[u8], signature: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    unhex(signature).is_some_and(|signature| hmac::verify(&key, body, &signature).is_ok())
}

/// Whether a signature is that of a public key.
pub(crate) fn is_signed(public: &str, text: &str, signature: &str) -> bool {
    let (Some(public), Some(signature)) = (unhex(public), unhex(signature)) else { return false };
    UnparsedPublicKey::new(&ring::signature::ED25519, public).verify(text.as_bytes(), &signature).is_ok()
}

/// Random bytes, in hexadecimal digits.
///
/// # Errors
/// When the system has none.
pub fn random_hex(bytes: usize) -> Result<String, StoreError> {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).map_err(|_| no_randomness(Path::new("/dev/urandom")))?;
    Ok(hex(&random))
}

/// SHA-256, in hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn no_randomness(path: &Path) -> StoreError {
    let error = std::io::Error::other("the system gives no random numbers");
    StoreError::File { path: path.to_owned(), action: "created", error }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
