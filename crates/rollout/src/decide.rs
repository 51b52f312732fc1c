use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{Change, ChangeKind, ForeignHistory, Ledger, Past, Revision, compare_versions, key_of};

/// What happens to changes whose history was touched, per kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integrity {
    /// A change that is applied has other content now.
    pub edited: Response,
    /// A change that is applied is not in the repository.
    pub removed: Response,
    /// A pending change comes before one that is applied.
    pub out_of_order: Response,
    /// Another tool has worked on the database, and nothing of that is in a ledger.
    pub unadopted: Response,
}

/// What to do about a problem.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Refuse to run.
    #[default]
    Error,
    /// Say so and go on.
    Warn,
    /// Go on.
    Allow,
}

impl Default for Integrity {
    fn default() -> Self {
        Self {
            edited: Response::Error,
            removed: Response::Error,
            out_of_order: Response::Error,
            unadopted: Response::Error,
        }
    }
}

/// What is to be done on one database, by comparing the repository's changes with its ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// What to run, in order: index into the changes, and how.
    pub pending: Vec<(usize, Action)>,
    /// What is not run, and why.
    pub skipped: Vec<(usize, Skip)>,
    /// What is wrong with the history.
    pub problems: Vec<Problem>,
}

impl Decision {
    /// Whether a problem forbids to run.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.response == Response::Error)
    }
}

/// How a pending change is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// For the first time.
    Apply,
    /// From the statement on at which an earlier run stopped.
    Resume,
    /// Again, because a repeatable change has other content.
    Rerun,
}

/// Why a change is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// The ledger has it.
    Applied,
    /// It was there before Sluice.
    Baseline,
    /// A baseline script that is applied stands for it.
    CoveredByBaseline,
    /// A baseline script on a database that has a history.
    BaselineNotNeeded,
    /// Its `targets` directive does not match the database.
    NotForThisTarget,
}

/// Something wrong between repository and ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// Version of the change as the ledger or the file has it; empty where it is about no single one.
    pub version: String,
    /// What the policy says.
    pub response: Response,
    /// For people: what, and against what.
    pub message: String,
    /// Out of order: the last version that is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// Kinds of integrity problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "as the fields of `Integrity`")]
pub enum ProblemKind {
    Edited,
    Removed,
    OutOfOrder,
    Unadopted,
    /// A change that is half applied has another statement where one is applied or in flight.
    EditedInFlight,
    /// A pending change requires one that is not for this target.
    Requires,
    /// A computed change does what nobody has allowed.
    Hazard,
    /// Something may have a new name, and nobody has said whether it has.
    Rename,
    /// A computed change will fail with the rows that are there.
    Rows,
    /// A computed change of another release is in flight.
    InFlight,
}

