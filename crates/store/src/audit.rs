//! Who did what, in a chain that shows when it was changed.
//!
//! Each record has the hash of the one before it, so that none can be edited, removed or moved without all after it being written
//! anew. A checkpoint says how many there are and what the last one's hash is, signed by the server's key: an export that was cut
//! short, or written anew by somebody without the key, does not fit it.

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::key::{Key, is_signed, sha256_hex};
use crate::store::{Writer, text};
use crate::value::{Row, values};
use crate::{Store, StoreError};

/// Something that somebody did, or was not let do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub actor: String,
    /// What, for example `rollout.approve`.
    pub action: String,
    /// In which project; empty for none.
    pub project: String,
    /// To what, for example a rollout.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What else is worth knowing.
    pub detail: Value,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is allowed, and about to be done: it is recorded before it is done, so that nothing is done without a record.
    Accepted,
    /// It was not allowed.
    Refused,
    /// It was allowed, and could not be done.
    Failed,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A record of the chain, as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// In which project; empty for none.
    pub project: String,
    /// To what.
    pub subject: String,
    /// `accepted`, `refused` or `failed`.
    pub outcome: String,
    /// What else is worth knowing.
    pub detail: Value,
    /// Hash of the record before; empty for the first.
    pub previous: String,
    /// SHA-256 of this record without this field, as canonical JSON.
    pub hash: String,
}

impl Record {
    fn expected_hash(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("hash");
        }
        sha256_hex(canonical(&value).as_bytes())
    }
}

/// How long the chain is and how it ends, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How many records there are.
    pub count: u64,
    /// Hash of the last one; empty where there is none.
    pub head: String,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// Public key of the server.
    pub key: String,
    /// Ed25519 over the other fields, as canonical JSON.
    pub signature: String,
}

impl Checkpoint {
    fn new(count: u64, head: String, at: String, key: &Key) -> Self {
        let mut checkpoint = Self { count, head, at, key: key.public(), signature: String::new() };
        checkpoint.signature = key.sign(&checkpoint.text());
        checkpoint
    }

    /// What is signed.
    fn text(&self) -> String {
        let Self { count, head, at, key, .. } = self;
        canonical(&serde_json::json!({ "count": count, "head": head, "at": at, "key": key }))
    }
}

/// The last line of an export.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastLine {
    checkpoint: Checkpoint,
}

/// What an export turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its checkpoint.
    pub checkpoint: Checkpoint,
}

/// What an export is held against, besides itself.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// Public key that must have signed it.
    pub key: Option<String>,
    /// Checkpoint of an earlier export, which it must go on from.
    pub earlier: Option<Checkpoint>,
}

/// An export that is not what the server wrote.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It cannot be read.
    #[error("the export cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A line is none of an export.
    #[error("line {line} is no record: {what}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// Why.
        what: String,
    },
    /// A record is missing, moved or put in.
    #[error(
        "line {line} holds record {found} where record {expected} belongs: records were removed, added or moved"
    )]
    Order {
        /// Counted from 1.
        line: u64,
        /// The number that belongs there.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
    /// A record is not the one that was written.
    #[error("record {sequence} was changed: its hash is not that of its content")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// A record does not go on from the one before.
    #[error("record {sequence} does not follow the one before it: one of them was replaced")]
    Broken {
        /// Its number.
        sequence: u64,
    },
    /// There is no checkpoint at the end.
    #[error("the export ends without a checkpoint: it was cut short")]
    NoCheckpoint,
    /// Something comes after the checkpoint.
    #[error("line {line} comes after the checkpoint")]
    AfterCheckpoint {
        /// Counted from 1.
        line: u64,
    },
    /// The checkpoint is about another chain.
    #[error("the checkpoint is about {count} records and another end: records were removed or added")]
    OtherChain {
        /// How many it is about.
        count: u64,
    },
    /// The checkpoint was not signed by its key.
    #[error("the signature of the checkpoint does not fit")]
    Signature,
    /// The checkpoint was signed by another key than the one that was expected.
    #[error("the checkpoint was signed with the key {found}, not with {expected}")]
    OtherKey {
        /// Key that was expected.
        expected: String,
        /// Key that it names.
        found: String,
    },
    /// The chain does not go on from an earlier export.
    #[error(
        "the chain does not go on from the earlier export: its first {count} records are others or fewer"
    )]
    NotLater {
        /// How many there were earlier.
        count: u64,
    },
}

