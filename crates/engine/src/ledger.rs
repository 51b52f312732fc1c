//! Reading and writing the ledger. Every write of a run is refused by the database when a later run has taken the next
//! fence: the fence column does not take NULL, and a stale fence reads as NULL.

use sluice_rollout::{Change, ChangeKind, Ledger, Revision, RevisionState, StatementRecord, StatementState};

use crate::backup::Kept;
use crate::{Damage, DbError, DbErrorKind, LedgerDialect, Query, Row, Session, Value};

/// Format of the ledger that this version writes, and the newest that it reads.
pub const FORMAT: i64 = 1;
/// Snapshots of so many runs are kept.
const SNAPSHOTS: i64 = 10;

/// The ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database did not answer, or refused.
    #[error("the ledger could not be used: {0}")]
    Database(#[from] DbError),
    /// Written by a newer version.
    #[error(
        "the ledger has format {found}, and this version of sluice knows formats up to {FORMAT}: use a newer sluice"
    )]
    Newer {
        /// Format found.
        found: i64,
    },
    /// Holds values that no version writes.
    #[error("the ledger was changed by hand: {0}; `sluice repair` shows how to mend it")]
    Damaged(Box<Damage>),
}

impl From<Damage> for LedgerError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(Box::new(damage))
    }
}

/// Reads the ledger: one round trip, a second one where a revision is unfinished.
///
/// # Errors
/// [`LedgerError`]; a ledger that is not there is an empty one.
pub async fn read(session: &mut dyn Session) -> Result<Ledger, LedgerError> {
    let dialect = session.ledger_dialect();
    // The row of the fence, which has no version, and the revisions. The other tables are named for nothing but to find out that
    // they are there. Joined and sorted, tables of unknown size would look like work that is worth compiling the query for.
    let sql = format!(
        "SELECT f.number, f.format, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM {p}fence f WHERE f.id = 1 \
         AND (SELECT s.ordinal FROM {p}statement s LIMIT 0) IS NULL \
         AND (SELECT e.id FROM {p}event e LIMIT 0) IS NULL \
         UNION ALL SELECT NULL, NULL, r.version, r.kind, r.checksum, r.state, r.statements_applied, {finished}, \
         r.statements_total, r.sequence, r.fence FROM {p}revision r",
        finished = dialect.timestamp_text.replace("{}", "r.finished_at"),
        p = dialect.prefix,
    );
    let query = Query::new(sql, Vec::new());
    let mut tries = 0;
    let mut rows = loop {
        match session.query(&query).await {
            Ok(rows) => break rows,
            Err(error) if error.kind == DbErrorKind::UndefinedTable => {}
            // Format 1 has these columns.
            Err(error) if error.kind == DbErrorKind::Statement => {
                let what = format!("its tables are not as they were created: {error}");
                return Err(
                    Damage::missing(format!("{}revision", session.ledger_dialect().prefix), what).into()
                );
            }
            Err(error) => return Err(error.into()),
        }
        // Another run may be creating it right now, or have stopped in the middle of that: then nothing is in it.
        let Some(missing) = missing_table(session).await? else {
            return Ok(Ledger::default());
        };
        tries += 1;
        if tries == 2 {
            let table = format!("{}{missing}", session.ledger_dialect().prefix);
            return Err(
                Damage::missing(table, format!("it was in use, and the table {missing} is missing")).into()
            );
        }
    };
    rows.sort_by_cached_key(|row| number(row, 9));
    let dialect = session.ledger_dialect();
    let prefix = &dialect.prefix;
    let Some(first) = rows.iter().find(|row| text(row, 2).is_none()) else {
        let mut damage = Damage::missing(format!("{prefix}fence"), "the row of the table fence is missing");
        damage.mend = Some(format!(
            "INSERT INTO {prefix}fence (id, number, format) SELECT 1, coalesce(max(fence), 0), {FORMAT} FROM {prefix}revision"
        ));
        return Err(damage.into());
    };
    let in_fence = |column: &'static str, found: Option<&str>| {
        Damage::value(format!("{prefix}fence"), &[], column, found, "a whole number that is not negative")
    };
    let format =
        number(first, 1).ok_or_else(|| in_fence("format", text(first, 1)).mended_by(&FORMAT.to_string()))?;
    if format > FORMAT {
        return Err(LedgerError::Newer { found: format });
    }
    let fence = number(first, 0).and_then(|number| u64::try_from(number).ok()).ok_or_else(|| {
        in_fence("number", text(first, 0))
            .mended_by(&format!("(SELECT coalesce(max(fence), 0) FROM {prefix}revision)"))
    })?;
    let revisions = rows
        .iter()
        .filter(|row| text(row, 2).is_some())
        .map(|row| revision(row, dialect))
        .collect::<Result<Vec<_>, _>>()?;
    let highest = rows.iter().filter_map(|row| number(row, 10)).max().unwrap_or_default();
    if i64::try_from(fence).is_ok_and(|fence| fence < highest) {
        let allowed = format!("a number from {highest}, which a revision has");
        let damage = Damage::value(format!("{prefix}fence"), &[], "number", text(first, 0), allowed);
        return Err(damage.mended_by(&highest.to_string()).into());
    }
    let statements = if revisions.iter().all(|revision| revision.state.is_complete()) {
        Vec::new()
    } else {
        read_statements(session).await?
    };
    Ok(Ledger { exists: true, fence, revisions, statements })
}

