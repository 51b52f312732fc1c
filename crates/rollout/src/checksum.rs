use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// How a checksum is computed. Algorithms are never removed: histories hold their values for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `sha256`: SHA-256 over the text with LF line endings and no byte order mark. The current one.
    Sha256,
    /// `sha256-raw`: SHA-256 over the bytes as they are (Prisma, Drizzle).
    Sha256Raw,
    /// `sha384-raw`: SHA-384 over the bytes as they are (sqlx).
    Sha384Raw,
    /// `sha1-raw`: SHA-1 over the bytes as they are (sqitch `script_hash`).
    Sha1Raw,
    /// `flyway-crc32`: CRC-32 over the lines without their line ends and byte order mark, as signed decimal (Flyway).
    FlywayCrc32,
    /// A checksum of another tool that cannot be computed here (Liquibase MD5, Atlas chained hash): kept as written,
    /// never compared. Named by the tool.
    Foreign,
}

/// Tools whose checksums are kept as written. Any other name is not a checksum: it would never be compared.
const TOOLS: [&str; 2] = ["liquibase", "atlas"];

/// A checksum with its algorithm: `sha256:9f86…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checksum {
    algorithm: Algorithm,
    text: String,
}

/// Text that is not a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a checksum of the form algorithm:value")]
pub struct ChecksumError {
    /// The text.
    pub text: String,
}

impl Checksum {
    /// Checksum of `bytes` in the current algorithm.
    pub fn of(bytes: &[u8]) -> Self {
        Self::with(Algorithm::Sha256, bytes)
    }

    /// Checksum of `bytes` by `algorithm`. [`Algorithm::Foreign`] gives an empty value.
    pub fn with(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let name = algorithm.name();
        let mut text = String::with_capacity(name.len() + 1 + 96);
        text.push_str(name);
        text.push(':');
        match algorithm {
            Algorithm::Sha256 => {
                let mut hasher = Sha256::new();
                for part in normalised(bytes) {
                    hasher.update(part);
                }
                push_hex(&mut text, &hasher.finalize());
            }
            Algorithm::Sha256Raw => push_hex(&mut text, &Sha256::digest(bytes)),
            Algorithm::Sha384Raw => push_hex(&mut text, &sha2::Sha384::digest(bytes)),
            Algorithm::Sha1Raw => push_hex(&mut text, &sha1::Sha1::digest(bytes)),
            Algorithm::FlywayCrc32 => text.push_str(&flyway_crc32(bytes).to_string()),
            Algorithm::Foreign => {}
        }
        Self { algorithm, text }
    }

    /// A checksum that another tool wrote, for example `foreign("liquibase", "9:abc")`. It is only read again for tools that
    /// are known here: Liquibase and Atlas.
    pub fn foreign(tool: &str, value: &str) -> Self {
        Self { algorithm: Algorithm::Foreign, text: format!("{tool}:{value}") }
    }

    /// How it was computed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `algorithm:value`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value alone, without the algorithm.
    pub fn value(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, value)| value)
    }

    /// Whether `bytes` have this checksum; `None` where the algorithm cannot be computed here.
    pub fn matches(&self, bytes: &[u8]) -> Option<bool> {
        match self.algorithm {
            Algorithm::Foreign => None,
            algorithm => Some(Self::with(algorithm, bytes) == *self),
        }
    }
}

impl Algorithm {
    /// Name as written before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha256Raw => "sha256-raw",
            Self::Sha384Raw => "sha384-raw",
            Self::Sha1Raw => "sha1-raw",
            Self::FlywayCrc32 => "flyway-crc32",
            Self::Foreign => "foreign",
        }
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ChecksumError { text: text.to_owned() };
        let (name, value) = text.split_once(':').ok_or_else(error)?;
        if name.is_empty() || value.is_empty() {
            return Err(error());
        }
        let hex_length = |length: usize| {
            value.len() == length && value.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let (algorithm, valid) = match name {
            "sha256" => (Algorithm::Sha256, hex_length(64)),
            "sha256-raw" => (Algorithm::Sha256Raw, hex_length(64)),
            "sha384-raw" => (Algorithm::Sha384Raw, hex_length(96)),
            "sha1-raw" => (Algorithm::Sha1Raw, hex_length(40)),
            "flyway-crc32" => (Algorithm::FlywayCrc32, value.parse::<i32>().is_ok()),
            tool => (Algorithm::Foreign, TOOLS.contains(&tool)),
        };
        if valid { Ok(Self { algorithm, text: text.to_owned() }) } else { Err(error()) }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The bytes without byte order mark, with `\r\n` and lone `\r` as `\n`, as runs of the input.
fn normalised(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (run, after) = match rest.iter().position(|byte| *byte == b'\r') {
            None => (rest, &[][..]),
            Some(0) => {
                let skip = if rest.get(1) == Some(&b'\n') { 2 } else { 1 };
                (&b"\n"[..], rest.get(skip..).unwrap_or_default())
            }
            Some(at) => rest.split_at(at),
        };
        rest = after;
        Some(run)
    })
}

/// Flyway's checksum of a script: CRC-32 over each line's bytes without line ends (its `ChecksumCalculator`).
fn flyway_crc32(bytes: &[u8]) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    for run in normalised(bytes) {
        for line in run.split(|byte| *byte == b'\n') {
            hasher.update(line);
        }
    }
    i32::from_ne_bytes(hasher.finalize().to_ne_bytes())
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    // A formatted write for every byte would take as long as the hash of a small file.
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + (value - 10) });
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_and_byte_order_marks_do_not_change_a_checksum() {
        let unix = Checksum::of(b"create table t (a int);\nselect 1;\n");
        assert_eq!(unix, Checksum::of(b"\xef\xbb\xbfcreate table t (a int);\r\nselect 1;\r\n"));
        assert_eq!(unix, Checksum::of(b"create table t (a int);\rselect 1;\r"));
        assert_ne!(unix, Checksum::of(b"create table t (a int);\nselect 2;\n"));
        assert!(unix.as_str().starts_with("sha256:"));
    }

    #[test]
    fn old_algorithms_are_compared_for_ever() {
        for algorithm in [
            Algorithm::Sha256,
            Algorithm::Sha256Raw,
            Algorithm::Sha384Raw,
            Algorithm::Sha1Raw,
            Algorithm::FlywayCrc32,
        ] {
            let written = Checksum::with(algorithm, b"select 1").to_string();
            let read: Checksum = written.parse().unwrap();
            assert_eq!(read.matches(b"select 1"), Some(true), "{written}");
            assert_eq!(read.matches(b"select 2"), Some(false), "{written}");
        }
        let liquibase: Checksum = "liquibase:9:0123".parse().unwrap();
        assert_eq!(liquibase.matches(b"select 1"), None);
    }

    #[test]
    fn text_that_is_no_checksum_is_refused() {
        let unknown = ["foo:abc", "md5:abc", "sha512:00", "flyway:1", "foreign:x", "SHA256:00"];
        for text in
            ["", "sha256", "sha256:", "sha256:xyz", ":abc", "flyway-crc32:x"].into_iter().chain(unknown)
        {
            assert!(text.parse::<Checksum>().is_err(), "{text}");
        }
    }
}
