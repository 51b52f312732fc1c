//! Agents, and the work that waits for them. A job is what an agent is told; the task of the same database holds its lease, its fence
//! and the caps.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fault::Fault;
use crate::feed;
use crate::key::{random_hex, sha256_hex};
use crate::news::News;
use crate::store::{Writer, text};
use crate::value::{Row, values};
use crate::work::{NEVER, claimable, milliseconds};
use crate::{Cap, Lease, Store, StoreError, WorkKind};

/// A token with which one agent becomes known, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEnrolment {
    /// Names it; no secret.
    pub id: String,
    /// Labels that the agent has, whatever it says.
    pub labels: BTreeMap<String, String>,
    /// From when on it does not count any more, RFC 3339 in UTC.
    pub expires_at: String,
}

/// An agent, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAgent {
    /// Names it.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub labels: BTreeMap<String, String>,
    /// Version that it had last.
    pub version: String,
    /// RFC 3339 in UTC.
    pub enrolled_at: String,
    /// When it was heard of last.
    pub seen_at: String,
    /// Since when it does not count any more.
    pub revoked_at: Option<String>,
}

/// An agent that has become known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// It.
    pub agent: StoredAgent,
    /// Its key, which is told this once.
    pub key: String,
}

/// Work for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob<'a> {
    /// Project.
    pub project: &'a str,
    /// Database.
    pub subject: &'a str,
    /// Its environment.
    pub environment: &'a str,
    /// Labels that the agent must have.
    pub labels: &'a BTreeMap<String, String>,
    /// Digest of the release.
    pub release: &'a str,
    /// What is to be done, JSON.
    pub request: &'a str,
    /// Whether a job that asks for the same and has not been told about yet is taken up.
    pub takes_up: bool,
    /// The database server that it burdens.
    pub instance: Option<Cap<'a>>,
    /// The wave that it belongs to.
    pub wave: Option<Cap<'a>>,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Nobody has it yet.
    Queued,
    /// An agent has it, or had it when it was heard of last.
    Claimed,
    /// What came of it, JSON.
    Done(String),
    /// Nobody wants it any more.
    Gone,
}

/// A job that an agent has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Names it.
    pub id: String,
    /// The right to do it.
    pub lease: Lease,
    /// Environment of the database.
    pub environment: String,
    /// Digest of the release.
    pub release: String,
    /// What is to be done, JSON.
    pub request: String,
    /// Why it must not go on; empty where it may.
    pub hold: String,
}

/// How exactly it is known when an agent was heard of.
const HEARD: Duration = Duration::from_secs(60);

/// How long the bundle of a release is kept that no job asks for.
const KEEP_BUNDLES: Duration = Duration::from_secs(7 * 86_400);

const AGENT: &str = "id, name, labels, version, enrolled_at, seen_at, revoked_at";

/// Work of agents that can be claimed, in the order of [`Store::claim`].
const WAITING: &str = concat!(
    "SELECT j.id, j.labels, t.project, t.subject, t.fence, t.wanted, j.environment, j.release, j.request, j.hold
FROM task t JOIN job j ON j.project = t.project AND j.subject = t.subject AND j.state IN ('queued', 'claimed')",
    claimable!()
);

/// The job whose task an agent holds by this fence.
const HELD: &str = "
SELECT j.project, j.subject, t.fence, t.wanted, j.environment, j.release, j.request, j.hold FROM job j
JOIN task t ON t.kind = ?1 AND t.project = j.project AND t.subject = j.subject AND t.fence = ?3
WHERE j.id = ?2 AND j.agent = ?4 AND j.state = 'claimed'";

