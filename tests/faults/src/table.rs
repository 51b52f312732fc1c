use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::point::Point;

/// One cell of the matrix, or one of several ways to look at it.
pub struct Cell {
    /// The point.
    pub point: Point,
    /// Number of the fault in the matrix.
    pub fault: u8,
    /// What is done, in a few words; empty where point and fault say it.
    pub variant: &'static str,
    /// Does it, or says why it cannot exist.
    pub act: Act,
}

/// What a cell does.
pub enum Act {
    /// Runs; panics when something is wrong.
    Run(Box<dyn Fn() + Send + Sync>),
    /// Does not exist on this engine.
    NotApplicable(&'static str),
}

/// What became of a cell.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Every invariant holds.
    Pass(Duration),
    /// Why it failed.
    Fail(String),
    /// Why it cannot exist.
    NotApplicable(&'static str),
}

impl Cell {
    /// A cell.
    pub fn new(point: Point, fault: u8, act: impl Fn() + Send + Sync + 'static) -> Self {
        Self { point, fault, variant: "", act: Act::Run(Box::new(act)) }
    }

    /// A cell that does not exist.
    pub fn none(point: Point, fault: u8, reason: &'static str) -> Self {
        Self { point, fault, variant: "", act: Act::NotApplicable(reason) }
    }

