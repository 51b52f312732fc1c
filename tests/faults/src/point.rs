use std::any::Any;
use std::path::PathBuf;

use sluice_testkit::Fault;

use crate::runner::Runner;
use crate::stage::{Stage, until};

/// A point of the apply protocol, as in the fault matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the letters of the matrix; `title` has the words")]
pub enum Point {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
}

impl Point {
    /// All points.
    pub const ALL: [Self; 10] =
        [Self::A, Self::B, Self::C, Self::D, Self::E, Self::F, Self::G, Self::H, Self::I, Self::J];

    /// Its letter.
    pub fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
            Self::C => 'c',
            Self::D => 'd',
            Self::E => 'e',
            Self::F => 'f',
            Self::G => 'g',
            Self::H => 'h',
            Self::I => 'i',
            Self::J => 'j',
        }
    }

    /// What is so there.
    pub fn title(self) -> &'static str {
        match self {
            Self::A => "before the lock",
            Self::B => "lock held, nothing done",
            Self::C => "transaction open",
            Self::D => "work done, before the ledger row",
            Self::E => "COMMIT sent, no answer",
            Self::F => "after COMMIT",
            Self::G => "intent committed, statement not sent",
            Self::H => "statement outside a transaction runs",
            Self::I => "done, ledger not written",
            Self::J => "between statements",
        }
    }
}

/// What keeps a runner at its point. Let go by dropping it.
pub enum Hold {
    /// The file of a point inside the program.
    Hook(PathBuf),
    /// Something in the database.
    Block(Box<dyn Any>),
    /// The proxy keeps an answer back.
    Proxy,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Self::Hook(path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A runner that has reached a point and stays there.
pub struct Reached {
    /// The runner.
    pub runner: Runner,
    /// What keeps it.
    pub hold: Hold,
}

impl Stage {
    /// Starts `sluice deploy` and waits until it is at `point`.
    #[track_caller]
    pub fn reach(&self, point: Point) -> Reached {
        match point {
            Point::A | Point::B | Point::F | Point::G | Point::I | Point::J => self.reach_hook(point),
            Point::C | Point::D => self.reach_block(point),
            Point::H if self.target.port().is_some() => {
                // What blocks change 3 must not block change 2.
                self.apply(2);
                self.reach_block(point)
            }
            // What blocks VACUUM would block every commit before it too.
            Point::H => {
                let Reached { mut runner, hold } = self.reach_hook(Point::G);
                let block = self.target.block(Point::H);
                drop(hold);
                self.wait_until_blocked(&mut runner);
                Reached { runner, hold: Hold::Block(block) }
            }
            Point::E => {
                let proxy = self.proxy.as_ref().expect("a stage with a proxy");
                proxy.inject(Fault::SilenceAfter(b"COMMIT".to_vec()));
                let runner = self.start();
                proxy.wait_for_strikes(1);
                Reached { runner, hold: Hold::Proxy }
            }
        }
    }

    fn reach_hook(&self, point: Point) -> Reached {
        let path = self.project.path("here");
        let fault = format!("{}:wait:{}", point.letter(), path.display());
        let mut runner = self.project.start(&["deploy"], Some(&fault));
        let deadline = std::time::Instant::now() + crate::runner::PATIENCE;
        while !path.exists() {
            let late = std::time::Instant::now() > deadline;
            assert!(
                !runner.has_ended() && !late,
                "point {} is not reached:\n{}",
                point.letter(),
                runner.text()
            );
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        Reached { runner, hold: Hold::Hook(path) }
    }

    fn reach_block(&self, point: Point) -> Reached {
        let block = self.target.block(point);
        let mut runner = self.start();
        self.wait_until_blocked(&mut runner);
        Reached { runner, hold: Hold::Block(block) }
    }

    /// Waits until a statement of the runner's is held.
    #[track_caller]
    pub fn wait_until_blocked(&self, runner: &mut Runner) {
        let runner = std::cell::RefCell::new(runner);
        until("a statement waits", || {
            let ended = runner.borrow_mut().has_ended();
            assert!(!ended, "the run ended without being blocked:\n{}", runner.borrow().text());
            self.target.is_blocked(&runner.borrow())
        });
    }
}