/// The script of a computed change; none where it is not kept.
///
/// # Errors
/// A database that does not answer.
pub async fn script(session: &mut dyn Session, version: &str) -> Result<Option<String>, DbError> {
    let sql = format!("SELECT content FROM {p}script WHERE version = ?", p = session.ledger_dialect().prefix);
    match session.query(&Query::new(sql, vec![version.into()])).await {
        Ok(rows) => Ok(rows.first().and_then(|row| text(row, 0)).map(str::to_owned)),
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Ok(None),
        Err(error) => Err(error),
    }
}

/// The table that is missing from a ledger that was in use; `None` where it was never used, or is not there at all.
async fn missing_table(session: &mut dyn Session) -> Result<Option<&'static str>, LedgerError> {
    let revisions = find_row(session, "revision", "1 = 1").await?;
    let fence = find_row(session, "fence", "number > 0").await?;
    if revisions != Some(true) && fence != Some(true) {
        return Ok(None);
    }
    for (table, found) in [("fence", fence), ("revision", revisions)] {
        if found.is_none() {
            return Ok(Some(table));
        }
    }
    let statements = find_row(session, "statement", "1 = 1").await?;
    Ok(Some(if statements.is_none() { "statement" } else { "event" }))
}

/// Whether a table of the ledger has such a row; `None` where there is no such table.
async fn find_row(
    session: &mut dyn Session,
    table: &str,
    condition: &str,
) -> Result<Option<bool>, LedgerError> {
    let prefix = &session.ledger_dialect().prefix;
    let sql = format!("SELECT 1 FROM {prefix}{table} WHERE {condition} LIMIT 1");
    match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => Ok(Some(!rows.is_empty())),
        Err(error) if error.kind == DbErrorKind::UndefinedTable => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn read_statements(session: &mut dyn Session) -> Result<Vec<StatementRecord>, LedgerError> {
    let sql = format!(
        "SELECT s.version, s.ordinal, s.checksum, s.state, s.backend, s.evidence FROM {p}statement s \
         JOIN {p}revision r ON r.version = s.version WHERE r.state IN ('applying', 'failed') \
         ORDER BY s.version, s.ordinal",
        p = session.ledger_dialect().prefix
    );
    let rows = session.query(&Query::new(sql, Vec::new())).await?;
    let prefix = &session.ledger_dialect().prefix;
    rows.iter().map(|row| statement(row, prefix)).collect()
}

const CHECKSUM: &str = "algorithm:value with an algorithm that this version knows, for example sha256: and 64 hexadecimal digits";

fn revision(row: &Row, dialect: &LedgerDialect) -> Result<Revision, Damage> {
    let version = text(row, 2).unwrap_or_default();
    let bad = |column: &'static str, at: usize, allowed: &str| {
        let table = format!("{}revision", dialect.prefix);
        Damage::value(table, &[("version", version)], column, text(row, at), allowed)
    };
    let kind = match text(row, 3) {
        Some("versioned") => ChangeKind::Versioned,
        Some("repeatable") => ChangeKind::Repeatable,
        Some("baseline") => ChangeKind::Baseline,
        Some("undo") => ChangeKind::Undo,
        Some("declared") => ChangeKind::Declared,
        _ => return Err(bad("kind", 3, "`versioned`, `repeatable`, `baseline`, `undo` or `declared`")),
    };
    let states = "`applied`, `baseline`, `applying` or `failed`; the next run goes on with the last two";
    let applied = number(row, 6).and_then(|number| u64::try_from(number).ok());
    let revision = Revision {
        version: version.to_owned(),
        kind,
        checksum: text(row, 4)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| bad("checksum", 4, CHECKSUM))?,
        state: text(row, 5).and_then(RevisionState::from_name).ok_or_else(|| {
            let finished = text(row, 7).is_some();
            bad("state", 5, states).mended_by(if finished { "'applied'" } else { "'applying'" })
        })?,
        statements_applied: applied.ok_or_else(|| {
            bad("statements_applied", 6, "a whole number that is not negative").mended_by("statements_total")
        })?,
        finished_at: text(row, 7).map(dialect.timestamp),
    };
    if number(row, 9).is_none_or(|sequence| sequence < 0) {
        return Err(bad("sequence", 9, "a whole number that is not negative").mended_by("fence * 1000000"));
    }
    if revision.state == RevisionState::Applied {
        if revision.finished_at.is_none() {
            return Err(bad("finished_at", 7, "the time at which it was finished").mended_by("started_at"));
        }
        if number(row, 8) != number(row, 6) {
            let allowed = "as many as in statements_total: the revision is applied";
            return Err(bad("statements_applied", 6, allowed).mended_by("statements_total"));
        }
    }
    Ok(revision)
}