    /// With a word on what is special.
    #[must_use]
    pub fn called(mut self, variant: &'static str) -> Self {
        self.variant = variant;
        self
    }
}

/// The matrix of one engine.
#[derive(Debug)]
pub struct Table {
    engine: String,
    outcomes: Vec<(Point, u8, &'static str, Outcome)>,
}

/// Faults of the matrix that this suite can cause on one machine.
const FAULTS: [(u8, &str); 11] = [
    (1, "SIGKILL"),
    (2, "zombie"),
    (3, "RST"),
    (5, "ended"),
    (6, "crash"),
    (10, "second"),
    (11, "lock"),
    (12, "time"),
    (15, "secret"),
    (17, "human"),
    (18, "cancel"),
];

/// Faults that have no column here, and why.
const ELSEWHERE: [(&str, &str); 9] = [
    (
        "4 black hole",
        "not at every point: a server that falls silent is given up (crates/postgres/tests/session.rs)",
    ),
    (
        "7 failover",
        "not caused: no test promotes a standby; a ledger that lost rows is what a restored one is",
    ),
    ("8 store down", "of servers: tests/e2e/tests/server/replicas.rs cuts a replica off its store"),
    ("9 replicas", "of servers: tests/e2e/tests/server/replicas.rs kills and freezes a replica"),
    (
        "13 disk full",
        "not at every point: the state's disk (tests/e2e/tests/bad_input/disks.rs); a database's disk is not filled",
    ),
    (
        "14 clock",
        "no point of this matrix reads a clock: leases and windows are tested where they are decided",
    ),
    ("16 withdrawn", "of rollouts: crates/rollout/tests, tests/e2e/tests/gates.rs"),
    ("19 window closes", "of rollouts: crates/rollout/tests/rollout.rs"),
    ("20 agent isolated", "of agents: tests/e2e/tests/server/agents.rs"),
];

impl Table {
    /// Runs cells on some threads. `SLUICE_CELL=h,5` runs that one alone.
    pub fn run(engine: &str, cells: Vec<Cell>, threads: usize) -> Self {
        let only = std::env::var("SLUICE_CELL").unwrap_or_default();
        let cells: Vec<Cell> = cells
            .into_iter()
            .filter(|cell| only.is_empty() || only == format!("{},{}", cell.point.letter(), cell.fault))
            .collect();
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) else { return };
                        let outcome = outcome(cell);
                        outcomes.lock().expect("a list").push((
                            cell.point,
                            cell.fault,
                            cell.variant,
                            outcome,
                        ));
                    }
                });
            }
        });
        let mut outcomes = outcomes.into_inner().expect("a list");
        outcomes.sort_by_key(|(point, fault, variant, _)| (*point, *fault, *variant));
        Self { engine: engine.to_owned(), outcomes }
    }

    /// Prints the table past the test runner's capture, and panics if a cell has failed.
    ///
    /// # Panics
    /// With the list of failures.
    pub fn report(&self) {
        let mut text = format!("\n{}\n{:42}", self.engine, "");
        for (number, name) in FAULTS {
            text.push_str(&format!("{:>10}", format!("{number} {name}")));
        }
        text.push('\n');
        for point in Point::ALL {
            text.push_str(&format!("{} {:40}", point.letter(), point.title()));
            for (fault, _) in FAULTS {
                text.push_str(&format!("{:>10}", self.summary(point, fault)));
            }
            text.push('\n');
        }
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (point, fault, _, outcome) in &self.outcomes {
            if let Outcome::NotApplicable(reason) = outcome {
                reasons.entry(reason).or_default().push(format!("{}{fault}", point.letter()));
            }
        }
        for (reason, cells) in reasons {
            text.push_str(&format!("n/a {}: {reason}\n", cells.join(" ")));
        }
        for (fault, reason) in ELSEWHERE {
            text.push_str(&format!("not here, {fault}: {reason}\n"));
        }
        let failures: Vec<String> = self.outcomes.iter().filter_map(failure).collect();
        if std::env::var_os("SLUICE_TIMES").is_some() {
            for (point, fault, variant, outcome) in &self.outcomes {
                text.push_str(&format!("{}{fault} {variant} {outcome:?}\n", point.letter()));
            }
        }
        let passed = self.outcomes.iter().filter(|(.., outcome)| matches!(outcome, Outcome::Pass(_))).count();
        let time: Duration = self
            .outcomes
            .iter()
            .filter_map(|(.., outcome)| match outcome {
                Outcome::Pass(time) => Some(*time),
                _ => None,
            })
            .sum();
        text.push_str(&format!(
            "{passed} passed in {:.0} s of work, {} failed\n",
            time.as_secs_f64(),
            failures.len()
        ));
        // The test runner shows captured output of failed tests only; the table is wanted always.
        let _ = std::io::stderr().write_all(text.as_bytes());
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    }

    fn summary(&self, point: Point, fault: u8) -> String {
        let here: Vec<&Outcome> = self
            .outcomes
            .iter()
            .filter(|(at, number, ..)| *at == point && *number == fault)
            .map(|(.., outcome)| outcome)
            .collect();
        let failed = here.iter().find_map(|outcome| match outcome {
            Outcome::Fail(message) => Some(invariant(message)),
            _ => None,
        });
        match (failed, here.as_slice()) {
            (Some(invariant), _) => format!("FAIL({invariant})"),
            (None, []) => "·".to_owned(),
            (None, [Outcome::NotApplicable(_)]) => "n/a".to_owned(),
            (None, _) => "pass".to_owned(),
        }
    }
}

fn outcome(cell: &Cell) -> Outcome {
    let run = match &cell.act {
        Act::NotApplicable(reason) => return Outcome::NotApplicable(reason),
        Act::Run(run) => run,
    };
    let start = Instant::now();
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(()) => Outcome::Pass(start.elapsed()),
        Err(panic) => Outcome::Fail(
            panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_else(|| "a panic without words".to_owned()),
        ),
    }
}

fn failure((point, fault, variant, outcome): &(Point, u8, &'static str, Outcome)) -> Option<String> {
    match outcome {
        Outcome::Fail(message) => Some(format!("{}{fault} {variant}: {message}", point.letter())),
        _ => None,
    }
}

/// The invariant that a message names.
fn invariant(message: &str) -> &str {
    let name = message.split(':').next().unwrap_or_default();
    let is_name = name.len() <= 3 && name.starts_with('I') && name[1..].chars().all(|c| c.is_ascii_digit());
    if is_name { name } else { "?" }
}
