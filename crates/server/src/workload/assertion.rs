use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sluice_store::sha256_hex;

use super::encoding::decoded;
use super::key::{Algorithm, KeySet};
use super::refusal::Refusal;

/// Most bytes of an assertion.
pub const LONGEST: usize = 16 * 1024;

/// How far clocks may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Longest that an assertion may be good for: until then it has to be remembered.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A signed JSON web token, taken apart. Nothing of it is believed before [`Assertion::check`].
#[derive(Debug)]
pub struct Assertion<'a> {
    algorithm: String,
    key: Option<String>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// What an assertion must be held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// URL of the issuer.
    pub issuer: &'a str,
    /// Whom it must be for: one of these.
    pub audiences: &'a [String],
    /// What the issuer signs with.
    pub algorithms: &'a [Algorithm],
    /// Its keys.
    pub keys: &'a KeySet,
}

/// Claims that were signed by the issuer, for us, and count now.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// All of them.
    pub all: Map<String, Value>,
    /// Names the assertion among all of its issuer.
    pub id: String,
    /// From when on nobody takes it.
    pub until: Timestamp,
}

impl<'a> Assertion<'a> {
    /// Takes one apart.
    ///
    /// # Errors
    /// It is too long, or none.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::TooLong(LONGEST));
        }
        let three = Refusal::Malformed("it has not three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or(three.clone())?;
        let (header, claims) =
            signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(three)?;
        let part = |text: &str, what| {
            let bytes = decoded(text).ok_or(Refusal::Malformed(what))?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| Refusal::Malformed(what))
        };
        let header = part(header, "its header is not JSON in base64url")?;
        let claims = part(claims, "its claims are not JSON in base64url")?;
        let signature = decoded(signature).ok_or(Refusal::Malformed("its signature is not base64url"))?;
        if header.contains_key("crit") {
            // Something that must be understood, and is not.
            return Err(Refusal::Malformed("its header demands an extension"));
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        let algorithm = text("alg").ok_or(Refusal::Malformed("its header names no algorithm"))?;
        let key = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(Refusal::Malformed("its header names no key")),
        };
        Ok(Self { algorithm, key, claims, signed, signature })
    }

    /// Who claims to have signed it.
    ///
    /// # Errors
    /// Nobody.
    pub fn issuer(&self) -> Result<&str, Refusal> {
        self.claims.get("iss").and_then(Value::as_str).ok_or(Refusal::Claim("iss"))
    }

    /// About whom it claims to be; empty for nobody.
    pub fn subject(&self) -> &str {
        self.claims.get("sub").and_then(Value::as_str).unwrap_or_default()
    }

    /// The key that it claims to be signed with.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Its claims, when all that must be so is so.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(self, expected: &Expected<'_>, now: Timestamp) -> Result<Claims, Refusal> {
        let algorithm = Algorithm::named(&self.algorithm).filter(|name| expected.algorithms.contains(name));
        let algorithm = algorithm.ok_or_else(|| Refusal::Algorithm(shown(&self.algorithm)))?;
        let key = expected.keys.find(self.key.as_deref());
        let key = key.ok_or_else(|| Refusal::UnknownKey(shown(self.key.as_deref().unwrap_or_default())))?;
        if !key.has_signed(algorithm, self.signed.as_bytes(), &self.signature) {
            return Err(Refusal::Signature);
        }
        if self.issuer()? != expected.issuer {
            return Err(Refusal::UnknownIssuer(shown(self.issuer()?)));
        }
        if !self.is_for(expected.audiences)? {
            return Err(Refusal::Audience);
        }
        let until = self.check_times(now)?;
        let id = match self.claims.get("jti") {
            Some(Value::String(id)) if !id.is_empty() => sha256_hex(id.as_bytes()),
            // Not of the signature: some can be written in several ways.
            None => sha256_hex(self.signed.as_bytes()),
            Some(_) => return Err(Refusal::Claim("jti")),
        };
        Ok(Claims { all: self.claims, id, until })
    }

    fn is_for(&self, audiences: &[String]) -> Result<bool, Refusal> {
        let ours = |value: &Value| value.as_str().is_some_and(|it| audiences.iter().any(|ours| ours == it));
        match self.claims.get("aud") {
            Some(one @ Value::String(_)) => Ok(ours(one)),
            Some(Value::Array(several)) => Ok(several.iter().any(ours)),
            _ => Err(Refusal::Claim("aud")),
        }
    }

    fn check_times(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let expires = self.time("exp")?.ok_or(Refusal::Claim("exp"))?;
        let issued = self.time("iat")?.ok_or(Refusal::Claim("iat"))?;
        let begins = self.time("nbf")?.unwrap_or(issued);
        let until = expires.saturating_add(SKEW).map_err(|_| Refusal::Claim("exp"))?;
        if now >= until {
            return Err(Refusal::Expired);
        }
        if now.duration_until(issued.max(begins)) > SKEW {
            return Err(Refusal::Early);
        }
        if issued.duration_until(expires) > LONGEST_LIFE {
            return Err(Refusal::LongLived);
        }
        Ok(until)
    }

    /// Seconds since 1970. What is no number is refused rather than taken for absent.
    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let seconds = value.as_i64().or_else(|| value.as_f64().and_then(whole));
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        time.map(Some).ok_or(Refusal::Claim(name))
    }
}

/// Seconds without their fraction: some issuers write `1700000000.0`.
fn whole(seconds: f64) -> Option<i64> {
    format!("{:.0}", seconds.trunc()).parse().ok()
}

