//! What the changes of a project make, next to the schema that it declares.

use sluice_engine::proof::{self, Base, Claim};
use sluice_engine::shadow::{Script, elaborate};
use sluice_engine::{ApplyError, Server};
use sluice_facts::{Assertion, Options, Scope, Snapshot, Step, transition};
use sluice_project::desired::Desired;
use sluice_report::terminated;
use sluice_rollout::{Change, ChangeKind};
use sluice_text::SourceFile;

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
        let file = |file: &SourceFile| Script { name: file.path().to_owned(), text: file.text().to_owned() };
        Self { changes: changes.map(forward).collect(), desired: desired.files.iter().map(file).collect() }
    }

    /// Runs both.
    ///
    /// # Errors
    /// SQL that does not run; a shadow that does not answer.
    pub fn run(self, ground: &Ground, scope: Option<&dyn Scope>) -> Result<Both, ApplyError> {
        let (server, replayed) = made(ground, scope, &self.changes)?;
        let (_, desired) = made(ground, scope, &self.desired)?;
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
        way(
            ground,
            self.version,
            [&self.replayed, &self.desired],
            Some([self.base(&self.replay.changes), self.base(&self.replay.desired)]),
        )
    }

    /// The steps back, proved.
    ///
    /// # Errors
    /// Steps that are not proved.
    pub fn back(&self, ground: &Ground) -> Result<Vec<Step>, ApplyError> {
        way(
            ground,
            self.version,
            [&self.desired, &self.replayed],
            Some([self.base(&self.replay.desired), self.base(&self.replay.changes)]),
        )
    }

    /// Where not everything counts, the texts make more than what is compared.
    fn base<'a>(&self, scripts: &'a [Script]) -> Base<'a> {
        if self.counted { Base::Facts } else { Base::Scripts(scripts) }
    }
}

/// The schema that scripts make, as far as it counts.
///
/// # Errors
/// SQL that does not run; a shadow that does not answer.
pub fn made(
    (family, connect): &Ground,
    scope: Option<&dyn Scope>,
    scripts: &[Script],
) -> Result<(Server, Snapshot), ApplyError> {
    let runtime = runtime().map_err(ApplyError::Connect)?;
    let elaborated = runtime.block_on(elaborate(*family, connect, scripts));
    let (server, snapshot) = elaborated.map_err(ApplyError::Desired)?;
    Ok((server, scope.map_or(snapshot.clone(), |scope| snapshot.within(scope))))
}

/// The steps from one schema to another, proved where there is something that both are made of.
///
/// # Errors
/// No order of the steps; steps that are not proved.
pub fn way(
    (family, connect): &Ground,
    version: u32,
    [from, to]: [&Snapshot; 2],
    bases: Option<[Base<'_>; 2]>,
) -> Result<Vec<Step>, ApplyError> {
    let no_way = |message: String| ApplyError::NoWay { message, help: None };
    let Some(rules) = family.rules() else {
        return Err(no_way(format!("schemas of {} are not compared yet", from.engine)));
    };
    let runtime = runtime().map_err(ApplyError::Connect)?;
    let way = transition(from, to, rules, Options { online: true, version });
    if let Some(broken) = way.broken.first() {
        return Err(no_way(format!("no order of the steps was found: {broken}")));
    }
    if let Some(bases) = bases {
        let claim = Claim { from, to, way: &way };
        let proved = runtime.block_on(proof::prove(*family, connect, rules, bases, claim));
        proved.map_err(ApplyError::Unproved)?;
    }
    Ok(proof::statements(&way))
}

/// Steps as a script, with what may hurt about them; `asking`: and with what is asked of the rows before them.
pub fn text(from: &Snapshot, to: &Snapshot, steps: &[Step], asking: bool) -> String {
    let short = |snapshot: &Snapshot| snapshot.fingerprint().to_string().chars().take(12).collect::<String>();
    let mut text = format!("-- From schema {} to {}, computed by sluice.\n", short(from), short(to));
    for step in steps {
        if !step.hazards.is_empty() {
            let hazards: Vec<&str> = step.hazards.iter().map(|hazard| hazard.name()).collect();
            text.push_str(&format!("-- {}\n", hazards.join(", ")));
        }
        if asking {
            text.extend(step.assertions.iter().map(Assertion::line));
        }
        text.push_str(&terminated(&from.engine, &step.sql));
    }
    text
}

/// What a change runs, at the places where it stands in its file.
pub fn forward(change: &Change) -> Script {
    let text = change.up.file.text();
    let inside =
        |at: usize| change.up.blocks.iter().any(|block| (block.span.start..block.span.end).contains(&at));
    let text = text.char_indices().map(|(at, it)| if it == '\n' || inside(at) { it } else { ' ' }).collect();
    Script { name: change.up.file.path().to_owned(), text }
}
