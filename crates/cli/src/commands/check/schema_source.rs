use std::collections::BTreeSet;
use std::path::Path;

use sluice_engine::LiveSchema;
use sluice_project::Project;
use sluice_report::{KeptError, Lock, LockedChange, LockedIndex, Problem};
use sluice_review::{Policy, Script, ServerVersion, replayed};
use sluice_rollout::{
    Action, ChangeKind, Checksum, ForeignHistory, Ledger, Past, ProblemKind, Revision, RevisionState,
    StatementRecord, StatementState, Target, decide, key_of,
};
use sluice_runner::kept;
use sluice_schema::{Name, Schema};
use sluice_sql::Dialect;
use sluice_text::SourceFile;
use tokio_util::sync::CancellationToken;

use super::project::Place;
use super::{Item, about};
use crate::against::{Against, version_of};
use crate::args;
use crate::context::run_id;
use crate::error::CliError;
use crate::output::Output;
use crate::secrets::Secrets;
use crate::sites::Resolver;
use crate::{histories, targets};

/// Where the schema comes from that the reviewed changes begin with, in place of the changes before them: a database, or the lock
/// that was written of one.
pub(super) struct Source {
    /// For messages.
    name: String,
    /// It is the lock.
    locked: bool,
    dialect: Dialect,
    version: ServerVersion,
    schema: LiveSchema,
    ledger: Ledger,
    histories: Vec<ForeignHistory>,
    /// The database, where it is one of the project.
    target: Option<Target>,
}

/// A schema, and the server that it is of.
pub(super) struct KnownSchema {
    pub(super) schema: Schema,
    pub(super) version: ServerVersion,
}

impl Source {
    /// What `--against` names, or the lock of the project, where there is one. `here` is where the command was given.
    ///
    /// # Errors
    /// A database that cannot be looked at; a lock that cannot be taken.
    pub(super) fn find(
        place: Option<&Place>,
        here: &Path,
        args: &args::Check,
        output: Output,
        cancel: CancellationToken,
    ) -> Result<Option<Self>, CliError> {
        let Some(text) = &args.against else {
            return match place {
                Some(place) => Self::locked(place.kept(args, Lock::FILE_NAME)?),
                None => Ok(None),
            };
        };
        let config = place.map(Place::config).transpose()?;
        let config = config.as_ref();
        if args.write_lock && config.is_none() {
            return Err(CliError::usage("--write-lock writes beside sluice.toml, and there is none")
                .help("`sluice init` writes one"));
        }
        let resolver = Resolver::own(Secrets::default(), run_id(), cancel);
        let against = Against::named(text, config, here, &resolver)?;
        let live = against.live(config.and_then(histories::wanted))?;
        let source = Self {
            name: against.name,
            locked: false,
            dialect: live.server.dialect,
            version: version_of(&live.server),
            schema: live.schema,
            ledger: live.ledger,
            histories: live.histories,
            target: against.target,
        };
        if let Some(engine) = args.engine.filter(|engine| engine.dialect() != source.dialect) {
            return Err(CliError::usage(format!(
                "--engine says {}, and {} is {}",
                engine.dialect(),
                source.name,
                live.server.product
            ))
            .help("leave --engine out: the database tells it"));
        }
        if args.write_lock {
            let written = kept::write(Path::new(Lock::FILE_NAME), source.to_lock().render())?;
            let what = if written { "written" } else { "unchanged" };
            output.message(&format!("{}: {what}", Lock::FILE_NAME));
        }
        Ok(Some(source))
    }

    fn locked(text: Option<String>) -> Result<Option<Self>, CliError> {
        let Some(text) = text else { return Ok(None) };
        let lock = Lock::parse(&text).map_err(|error| refused_lock(&error))?;
        Self::of_lock(lock).map(Some)
    }

