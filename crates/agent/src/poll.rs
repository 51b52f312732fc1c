use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sluice_runner::listener::Listener;
use sluice_store::random_hex;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, SHORT};
use crate::error::AgentError;
use crate::identity::Identity;
use crate::job;
use crate::policy::Policy;
use crate::releases::Releases;

/// How long the server may keep a question for work open.
const WAIT: Duration = Duration::from_secs(25);
/// How long a key is used.
const KEY_LASTS: Duration = Duration::from_secs(86_400);
/// Longest rest before a server that does not answer is asked again.
const LONGEST_REST: Duration = Duration::from_secs(15);
/// And the first one.
const FIRST_REST: Duration = Duration::from_millis(250);
/// How often it is looked whether the agent is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Asks for work and has it done.
pub struct Poll {
    /// The server.
    pub client: Client,
    identity: Mutex<Identity>,
    /// What may be done.
    pub policy: Policy,
    /// Releases.
    pub releases: Releases,
    /// Folder of the agent.
    pub data: PathBuf,
    parallel: usize,
    /// Who is told.
    pub listener: Arc<dyn Listener>,
    /// Cancelled when it is to stop.
    pub cancel: CancellationToken,
    running: Mutex<usize>,
    ended: Condvar,
}

#[derive(Serialize)]
struct Claim<'a> {
    nonce: &'a str,
    wait_seconds: u64,
}

/// What the server gives.
#[derive(Debug, Deserialize)]
pub struct Claimed {
    /// JSON, signed as it is.
    pub ticket: String,
    /// In base64.
    pub signature: String,
}

impl Poll {
    #[allow(clippy::too_many_arguments, reason = "all that an agent has, once")]
    pub fn new(
        client: Client,
        identity: Identity,
        policy: Policy,
        releases: Releases,
        data: PathBuf,
        parallel: usize,
        listener: Arc<dyn Listener>,
        cancel: CancellationToken,
    ) -> Self {
        let identity = Mutex::new(identity);
        let (running, ended) = (Mutex::default(), Condvar::new());
        Self { client, identity, policy, releases, data, parallel, listener, cancel, running, ended }
    }

    /// Asks until it is cancelled, or refused for good.
    pub fn run(self: &Arc<Self>) -> Result<(), AgentError> {
        let mut patience = Patience::default();
        let mut key_ends = Instant::now();
        while !self.cancel.is_cancelled() {
            self.wait_for_room();
            let asked = Instant::now();
            let answer = if asked >= key_ends {
                let mut identity = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
                identity.rotate(&self.client).map(|()| {
                    key_ends = asked + KEY_LASTS;
                    None
                })
            } else {
                self.claim(asked)
            };
            match answer {
                Ok(None) => patience.calm(self.listener.as_ref()),
                Ok(Some(start)) => {
                    patience.calm(self.listener.as_ref());
                    start();
                }
                Err(error) if error.passes() => {
                    patience.told(&error, self.listener.as_ref());
                    patience.rest(&self.cancel);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One question for work; how to begin what was given.
    #[allow(clippy::type_complexity, reason = "said once")]
    fn claim(self: &Arc<Self>, asked: Instant) -> Result<Option<Box<dyn FnOnce()>>, AgentError> {
        let nonce = random_hex(16)?;
        let claim = Claim { nonce: &nonce, wait_seconds: WAIT.as_secs() };
        let Some(claimed) = self.client.post::<Claimed>("claim", &claim, WAIT + SHORT)? else {
            return Ok(None);
        };
        let poll = Arc::clone(self);
        Ok(Some(Box::new(move || {
            *poll.running.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            let working = Arc::clone(&poll);
            let started = std::thread::Builder::new().name("job".to_owned()).spawn(move || {
                let _end = Ending(&working);
                job::run(&working, &claimed, &nonce, asked);
            });
            if let Err(error) = started {
                // Somebody else gets it when its lease is over.
                poll.listener.message(&format!("the system gives no thread: {error}"));
                drop(Ending(&poll));
            }
        })))
    }

    fn wait_for_room(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= self.parallel && !self.cancel.is_cancelled() {
            let waited = self.ended.wait_timeout(running, LOOK);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until nothing runs.
    pub fn wait_for_jobs(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running > 0 {
            running = self.ended.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Says that a job has ended, however it has.
struct Ending<'a>(&'a Poll);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = running.saturating_sub(1);
        self.0.ended.notify_all();
    }
}

/// How a server that does not answer is borne: said once, asked ever less often, and never by all agents at the same moment.
#[derive(Default)]
pub struct Patience {
    tries: u32,
}

impl Patience {
    /// It does not answer.
    pub fn told(&mut self, error: &AgentError, listener: &dyn Listener) {
        if self.tries == 0 {
            listener.message(&format!("{error}; it is asked again until it does"));
        }
        self.tries = self.tries.saturating_add(1);
    }

    /// It answers.
    pub fn calm(&mut self, listener: &dyn Listener) {
        if self.tries > 0 {
            listener.message("the server answers again");
        }
        self.tries = 0;
    }

    /// Rests, but not past the end.
    pub fn rest(&self, cancel: &CancellationToken) {
        let most =
            FIRST_REST.saturating_mul(1 << self.tries.clamp(1, 10).saturating_sub(1)).min(LONGEST_REST);
        let random = random_hex(2).ok().and_then(|hex| u32::from_str_radix(&hex, 16).ok()).unwrap_or(0);
        // Half of it for sure, the rest by chance.
        let until = Instant::now() + most.mul_f64(0.5 + f64::from(random) / 131_072.0);
        while Instant::now() < until && !cancel.is_cancelled() {
            std::thread::sleep(LOOK);
        }
    }
}