/// What a stranger wrote, short.
pub fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::SystemRandom;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    struct Signer {
        pair: Ed25519KeyPair,
    }

    impl Signer {
        fn new() -> Self {
            let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            Self { pair: Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap() }
        }

        fn keys(&self) -> KeySet {
            let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
            let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k1" }] });
            KeySet::parse(&set).unwrap()
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.pair.sign(signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({ "iss": "https://ci.example.com", "aud": "sluice", "iat": NOW, "nbf": NOW, "exp": NOW + 300, "sub": "x" })
    }

    fn check(signer: &Signer, text: &str) -> Result<Claims, Refusal> {
        let keys = signer.keys();
        let audiences = ["sluice".to_owned(), "https://sluice.example.com".to_owned()];
        let expected = Expected {
            issuer: "https://ci.example.com",
            audiences: &audiences,
            algorithms: &[Algorithm::EdDSA],
            keys: &keys,
        };
        Assertion::parse(text)?.check(&expected, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn claims_are_believed_only_when_all_that_must_be_so_is_so() {
        let signer = Signer::new();
        let header = json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" });
        let with = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            check(&signer, &signer.sign(&header, &changed)).map(drop)
        };
        assert_eq!(with("aud", json!(["other", "sluice"])), Ok(()));
        assert_eq!(with("exp", json!(NOW - 59)), Ok(()));
        assert_eq!(with("exp", json!(NOW + 24 * 3600)), Ok(()));
        assert_eq!(with("iat", json!(f64::from(1_800_000_000_u32) - 0.5)), Ok(()));
        let refused = [
            (
                "iss",
                json!("https://ci.example.com/"),
                Refusal::UnknownIssuer("https://ci.example.com/".to_owned()),
            ),
            ("iss", json!(7), Refusal::Claim("iss")),
            ("aud", json!("other"), Refusal::Audience),
            ("aud", json!([]), Refusal::Audience),
            ("aud", json!(null), Refusal::Claim("aud")),
            ("exp", json!(NOW - 60), Refusal::Expired),
            ("exp", json!("never"), Refusal::Claim("exp")),
            ("exp", json!(null), Refusal::Claim("exp")),
            ("exp", json!(i64::MAX), Refusal::Claim("exp")),
            ("exp", json!(1e300), Refusal::Claim("exp")),
            ("exp", json!(NOW + 24 * 3600 + 1), Refusal::LongLived),
            ("iat", json!(NOW + 61), Refusal::Early),
            ("iat", json!(null), Refusal::Claim("iat")),
            ("nbf", json!(NOW + 61), Refusal::Early),
            ("nbf", json!("2020"), Refusal::Claim("nbf")),
            ("jti", json!(""), Refusal::Claim("jti")),
            ("jti", json!(3), Refusal::Claim("jti")),
        ];
        for (name, value, refusal) in refused {
            assert_eq!(with(name, value.clone()), Err(refusal), "{name} {value}");
        }
    }

    #[test]
    fn no_header_talks_anybody_into_another_key_or_algorithm() {
        let signer = Signer::new();
        let refused = |header: Value| check(&signer, &signer.sign(&header, &claims())).unwrap_err();
        for name in ["none", "NONE", "HS256", "RS256", "ES256", "EdDSA\n"] {
            let refusal = refused(json!({ "alg": name, "kid": "k1" }));
            assert_eq!(refusal.code(), "algorithm-refused", "{name}");
        }
        assert_eq!(refused(json!({ "alg": "EdDSA", "kid": "k2" })).code(), "key-unknown");
        assert_eq!(refused(json!({ "alg": "EdDSA", "kid": 1 })).code(), "assertion-malformed");
        assert_eq!(
            refused(json!({ "alg": "EdDSA", "crit": ["b64"], "b64": false })).code(),
            "assertion-malformed"
        );
        assert_eq!(refused(json!({ "kid": "k1" })).code(), "assertion-malformed");
        // A key that comes along is not looked at.
        let own = Signer::new();
        let x = URL_SAFE_NO_PAD.encode(own.pair.public_key());
        let header =
            json!({ "alg": "EdDSA", "kid": "k1", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } });
        assert_eq!(check(&signer, &own.sign(&header, &claims())), Err(Refusal::Signature));
    }

    #[test]
    fn what_is_changed_or_no_token_is_refused_whatever_it_is() {
        let signer = Signer::new();
        let good = signer.sign(&json!({ "alg": "EdDSA", "kid": "k1" }), &claims());
        assert!(check(&signer, &good).is_ok());
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(check(&signer, &String::from_utf8(bytes).unwrap()).is_err(), "changed at {at}");
            assert!(check(&signer, &good[..at]).is_err(), "cut at {at}");
        }
        for text in [
            "",
            ".",
            "..",
            "...",
            "a.b.c",
            "e30.e30.",
            "W10.W10.AA",
            &format!("{good}.x"),
            &format!("{good}="),
        ] {
            assert!(check(&signer, text).is_err(), "{text}");
        }
        let long = format!("{}.e30.AA", "A".repeat(LONGEST));
        assert_eq!(check(&signer, &long), Err(Refusal::TooLong(LONGEST)));
        let deep = URL_SAFE_NO_PAD.encode(format!("{{\"a\":{}", "[".repeat(5000)));
        assert!(check(&signer, &format!("e30.{deep}.AA")).is_err());
    }

    #[test]
    fn an_assertion_without_a_name_is_known_by_its_text() {
        let signer = Signer::new();
        let header = json!({ "alg": "EdDSA", "kid": "k1" });
        let id = |claims: &Value| check(&signer, &signer.sign(&header, claims)).unwrap().id;
        let mut named = claims();
        named["jti"] = json!("7");
        let mut again = named.clone();
        again["exp"] = json!(NOW + 100);
        assert_eq!(id(&named), id(&again));
        assert_eq!(id(&claims()), id(&claims()));
        assert_ne!(id(&claims()), id(&named));
    }
}