impl Store {
    /// Makes a token for one agent; its text is told once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_enrolment(
        &mut self,
        labels: &BTreeMap<String, String>,
        created_by: &str,
        lasts: Duration,
    ) -> Result<(StoredEnrolment, String), StoreError> {
        let (id, secret) = (random_hex(6)?, format!("sluice_enrol_{}", random_hex(32)?));
        let json = to_json(labels)?;
        let hash = sha256_hex(secret.as_bytes());
        let expires_at = self.write(|writer| {
            let sql = "INSERT INTO enrolment (id, hash, labels, created_at, created_by, expires_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let expires = writer.milliseconds().saturating_add(milliseconds(lasts));
            writer.execute(sql, values![&id, hash, json, writer.at(), created_by, expires])?;
            Ok(jiff::Timestamp::from_millisecond(expires).map_or_else(|_| writer.at(), text))
        })?;
        Ok((StoredEnrolment { id, labels: labels.clone(), expires_at }, secret))
    }

    /// Whether an enrolment token counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counts_for_enrolment(&self, token: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM enrolment WHERE hash = ?1 AND agent IS NULL AND expires_at > ?2";
        let values = values![sha256_hex(token.as_bytes()), self.now().as_millisecond()];
        Ok(self.row(sql, values, |row| row.get::<String>(0))?.is_some())
    }

    /// Makes an agent known by its token, which counts no more then; `None` where it does not count.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enrol(
        &mut self,
        token: &str,
        name: &str,
        labels: &BTreeMap<String, String>,
        version: &str,
    ) -> Result<Option<Enrolled>, StoreError> {
        let (id, key) = (random_hex(6)?, new_key()?);
        let hash = sha256_hex(key.as_bytes());
        let token = sha256_hex(token.as_bytes());
        let agent = self.write(|writer| {
            let sql =
                "SELECT id, labels FROM enrolment WHERE hash = ?1 AND agent IS NULL AND expires_at > ?2";
            let found = writer.row(sql, values![token, writer.milliseconds()], |row| {
                Ok((row.get::<String>(0)?, row.get::<String>(1)?))
            })?;
            let Some((enrolment, fixed)) = found else { return Ok(None) };
            let mut labels = labels.clone();
            labels.extend(of_json(&fixed)?);
            writer.execute("UPDATE enrolment SET agent = ?2 WHERE id = ?1", values![enrolment, &id])?;
            let sql = "INSERT INTO agent (id, name, labels, hash, version, enrolled_at, seen_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            let at = writer.at();
            let json = serde_json::to_string(&labels).unwrap_or_default();
            writer.execute(sql, values![&id, name, json, hash, version, &at])?;
            Ok(Some(StoredAgent {
                id: id.clone(),
                name: name.to_owned(),
                labels,
                version: version.to_owned(),
                enrolled_at: at.clone(),
                seen_at: at,
                revoked_at: None,
            }))
        })?;
        Ok(agent.map(|agent| Enrolled { agent, key }))
    }

    /// The agent with this key, if it counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn agent_of(&mut self, key: &str) -> Result<Option<StoredAgent>, StoreError> {
        let hash = sha256_hex(key.as_bytes());
        let sql = format!(
            "SELECT {AGENT}, hash FROM agent WHERE (hash = ?1 OR next_hash = ?1) AND revoked_at IS NULL"
        );
        let found = self.row(&sql, values![&hash], |row| Ok((read_agent(row)?, row.get::<String>(7)?)))?;
        let Some((agent, current)) = found else { return Ok(None) };
        if current != hash {
            // It has got its new key: the old one counts no more.
            self.write(|writer| {
                let sql = "UPDATE agent SET hash = ?2, next_hash = NULL WHERE id = ?1 AND next_hash = ?2";
                writer.execute(sql, values![&agent.id, &hash]).map(drop)
            })?;
        }
        Ok(Some(agent))
    }

    /// Gives an agent a new key; the old one counts until the new one is used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rotate_key(&mut self, agent: &str) -> Result<String, StoreError> {
        let key = new_key()?;
        let hash = sha256_hex(key.as_bytes());
        self.write(|writer| {
            writer.execute("UPDATE agent SET next_hash = ?2 WHERE id = ?1", values![agent, hash]).map(drop)
        })?;
        Ok(key)
    }

    /// Remembers that an agent is there, and its version; not more often than once in a minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hear_agent(&mut self, agent: &StoredAgent, version: &str) -> Result<(), StoreError> {
        let seen = agent.seen_at.parse::<jiff::Timestamp>();
        let ago = seen.map(|seen| Duration::try_from(self.now().duration_since(seen)).unwrap_or_default());
        if agent.version == version && ago.is_ok_and(|ago| ago < HEARD) {
            return Ok(());
        }
        self.write(|writer| {
            let sql = "UPDATE agent SET seen_at = ?2, version = ?3 WHERE id = ?1";
            writer.execute(sql, values![&agent.id, writer.at(), version]).map(drop)
        })
    }

    /// All agents, in the order in which they became known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn agents(&self) -> Result<Vec<StoredAgent>, StoreError> {
        self.rows(&format!("SELECT {AGENT} FROM agent ORDER BY enrolled_at, id"), &[], read_agent)
    }

    /// Makes an agent count no more. Answers whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke_agent(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE agent SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
        self.write(|writer| Ok(writer.execute(sql, values![id, writer.at()])? > 0))
    }

    /// Keeps the bundle of a release. Bundles that nobody has asked for in a week go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_bundle(&mut self, digest: &str, content: &str) -> Result<(), StoreError> {
        if self.bundle(digest)?.as_deref() == Some(content) {
            return Ok(());
        }
        self.write(|writer| {
            let sql = "INSERT INTO bundle (digest, content, created_at) VALUES (?1, ?2, ?3)
                       ON CONFLICT (digest) DO UPDATE SET content = excluded.content";
            writer.execute(sql, values![digest, content, writer.at()])?;
            let old = "DELETE FROM bundle WHERE created_at < ?1 AND digest <> ?2
                       AND NOT EXISTS (SELECT 1 FROM job WHERE job.release = bundle.digest)";
            let before = writer.now.checked_sub(KEEP_BUNDLES).map_or_else(|_| writer.at(), text);
            writer.execute(old, values![before, digest]).map(drop)
        })
    }

    /// The bundle of a release.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bundle(&self, digest: &str) -> Result<Option<String>, StoreError> {
        self.row("SELECT content FROM bundle WHERE digest = ?1", values![digest], |row| row.get(0))
    }

    /// Wants a job to be done in place of whatever was wanted of the same database; gives its name. A job that asks for the same may be
    /// taken up instead, also one that is done and that nobody has been told of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_job(&mut self, job: &NewJob<'_>) -> Result<String, StoreError> {
        let id = random_hex(8)?;
        let labels = to_json(job.labels)?;
        self.write(|writer| {
            let open = "SELECT id FROM job WHERE project = ?1 AND subject = ?2 AND release = ?3 AND request = ?4
                        AND labels = ?5 AND state IN ('queued', 'claimed', 'done') AND hold = ''";
            let values = values![job.project, job.subject, job.release, job.request, &labels];
            let same: Option<String> = writer.row(open, values, |row| row.get(0))?;
            if let Some(same) = same.filter(|_| job.takes_up) {
                return Ok(same);
            }
            writer.execute(
                "DELETE FROM job WHERE project = ?1 AND subject = ?2",
                values![job.project, job.subject],
            )?;
            let sql = "INSERT INTO job (id, project, subject, environment, labels, release, request, state, agent, hold, events,
                         outcome, created_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', '', '', 0, '', ?8)";
            let values = values![
                &id,
                job.project,
                job.subject,
                job.environment,
                labels,
                job.release,
                job.request,
                writer.at()
            ];
            writer.execute(sql, values)?;
            // Whoever had the database before holds it no more: its fence goes on.
            let sql = "
                INSERT INTO task (kind, project, subject, instance, instance_cap, wave, wave_cap, due_at, wanted, holder, lease_until, fence)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, '', 0, 0)
                ON CONFLICT (kind, project, subject) DO UPDATE SET wanted = task.wanted + 1, due_at = excluded.due_at,
                  holder = '', lease_until = 0, fence = task.fence + 1, instance = excluded.instance,
                  instance_cap = excluded.instance_cap, wave = excluded.wave, wave_cap = excluded.wave_cap";
            let name = |cap: Option<Cap<'_>>| cap.map_or(String::new(), |cap| cap.name.to_owned());
            let most = |cap: Option<Cap<'_>>| cap.map_or(0, |cap| cap.most.max(1));
            let values = values![
                WorkKind::Apply.name(),
                job.project,
                job.subject,
                name(job.instance),
                most(job.instance),
                name(job.wave),
                most(job.wave),
                writer.milliseconds()
            ];
            writer.execute(sql, values)?;
            writer.tell(News::Job);
            Ok(id)
        })
    }

    /// Gives an agent work that waits, whose labels it has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_job(
        &mut self,
        agent: &StoredAgent,
        lease: Duration,
    ) -> Result<Option<ClaimedJob>, StoreError> {
        let kind = WorkKind::Apply;
        // Mostly there is nothing, and finding that out must not keep others from writing.
        let now = self.now().as_millisecond();
        if self
            .rows(WAITING, values![kind.name(), now], |row| waiting(row, agent))?
            .iter()
            .all(Option::is_none)
        {
            return Ok(None);
        }
        self.write(|writer| {
            let now = writer.milliseconds();
            let found = writer.rows(WAITING, values![kind.name(), now], |row| waiting(row, agent))?;
            let Some(job) = found.into_iter().flatten().next() else { return Ok(None) };
            let sql = "UPDATE task SET holder = ?4, lease_until = ?5, fence = ?6
                       WHERE kind = ?1 AND project = ?2 AND subject = ?3";
            let until = now.saturating_add(milliseconds(lease));
            let Lease { project, subject, fence, .. } = &job.lease;
            writer.execute(sql, values![kind.name(), project, subject, &agent.id, until, *fence])?;
            let sql = "UPDATE job SET state = 'claimed', agent = ?2, events = 0 WHERE id = ?1";
            writer.execute(sql, values![&job.id, &agent.id])?;
            Ok(Some(job))
        })
    }

    /// The job that an agent holds by this fence; `None` where it is not its own any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn job_of(&self, id: &str, agent: &str, fence: u64) -> Result<Option<ClaimedJob>, StoreError> {
        let values = values![WorkKind::Apply.name(), id, fence, agent];
        self.row(HELD, values, |row| held(row, id))
    }

    /// Holds on to a job. Answers with it; `None` where it is not the agent's any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_job(
        &mut self,
        id: &str,
        agent: &str,
        fence: u64,
        lease: Duration,
    ) -> Result<Option<ClaimedJob>, StoreError> {
        self.write(|writer| {
            let Some(job) = held_by(writer, id, agent, fence)? else { return Ok(None) };
            let sql = "UPDATE task SET lease_until = ?5
                       WHERE kind = ?1 AND project = ?2 AND subject = ?3 AND fence = ?4";
            let until = writer.milliseconds().saturating_add(milliseconds(lease));
            let Lease { project, subject, .. } = &job.lease;
            writer.execute(sql, values![WorkKind::Apply.name(), project, subject, fence, until])?;
            Ok(Some(job))
        })
    }

    /// Takes in events of a job, the first of which is number `first`. What is known already is left out. Answers whether the job is
    /// the agent's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_job_events(
        &mut self,
        (id, agent, fence): (&str, &str, u64),
        first: u64,
        events: &[String],
    ) -> Result<bool, StoreError> {
        self.write(|writer| {
            let Some(job) = held_by(writer, id, agent, fence)? else { return Ok(false) };
            let known: u64 = writer
                .row("SELECT events FROM job WHERE id = ?1", values![id], |row| row.get(0))?
                .unwrap_or_default();
            let mut last = known;
            for (number, event) in (first..).zip(events) {
                if number > last {
                    feed::tell(writer, &job.lease.project, "target.event", &job.lease.subject, event)?;
                    last = number;
                }
            }
            writer.execute("UPDATE job SET events = ?2 WHERE id = ?1", values![id, last])?;
            Ok(true)
        })
    }

    /// Takes in what came of a job, once. Answers whether the job was the agent's, or had been ended by it just so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn complete_job(
        &mut self,
        (id, agent, fence): (&str, &str, u64),
        outcome: &str,
    ) -> Result<bool, StoreError> {
        self.write(|writer| {
            let Some(job) = held_by(writer, id, agent, fence)? else {
                // The same once more: the answer was lost.
                let sql = "SELECT id FROM job WHERE id = ?1 AND agent = ?2 AND state IN ('done', 'told') AND outcome = ?3";
                let again: Option<String> = writer.row(sql, values![id, agent, outcome], |row| row.get(0))?;
                return Ok(again.is_some());
            };
            writer.execute("UPDATE job SET state = 'done', outcome = ?2 WHERE id = ?1", values![id, outcome])?;
            let sql = "UPDATE task SET holder = '', lease_until = 0, due_at = ?5
                       WHERE kind = ?1 AND project = ?2 AND subject = ?3 AND fence = ?4";
            let never = writer.milliseconds().saturating_add(milliseconds(NEVER));
            let Lease { project, subject, .. } = &job.lease;
            writer.execute(sql, values![WorkKind::Apply.name(), project, subject, fence, never])?;
            writer.tell(News::Job);
            Ok(true)
        })
    }

    /// How long until the lease of an agent may end without anybody telling; `None` where none has work.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_lapse(&self) -> Result<Option<Duration>, StoreError> {
        let sql = "SELECT min(lease_until) FROM task WHERE kind = ?1 AND lease_until > ?2";
        let now = self.now().as_millisecond();
        let found: Option<Option<i64>> =
            self.row(sql, values![WorkKind::Apply.name(), now], |row| row.get(0))?;
        let left = |until: i64| Duration::from_millis(u64::try_from(until.saturating_sub(now)).unwrap_or(0));
        Ok(found.flatten().map(left))
    }

    /// How a job stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn job(&self, id: &str) -> Result<JobState, StoreError> {
        let sql = "SELECT state, outcome FROM job WHERE id = ?1";
        let found = self.row(sql, values![id], |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
        Ok(match found {
            Some((state, _)) if state == "queued" => JobState::Queued,
            Some((state, _)) if state == "claimed" => JobState::Claimed,
            Some((_, outcome)) => JobState::Done(outcome),
            None => JobState::Gone,
        })
    }

    /// Says that what came of a job has been taken in: it is not taken up again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_job(&mut self, id: &str) -> Result<(), StoreError> {
        self.write(|writer| {
            writer
                .execute("UPDATE job SET state = 'told' WHERE id = ?1 AND state = 'done'", values![id])
                .map(drop)
        })
    }

    /// Says why a job must not go on; an empty text lets it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hold_job(&mut self, id: &str, why: &str) -> Result<(), StoreError> {
        self.write(|writer| {
            writer.execute("UPDATE job SET hold = ?2 WHERE id = ?1", values![id, why]).map(drop)
        })
    }

    /// Takes a job back that nobody has begun. Answers whether it was so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn withdraw_job(&mut self, id: &str) -> Result<bool, StoreError> {
        self.write(|writer| {
            Ok(writer.execute("DELETE FROM job WHERE id = ?1 AND state = 'queued'", values![id])? > 0)
        })
    }
}