    /// Its dialect.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The dialects to review for: `told` by the configuration, as far as it does.
    ///
    /// # Errors
    /// A lock of an engine that the project does not have.
    pub(super) fn dialects(
        &self,
        args: &args::Check,
        told: Result<BTreeSet<Dialect>, CliError>,
    ) -> Result<BTreeSet<Dialect>, CliError> {
        let own = BTreeSet::from([self.dialect]);
        if !self.locked {
            return Ok(own);
        }
        let Ok(told) = told else { return Ok(own) };
        // The url of a MariaDB server may say `mysql:`.
        let same = |dialect: &Dialect| family(*dialect) == family(self.dialect);
        if told.iter().any(same) {
            let rest = told.into_iter().filter(|dialect| !same(dialect));
            return Ok(rest.chain(own).collect());
        }
        if args.engine.is_some() {
            return Ok(told);
        }
        let engines: Vec<&str> = told.iter().map(|dialect| dialect.name()).collect();
        Err(CliError::usage(format!(
            "{} is of {}, and the databases of the project are {}",
            Lock::FILE_NAME,
            self.dialect,
            engines.join(", ")
        ))
        .help("write it again with `sluice check --against DATABASE --write-lock`, or delete it"))
    }

    /// Its schema for a review in a dialect; none where it is of another one.
    pub(super) fn known(&self, dialect: Dialect) -> Option<KnownSchema> {
        if dialect != self.dialect {
            return None;
        }
        let mut schema = replayed(self.dialect, self.schema.statements.iter().map(String::as_str));
        schema.complete = self.schema.complete;
        for (of, name) in &self.schema.invalid_indexes {
            schema.invalidate_index(&Name::new(of.clone(), name.clone()));
        }
        Some(KnownSchema { schema, version: self.version })
    }

    /// Takes the changes out of `items` that are applied already, and adds what is wrong between them and the files. The items of
    /// a project's changes come first, in their order.
    ///
    /// # Errors
    /// A `targets` directive that cannot be asked.
    pub(super) fn settle(
        &self,
        project: &Project,
        items: &mut Vec<Item>,
        policy: &Policy,
        output: Output,
    ) -> Result<(), CliError> {
        let changes = project.changes();
        let past = Past {
            ledger: &self.ledger,
            histories: &self.histories,
            layout: project.directory.detection.layout.name(),
        };
        let selectors = targets::compile(changes, &project.config.databases)?;
        let applies = |index: usize| {
            let selector = selectors.get(index).and_then(Option::as_ref);
            match (selector, &self.target) {
                (Some(selector), Some(target)) => selector.matches(target).unwrap_or(false),
                _ => true,
            }
        };
        let decision = decide(changes, past, project.config.policy.integrity, applies);
        for (index, _) in &decision.skipped {
            if let Some(item) = items.get_mut(*index) {
                item.script =
                    Script::cut(self.dialect, item.script.file.clone(), Vec::new(), item.script.info.clone());
                item.reviewed = false;
            }
        }
        for (index, action) in &decision.pending {
            if let (Action::Resume, Some(item), Some(change)) =
                (action, items.get_mut(*index), changes.get(*index))
            {
                self.resume(&change.key, item);
            }
        }
        for problem in &decision.problems {
            let (rule, help) = match problem.kind {
                ProblemKind::Edited => (
                    "integrity/edited-change",
                    "restore it, and make a new change for what is new: databases that have it refuse the edited one",
                ),
                ProblemKind::Removed => (
                    "integrity/removed-change",
                    "bring it back: databases that have the change refuse a repository without it",
                ),
                ProblemKind::OutOfOrder => (
                    "integrity/out-of-order",
                    "give it a version after it: databases that have the later one refuse the earlier one",
                ),
                _ => {
                    let help = Some("`sluice plan` shows what a deployment would say to it".to_owned());
                    output.warning(
                        &Problem::warning(problem.message.clone()).at(self.name.as_str()).help(help),
                    );
                    continue;
                }
            };
            let key = key_of(&problem.version);
            let at = changes.iter().position(|change| change.key == key);
            match at.and_then(|at| items.get_mut(at)) {
                Some(item) => {
                    if !item.findings.iter().any(|finding| finding.rule == rule) {
                        let file = item.script.file.clone();
                        item.findings.extend(about(&file, rule, policy, problem.message.clone(), help));
                    }
                }
                None => {
                    let file = SourceFile::new("sluice.toml", "");
                    let message = format!("{}: {}", self.name, problem.message);
                    let findings = about(&file, rule, policy, message, help).into_iter().collect();
                    let script = Script::cut(self.dialect, file, Vec::new(), Default::default());
                    items.push(Item { findings, ..Item::of(script, false) });
                }
            }
        }
        Ok(())
    }

