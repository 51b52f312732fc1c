use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;
use sluice_project::config::DatabaseEntry;
use sluice_rollout::{
    Digest, Event, Identity, Observed, Release, RolloutInput, StageInput, TargetInput, TargetName,
};
use sluice_store::Store;

use crate::context::{Context, Site};
use crate::error::CliError;
use crate::planning::{Survey, domain_plan, survey};
use crate::tracker::Tracker;

/// Where the state of a project is kept, beside its configuration.
pub const STATE: &str = ".sluice";

/// Whether a rollout with this status is over for good.
pub fn is_over(status: &str) -> bool {
    matches!(status, "succeeded" | "cancelled" | "rejected")
}

/// The newest rollout of a release over exactly these databases that is not over.
///
/// # Errors
/// A store that cannot be read.
pub fn open_rollout(release: &Digest, targets: &HashSet<&TargetName>) -> Result<Option<Tracker>, CliError> {
    if !Path::new(STATE).join("state.db").exists() {
        return Ok(None);
    }
    for summary in Store::open(Path::new(STATE))?.rollouts()? {
        if summary.release != *release || is_over(&summary.status) {
            continue;
        }
        let tracker = stored(&summary.id)?;
        let runs = tracker.rollout().targets();
        if runs.len() == targets.len() && runs.iter().all(|run| targets.contains(&run.name)) {
            return Ok(Some(tracker));
        }
    }
    Ok(None)
}

fn stored(id: &str) -> Result<Tracker, CliError> {
    let store = Store::open(Path::new(STATE))?;
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
    /// What is pending on databases behind an approval.
    pub planned: HashMap<TargetName, Vec<String>>,
}