/// A job that waits, if the agent has its labels.
fn waiting(row: &Row, agent: &StoredAgent) -> Result<Option<ClaimedJob>, Fault> {
    let labels = of_json(&row.get::<String>(1)?)?;
    if !labels.iter().all(|(name, value)| agent.labels.get(name) == Some(value)) {
        return Ok(None);
    }
    let fence: u64 = row.get(4)?;
    Ok(Some(ClaimedJob {
        id: row.get(0)?,
        lease: Lease {
            kind: WorkKind::Apply,
            project: row.get(2)?,
            subject: row.get(3)?,
            fence: fence.saturating_add(1),
            wanted: row.get(5)?,
        },
        environment: row.get(6)?,
        release: row.get(7)?,
        request: row.get(8)?,
        hold: row.get(9)?,
    }))
}

fn held_by(writer: &Writer<'_>, id: &str, agent: &str, fence: u64) -> Result<Option<ClaimedJob>, Fault> {
    writer.row(HELD, values![WorkKind::Apply.name(), id, fence, agent], |row| held(row, id))
}

fn held(row: &Row, id: &str) -> Result<ClaimedJob, Fault> {
    let (project, subject, fence, wanted) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(ClaimedJob {
        id: id.to_owned(),
        lease: Lease { kind: WorkKind::Apply, project, subject, fence, wanted },
        environment: row.get(4)?,
        release: row.get(5)?,
        request: row.get(6)?,
        hold: row.get(7)?,
    })
}

fn read_agent(row: &Row) -> Result<StoredAgent, Fault> {
    Ok(StoredAgent {
        id: row.get(0)?,
        name: row.get(1)?,
        labels: of_json(&row.get::<String>(2)?)?,
        version: row.get(3)?,
        enrolled_at: row.get(4)?,
        seen_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}

fn new_key() -> Result<String, StoreError> {
    Ok(format!("sluice_agent_{}", random_hex(32)?))
}

fn to_json(labels: &BTreeMap<String, String>) -> Result<String, StoreError> {
    serde_json::to_string(labels).map_err(|error| StoreError::Json { what: "labels", error })
}

fn of_json(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Damaged(format!("labels: {error}")))
}