fn statement(row: &Row, prefix: &str) -> Result<StatementRecord, LedgerError> {
    let version = text(row, 0).unwrap_or_default();
    let ordinal = text(row, 1).unwrap_or_default();
    let bad = |column: &'static str, at: usize, allowed: &str| {
        let key = [("version", version), ("ordinal", ordinal)];
        Damage::value(format!("{prefix}statement"), &key, column, text(row, at), allowed)
    };
    let states = "`intended` (the next run looks what became of it), `applied` or `failed`";
    Ok(StatementRecord {
        version: version.to_owned(),
        ordinal: ordinal.parse().map_err(|_| bad("ordinal", 1, "a whole number from 1"))?,
        checksum: text(row, 2)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| bad("checksum", 2, CHECKSUM))?,
        state: text(row, 3)
            .and_then(StatementState::from_name)
            .ok_or_else(|| bad("state", 3, states).mended_by("'intended'"))?,
        backend: text(row, 4).map(str::to_owned),
        evidence: text(row, 5).map(str::to_owned),
    })
}

fn text(row: &Row, column: usize) -> Option<&str> {
    row.get(column).and_then(Option::as_deref)
}

fn number(row: &Row, column: usize) -> Option<i64> {
    text(row, column)?.parse().ok()
}

/// Who writes, and with which fence. Makes the statements that write the ledger.
#[derive(Debug, Clone)]
pub struct Writer {
    dialect: LedgerDialect,
    identity: Identity,
    fence: i64,
}