impl Preparation {
    /// Puts together what was found out about the databases and what the configuration wants.
    pub fn new(context: &Context, sites: &[Site<'_>], release: &Release, surveys: Vec<Survey>) -> Self {
        let config = context.config();
        let mut authors: Vec<Identity> = Vec::new();
        for text in [&release.provenance.author, &release.provenance.committer].into_iter().flatten() {
            if let Ok(identity) = Identity::parse(text)
                && !authors.contains(&identity)
            {
                authors.push(identity);
            }
        }
        // What people approve is what happens behind an approval.
        let gated = |site: &Site<'_>| {
            config.environments.iter().any(|environment| {
                environment.name == site.target.environment && !environment.approvals.is_empty()
            })
        };
        let (gated, gated_surveys): (Vec<&Site<'_>>, Vec<&Survey>) =
            sites.iter().zip(&surveys).filter(|(site, _)| gated(site)).unzip();
        let plan = domain_plan(context, &gated, &release.digest, &gated_surveys);
        let planned = gated
            .iter()
            .zip(&gated_surveys)
            .filter_map(|(site, survey)| Some((site.target.name.clone(), survey.pending(context)?)))
            .collect();
        let (mut stages, mut before) = (Vec::new(), Vec::new());
        let mut previous: Option<&str> = None;
        for environment in &config.environments {
            if config.databases_of(&environment.name).next().is_none() {
                continue;
            }
            let targets: Vec<TargetInput> = sites
                .iter()
                .zip(&surveys)
                .filter(|(site, _)| site.target.environment == environment.name)
                .map(|(site, survey)| TargetInput { target: site.target.clone(), fact: survey.fact() })
                .collect();
            if let Some(previous) = previous
                && !targets.is_empty()
                && let Some(observed) = observe_rest(context, sites, previous)
            {
                match &observed {
                    Observed::Finished { .. } => {}
                    Observed::Unfinished { reason } | Observed::Unknown { reason }
                        if sites.iter().any(|site| site.target.environment == previous) =>
                    {
                        context.output.message(&format!(
                            "{} is left out: {previous} is only partly selected, and {reason}",
                            environment.name
                        ));
                        break;
                    }
                    Observed::Unfinished { .. } | Observed::Unknown { .. } => {}
                }
                before.push((previous.to_owned(), observed));
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
            plan: plan.digest,
            effect: plan.effect,
            authors,
            people: config.people.clone(),
            stages,
        };
        Self { surveys, input, before, planned }
    }

    /// The rollout of this release over these databases: the newest one that is not over yet, or a new one. Rollouts of other
    /// releases over any of them are ended: this one takes their place.
    ///
    /// # Errors
    /// A store that cannot be read or takes no writes.
    pub fn tracker(&self) -> Result<Tracker, CliError> {
        let wanted = self.targets();
        for summary in Store::open(Path::new(STATE))?.rollouts()? {
            if summary.release == self.input.release || is_over(&summary.status) {
                continue;
            }
            let mut other = stored(&summary.id)?;
            if other.rollout().targets().iter().any(|run| wanted.contains(&run.name)) {
                let by = format!("superseded by release {}", self.input.release.short());
                other.decide(Event::CancelRequested { by }, Timestamp::now())?;
            }
        }
        match open_rollout(&self.input.release, &wanted)? {
            Some(tracker) => Ok(tracker),
            None => Tracker::create(Store::open(Path::new(STATE))?, self.input.clone(), Timestamp::now()),
        }
    }

    fn targets(&self) -> HashSet<&TargetName> {
        self.input.stages.iter().flat_map(|stage| &stage.targets).map(|input| &input.target.name).collect()
    }

    /// What the ledgers say of environments that come before and are not part of the rollout.
    pub fn observations(&self, now: Timestamp) -> impl Iterator<Item = Event> {
        self.before.iter().map(move |(environment, observed)| Event::GateObserved {
            environment: environment.clone(),
            observed: observed.clone(),
            observed_at: now,
        })
    }

    /// Tells a rollout of an earlier run what the plan is now. Approvals lapse if its effect is another one. Once databases
    /// behind an approval are being worked on, what was approved is what was left then, and stays.
    pub fn replan(&self, tracker: &Tracker) -> Option<Event> {
        let rollout = tracker.rollout();
        let moved: Vec<TargetName> = rollout.replanning().map(|run| run.name.clone()).collect();
        let begun =
            rollout.targets().iter().any(|run| run.attempt > 0 && self.planned.contains_key(&run.name));
        let replace = !moved.is_empty() || (!begun && *rollout.plan() != self.input.plan);
        replace.then(|| Event::PlanReplaced {
            replaces: rollout.plan().clone(),
            plan: self.input.plan.clone(),
            effect: self.input.effect.clone(),
            targets: moved,
        })
    }
}

/// What is known of the databases of an environment that are not selected; `None` where all of them are.
fn observe_rest(context: &Context, sites: &[Site<'_>], environment: &str) -> Option<Observed> {
    let selected = |entry: &&DatabaseEntry| sites.iter().any(|site| site.target.name.0 == entry.name);
    let (_, outside): (Vec<_>, Vec<_>) = context.config().databases_of(environment).partition(selected);
    (!outside.is_empty()).then(|| observe(context, outside.into_iter()))
}

/// What the ledgers of databases say about the release.
fn observe<'e>(context: &Context, databases: impl Iterator<Item = &'e DatabaseEntry>) -> Observed {
    let sites: Vec<Site<'_>> = databases.map(|entry| Site { entry, target: entry.target() }).collect();
    let mut finished_at = None;
    for (site, survey) in sites.iter().zip(survey(context, &sites, false)) {
        let name = &site.target.name;
        match &survey.found {
            Err(error) => return Observed::Unknown { reason: format!("{name}: {error}") },
            Ok((_, decision)) if !decision.pending.is_empty() || decision.is_refused() => {
                let count = decision.pending.len();
                let reason = if count == 0 {
                    format!("{name}: its history does not fit the release")
                } else {
                    format!("{name}: {count} changes of the release are not applied")
                };
                return Observed::Unfinished { reason };
            }
            Ok((inspection, _)) => {
                let at = inspection.ledger.finished_at().and_then(|at| at.parse().ok());
                finished_at = finished_at.max(at);
            }
        }
    }
    Observed::Finished { finished_at: finished_at.unwrap_or(Timestamp::UNIX_EPOCH) }
}
