use std::collections::HashSet;

use jiff::Timestamp;
use sluice_project::config::DatabaseEntry;
use sluice_report::Problem;
use sluice_rollout::{
    Action, Authorship, Covers, Digest, Event, Identity, Observed, Outcome, Rejection, Release, Rollout,
    RolloutInput, StageInput, TargetFact, TargetInput, TargetName, TargetRun, TargetState, version_key,
};
use sluice_store::State;

use crate::context::Context;
use crate::driver::is_paused_by_failures;
use crate::error::{Exit, RunError};
use crate::planning::{Survey, draft, survey};
use crate::sites::Site;
use crate::tracker::Tracker;

/// Whether a rollout with this status is over for good.
pub fn is_over(status: &str) -> bool {
    matches!(status, "succeeded" | "cancelled" | "rejected")
}

/// The newest rollout of a release over exactly these databases that is not over.
///
/// # Errors
/// A store that cannot be read.
pub fn open_rollout(
    state: &State,
    release: &Digest,
    targets: &HashSet<&TargetName>,
) -> Result<Option<Tracker>, RunError> {
    if !state.exists() {
        return Ok(None);
    }
    for summary in state.open()?.rollouts()? {
        if summary.release != *release || is_over(&summary.status) {
            continue;
        }
        let tracker = stored(state, &summary.id)?;
        let runs = tracker.rollout().targets();
        if runs.len() == targets.len() && runs.iter().all(|run| targets.contains(&run.name)) {
            return Ok(Some(tracker));
        }
    }
    Ok(None)
}

/// The releases with rollouts that are not over.
///
/// # Errors
/// A store that cannot be read.
pub fn unfinished(state: &State) -> Result<Vec<Digest>, RunError> {
    if !state.exists() {
        return Ok(Vec::new());
    }
    let rollouts = state.open()?.rollouts()?;
    Ok(rollouts.into_iter().filter(|it| !is_over(&it.status)).map(|it| it.release).collect())
}

fn stored(state: &State, id: &str) -> Result<Tracker, RunError> {
    let store = state.open()?;
    let stored = store.rollout(id)?;
    Tracker::open(store, stored)
}

/// Everything that a rollout is made from.
pub struct Preparation {
    /// What was found out, in the order of the databases.
    pub surveys: Vec<Survey>,
    input: RolloutInput,
    /// Environments that come before a stage, and what is known of their databases that are not part of the rollout.
    before: Vec<(String, Observed)>,
    /// Environments whose ledgers do not tell how long what comes next has stood there: a change of it never ran there.
    pub undated: HashSet<String>,
    /// Databases whose change was computed anew: it is not what is left of an earlier one.
    anew: HashSet<TargetName>,
}

