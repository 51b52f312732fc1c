//! Which names change between two schemas: what was decided, what nobody has decided, and how it is remembered.

use std::path::PathBuf;

use sluice_engine::rename::{RenameError, Renamed, Wish, carry};
use sluice_facts::{Rename, Rules, Snapshot, unasked};
use sluice_report::Problem;
use sluice_runner::renaming::{Decisions, declared, question};
use sluice_sql::Dialect;

use super::ground::Ground;
use super::proof;
use super::side::Side;
use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// What is asked about names.
pub struct Question<'a> {
    /// The options.
    pub args: &'a args::Diff,
    /// Where the project is, if this is one.
    pub root: Option<PathBuf>,
    /// The sides.
    pub sides: [&'a Side; 2],
    /// The schemas.
    pub schemas: [&'a Snapshot; 2],
}

impl Question<'_> {
    /// The schema FROM with the names of the schema TO; none where no name changes.
    ///
    /// # Errors
    /// Names that nobody has decided about, decisions that do not fit, a server that refuses a rename, no shadow to try it on.
    pub fn answer(
        &self,
        output: Output,
        ground: Option<&Ground<'_>>,
        rules: &dyn Rules,
    ) -> Result<Option<Renamed>, CliError> {
        let [from, to] = self.schemas;
        let decisions = self.decisions()?;
        self.ask(output, from, &decisions)?;
        if decisions.renames.is_empty() && (self.args.no_renames || unasked(from, to, rules).is_empty()) {
            return Ok(None);
        }
        let [old, _] = self.sides;
        let Some(ground) = ground else {
            if decisions.renames.is_empty() {
                return Ok(None);
            }
            return Err(CliError::usage(
                "a rename is understood by doing it, and there is no server to do it on",
            )
            .help("name one with --shadow: a scratch database is made on it and dropped again"));
        };
        let shadow = ground.server()?;
        let (family, connect) = shadow.reach();
        let wish = Wish { from, to, renames: &decisions.renames };
        let carried = Context::runtime()?.block_on(carry(family, connect, rules, old.base(), wish));
        let renamed = carried.map_err(|error| not_renamed(error, &shadow.name))?;
        self.ask(output, &renamed.schema, &decisions)?;
        Ok((!renamed.renames.is_empty()).then_some(renamed))
    }

    /// Refuses where something may be a rename and nobody has said whether it is one.
    fn ask(&self, output: Output, from: &Snapshot, decisions: &Decisions) -> Result<(), CliError> {
        if self.args.no_renames {
            return Ok(());
        }
        let [_, to] = self.schemas;
        let open = decisions.open(from, to);
        // Whoever allows everything has said that what goes may go.
        if self.args.allow.iter().any(|hazard| hazard == "all") {
            for Rename { old, new } in &open {
                let problem = Problem::warning(format!("{old} is dropped and {new} is made anew"));
                output.warning(&problem.help(Some(format!("--rename {old}={new} keeps what is in it"))));
            }
            return Ok(());
        }
        if open.is_empty() {
            return Ok(());
        }
        let problems = open.iter().map(|rename| {
            let problem = Problem::error(question(rename));
            problem.help(Some(format!(
                "--rename {rename} keeps what is in it (in the schema TO: `-- sluice: renamed from={}` on the line above it); \
                 --no-rename {rename} drops the one and makes the other",
                rename.old.name()
            )))
        });
        Err(CliError { exit: Exit::Inconclusive, problems: problems.collect() })
    }

    /// What was decided on the command line, in the schema TO, and before. What the command line says is kept.
    fn decisions(&self) -> Result<Decisions, CliError> {
        let [from, to] = self.schemas;
        let fits = |rename: &Rename| rename.fits(from, to);
        let said = Decisions {
            renames: parsed("--rename", &self.args.rename)?,
            apart: parsed("--no-rename", &self.args.no_rename)?,
        };
        if let Some(rename) = said.renames.iter().find(|rename| !fits(rename)) {
            return Err(CliError::usage(format!(
                "--rename {rename}: the one must be in FROM alone, the other in TO alone"
            ))
            .help("`sluice diff` without it says what differs"));
        }
        let mut decided = Decisions::default();
        if let Some(root) = &self.root {
            decided = Decisions::remembered(root)?;
        }
        decided.decide(&said);
        if let Some(root) = self.root.as_deref().filter(|_| !said.is_empty()) {
            decided.keep(root)?;
        }
        if let Side::Scripts(scripts) = self.sides[1]
            && let Some(dialect) = Dialect::named(&to.engine)
        {
            decided
                .decide(&Decisions { renames: declared(dialect, scripts, [from, to])?, apart: said.apart });
        }
        if self.args.no_renames {
            decided.renames.clear();
        }
        decided.renames.retain(fits);
        Ok(decided)
    }
}

fn parsed(option: &str, texts: &[String]) -> Result<Vec<Rename>, CliError> {
    let parse = |text: &String| {
        Rename::parse(text).ok_or_else(|| {
            CliError::usage(format!("{option} {text}: that is not OLD=NEW with two ids of one kind"))
                .help("for example column:public.users.email=column:public.users.mail")
        })
    };
    texts.iter().map(parse).collect()
}

fn not_renamed(error: RenameError, name: &str) -> CliError {
    match error {
        RenameError::Shadow(error) => proof::unproved(error, name),
        RenameError::Name(message) => CliError::usage(message),
        error @ RenameError::Refused { .. } => {
            CliError::new(Exit::Findings, Problem::error(error.to_string()).at(name))
                .help("--no-rename OLD=NEW drops the one and makes the other")
        }
    }
}
