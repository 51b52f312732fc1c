use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sluice_rollout::{Digest, Event, Release};
use sluice_store::{RunnerLock, Store, StoreError, StoredChange, StoredRelease};

use crate::authors::authors;
use crate::context::Context;
use crate::driver::{self, Computed, Driver, Ran, lost};
use crate::error::{Exit, RunError};
use crate::planning::{Survey, survey};
use crate::preparation::{Preparation, open_rollout};
use crate::sites::Site;

/// Brings databases to the project's release: plans, takes the rollout up or starts one, and runs it as far as it goes.
pub struct Deploy<'a> {
    /// The project.
    pub context: &'a Context,
    /// The databases.
    pub sites: &'a [Site<'a>],
    /// How long gates that open by themselves are waited for.
    pub wait: Duration,
    /// How long another process is waited for.
    pub lock_wait: Duration,
    /// Whether what failed in an earlier run is tried again; what was only stopped always is.
    pub retry: bool,
    /// Asked once before anything is run; an error ends it.
    pub confirm: &'a dyn Fn(&[Survey]) -> Result<(), RunError>,
}

/// What a deployment came to.
pub struct Deployed {
    /// The release.
    pub release: Digest,
    /// What was found out about the databases before, in their order.
    pub surveys: Vec<Survey>,
    /// The rollout and what was done; `None` where there was nothing to do.
    pub ran: Option<Ran>,
}

impl Deploy<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// What stands in the way of a plan; databases that keep moving away from it; a store that takes no writes.
    pub fn run(&self) -> Result<Deployed, RunError> {
        // A plan that turns out to be stale is made again, and what people approved counts if the effect is the same.
        for again in [false, true, true, true, true] {
            let deployed = self.attempt(again)?;
            if !deployed.ran.as_ref().is_some_and(|ran| ran.stale) {
                return Ok(deployed);
            }
        }
        Err(RunError::new(
            Exit::Failed,
            sluice_report::Problem::error("the databases keep moving away from the plan").help(Some(
                "somebody else deploys to them: wait for it and run the same command again".to_owned(),
            )),
        ))
    }

    /// One plan and its rollout. Nobody is asked `again`.
    fn attempt(&self, again: bool) -> Result<Deployed, RunError> {
        let Self { context, sites, .. } = *self;
        let release = context.digest();
        let surveys = survey(context, sites, false);
        let targets = sites.iter().map(|site| &site.target.name).collect();
        if surveys.iter().all(Survey::is_up_to_date)
            && !((again || context.may_be_rolled_out(&release))
                && open_rollout(&context.state, &release, &targets)?.is_some())
        {
            return Ok(Deployed { release, surveys, ran: None });
        }
        let (_lock, waited) = runner_lock(context, self.lock_wait)?;
        let surveys = if waited { survey(context, sites, false) } else { surveys };
        let origin = context.project.origin();
        if let Some(problem) = &origin.problem {
            context.listener.message(&format!("warning: {problem}"));
        }
        let authors = authors(context, &origin, sites, &surveys);
        let release = context.project.release(origin.provenance);
        let prepared = Preparation::new(context, sites, &release, surveys, authors)?;
        if !again {
            (self.confirm)(&prepared.surveys)?;
        }
        put_release(&mut context.state.open()?, &release)?;
        let mut tracker = prepared.tracker(&context.state)?;

        let now = context.state.now();
        let mut events = lost(&tracker);
        events.extend(if self.retry { driver::again(&tracker) } else { driver::interrupted(&tracker) });
        events.push(Event::Started);
        events.extend(prepared.authors(tracker.rollout()));
        events.extend(prepared.observations(tracker.rollout(), now));
        events.extend(prepared.replan(tracker.rollout()));
        tracker.learn(events, now)?;

        let mut identity = context.identity();
        identity.release_digest = Some(release.digest.0.clone());
        (identity.commit_id, identity.author) =
            context.authorship(&release.provenance, pending(&prepared.surveys));
        let planned = prepared.covers().clone();
        let undated = prepared.undated.clone();
        let computed = sites.iter().zip(&prepared.surveys);
        let ways = computed
            .filter_map(|(site, survey)| Some((site.target.name.clone(), Computed::of(survey)?)))
            .collect();
        let driver = Driver { context, sites, tracker, identity, planned, ways, undated, wait: self.wait };
        let ran = driver.run()?;
        Ok(Deployed { release: release.digest, surveys: prepared.surveys, ran: Some(ran) })
    }
}

/// Indexes of the changes that are to be run anywhere.
fn pending(surveys: &[Survey]) -> BTreeSet<usize> {
    let found = surveys.iter().filter_map(|survey| survey.found.as_ref().ok());
    found.flat_map(|(_, decision)| decision.pending.iter().map(|(index, _)| *index)).collect()
}

/// The right to run rollouts of this project on this machine; waits for another process, and says so. Also tells
/// whether it had to wait.
fn runner_lock(context: &Context, wait: Duration) -> Result<(RunnerLock, bool), RunError> {
    let until = Instant::now() + wait;
    let mut told = false;
    loop {
        let holder = match context.state.lock("deploy") {
            Ok(lock) => return Ok((lock, told)),
            Err(StoreError::Running { holder }) => {
                holder.map_or_else(|| "another process".to_owned(), |it| it.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        if context.cancel.is_cancelled() {
            return Err(RunError::new(Exit::Cancelled, sluice_report::Problem::error("cancelled")));
        }
        if Instant::now() >= until {
            return Err(RunError::new(
                Exit::Failed,
                sluice_report::Problem::error(format!("this project is being deployed by {holder}"))
                    .help(Some("wait for it and run the same command again".to_owned())),
            ));
        }
        if !told {
            told = true;
            context.listener.message(&format!("waiting for {holder}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Keeps a release; the same content is the same release.
///
/// # Errors
/// A store that takes no writes.
pub fn put_release(store: &mut Store, release: &Release) -> Result<sluice_store::Put, RunError> {
    let changes = release
        .changes
        .iter()
        .map(|change| StoredChange {
            path: change.up.file.path().to_owned(),
            version: change.version.clone(),
            name: change.name.clone(),
            kind: change.kind,
            checksum: change.checksum.to_string(),
        })
        .collect();
    Ok(store.put_release(&StoredRelease {
        digest: release.digest.clone(),
        project: release.project.clone(),
        created_at: String::new(),
        provenance: release.provenance.clone(),
        changes,
        configuration: release.configuration.clone(),
    })?)
}