    /// Of a change that stopped on the way, only the rest is to come.
    fn resume(&self, key: &str, item: &mut Item) {
        let applied: BTreeSet<u64> = self
            .ledger
            .statements
            .iter()
            .filter(|record| record.state == StatementState::Applied && key_of(&record.version) == key)
            .map(|record| record.ordinal)
            .collect();
        let mut ordinals = 1_u64..;
        item.script.statements.retain(|_| ordinals.next().is_some_and(|ordinal| !applied.contains(&ordinal)));
    }

    fn to_lock(&self) -> Lock {
        let applied = |version: &str| {
            let of_it = self.ledger.statements.iter().filter(|record| record.version == version);
            of_it.filter(|one| one.state == StatementState::Applied).map(|one| one.ordinal).collect()
        };
        let changes = self.ledger.revisions.iter().map(|revision| LockedChange {
            version: revision.version.clone(),
            kind: revision.kind.name().to_owned(),
            checksum: revision.checksum.to_string(),
            state: revision.state.name().to_owned(),
            statements: applied(&revision.version),
        });
        let index =
            |(schema, name): &(String, String)| LockedIndex { schema: schema.clone(), name: name.clone() };
        Lock {
            digest: String::new(),
            engine: self.dialect.name().to_owned(),
            server: self.version.to_string(),
            complete: self.schema.complete,
            changes: changes.collect(),
            statements: self.schema.statements.clone(),
            invalid_indexes: self.schema.invalid_indexes.iter().map(index).collect(),
        }
    }

    fn of_lock(lock: Lock) -> Result<Self, CliError> {
        let bad = |what: String| {
            let wanted = <Lock as sluice_report::Report>::SCHEMA;
            refused_lock(&KeptError::Other { wanted, reason: what })
        };
        let dialect =
            Dialect::named(&lock.engine).ok_or_else(|| bad(format!("`{}` is no engine", lock.engine)))?;
        let version =
            lock.server.parse().map_err(|error: sluice_review::BadVersion| bad(error.to_string()))?;
        let mut ledger = Ledger { exists: true, ..Ledger::default() };
        for change in lock.changes {
            let kinds =
                [ChangeKind::Versioned, ChangeKind::Repeatable, ChangeKind::Baseline, ChangeKind::Undo];
            let kind = kinds.into_iter().find(|kind| kind.name() == change.kind);
            let state = RevisionState::from_name(&change.state);
            let (Some(kind), Some(state)) = (kind, state) else {
                return Err(bad(format!(
                    "change {} is `{}` and `{}`",
                    change.version, change.kind, change.state
                )));
            };
            let checksum: Checksum = change
                .checksum
                .parse()
                .map_err(|error: sluice_rollout::ChecksumError| bad(error.to_string()))?;
            ledger.statements.extend(change.statements.iter().map(|ordinal| StatementRecord {
                version: change.version.clone(),
                ordinal: *ordinal,
                // Nobody runs anything by the lock, so that nobody compares it.
                checksum: checksum.clone(),
                state: StatementState::Applied,
                backend: None,
                evidence: None,
            }));
            ledger.revisions.push(Revision {
                statements_applied: change.statements.len().try_into().unwrap_or(u64::MAX),
                version: change.version,
                kind,
                checksum,
                state,
                finished_at: None,
            });
        }
        let pair = |index: LockedIndex| (index.schema, index.name);
        let schema = LiveSchema {
            statements: lock.statements,
            invalid_indexes: lock.invalid_indexes.into_iter().map(pair).collect(),
            complete: lock.complete,
        };
        Ok(Self {
            name: Lock::FILE_NAME.to_owned(),
            locked: true,
            dialect,
            version,
            schema,
            ledger,
            histories: Vec::new(),
            target: None,
        })
    }
}

/// MySQL and MariaDB are told apart by the server alone.
pub(super) fn family(dialect: Dialect) -> Dialect {
    if dialect == Dialect::Mariadb { Dialect::Mysql } else { dialect }
}

fn refused_lock(error: &KeptError) -> CliError {
    CliError::usage(format!("{}: {error}", Lock::FILE_NAME)).help(error.help())
}
