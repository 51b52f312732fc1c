//! Snapshots as text that lasts: canonical JSON, one fact a line, and the same compressed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::{Builder, Fact, FactId, Kind, Payload, Snapshot};

/// What a snapshot's text says it is. The number grows when older readers would misread it.
pub const FORMAT: &str = "sluice/snapshot/v1";

const PREFIX: &str = "sluice/snapshot/v";
const VERSION: u32 = 1;
/// zstd's magic number.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a snapshot may grow to when it is unpacked.
const LIMIT: usize = 1 << 30;

/// Why bytes are no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A newer version wrote it.
    #[error("the snapshot has version {found}, and this version of sluice reads up to {VERSION}")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// Not a snapshot at all.
    #[error("this is no snapshot of a schema: {0}")]
    Malformed(String),
    /// What it says and its fingerprint do not fit together.
    #[error("the snapshot was changed after it was written: its facts do not give its fingerprint")]
    Fingerprint,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    schema: &'a str,
    #[serde(default)]
    engine: &'a str,
    #[serde(default)]
    server: &'a str,
    #[serde(default)]
    fingerprint: &'a str,
    #[serde(default)]
    unmodelled: Vec<Box<str>>,
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    ordinal: u32,
    payload: &'a Payload,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requires: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<&'a str>,
}

#[derive(Deserialize)]
struct ReadLine<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    parent: Option<Text<'a>>,
    #[serde(default)]
    ordinal: u32,
    #[serde(default)]
    payload: Payload,
    #[serde(borrow, default)]
    requires: Vec<Text<'a>>,
    #[serde(default)]
    written: Option<Box<str>>,
}

/// Text that is taken from the line as it stands there, unless something in it is escaped.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Ids that were read: facts that name each other share them.
#[derive(Default)]
struct Ids(HashSet<FactId>);

impl Ids {
    fn get(&mut self, text: &Text<'_>) -> FactId {
        if let Some(id) = self.0.get(&*text.0) {
            return id.clone();
        }
        let id = FactId::from_text(&text.0);
        self.0.insert(id.clone());
        id
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Deserialize)]
struct OwnedHeader {
    engine: String,
    server: String,
    fingerprint: String,
    #[serde(default)]
    unmodelled: Vec<Box<str>>,
}

impl Snapshot {
    /// The snapshot as JSON lines: a header, then a fact a line in the order of their ids. Equal snapshots give equal bytes.
    pub fn to_json(&self) -> String {
        let header = Header {
            schema: FORMAT,
            engine: &self.engine,
            server: &self.server,
            fingerprint: &self.fingerprint().to_string(),
            unmodelled: self.unmodelled.clone(),
        };
        // Strings, numbers and lists always serialize.
        let mut text = serde_json::to_string(&header).unwrap_or_default();
        text.push('\n');
        for fact in self.facts() {
            let line = Line {
                id: fact.id.as_str(),
                parent: fact.parent.as_ref().map(FactId::as_str),
                ordinal: fact.ordinal,
                payload: &fact.payload,
                requires: fact.requires.iter().map(FactId::as_str).collect(),
                written: fact.written.as_deref(),
            };
            text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            text.push('\n');
        }
        text
    }

    /// The same, compressed: what the ledger keeps.
    ///
    /// # Errors
    /// When memory is not enough.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        zstd::bulk::compress(self.to_json().as_bytes(), 3)
    }

    /// Reads what [`Snapshot::to_json`] or [`Snapshot::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |error: &dyn std::fmt::Display| DecodeError::Malformed(error.to_string());
        if bytes.starts_with(&ZSTD) {
            let unpacked = zstd::bulk::Decompressor::upper_bound(bytes).unwrap_or(LIMIT).min(LIMIT);
            let text = zstd::bulk::decompress(bytes, unpacked).map_err(|error| malformed(&error))?;
            return Self::from_json(&String::from_utf8(text).map_err(|error| malformed(&error))?);
        }
        Self::from_json(std::str::from_utf8(bytes).map_err(|error| malformed(&error))?)
    }

    fn from_json(text: &str) -> Result<Self, DecodeError> {
        let malformed = |error: &dyn std::fmt::Display| DecodeError::Malformed(error.to_string());
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let Schema { schema } = serde_json::from_str(first).map_err(|error| malformed(&error))?;
        match schema.strip_prefix(PREFIX).and_then(|version| version.parse::<u32>().ok()) {
            Some(VERSION) => {}
            Some(found) => return Err(DecodeError::Newer { found }),
            None => return Err(DecodeError::Malformed(format!("it says that it is {schema}"))),
        }
        let header: OwnedHeader = serde_json::from_str(first).map_err(|error| malformed(&error))?;
        let mut builder = Builder::default();
        let mut ids = Ids::default();
        for (index, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let wrong = |what: &dyn std::fmt::Display| {
                DecodeError::Malformed(format!("line {}: {what}", index.saturating_add(2)))
            };
            let line: ReadLine<'_> = serde_json::from_str(line).map_err(|error| wrong(&error))?;
            let id = ids.get(&line.id);
            let Some(kind): Option<Kind> = id.kind() else {
                return Err(wrong(&format!("no such kind: {id}")));
            };
            let parent = line.parent.as_ref().map(|id| ids.get(id));
            let requires = line.requires.iter().map(|id| ids.get(id));
            let mut fact = Fact::new(id, kind, parent, line.payload).requiring(requires);
            fact.ordinal = line.ordinal;
            fact.written = line.written;
            builder.add(fact);
        }
        header.unmodelled.into_iter().for_each(|name| builder.unmodelled(name));
        let snapshot = builder.finish(&header.engine, &header.server);
        if snapshot.fingerprint().to_string() != header.fingerprint {
            return Err(DecodeError::Fingerprint);
        }
        Ok(snapshot)
    }
}