/// What every ledger entry says about its run.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// The run.
    pub run_id: String,
    /// User and host that run it.
    pub applied_by: String,
    /// Digest of the release.
    pub release_digest: Option<String>,
    /// Commit of the release.
    pub commit_id: Option<String>,
    /// Author of the commit.
    pub author: Option<String>,
}

/// A statement's state as it is written.
#[derive(Debug, Clone)]
pub struct StatementEntry<'a> {
    /// Version of the change.
    pub version: &'a str,
    /// Place in the change, from 1.
    pub ordinal: u64,
    /// Checksum of its text.
    pub checksum: &'a str,
    /// State.
    pub state: StatementState,
    /// Backend that runs or ran it.
    pub backend: &'a str,
    /// What the probe saw.
    pub evidence: &'a str,
}

/// A revision's state as it is written.
#[derive(Debug, Clone)]
pub struct RevisionEntry<'a> {
    /// The change.
    pub change: &'a Change,
    /// Its version as the ledger spells it.
    pub version: &'a str,
    /// State.
    pub state: RevisionState,
    /// Statements in it.
    pub total: u64,
    /// Statements applied.
    pub applied: u64,
    /// Place in the order of application.
    pub sequence: u64,
}

impl Writer {
    /// A writer that holds `fence`.
    pub fn new(dialect: LedgerDialect, identity: Identity, fence: u64) -> Self {
        Self { dialect, identity, fence: signed(fence) }
    }

    /// Takes the fence: the next number after the one that was read under the lock.
    pub fn take_fence(&self) -> Query {
        let sql = format!(
            "UPDATE {p}fence SET number = ?, run_id = ?, holder = ?, taken_at = {now} WHERE number = ?",
            p = self.dialect.prefix,
            now = self.dialect.now
        );
        Query::new(
            sql,
            vec![
                Value::Int(self.fence),
                self.identity.run_id.as_str().into(),
                self.identity.applied_by.as_str().into(),
                Value::Int(self.fence - 1),
            ],
        )
    }

    /// Reads as our fence while it is the highest, and as NULL afterwards.
    fn checked_fence(&self) -> String {
        format!(
            "(SELECT number FROM {p}fence WHERE number = ? AND run_id = ? {lock})",
            p = self.dialect.prefix,
            lock = self.dialect.share_lock
        )
    }

    /// Writes a revision that is not in the ledger, or replaces it.
    pub fn put_revision(&self, entry: &RevisionEntry<'_>, replace: bool) -> Vec<Query> {
        let p = &self.dialect.prefix;
        let mut queries = Vec::with_capacity(2);
        if replace {
            let sql = format!("DELETE FROM {p}revision WHERE version = ?");
            queries.push(Query::new(sql, vec![entry.version.into()]));
        }
        let complete = entry.state.is_complete();
        let (start, now) = (self.dialect.transaction_start, self.dialect.now);
        let sql = format!(
            "INSERT INTO {p}revision (version, name, kind, checksum, release_digest, commit_id, author, applied_by, \
             run_id, state, statements_total, statements_applied, sequence, duration_ms, started_at, finished_at, \
             fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {duration}, {start}, {finished}, {fence})",
            duration = if complete { self.dialect.elapsed_ms } else { "NULL" },
            finished = if complete { now } else { "NULL" },
            fence = self.checked_fence(),
        );
        let identity = &self.identity;
        queries.push(Query::new(
            sql,
            vec![
                entry.version.into(),
                entry.change.name.as_str().into(),
                entry.change.kind.to_string().into(),
                entry.change.checksum.as_str().into(),
                identity.release_digest.as_deref().into(),
                identity.commit_id.as_deref().into(),
                identity.author.as_deref().into(),
                identity.applied_by.as_str().into(),
                identity.run_id.as_str().into(),
                entry.state.name().into(),
                Value::Int(signed(entry.total)),
                Value::Int(signed(entry.applied)),
                Value::Int(signed(entry.sequence)),
                Value::Int(self.fence),
                identity.run_id.as_str().into(),
            ],
        ));
        queries
    }

