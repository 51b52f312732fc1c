//! What was decided about names: which fact of a schema is one of another schema under a new name.

mod directives;

use std::path::Path;

use sluice_facts::{Rename, Snapshot, candidates, undecided};
use sluice_project::desired::RENAMES;
use sluice_report::Problem;

use crate::error::{Exit, RunError};
use crate::kept;

pub use directives::declared;

const HEAD: &str = "# What was decided about names: `rename OLD=NEW`, or `no-rename OLD=NEW` where one goes and the other comes.\n";

/// What is asked about something that may be a new name.
pub fn question(Rename { old, new }: &Rename) -> String {
    format!("{old} goes and {new} comes, and they are alike: is it a new name?")
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Decisions {
    /// What gets another name.
    pub renames: Vec<Rename>,
    /// What goes, and what comes beside it.
    pub apart: Vec<Rename>,
}

impl Decisions {
    /// Later decisions stand over earlier ones.
    pub fn decide(&mut self, later: &Self) {
        self.renames.retain(|known| !later.apart.contains(known) && !later.renames.contains(known));
        self.apart.retain(|known| !later.renames.contains(known) && !later.apart.contains(known));
        self.renames.extend(later.renames.iter().filter(|it| !later.apart.contains(it)).cloned());
        self.apart.extend(later.apart.iter().cloned());
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        text.extend(self.renames.iter().map(|rename| format!("rename {rename}\n")));
        text.extend(self.apart.iter().map(|rename| format!("no-rename {rename}\n")));
        text
    }

    /// What may be a new name, and nobody has said whether it is one.
    pub fn open(&self, from: &Snapshot, to: &Snapshot) -> Vec<Rename> {
        undecided(candidates(from, to), &self.renames, &self.apart)
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.renames.is_empty() && self.apart.is_empty()
    }

    /// Keeps them in a project.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn keep(&self, root: &Path) -> Result<(), RunError> {
        kept::write(&root.join(RENAMES), self.text()).map(drop)
    }

    /// What is remembered in a project; nothing where it has no such file.
    ///
    /// # Errors
    /// A file that cannot be read, with the line.
    pub fn remembered(root: &Path) -> Result<Self, RunError> {
        let path = root.join(RENAMES);
        let mut decisions = Self::default();
        let text = kept::read(&path)?.unwrap_or_default();
        for (at, line) in
            text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
        {
            let parsed = line.split_once(' ').and_then(|(word, rename)| Some((word, Rename::parse(rename)?)));
            match parsed {
                Some(("rename", rename)) => decisions.renames.push(rename),
                Some(("no-rename", rename)) => decisions.apart.push(rename),
                _ => {
                    let place = format!("{}:{}", path.display(), at + 1);
                    let problem =
                        Problem::error("a line is `rename OLD=NEW` or `no-rename OLD=NEW`").at(place);
                    return Err(RunError::new(Exit::Usage, problem));
                }
            }
        }
        Ok(decisions)
    }
}
