use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::encoding::decoded;

/// How an issuer signs. `none` and those with a shared secret are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Algorithm {
    /// RSA with SHA-256.
    RS256,
    /// RSA with SHA-384.
    RS384,
    /// RSA with SHA-512.
    RS512,
    /// RSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// The one that a header names.
    pub fn named(name: &str) -> Option<Self> {
        serde_json::from_value(Value::String(name.to_owned())).ok()
    }

    fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }
}

/// The part of a key that everybody may know.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A key that an issuer signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    /// Only with this algorithm.
    algorithm: Option<String>,
    material: Material,
}

impl Key {
    /// Whether it has signed the text, and in this way. A key is for algorithms of its own kind only, whatever a header says.
    pub fn has_signed(&self, algorithm: Algorithm, text: &[u8], signed: &[u8]) -> bool {
        if self.algorithm.as_deref().is_some_and(|only| only != algorithm.name()) {
            return false;
        }
        let by = |way: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(way, key).verify(text, signed).is_ok()
        };
        match (&self.material, algorithm) {
            (
                Material::Rsa { n, e },
                Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256,
            ) => {
                let way = match algorithm {
                    Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
                    _ => &signature::RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(way, text, signed).is_ok()
            }
            (Material::P256(key), Algorithm::ES256) => by(&signature::ECDSA_P256_SHA256_FIXED, key),
            (Material::P384(key), Algorithm::ES384) => by(&signature::ECDSA_P384_SHA384_FIXED, key),
            (Material::Ed25519(key), Algorithm::EdDSA) => by(&signature::ED25519, key),
            _ => false,
        }
    }

    /// A key of a set; `None` for one that signs nothing that is taken here.
    fn parse(key: &Value) -> Option<Self> {
        let field = |name: &str| key.get(name).and_then(Value::as_str);
        if field("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |name: &str| decoded(field(name)?);
        let point = |length: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == length && y.len() == length).then(|| [vec![4], x, y].concat())
        };
        let material = match (field("kty")?, field("crv")) {
            ("RSA", _) => {
                // As numbers are written: zeros in front would not be read.
                let trimmed =
                    |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
                Material::Rsa { n: trimmed(bytes("n")?), e: trimmed(bytes("e")?) }
            }
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
            _ => return None,
        };
        let text = |name: &str| field(name).map(str::to_owned);
        Some(Self { id: text("kid"), algorithm: text("alg"), material })
    }
}

/// The keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// Most keys of an issuer; those that rotate have a handful.
const MOST_KEYS: usize = 64;

impl KeySet {
    /// Reads a JSON web key set.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(set: &Value) -> Result<Self, String> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or("it has no `keys`")?;
        if keys.len() > MOST_KEYS {
            return Err(format!("it has more than {MOST_KEYS} keys"));
        }
        if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err("it holds a private or shared key".to_owned());
        }
        let keys: Vec<Key> = keys.iter().filter_map(Key::parse).collect();
        if keys.is_empty() {
            return Err("it has no key that signs (RSA, P-256, P-384, Ed25519)".to_owned());
        }
        Ok(Self { keys })
    }

    /// The key that a header names; without a name the only one.
    pub fn find(&self, id: Option<&str>) -> Option<&Key> {
        match (id, self.keys.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn sets_that_are_none_are_refused_and_strange_keys_passed_over() {
        for (set, told) in [
            (json!({}), "no `keys`"),
            (json!({ "keys": [] }), "no key that signs"),
            (json!({ "keys": [{ "kty": "oct", "k": X }] }), "shared key"),
            (json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": X, "d": X }] }), "private"),
            (
                json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": X, "use": "enc" }] }),
                "no key that signs",
            ),
            (json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AA" }] }), "no key that signs"),
            (json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": X, "y": "AA" }] }), "no key that signs"),
            (json!({ "keys": vec![json!({}); 65] }), "more than 64"),
        ] {
            let error = KeySet::parse(&set).unwrap_err();
            assert!(error.contains(told), "{set}: {error}");
        }
        let key = |id: &str| json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "kid": id });
        let one = KeySet::parse(&json!({ "keys": [{ "kty": "odd" }, key("a")] })).unwrap();
        assert!(one.find(None).is_some() && one.find(Some("a")).is_some() && one.find(Some("b")).is_none());
        let two = KeySet::parse(&json!({ "keys": [key("a"), key("b")] })).unwrap();
        assert!(two.find(None).is_none() && two.find(Some("b")).is_some());
    }

    #[test]
    fn no_algorithm_without_a_public_key_has_a_name() {
        for name in ["none", "None", "HS256", "HS384", "HS512", "rs256", "", "RS256 "] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
        assert_eq!(Algorithm::named("EdDSA"), Some(Algorithm::EdDSA));
    }
}