    /// Forgets the statements of a revision that is applied again.
    pub fn clear_statements(&self, version: &str) -> Query {
        let sql = format!("DELETE FROM {p}statement WHERE version = ?", p = self.dialect.prefix);
        Query::new(sql, vec![version.into()])
    }

    /// Removes a revision.
    pub fn remove_revision(&self, version: &str) -> Query {
        let sql = format!("DELETE FROM {p}revision WHERE version = ?", p = self.dialect.prefix);
        Query::new(sql, vec![version.into()])
    }

    /// Changes the checksum of a revision.
    pub fn put_checksum(&self, version: &str, checksum: &sluice_rollout::Checksum) -> Query {
        let sql = format!("UPDATE {p}revision SET checksum = ? WHERE version = ?", p = self.dialect.prefix);
        Query::new(sql, vec![checksum.as_str().into(), version.into()])
    }

    /// Moves an unfinished revision on. Goes with a [`Writer::put_statement`] that checks the fence.
    pub fn advance_revision(&self, entry: &RevisionEntry<'_>) -> Query {
        let p = &self.dialect.prefix;
        let finished = if entry.state.is_complete() {
            format!(
                ", finished_at = {now}, duration_ms = {elapsed}",
                now = self.dialect.now,
                elapsed = self.dialect.elapsed_since.replace("{}", "started_at")
            )
        } else {
            String::new()
        };
        let sql = format!(
            "UPDATE {p}revision SET state = ?, checksum = ?, statements_total = ?, statements_applied = ?, fence = \
             ?{finished} WHERE version = ?"
        );
        Query::new(
            sql,
            vec![
                entry.state.name().into(),
                entry.change.checksum.as_str().into(),
                Value::Int(signed(entry.total)),
                Value::Int(signed(entry.applied)),
                Value::Int(self.fence),
                entry.version.into(),
            ],
        )
    }

    /// Writes a statement's state in place of what was known of it, and checks the fence.
    pub fn put_statement(&self, entry: &StatementEntry<'_>) -> Vec<Query> {
        let p = &self.dialect.prefix;
        let key = || vec![entry.version.into(), Value::Int(signed(entry.ordinal))];
        let finished = match entry.state {
            StatementState::Intended => "NULL",
            StatementState::Applied | StatementState::Failed => self.dialect.now,
        };
        let mut parameters = key();
        parameters.extend([
            entry.checksum.into(),
            entry.state.name().into(),
            entry.backend.into(),
            entry.evidence.into(),
            Value::Int(self.fence),
            self.identity.run_id.as_str().into(),
        ]);
        vec![
            Query::new(format!("DELETE FROM {p}statement WHERE version = ? AND ordinal = ?"), key()),
            Query::new(
                format!(
                    "INSERT INTO {p}statement (version, ordinal, checksum, state, backend, evidence, started_at, \
                     finished_at, fence) VALUES (?, ?, ?, ?, ?, ?, {start}, {finished}, {fence})",
                    start = self.dialect.transaction_start,
                    fence = self.checked_fence(),
                ),
                parameters,
            ),
        ]
    }

    /// Keeps the schema as it is after a change; those of runs long ago go.
    pub fn put_snapshot(&self, version: &str, fingerprint: &str, content: String) -> Vec<Query> {
        let p = &self.dialect.prefix;
        let insert = format!(
            "INSERT INTO {p}snapshot (version, fingerprint, content, taken_at, run_id, fence) VALUES (?, ?, ?, {now}, ?, \
             {fence})",
            now = self.dialect.now,
            fence = self.checked_fence(),
        );
        let run = self.identity.run_id.as_str();
        vec![
            Query::new(
                format!("DELETE FROM {p}snapshot WHERE version = ? OR fence <= ?"),
                vec![version.into(), Value::Int(self.fence - SNAPSHOTS)],
            ),
            Query::new(
                insert,
                vec![
                    version.into(),
                    fingerprint.into(),
                    Value::Text(content),
                    run.into(),
                    Value::Int(self.fence),
                    run.into(),
                ],
            ),
        ]
    }