impl Preparation {
    /// Puts together what was found out about the databases and what the configuration wants.
    ///
    /// # Errors
    /// What could not be run anyway, see [`draft`].
    pub fn new(
        context: &Context,
        sites: &[Site<'_>],
        release: &Release,
        surveys: Vec<Survey>,
        (authors, authorship): (Vec<Identity>, Authorship),
    ) -> Result<Self, RunError> {
        let config = context.config();
        let draft = draft(context, sites, &release.digest, &surveys)?;
        let (mut stages, mut before, mut undated) = (Vec::<StageInput>::new(), Vec::new(), HashSet::new());
        let mut previous: Option<&str> = None;
        for environment in &config.environments {
            if config.databases_of(&environment.name).next().is_none() {
                continue;
            }
            let here =
                || sites.iter().zip(&surveys).filter(|(site, _)| site.target.environment == environment.name);
            let targets: Vec<TargetInput> = here()
                .map(|(site, survey)| TargetInput { target: site.target.clone(), fact: survey.fact() })
                .collect();
            if let Some(previous) = previous
                && !targets.is_empty()
            {
                let rest = rest_of(context, sites, previous);
                let rest_surveys = survey(context, &rest, false);
                if !rest.is_empty() {
                    let observed = observe(&rest, &rest_surveys);
                    if let Observed::Unfinished { reason } | Observed::Unknown { reason } = &observed
                        && sites.iter().any(|site| site.target.environment == previous)
                    {
                        context.listener.message(&format!(
                            "{} is left out: {previous} is only partly selected, and {reason}",
                            environment.name
                        ));
                        break;
                    }
                    before.push((previous.to_owned(), observed));
                }
                let selected = sites.iter().zip(&surveys);
                let stood = selected
                    .filter(|(site, _)| site.target.environment == previous)
                    .map(|(_, survey)| survey)
                    .chain(&rest_surveys);
                if environment.soak.is_some() && !has_stood(context, stood, here()) {
                    undated.insert(previous.to_owned());
                    if let Some(stage) = stages.last_mut().filter(|stage| stage.environment.name == previous)
                    {
                        forget_times(stage);
                    }
                }
            }
            if !targets.is_empty() {
                stages.push(StageInput {
                    environment: environment.clone(),
                    after: previous.map(str::to_owned),
                    targets,
                });
            }
            previous = Some(&environment.name);
        }
        let input = RolloutInput {
            release: release.digest.clone(),
            plan: draft.digest,
            effect: draft.covers.effect(&release.digest),
            covers: draft.covers,
            authors,
            authorship,
            people: config.people.clone(),
            stages,
        };
        let computed = |survey: &Survey| survey.way.as_ref().is_some_and(|way| way.action != Action::Resume);
        let anew = sites.iter().zip(&surveys).filter(|(_, survey)| computed(survey));
        let anew = anew.map(|(site, _)| site.target.name.clone()).collect();
        Ok(Self { surveys, input, before, undated, anew })
    }

    /// The rollout of this release over these databases: the newest one that is not over yet, or a new one. Rollouts of other
    /// releases over any of them are ended: this one takes their place.
    ///
    /// # Errors
    /// A release that was rejected for one of the databases; another rollout of the release that is held and has some of
    /// them; a store that cannot be read or takes no writes.
    pub fn tracker(&self, state: &State) -> Result<Tracker, RunError> {
        let wanted = self.targets();
        let shared = |run: &TargetRun| !run.state.is_done() && wanted.contains(&run.name);
        let waiting = |run: &TargetRun| run.attempt == 0 && shared(run);
        let mut replaced = Vec::new();
        for summary in state.open()?.rollouts()? {
            let ours = summary.release == self.input.release;
            if is_over(&summary.status) && !(ours && summary.status == "rejected") {
                continue;
            }
            let other = stored(state, &summary.id)?;
            if ours && let Some(rejection) = other.rollout().rejection() {
                let rejected: Vec<&TargetName> = other
                    .rollout()
                    .rejected()
                    .map(|run| &run.name)
                    .filter(|name| wanted.contains(name))
                    .collect();
                if !rejected.is_empty() {
                    return Err(rejected_before(&other, rejection, &rejected));
                }
            }
            let runs = other.rollout().targets();
            if is_over(&summary.status) || !runs.iter().any(shared) {
                continue;
            }
            let whole = runs.iter().all(|run| wanted.contains(&run.name));
            if !ours {
                let by = format!("superseded by release {}", self.input.release.short());
                replaced.push((other, by));
            } else if !(whole && runs.len() == wanted.len())
                && let Some(held) = held(&other, whole, !runs.iter().any(waiting))
            {
                return Err(held);
            } else if whole
                && runs.len() < wanted.len()
                && other.rollout().outcome(state.now()) == Some(Outcome::Failed)
            {
                replaced.push((other, "superseded by a rollout of more databases".to_owned()));
            }
        }
        for (mut other, by) in replaced {
            other.decide(Event::CancelRequested { by }, state.now())?;
        }
        match open_rollout(state, &self.input.release, &wanted)? {
            Some(tracker) => Ok(tracker),
            None => Tracker::create(state.open()?, self.input.clone(), state.now()),
        }
    }

    fn targets(&self) -> HashSet<&TargetName> {
        self.input.stages.iter().flat_map(|stage| &stage.targets).map(|input| &input.target.name).collect()
    }

    /// Tells a rollout of an earlier run who wrote the release, as far as it does not know.
    pub fn authors(&self, rollout: &Rollout) -> Option<Event> {
        let RolloutInput { authors, authorship, .. } = &self.input;
        let known = authors.iter().all(|author| rollout.authors().contains(author))
            && *rollout.authorship() == rollout.authorship().clone().or(authorship.clone());
        (!known).then(|| Event::AuthorsFound { authors: authors.clone(), authorship: authorship.clone() })
    }

    /// What the ledgers say of environments that come before and are not part of the rollout, or only in part. Where they do
    /// not tell since when, it is since this rollout saw it first.
    pub fn observations(&self, rollout: &Rollout, now: Timestamp) -> Vec<Event> {
        let seen = |environment: &str| {
            let mut after =
                rollout.stages().iter().filter(|stage| stage.after.as_deref() == Some(environment));
            match after.find_map(|stage| stage.observed.as_ref()) {
                Some((_, Observed::Finished { finished_at })) => *finished_at,
                _ => now,
            }
        };
        let observation = |(environment, observed): &(String, Observed)| {
            let observed = match observed {
                Observed::Finished { .. } if self.undated.contains(environment) => {
                    Observed::Finished { finished_at: seen(environment) }
                }
                observed => observed.clone(),
            };
            Event::GateObserved { environment: environment.clone(), observed, observed_at: now }
        };
        self.before.iter().map(observation).collect()
    }

    /// What is pending on the databases behind an approval, as far as they answered.
    pub fn covers(&self) -> &Covers {
        &self.input.covers
    }

    /// Tells a rollout of an earlier run what the plan is now. Approvals lapse if it does anything that nobody has seen: what
    /// is left to do on databases that were begun was seen before.
    pub fn replan(&self, rollout: &Rollout) -> Option<Event> {
        let begun = |name: &TargetName| {
            rollout.target(name).is_some_and(|run| run.attempt > 0) && !self.anew.contains(name)
        };
        let covers = rollout.covers().replaced_by(&self.input.covers, begun);
        let effect = covers.effect(&self.input.release);
        let targets: Vec<TargetName> = rollout.replanning().map(|run| run.name.clone()).collect();
        let replace =
            !targets.is_empty() || *rollout.plan() != self.input.plan || *rollout.effect() != effect;
        replace.then(|| Event::PlanReplaced {
            replaces: rollout.plan().clone(),
            plan: self.input.plan.clone(),
            effect,
            covers,
            targets,
        })
    }
}

/// Refuses what brings a database to a release that somebody has refused for it.
///
/// # Errors
/// The rejection; a store that cannot be read.
pub fn check_rejected(state: &State, release: &Digest, database: &TargetName) -> Result<(), RunError> {
    if !state.exists() {
        return Ok(());
    }
    for summary in state.open()?.rollouts()? {
        if summary.release != *release || summary.status != "rejected" {
            continue;
        }
        let tracker = stored(state, &summary.id)?;
        if let Some(rejection) = tracker.rollout().rejection()
            && let Some(run) = tracker.rollout().rejected().find(|run| run.name == *database)
        {
            return Err(rejected_before(&tracker, rejection, &[&run.name]));
        }
    }
    Ok(())
}

/// The refusal to give databases a release that somebody has refused for them.
fn rejected_before(tracker: &Tracker, rejection: &Rejection, targets: &[&TargetName]) -> RunError {
    let names: Vec<&str> = targets.iter().map(|name| name.0.as_str()).collect();
    let Rejection { by, reason, .. } = rejection;
    let release = tracker.rollout().release().short();
    let message = format!("release {release} was rejected for {} by {by}: {reason}", names.join(", "));
    RunError::new(Exit::Findings, Problem::error(message).at(tracker.id()))
        .help("change what is wrong and commit it: that is a new release, and nobody has rejected that")
}

/// Why another rollout of the release keeps its databases to itself. Where the new one is no way around what failed, because
/// it has the `whole` of the other one's databases or only tries `again` what failed, less holds: the same command would go
/// on, too.
fn held(tracker: &Tracker, whole: bool, again: bool) -> Option<RunError> {
    let (rollout, id) = (tracker.rollout(), tracker.id());
    let inconclusive = |run: &TargetRun| matches!(run.state, TargetState::Inconclusive { .. });
    let (why, resume) = if let Some(by) = rollout.paused_by() {
        (format!("was paused by {by}"), format!("`sluice rollout resume {id}` lets it go on"))
    } else if again {
        return None;
    } else if is_paused_by_failures(rollout) {
        let resume = format!(
            "`sluice rollout retry {id}` tries them again, `sluice rollout resume {id}` accepts the failures"
        );
        ("is paused because more databases failed than allowed".to_owned(), resume)
    } else if whole {
        return None;
    } else if rollout.is_over_budget() {
        let resume = format!(
            "deploy the same databases as it to try again, or `sluice rollout resume {id}` to accept the failures"
        );
        ("stopped because more databases failed than allowed".to_owned(), resume)
    } else if rollout.targets().iter().any(inconclusive) {
        let resume = "deploy the same databases as it, after a look at them, to go on".to_owned();
        ("waits for a person to look at a database".to_owned(), resume)
    } else {
        return None;
    };
    let message = format!("rollout {id} of this release has some of these databases and {why}");
    Some(
        RunError::new(Exit::Waiting, Problem::error(message))
            .help(format!("{resume}; `sluice rollout cancel {id}` ends it")),
    )
}

/// The databases of an environment that are not selected.
fn rest_of<'c>(context: &'c Context, sites: &[Site<'_>], environment: &str) -> Vec<Site<'c>> {
    let selected = |entry: &DatabaseEntry| sites.iter().any(|site| site.target.name.0 == entry.name);
    let rest = context.config().databases_of(environment).filter(|entry| !selected(entry));
    rest.map(|entry| Site { entry, target: entry.target() }).collect()
}

/// Whether everything that is pending in a stage has run somewhere in the environment before it, so that the ledgers there
/// tell how long it has stood.
fn has_stood<'s>(
    context: &Context,
    before: impl Iterator<Item = &'s Survey>,
    here: impl Iterator<Item = (&'s Site<'s>, &'s Survey)>,
) -> bool {
    let changes = context.project.changes();
    let mut ran: HashSet<String> = HashSet::new();
    for (inspection, _) in before.filter_map(|survey| survey.found.as_ref().ok()) {
        let complete = inspection.ledger.revisions.iter().filter(|revision| revision.finished_at.is_some());
        ran.extend(complete.map(|revision| version_key(&revision.version)));
    }
    let stood = |index: usize| changes.get(index).is_none_or(|change| ran.contains(&change.key));
    here.into_iter().all(|(site, survey)| match &survey.found {
        Ok((_, decision)) => decision.pending.iter().all(|(index, _)| stood(*index)),
        // What is pending there is not known: it may be everything.
        Err(_) => (0..changes.len()).filter(|index| context.applies(*index, &site.target)).all(stood),
    })
}

/// Makes the databases of a stage that are up to date count as done when the rollout is created.
fn forget_times(stage: &mut StageInput) {
    for target in &mut stage.targets {
        if let TargetFact::UpToDate { finished_at } = &mut target.fact {
            *finished_at = None;
        }
    }
}

/// What the ledgers of databases say about the release.
fn observe(sites: &[Site<'_>], surveys: &[Survey]) -> Observed {
    let mut finished_at = None;
    for (site, survey) in sites.iter().zip(surveys) {
        let name = &site.target.name;
        match &survey.found {
            Err(error) => return Observed::Unknown { reason: format!("{name}: {error}") },
            Ok((_, decision)) if !decision.pending.is_empty() || decision.is_refused() => {
                let count = decision.pending.len();
                let reason = if count == 0 {
                    format!("{name}: its history does not fit the release")
                } else {
                    let are = if count == 1 { "is" } else { "are" };
                    format!("{name}: {} of the release {are} not applied", counted(count, "change"))
                };
                return Observed::Unfinished { reason };
            }
            Ok((inspection, _)) => {
                let at = inspection.ledger.finished_at().and_then(|at| at.parse().ok());
                finished_at = finished_at.max(at);
            }
        }
    }
    // Without any time nothing has run there, so that nothing that is pending elsewhere has: the time does not count.
    Observed::Finished { finished_at: finished_at.unwrap_or(Timestamp::UNIX_EPOCH) }
}

/// A number and what it counts.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