/// Compares the changes of a release with what one database tells of its past. `applies(index)` answers whether the change's
/// `targets` directive matches the database.
///
/// Changes are run in the given order. A change that is unfinished is resumed at its place whatever its checksum: its
/// statements are compared one by one when it is resumed.
pub fn decide<'p>(
    changes: &[Change],
    past: impl Into<Past<'p>>,
    integrity: Integrity,
    applies: impl Fn(usize) -> bool,
) -> Decision {
    let past = past.into();
    let ledger = past.ledger;
    let mut decision = Decision::default();
    let recorded: HashMap<Cow<'_, str>, &Revision> =
        ledger.revisions.iter().map(|revision| (key_of(&revision.version), revision)).collect();
    // A baseline script stands for what comes before it only on a database that has no history at all.
    let chosen = changes
        .iter()
        .enumerate()
        .rfind(|(index, change)| {
            change.kind == ChangeKind::Baseline
                && applies(*index)
                && (ledger.revisions.is_empty() || is_unfinished(recorded.get(change.key.as_str())))
        })
        .map(|(index, _)| index);
    let baselines: Vec<(Option<usize>, &str)> = ledger
        .revisions
        .iter()
        .filter(|revision| revision.kind == ChangeKind::Baseline && revision.state.is_complete())
        .map(|revision| {
            let key = key_of(&revision.version);
            (changes.iter().position(|change| change.key == key), revision.version.trim_start_matches('B'))
        })
        .collect();
    let is_covered = |index: usize, change: &Change| {
        chosen.is_some_and(|chosen| chosen > index)
            || baselines.iter().any(|(at, version)| match at {
                Some(at) => *at > index,
                // The script was removed since, but it was run here.
                None => compare_versions(&change.version, version).is_le(),
            })
    };
    let last_applied = changes
        .iter()
        .enumerate()
        .rfind(|(_, change)| {
            change.kind == ChangeKind::Versioned
                && recorded.get(change.key.as_str()).is_some_and(|revision| revision.state.is_complete())
        })
        .map(|(index, change)| (index, change.version.as_str()));

    for (index, change) in changes.iter().enumerate() {
        let revision = recorded.get(change.key.as_str());
        if let Some(revision) = revision.filter(|revision| revision.state.is_complete()) {
            // Equal text needs no hashing, and neither does another one of the same algorithm.
            let edited = revision.checksum != change.checksum
                && (revision.checksum.algorithm() == change.checksum.algorithm()
                    || revision.checksum.matches(change.checksum_input()) == Some(false));
            match (change.kind, edited) {
                // Whether the schema is still as it is to be is not in the ledger.
                (ChangeKind::Declared, _) | (ChangeKind::Repeatable, true) => {
                    decision.pending.push((index, Action::Rerun))
                }
                (_, edited) => {
                    if edited {
                        decision.problem(ProblemKind::Edited, &change.version, integrity.edited, || {
                            format!(
                                "{} was edited after it was applied: the ledger has {}, the file has {}",
                                change.up.file.path(),
                                revision.checksum,
                                change.checksum
                            )
                        });
                    }
                    let skip = match revision.state {
                        crate::RevisionState::Baseline => Skip::Baseline,
                        _ => Skip::Applied,
                    };
                    decision.skipped.push((index, skip));
                }
            }
            continue;
        }
        if revision.is_some() {
            decision.pending.push((index, Action::Resume));
            continue;
        }
        if !applies(index) {
            decision.skipped.push((index, Skip::NotForThisTarget));
            continue;
        }
        match change.kind {
            // What it takes back is gone: a run that did not hear of its own end was here.
            ChangeKind::Undo => match last_of(ledger, change) {
                None => decision.skipped.push((index, Skip::Applied)),
                Some((undone, after)) => {
                    let goes_before = |later: &Revision| {
                        let key = key_of(&later.version);
                        changes.iter().take(index).any(|it| it.undoes().is_some_and(|it| key_of(it) == key))
                    };
                    let stays = after.iter().find(|it| it.kind == ChangeKind::Versioned && !goes_before(it));
                    if let Some(later) = stays {
                        decision.problem(ProblemKind::OutOfOrder, &undone.version, Response::Error, || {
                            format!(
                                "change {} cannot be taken back: {} was applied after it",
                                undone.version, later.version
                            )
                        });
                    }
                    decision.pending.push((index, Action::Apply));
                }
            },
            ChangeKind::Versioned if is_covered(index, change) => {
                decision.skipped.push((index, Skip::CoveredByBaseline));
            }
            ChangeKind::Baseline if chosen != Some(index) => {
                decision.skipped.push((index, Skip::BaselineNotNeeded));
            }
            _ => {
                if let Some(missing) = requirement_left_out(changes, change, &recorded, &applies) {
                    decision.problem(ProblemKind::Requires, &change.version, Response::Error, || {
                        format!(
                            "{} requires {missing}, which is not for this database",
                            change.up.file.path()
                        )
                    });
                }
                if let (ChangeKind::Versioned, Some((_, last))) =
                    (change.kind, last_applied.filter(|(last, _)| *last > index))
                {
                    decision.problem(
                        ProblemKind::OutOfOrder,
                        &change.version,
                        integrity.out_of_order,
                        || format!("{} comes before {last}, which is applied already", change.up.file.path()),
                    );
                    if let Some(problem) =
                        decision.problems.last_mut().filter(|problem| problem.kind == ProblemKind::OutOfOrder)
                    {
                        problem.last = Some(last.to_owned());
                    }
                }
                decision.pending.push((index, Action::Apply));
            }
        }
    }

    let declared = changes.iter().any(|change| change.kind == ChangeKind::Declared);
    let known: HashSet<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    for revision in &ledger.revisions {
        // A repeatable change and a baseline script may go once they are complete: nothing is left to be done about them.
        // What is declared stands for everything that came before it.
        let may_go = match revision.kind {
            ChangeKind::Versioned => declared && revision.state.is_complete(),
            ChangeKind::Declared => declared || revision.state.is_complete(),
            ChangeKind::Repeatable | ChangeKind::Baseline | ChangeKind::Undo => revision.state.is_complete(),
        };
        if revision.kind == ChangeKind::Undo && !known.contains(&*key_of(&revision.version)) {
            decision.problem(ProblemKind::Removed, &revision.version, Response::Error, || {
                let undone = revision.version.split_once(':').map_or("", |(_, version)| version);
                format!("the rollback of change {undone} is unfinished: `sluice rollback` goes on with it")
            });
            continue;
        }
        if !may_go && !known.contains(&*key_of(&revision.version)) {
            decision.problem(ProblemKind::Removed, &revision.version, integrity.removed, || {
                format!("change {} is in the ledger but not in the repository", revision.version)
            });
        }
    }
    if !ledger.exists && !decision.pending.is_empty() {
        for history in past.histories.iter().filter(|history| history.counts_for(past.layout)) {
            decision
                .problem(ProblemKind::Unadopted, "", integrity.unadopted, || unadopted(history, past.layout));
        }
    }
    decision
}

