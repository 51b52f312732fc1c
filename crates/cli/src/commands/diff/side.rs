use std::path::Path;

use sluice_engine::proof::Base;
use sluice_engine::shadow::{self, Script, ShadowError};
use sluice_engine::{ApplyError, DbError, Server};
use sluice_facts::Snapshot;
use sluice_report::Problem;
use sluice_sql::Dialect;

use super::ground::Ground;
use super::sources::{scripts, unreadable};
use crate::against::Against;
use crate::context::Context;
use crate::error::{CliError, Exit, exit_of};

/// One of the two schemas.
pub enum Side {
    /// Files of SQL.
    Scripts(Vec<Script>),
    /// A snapshot that was kept.
    Snapshot(Snapshot),
    /// A database.
    Database(Against),
}

/// How a database is found by its name or reference.
pub type Named<'a> = &'a dyn Fn(&str, &str) -> Result<Against, CliError>;

impl Side {
    /// What `text` names: files of SQL, a snapshot, or else a database.
    ///
    /// # Errors
    /// Text that names nothing, files that cannot be read.
    pub fn find(option: &str, text: &str, here: &Path, named: Named<'_>) -> Result<Self, CliError> {
        let path = here.join(text);
        if !path.is_file() {
            return match scripts(text, here)? {
                Some(scripts) => Ok(Self::Scripts(scripts)),
                None => Ok(Self::Database(named(option, text)?)),
            };
        }
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || bytes.starts_with(b"{\"schema\":") {
            let snapshot =
                Snapshot::from_bytes(&bytes).map_err(|error| CliError::usage(format!("{text}: {error}")))?;
            return Ok(Self::Snapshot(snapshot));
        }
        if bytes.starts_with(b"SQLite format 3") {
            return Ok(Self::Database(named(option, text)?));
        }
        Ok(Self::Scripts(scripts(text, here)?.unwrap_or_default()))
    }

    /// What the schema can be made of.
    pub fn base(&self) -> Base<'_> {
        match self {
            Self::Scripts(scripts) => Base::Scripts(scripts),
            Self::Snapshot(_) | Self::Database(_) => Base::Facts,
        }
    }

    /// The database, where it is one.
    pub fn database(&self) -> Option<&Against> {
        match self {
            Self::Database(database) => Some(database),
            _ => None,
        }
    }

    /// Whether it is a snapshot or a database of this engine.
    pub fn is_of(&self, dialect: Dialect) -> bool {
        match self {
            Self::Snapshot(snapshot) => &*snapshot.engine == dialect.name(),
            Self::Database(database) => database.reach().0.schemes().contains(&dialect.name()),
            Self::Scripts(_) => false,
        }
    }

    /// Reads the schema; SQL is run on the ground, unless an earlier run did, and `keeps` says that this counts.
    ///
    /// # Errors
    /// Servers that do not answer, SQL that does not run, a ground that is missing.
    pub fn read(
        &self,
        ground: Option<&Ground<'_>>,
        keeps: bool,
    ) -> Result<(Option<Server>, Snapshot), CliError> {
        match self {
            Self::Snapshot(snapshot) => Ok((None, snapshot.clone())),
            Self::Database(database) => {
                let (family, connect) = database.reach();
                let read = Context::runtime()?.block_on(shadow::facts(family, connect));
                let (server, snapshot) = read.map_err(|error| failed(error, &database.name))?;
                Ok((Some(server), snapshot))
            }
            Self::Scripts(scripts) => {
                let Some(ground) = ground else {
                    return Err(CliError::usage(
                        "SQL is understood by running it, and its engine is not known",
                    )
                    .help("name it with --engine, or a server to run it on with --shadow"));
                };
                let (server, snapshot) = ground.elaborate(scripts, keeps)?;
                Ok((Some(server), snapshot))
            }
        }
    }

    /// The engine, as far as the side tells it by itself.
    pub fn engine(&self) -> Option<Dialect> {
        match self {
            Self::Snapshot(snapshot) => Dialect::named(&snapshot.engine),
            Self::Database(_) | Self::Scripts(_) => None,
        }
    }
}

pub fn failed(error: DbError, name: &str) -> CliError {
    let error = ApplyError::Connect(error);
    let exit = match exit_of(&error) {
        Exit::Failed => Exit::Unreachable,
        exit => exit,
    };
    CliError::new(exit, Problem::error(error.to_string()).at(name).help(error.help()))
}

/// SQL that does not run on the shadow.
pub fn not_elaborated(error: ShadowError, name: &str) -> CliError {
    match error {
        ShadowError::Database(error) => failed(error, name),
        ShadowError::Text { place, message } => CliError::new(Exit::Usage, Problem::error(message).at(place)),
        ShadowError::Refused(refused) => CliError {
            exit: Exit::Usage,
            problems: refused
                .into_iter()
                .map(|refused| {
                    Problem::error(refused.error.to_string())
                        .at(refused.place)
                        .help(refused.error.hint.clone())
                })
                .collect(),
        },
    }
}
