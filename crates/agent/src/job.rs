use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use sluice_engine::EventSink;
use sluice_project::read_config;
use sluice_runner::context::{Needs, Setting};
use sluice_runner::driver::{Part, run_one};
use sluice_runner::planning::look;
use sluice_runner::remote::{Report, Task, Ticket};
use sluice_runner::sites::Trust;
use sluice_runner::{Context, RunError, Selection};
use sluice_store::State;
use tokio_util::sync::CancellationToken;

use crate::client::SHORT;
use crate::error::AgentError;
use crate::keeper::Keeper;
use crate::poll::{Claimed, Patience, Poll};

/// How long a report that the server does not take is told again once the agent is to stop. What was done is in the ledger.
const FAREWELL: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Complete<'a> {
    fence: u64,
    report: &'a Report,
}

/// Does what a ticket says and tells what came of it.
pub fn run(poll: &Poll, claimed: &Claimed, nonce: &str, asked: Instant) {
    let ticket = match ticket(poll, claimed, nonce) {
        Ok(ticket) => ticket,
        // Nothing in it is believed, so nobody can be told.
        Err(error) => return poll.listener.message(&error.to_string()),
    };
    let keeper = Keeper::new(&poll.client, &ticket, asked, poll.cancel.child_token());
    thread::scope(|scope| {
        let keeping = scope.spawn(|| keeper.run());
        let work = || work(poll, &ticket, &keeper);
        let report = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| failed("the job has panicked"));
        keeper.end(keeping.thread());
        if keeper.is_lost() {
            poll.listener.message(&format!("{}: somebody else has taken over", ticket.database));
            return;
        }
        let report = match report {
            // It was this agent that was stopped, not the work: somebody else goes on.
            Report::Failed { exit, .. }
                if exit == "cancelled" && poll.cancel.is_cancelled() && !keeper.is_stopped() =>
            {
                Report::Held { reason: "the agent was stopped".to_owned() }
            }
            report => report,
        };
        complete(poll, &ticket, &keeper, &report);
    });
}

/// The ticket, if it answers our question and the server's key has signed it.
fn ticket(poll: &Poll, claimed: &Claimed, nonce: &str) -> Result<Ticket, AgentError> {
    let text = Ticket::signed(&claimed.ticket);
    if !poll.releases.trusted.iter().any(|key| key.verifies_text(&text, &claimed.signature)) {
        let message = "a ticket of the server is signed by nobody who is trusted: nothing is done".to_owned();
        return Err(AgentError::NotAllowed(message));
    }
    let ticket: Ticket = serde_json::from_str(&claimed.ticket)
        .map_err(|error| AgentError::NotAllowed(format!("a ticket is not understood: {error}")))?;
    if ticket.nonce != nonce {
        return Err(AgentError::NotAllowed("a ticket answers another question: nothing is done".to_owned()));
    }
    Ok(ticket)
}

fn work(poll: &Poll, ticket: &Ticket, keeper: &Keeper<'_>) -> Report {
    match prepare(poll, ticket, keeper) {
        Ok(context) => execute(poll, &context, ticket, keeper),
        Err(report) => report,
    }
}

/// The project of a ticket, if everything about it may be done.
fn prepare(poll: &Poll, ticket: &Ticket, keeper: &Keeper<'_>) -> Result<Context, Report> {
    let refused = |error: AgentError| Report::Failed {
        exit: if error.passes() { "unreachable" } else { "findings" }.to_owned(),
        message: format!("{}: {error}", ticket.database),
        place: None,
        help: error.help(),
    };
    poll.policy.check(ticket).map_err(refused)?;
    let root = poll.releases.folder(ticket, &poll.client).map_err(refused)?;
    let (root, config) = read_config(&root.join("sluice.toml")).map_err(|error| of_run(error.into()))?;
    let selection = Selection { database: Some(ticket.database.clone()), ..Selection::default() };
    let setting = Setting {
        root,
        trust: Trust::Others { state: poll.data.clone(), agents: false },
        selection,
        state: State::local(&poll.data.join("state")),
        listener: Arc::clone(&poll.listener),
    };
    let context = Context::load(config, setting, keeper.cancel.clone(), Needs::Files).map_err(of_run)?;
    if context.digest().0 != ticket.release {
        return Err(failed("the files on the agent are another release than the ticket's"));
    }
    Ok(context)
}

