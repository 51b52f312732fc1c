use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_runner::remote::Ticket;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, SHORT};
use crate::error::AgentError;

/// How often the server hears of a job. A lease lasts five times as long.
const RENEW: Duration = Duration::from_secs(3);
/// How often events are told.
const TELL: Duration = Duration::from_millis(200);
/// Most events that are told at once.
const BATCH: usize = 500;
/// Most events that are kept while the server does not answer.
const BUFFER: usize = 10_000;

/// Holds on to a job while it is done, and tells what happens.
pub struct Keeper<'a> {
    client: &'a Client,
    ticket: &'a Ticket,
    /// Until when something may be begun, and why not.
    may: Mutex<(Instant, Option<String>)>,
    events: Mutex<Events>,
    /// Cancelled when what runs is to stop.
    pub cancel: CancellationToken,
    lost: AtomicBool,
    /// Whether people have stopped it.
    stopped: AtomicBool,
    done: AtomicBool,
}

/// Events that the server has not taken yet.
#[derive(Default)]
struct Events {
    /// Number of the first.
    first: u64,
    waiting: VecDeque<Value>,
}

#[derive(Serialize)]
struct Renew {
    fence: u64,
}

#[derive(Deserialize)]
struct Renewed {
    start_for_ms: u64,
    hold: Option<String>,
    stop: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    fence: u64,
    first: u64,
    events: &'a [Value],
}

impl<'a> Keeper<'a> {
    /// For a job that was asked for at that moment.
    pub fn new(client: &'a Client, ticket: &'a Ticket, asked: Instant, cancel: CancellationToken) -> Self {
        Self {
            client,
            ticket,
            may: Mutex::new((asked + Duration::from_millis(ticket.start_for_ms), None)),
            events: Mutex::new(Events { first: 1, waiting: VecDeque::new() }),
            cancel,
            lost: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            done: AtomicBool::new(false),
        }
    }

    /// Whether something may be begun now.
    pub fn may_go_on(&self) -> Result<(), String> {
        let may = self.may.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &may.1 {
            return Err(why.clone());
        }
        if Instant::now() < may.0 {
            return Ok(());
        }
        Err("the ticket has run out: the server has not been heard of since".to_owned())
    }

    /// Whether somebody else has the job.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether people have stopped it.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Takes in an event.
    pub fn event(&self, event: Value) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.waiting.len() >= BUFFER {
            events.waiting.pop_front();
            events.first += 1;
        }
        events.waiting.push_back(event);
    }

    /// Works until [`Keeper::end`].
    pub fn run(&self) {
        let mut renewed = Instant::now();
        while !self.done.load(Ordering::Acquire) {
            thread::park_timeout(TELL);
            if self.is_lost() {
                return;
            }
            if renewed.elapsed() >= RENEW {
                renewed = Instant::now();
                self.renew();
            }
            // What is not taken is told the next time.
            let _ = self.tell();
        }
    }

    /// Lets [`Keeper::run`] end.
    pub fn end(&self, runs: &thread::Thread) {
        self.done.store(true, Ordering::Release);
        runs.unpark();
    }

    fn renew(&self) {
        let asked = Instant::now();
        let renew = Renew { fence: self.ticket.fence };
        match self.client.post::<Renewed>(&format!("jobs/{}/renew", self.ticket.job), &renew, SHORT) {
            Ok(Some(Renewed { start_for_ms, hold, stop })) => {
                let until = asked + Duration::from_millis(start_for_ms);
                *self.may.lock().unwrap_or_else(PoisonError::into_inner) = (until, hold);
                if stop {
                    self.stopped.store(true, Ordering::Release);
                    self.cancel.cancel();
                }
            }
            Err(AgentError::Fenced | AgentError::Refused { .. }) => self.lose(),
            // It goes on as long as its ticket lasts.
            Ok(None) | Err(_) => {}
        }
    }

    fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.cancel.cancel();
    }

    /// Tells what happened and is not told yet.
    pub fn tell(&self) -> Result<(), AgentError> {
        loop {
            let (first, batch) = {
                let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
                (events.first, events.waiting.iter().take(BATCH).cloned().collect::<Vec<_>>())
            };
            if batch.is_empty() {
                return Ok(());
            }
            let told = Told { fence: self.ticket.fence, first, events: &batch };
            match self.client.post::<Value>(&format!("jobs/{}/events", self.ticket.job), &told, SHORT) {
                Ok(_) => {}
                Err(error) => {
                    if matches!(error, AgentError::Fenced) {
                        self.lose();
                    }
                    return Err(error);
                }
            }
            let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            // Old ones may have been dropped meanwhile.
            let next = first + u64::try_from(batch.len()).unwrap_or_default();
            let taken = usize::try_from(next.saturating_sub(events.first)).unwrap_or_default();
            let taken = taken.min(events.waiting.len());
            events.waiting.drain(..taken);
            events.first = events.first.max(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_runner::remote::Task;

    use super::*;

    #[test]
    fn nothing_is_begun_on_a_ticket_that_has_run_out() {
        let ticket = |start_for_ms| Ticket {
            nonce: "n".to_owned(),
            job: "j".to_owned(),
            fence: 1,
            project: "shop".to_owned(),
            environment: "dev".to_owned(),
            database: "d".to_owned(),
            release: "sha256:1".to_owned(),
            start_for_ms,
            task: Task::Look,
        };
        let client = Client::new("http://127.0.0.1:1", false).expect("an address");
        let may = |ticket: &Ticket| {
            Keeper::new(&client, ticket, Instant::now(), CancellationToken::new()).may_go_on()
        };
        assert_eq!(may(&ticket(600_000)), Ok(()));
        assert!(may(&ticket(0)).is_err_and(|why| why.contains("run out")));
    }

    #[test]
    fn events_that_nobody_takes_are_dropped_oldest_first_and_keep_their_numbers() {
        let client = Client::new("http://127.0.0.1:1", false).expect("an address");
        let ticket: Ticket = serde_json::from_value(serde_json::json!({
            "nonce": "", "job": "", "fence": 1, "project": "", "environment": "", "database": "", "release": "",
            "start_for_ms": 0, "task": { "task": "look" }
        }))
        .expect("a ticket");
        let keeper = Keeper::new(&client, &ticket, Instant::now(), CancellationToken::new());
        for number in 1..=BUFFER + 2 {
            keeper.event(number.into());
        }
        let events = keeper.events.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!((events.first, events.waiting.len(), &events.waiting[0]), (3, BUFFER, &Value::from(3)));
    }
}