    /// Enters rows that are kept.
    pub fn put_backup(&self, kept: &Kept) -> Query {
        let p = &self.dialect.prefix;
        let sql = format!(
            "INSERT INTO {p}backup (name, sequence, version, ordinal, schema_name, table_name, deletes, columns, key_columns, \
             assigned, place, release_digest, taken_at, run_id, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {now}, ?, \
             {fence})",
            now = self.dialect.now,
            fence = self.checked_fence(),
        );
        let names = |names: &[String]| serde_json::Value::from(names.to_vec()).to_string().into();
        let sequence = kept.name.split('_').next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let run = self.identity.run_id.as_str();
        Query::new(
            sql,
            vec![
                kept.name.as_str().into(),
                Value::Int(sequence),
                kept.version.as_str().into(),
                Value::Int(signed(kept.ordinal)),
                kept.schema.as_deref().into(),
                kept.table.as_str().into(),
                Value::Int(i64::from(kept.deletes)),
                names(&kept.columns),
                names(&kept.key),
                names(&kept.assigned),
                kept.place.as_str().into(),
                self.identity.release_digest.as_deref().into(),
                run.into(),
                Value::Int(self.fence),
                run.into(),
            ],
        )
    }

    /// Notes that rows were put back.
    pub fn put_restored(&self, name: &str) -> Query {
        let sql = format!(
            "UPDATE {p}backup SET restored_at = {now}, restored_by = ? WHERE name = ?",
            p = self.dialect.prefix,
            now = self.dialect.now,
        );
        Query::new(sql, vec![self.identity.applied_by.as_str().into(), name.into()])
    }

    /// Keeps the script that a computed change comes to, so that whoever goes on with it has it.
    pub fn put_script(&self, version: &str, content: &str) -> Vec<Query> {
        let p = &self.dialect.prefix;
        let insert = format!(
            "INSERT INTO {p}script (version, content, made_at, run_id, fence) VALUES (?, ?, {now}, ?, {fence})",
            now = self.dialect.now,
            fence = self.checked_fence(),
        );
        let run = self.identity.run_id.as_str();
        vec![
            Query::new(format!("DELETE FROM {p}script WHERE version = ?"), vec![version.into()]),
            Query::new(
                insert,
                vec![version.into(), content.into(), run.into(), Value::Int(self.fence), run.into()],
            ),
        ]
    }

    /// Takes an unfinished computed change out: another one stands for it.
    pub fn supersede(&self, version: &str, by: &str) -> Vec<Query> {
        let p = &self.dialect.prefix;
        let delete = |table: &str| {
            Query::new(format!("DELETE FROM {p}{table} WHERE version = ?"), vec![version.into()])
        };
        let detail = Some(format!("{by} stands for it"));
        vec![delete("statement"), delete("revision"), self.event("superseded", Some(version), detail)]
    }

    /// Appends to the history.
    pub fn event(&self, kind: &str, version: Option<&str>, detail: Option<String>) -> Query {
        let sql = format!(
            "INSERT INTO {p}event (at, kind, version, run_id, actor, detail) VALUES ({now}, ?, ?, ?, ?, ?)",
            p = self.dialect.prefix,
            now = self.dialect.now
        );
        Query::new(
            sql,
            vec![
                kind.into(),
                version.into(),
                self.identity.run_id.as_str().into(),
                self.identity.applied_by.as_str().into(),
                detail.map_or(Value::Null, Value::Text),
            ],
        )
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
