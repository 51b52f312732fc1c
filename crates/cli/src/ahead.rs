use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sluice_engine::{ApplyError, Inspection, Look, inspect};
use sluice_project::ProjectError;
use sluice_project::config::Config;
use sluice_rollout::TargetName;

use crate::args::Global;
use crate::context::{Context, in_parallel};
use crate::error::CliError;
use crate::histories;
use crate::planning::LOOKERS;
use crate::sites::{self, Resolver};

/// What was seen of databases while the files were read: waiting for a server and reading a thousand files take about as
/// long, and neither needs the other.
#[derive(Default)]
pub struct Ahead {
    thorough: bool,
    seen: Mutex<HashMap<TargetName, Result<Inspection, ApplyError>>>,
}

impl Ahead {
    /// Reads the project, and looks at as many of the selected databases as are looked at at the same time.
    ///
    /// # Errors
    /// Those of reading; what is wrong with a database is told when its turn comes.
    pub fn look<T: Send>(
        config: Config,
        global: &Global,
        resolver: &Resolver,
        thorough: bool,
        read: impl FnOnce(Config) -> Result<T, ProjectError> + Send,
    ) -> Result<(T, Self), CliError> {
        let known = config.clone();
        // Nobody waits for a server that does not answer when the files are wrong and nothing can be done without them.
        let stop = resolver.cancel.child_token();
        let (project, seen) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let project = read(config);
                if project.is_err() {
                    stop.cancel();
                }
                project
            });
            let mut sites = sites::select(&known, global).unwrap_or_default();
            sites.truncate(LOOKERS);
            let look = Look { thorough, histories: histories::wanted(&known) };
            let seen = in_parallel(&sites, LOOKERS, |site| {
                let connection = resolver.connection(&known, site, &stop).ok()?;
                let runtime = Context::runtime().ok()?;
                let seen = runtime.block_on(inspect(connection.family, &connection.connect, look));
                Some((site.target.name.clone(), seen))
            });
            let project = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (project, seen)
        });
        let seen = Mutex::new(seen.into_iter().flatten().collect());
        Ok((project?, Self { thorough, seen }))
    }

    /// What was seen of a database, once.
    pub fn take(&self, name: &TargetName, thorough: bool) -> Option<Result<Inspection, ApplyError>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if thorough == self.thorough { seen.remove(name) } else { None }
    }
}
