use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sluice_engine::{ApplyError, Inspection, Look, inspect};
use sluice_project::config::Config;
use sluice_project::{Project, ProjectError};
use sluice_rollout::{Digest, TargetName};
use sluice_store::State;

use crate::context::{Context, in_parallel};
use crate::drift::response as drift_response;
use crate::histories;
use crate::planning::LOOKERS;
use crate::preparation;
use crate::scope::{self, Counted};
use crate::sites::{self, Resolver, Selection};

/// What to look at ahead.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// As [`Look`] has it.
    pub thorough: bool,
    /// Whether to look for rollouts that are not over.
    pub rollouts: bool,
    /// Whether nothing can be done with what is seen when the files are wrong.
    pub needs_files: bool,
}

/// What was seen of databases and rollouts while the files were read: waiting for a server and reading a thousand files take
/// about as long, and neither needs the other.
#[derive(Default)]
pub struct Ahead {
    thorough: bool,
    seen: Mutex<HashMap<TargetName, Result<Inspection, ApplyError>>>,
    digest: Option<Digest>,
    unfinished: Option<Vec<Digest>>,
}

impl Ahead {
    /// Reads the project, and looks at as many of the selected databases as are looked at at the same time. What is wrong with a
    /// database is told when its turn comes.
    pub fn look(
        config: Config,
        selection: &Selection,
        state: &State,
        resolver: &Resolver,
        Sight { thorough, rollouts, needs_files }: Sight,
        read: impl FnOnce(Config) -> Result<Project, ProjectError> + Send,
    ) -> (Result<Project, ProjectError>, Self) {
        let known = config.clone();
        // Nobody waits for a server that does not answer when the files are wrong and nothing can be done without them.
        let stop = resolver.cancel.child_token();
        let ((digest, project), seen, unfinished) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let project = read(config);
                if project.is_err() && needs_files {
                    stop.cancel();
                }
                (project.as_ref().ok().map(Project::digest), project)
            });
            let mut sites = sites::select(&known, selection).unwrap_or_default();
            sites.retain(|site| resolver.reaches(site.entry));
            sites.truncate(LOOKERS);
            let drift = thorough && drift_response(&known).is_some();
            let counted = Counted::of(&known);
            let look = Look {
                thorough,
                histories: histories::wanted(&known),
                drift,
                scope: scope::of(counted.as_ref()),
                facts: known.project.is_declarative(),
            };
            let seen = in_parallel(&sites, LOOKERS, |site| {
                let connection = resolver.connection(&known, site, &stop).ok()?;
                let runtime = Context::runtime().ok()?;
                let seen = runtime.block_on(inspect(connection.family, &connection.connect, look));
                Some((site.target.name.clone(), seen))
            });
            let unfinished = rollouts.then(|| preparation::unfinished(state)).and_then(Result::ok);
            let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (read, seen, unfinished)
        });
        let seen = Mutex::new(seen.into_iter().flatten().collect());
        (project, Self { thorough, seen, digest, unfinished })
    }

    /// The project's digest, where it is known.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Whether a release may have a rollout that is not over. It has none where it had none a moment ago, when the
    /// databases were looked at.
    pub fn may_be_rolled_out(&self, release: &Digest) -> bool {
        self.unfinished.as_ref().is_none_or(|unfinished| unfinished.contains(release))
    }

    /// What was seen of a database, once.
    pub fn take(&self, name: &TargetName, thorough: bool) -> Option<Result<Inspection, ApplyError>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if thorough == self.thorough { seen.remove(name) } else { None }
    }
}