fn execute(poll: &Poll, context: &Context, ticket: &Ticket, keeper: &Keeper<'_>) -> Report {
    let sites = match context.sites() {
        Ok(sites) => sites,
        Err(error) => return of_run(error),
    };
    let Some(site) = sites.first().filter(|site| site.target.environment == ticket.environment) else {
        return failed("the release does not have this database in this environment");
    };
    let Task::Apply { planned, commit, author, .. } = &ticket.task else {
        return Report::of_look(look(context, site));
    };
    if let Err(reason) = keeper.may_go_on() {
        return Report::Held { reason };
    }
    let mut identity = context.identity();
    identity.release_digest = Some(ticket.release.clone());
    identity.commit_id.clone_from(commit);
    identity.author.clone_from(author);
    let part = Part { identity, planned: planned.clone(), way: None, may_go_on: &|| keeper.may_go_on() };
    poll.listener.message(&format!("{} begins", ticket.database));
    let (sender, receiver) = channel::<Value>();
    let events: EventSink = Arc::new(move |event| {
        if let Ok(value) = serde_json::to_value(&event) {
            // Whoever hears it ends after the run.
            let _ = sender.send(value);
        }
    });
    let result = thread::scope(|scope| {
        scope.spawn(move || receiver.iter().for_each(|event| keeper.event(event)));
        let result = run_one(context, site, &part, &keeper.cancel, &events);
        drop(events);
        result
    });
    let report = Report::of_apply(result);
    match &report {
        Report::Failed { message, .. } => poll.listener.message(&format!("{}: {message}", ticket.database)),
        Report::Held { reason } => poll.listener.message(&format!("{}: held: {reason}", ticket.database)),
        _ => poll.listener.message(&format!("{} ended", ticket.database)),
    }
    report
}

/// Tells what came of it until the server has taken it, or somebody else has the job.
fn complete(poll: &Poll, ticket: &Ticket, keeper: &Keeper<'_>, report: &Report) {
    let (mut patience, mut stopped) = (Patience::default(), None::<Instant>);
    let complete = Complete { fence: ticket.fence, report };
    loop {
        let told = keeper.tell().and_then(|()| {
            poll.client.post::<Value>(&format!("jobs/{}/complete", ticket.job), &complete, SHORT)
        });
        match told {
            Ok(_) => return patience.calm(poll.listener.as_ref()),
            Err(error) if error.passes() => patience.told(&error, poll.listener.as_ref()),
            Err(AgentError::Fenced) => {
                return poll.listener.message(&format!("{}: somebody else has taken over", ticket.database));
            }
            Err(error) => return poll.listener.message(&format!("{}: {error}", ticket.database)),
        }
        if poll.cancel.is_cancelled() && stopped.get_or_insert_with(Instant::now).elapsed() >= FAREWELL {
            return;
        }
        // Once it is to stop it is told in short order.
        let pace = if poll.cancel.is_cancelled() { CancellationToken::new() } else { poll.cancel.clone() };
        patience.rest(&pace);
    }
}

fn failed(message: &str) -> Report {
    Report::Failed { exit: "failed".to_owned(), message: message.to_owned(), place: None, help: None }
}

fn of_run(error: RunError) -> Report {
    let first = error.problems.into_iter().next();
    Report::Failed {
        exit: error.exit.name().to_owned(),
        message: first.as_ref().map(|it| it.message.clone()).unwrap_or_default(),
        place: first.as_ref().and_then(|it| it.place.clone()),
        help: first.and_then(|it| it.help),
    }
}
