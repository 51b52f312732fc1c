//! What the changes of a project make, next to the schema that it declares.

use sluice_engine::ApplyError;
use sluice_engine::proof::{self, Base, Claim};
use sluice_engine::shadow::{Script, elaborate};
use sluice_facts::{Options, Scope, Snapshot, Step, transition};
use sluice_project::desired::Desired;
use sluice_rollout::{Change, ChangeKind};

use crate::declared::runtime;
use crate::ground::Ground;

/// Both as texts.
pub struct Replay {
    changes: Vec<Script>,
    desired: Vec<Script>,
}

/// Both as they are on a server.
pub struct Both {
    replay: Replay,
    counted: bool,
    version: u32,
    /// What the changes make.
    pub replayed: Snapshot,
    /// What is declared.
    pub desired: Snapshot,
}

impl Replay {
    /// The changes in their order, and the files of the declared schema.
    pub fn of(changes: &[Change], desired: &Desired) -> Self {
        // A script that stands for changes is for databases that have none of them: here they are all run.
        let changes = changes.iter().filter(|change| change.kind != ChangeKind::Baseline);
        let file = |file: &sluice_text::SourceFile| Script {
            name: file.path().to_owned(),
            text: file.text().to_owned(),
        };
        Self { changes: changes.map(forward).collect(), desired: desired.files.iter().map(file).collect() }
    }

    /// Runs both.
    ///
    /// # Errors
    /// SQL that does not run; a shadow that does not answer.
    pub fn run(self, (family, connect): &Ground, scope: Option<&dyn Scope>) -> Result<Both, ApplyError> {
        let runtime = runtime().map_err(ApplyError::Connect)?;
        let run = |scripts: &[Script]| {
            runtime.block_on(elaborate(*family, connect, scripts)).map_err(ApplyError::Desired)
        };
        let ((server, replayed), (_, desired)) = (run(&self.changes)?, run(&self.desired)?);
        let (replayed, desired) = match scope {
            Some(scope) => (replayed.within(scope), desired.within(scope)),
            None => (replayed, desired),
        };
        let (replayed, desired) = (replayed.leaving_out(&desired), desired.leaving_out(&replayed));
        Ok(Both { replay: self, counted: scope.is_some(), version: server.version, replayed, desired })
    }
}

impl Both {
    /// The steps from what the changes make to what is declared, proved.
    ///
    /// # Errors
    /// Steps that are not proved.
    pub fn forth(&self, ground: &Ground) -> Result<Vec<Step>, ApplyError> {
        self.way(ground, &self.replayed, &self.desired, &self.replay.changes)
    }

    /// The steps back, proved.
    ///
    /// # Errors
    /// Steps that are not proved.
    pub fn back(&self, ground: &Ground) -> Result<Vec<Step>, ApplyError> {
        self.way(ground, &self.desired, &self.replayed, &self.replay.desired)
    }

    fn way(
        &self,
        (family, connect): &Ground,
        from: &Snapshot,
        to: &Snapshot,
        scripts: &[Script],
    ) -> Result<Vec<Step>, ApplyError> {
        let Some(rules) = family.rules() else {
            let message = format!("schemas of {} are not compared yet", from.engine);
            return Err(ApplyError::NoWay { message, help: None });
        };
        let way = transition(from, to, rules, Options { online: true, version: self.version });
        if let Some(broken) = way.broken.first() {
            let message = format!("no order of the steps was found: {broken}");
            return Err(ApplyError::NoWay { message, help: None });
        }
        let base = if self.counted { Base::Facts } else { Base::Scripts(scripts) };
        let claim = Claim { from, to, way: &way };
        let runtime = runtime().map_err(ApplyError::Connect)?;
        runtime.block_on(proof::prove(*family, connect, rules, base, claim)).map_err(ApplyError::Unproved)?;
        Ok(proof::statements(&way))
    }
}

/// What a change runs, at the places where it stands in its file.
pub fn forward(change: &Change) -> Script {
    let text = change.up.file.text();
    let inside =
        |at: usize| change.up.blocks.iter().any(|block| (block.span.start..block.span.end).contains(&at));
    let text = text.char_indices().map(|(at, it)| if it == '\n' || inside(at) { it } else { ' ' }).collect();
    Script { name: change.up.file.path().to_owned(), text }
}