/// Reads an export and holds it against its own checkpoint and what else is known.
///
/// # Errors
/// The first thing that does not fit.
pub fn verify(export: impl BufRead, expected: &Expectation) -> Result<Verified, AuditError> {
    let (mut count, mut head) = (0_u64, String::new());
    let mut met_earlier = expected.earlier.as_ref().is_none_or(|earlier| earlier.count == 0);
    let mut checkpoint: Option<Checkpoint> = None;
    for (line, text) in (1..).zip(export.lines()) {
        let text = text?;
        if checkpoint.is_some() {
            return Err(AuditError::AfterCheckpoint { line });
        }
        let wrong = |error: serde_json::Error| AuditError::Line { line, what: error.to_string() };
        if text.starts_with("{\"checkpoint\"") {
            checkpoint = Some(serde_json::from_str::<LastLine>(&text).map_err(wrong)?.checkpoint);
            continue;
        }
        let record: Record = serde_json::from_str(&text).map_err(wrong)?;
        count = count.saturating_add(1);
        if record.sequence != count {
            return Err(AuditError::Order { line, expected: count, found: record.sequence });
        }
        // Another text for the same values could show people something else than was hashed.
        let written = serde_json::to_value(&record).is_ok_and(|value| canonical(&value) == text);
        if !written || record.expected_hash() != record.hash {
            return Err(AuditError::Changed { sequence: record.sequence });
        }
        if record.previous != head {
            return Err(AuditError::Broken { sequence: record.sequence });
        }
        head = record.hash;
        if let Some(earlier) = expected.earlier.as_ref().filter(|earlier| earlier.count == count) {
            met_earlier = earlier.head == head;
        }
    }
    let checkpoint = checkpoint.ok_or(AuditError::NoCheckpoint)?;
    if checkpoint.count != count || checkpoint.head != head {
        return Err(AuditError::OtherChain { count: checkpoint.count });
    }
    if !is_signed(&checkpoint.key, &checkpoint.text(), &checkpoint.signature) {
        return Err(AuditError::Signature);
    }
    if let Some(key) = expected.key.as_ref().filter(|key| **key != checkpoint.key) {
        return Err(AuditError::OtherKey { expected: key.clone(), found: checkpoint.key });
    }
    if let Some(earlier) = expected.earlier.as_ref()
        && (!met_earlier || earlier.key != checkpoint.key)
    {
        return Err(AuditError::NotLater { count: earlier.count });
    }
    Ok(Verified { checkpoint })
}

/// The checkpoint at the end of an export. It is not held against anything.
///
/// # Errors
/// No checkpoint.
pub fn checkpoint_of(export: impl BufRead) -> Result<Checkpoint, AuditError> {
    let mut last = String::new();
    for line in export.lines() {
        last = line?;
    }
    let parsed = serde_json::from_str::<LastLine>(&last);
    parsed.map(|line| line.checkpoint).map_err(|_| AuditError::NoCheckpoint)
}

/// JSON with sorted keys and without spaces: one text for one value.
pub fn canonical(value: &Value) -> String {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Object(fields) => {
                let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
                sorted.sort_by_key(|(name, _)| *name);
                text.push('{');
                for (at, (name, value)) in sorted.into_iter().enumerate() {
                    if at > 0 {
                        text.push(',');
                    }
                    text.push_str(&Value::String(name.clone()).to_string());
                    text.push(':');
                    write(value, text);
                }
                text.push('}');
            }
            Value::Array(values) => {
                text.push('[');
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        text.push(',');
                    }
                    write(value, text);
                }
                text.push(']');
            }
            simple => text.push_str(&simple.to_string()),
        }
    }
    let mut text = String::new();
    write(value, &mut text);
    text
}

const COLUMNS: &str = "sequence, at, actor, action, project, subject, outcome, detail, previous, hash";

impl Store {
    /// Appends an act to the chain.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit(&mut self, act: &Act) -> Result<u64, StoreError> {
        self.write(|writer| append(writer, act))
    }

    /// At most `limit` records after the one numbered `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_page(&self, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
        self.rows(&sql, values![after, limit], record)
    }

    /// Writes the whole chain as JSON lines, and a signed checkpoint as the last of them.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn export_audit(&self, key: &Key, mut line: impl FnMut(String)) -> Result<Checkpoint, StoreError> {
        const PAGE: usize = 1000;
        let (mut count, mut head) = (0, String::new());
        loop {
            let records = self.audit_page(count, PAGE)?;
            for record in &records {
                count = record.sequence;
                head.clone_from(&record.hash);
                line(canonical(&serde_json::to_value(record).unwrap_or_default()));
            }
            if records.len() < PAGE {
                break;
            }
        }
        let checkpoint = Checkpoint::new(count, head, text(self.now()), key);
        let mut last = Map::new();
        last.insert("checkpoint".to_owned(), serde_json::to_value(&checkpoint).unwrap_or_default());
        line(canonical(&Value::Object(last)));
        Ok(checkpoint)
    }
}

/// Appends an act to the chain; its number.
pub(crate) fn append(writer: &Writer<'_>, act: &Act) -> Result<u64, Fault> {
    let last: Option<(u64, String)> =
        writer.row("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1", &[], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let (sequence, previous) = last.unwrap_or_default();
    let mut record = Record {
        sequence: sequence.saturating_add(1),
        at: writer.at(),
        actor: act.actor.clone(),
        action: act.action.clone(),
        project: act.project.clone(),
        subject: act.subject.clone(),
        outcome: act.outcome.name().to_owned(),
        detail: act.detail.clone(),
        previous,
        hash: String::new(),
    };
    record.hash = record.expected_hash();
    let sql =
        "INSERT INTO audit (sequence, at, actor, action, project, subject, outcome, detail, previous, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    writer.execute(
        sql,
        values![
            record.sequence,
            record.at,
            record.actor,
            record.action,
            record.project,
            record.subject,
            record.outcome,
            canonical(&record.detail),
            record.previous,
            record.hash
        ],
    )?;
    Ok(record.sequence)
}

fn record(row: &Row) -> Result<Record, Fault> {
    let detail: String = row.get(7)?;
    Ok(Record {
        sequence: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        project: row.get(4)?,
        subject: row.get(5)?,
        outcome: row.get(6)?,
        // What is no JSON any more has another hash.
        detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
        previous: row.get(8)?,
        hash: row.get(9)?,
    })
}