/// What a way back takes back, and what was applied after it; none where it is not recorded.
fn last_of<'l>(ledger: &'l Ledger, undo: &Change) -> Option<(&'l Revision, &'l [Revision])> {
    let key = key_of(undo.undoes()?);
    let at = ledger.revisions.iter().position(|revision| key_of(&revision.version) == key)?;
    Some((ledger.revisions.get(at)?, ledger.revisions.get(at + 1..)?))
}

fn unadopted(history: &ForeignHistory, layout: &str) -> String {
    let ForeignHistory { tools, table, .. } = history;
    let other = if history.is_of(layout) {
        String::new()
    } else {
        format!("; the layout of the files here is {layout}")
    };
    format!(
        "the database has a history of {} (table {table}) and no ledger: every change would run from the start{other}",
        tools.join(" or ")
    )
}

fn is_unfinished(revision: Option<&&Revision>) -> bool {
    revision.is_some_and(|revision| !revision.state.is_complete())
}

/// A change that `change` requires and that is neither applied here nor for this target.
fn requirement_left_out<'c>(
    changes: &'c [Change],
    change: &Change,
    recorded: &HashMap<Cow<'_, str>, &Revision>,
    applies: &impl Fn(usize) -> bool,
) -> Option<&'c str> {
    change.directives.requires.iter().find_map(|required| {
        let key = key_of(required);
        let (index, found) = changes.iter().enumerate().find(|(_, change)| change.key == key)?;
        (!applies(index) && !recorded.contains_key(&*key)).then_some(found.version.as_str())
    })
}

impl Decision {
    /// Notes a problem, unless the policy allows it.
    pub fn problem(
        &mut self,
        kind: ProblemKind,
        version: &str,
        response: Response,
        message: impl FnOnce() -> String,
    ) {
        if response != Response::Allow {
            let version = version.to_owned();
            self.problems.push(Problem { kind, version, response, message: message(), last: None });
        }
    }
}
