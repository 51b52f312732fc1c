//! Conditions between here and there.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApprovalRule, Authorship, Calendar, Environment, Identity, NotCounted, People};

/// Kinds of gates, in the order in which they are evaluated: cheap first, people last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// The previous environment is done.
    PreviousStage,
    /// The previous environment has been done for long enough.
    Soak,
    /// No freeze is on.
    Freeze,
    /// A window is open.
    Window,
    /// Enough people have approved.
    Approval,
}

impl fmt::Display for GateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PreviousStage => "previous stage",
            Self::Soak => "soak",
            Self::Freeze => "freeze",
            Self::Window => "window",
            Self::Approval => "approval",
        })
    }
}

/// What a gate answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateVerdict {
    /// Open.
    Pass,
    /// Closed.
    Fail,
    /// Not known; holds like closed.
    Inconclusive,
}

impl fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// A gate and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Which.
    pub kind: GateKind,
    /// Its answer.
    pub verdict: GateVerdict,
    /// Why, for people.
    pub reason: String,
    /// When it opens by itself; absent where it is open, or only an event opens it.
    pub opens_at: Option<Timestamp>,
    /// When it closes by itself, where that is known.
    pub closes_at: Option<Timestamp>,
}

impl Gate {
    /// Whether it lets pass.
    pub fn is_open(&self) -> bool {
        self.verdict == GateVerdict::Pass
    }

    fn pass(kind: GateKind, reason: impl Into<String>) -> Self {
        Self { kind, verdict: GateVerdict::Pass, reason: reason.into(), opens_at: None, closes_at: None }
    }

    fn fail(kind: GateKind, reason: impl Into<String>, opens_at: Option<Timestamp>) -> Self {
        Self { kind, verdict: GateVerdict::Fail, reason: reason.into(), opens_at, closes_at: None }
    }
}

/// What is known of the environment before a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Observed {
    /// All its databases have the release.
    Finished {
        /// When the last of them was done, by its own clock.
        finished_at: Timestamp,
    },
    /// Some do not.
    Unfinished {
        /// Which, or how many, for people.
        reason: String,
    },
    /// It could not be found out.
    Unknown {
        /// Why, for people.
        reason: String,
    },
}

/// Everything that the gates of a stage look at.
#[derive(Debug, Clone)]
pub struct GateInput<'a> {
    /// The environment with its rules.
    pub environment: &'a Environment,
    /// Name of the environment before it, and what is known of that; absent: it is the first one.
    pub previous: Option<(&'a str, Option<&'a Observed>)>,
    /// People who approved the plan as it is, in order.
    pub approvals: Vec<&'a Identity>,
    /// Groups of people.
    pub people: &'a People,
    /// Authors and committers of the release.
    pub authors: &'a [Identity],
    /// Whether these are all of them.
    pub authorship: &'a Authorship,
}

impl GateInput<'_> {
    /// Whether all gates are open. Stops at the first closed one.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.previous_stage().is_open()
            && self.soak(now).is_none_or(|gate| gate.is_open())
            && self.calendar().is_open(now)
            && self
                .environment
                .approvals
                .iter()
                .all(|rule| self.blind(rule).is_none() && self.tally(rule).missing() == 0)
    }

    /// When the gates that open by themselves are open, if they are closed now.
    pub fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        let soaked = self.soak(now).and_then(|gate| gate.opens_at).unwrap_or(now).max(now);
        self.calendar().next_opening(soaked).filter(|opens_at| *opens_at > now)
    }

    /// Every gate with its answer, in order of evaluation.
    pub fn evaluate(&self, now: Timestamp) -> Vec<Gate> {
        let mut gates = vec![self.previous_stage()];
        gates.extend(self.soak(now));
        let calendar = self.calendar();
        if !calendar.freezes.is_empty() {
            gates.push(match calendar.freeze(now) {
                Some(freeze) => Gate::fail(GateKind::Freeze, format!("freeze {freeze}"), Some(freeze.end())),
                None => Gate::pass(GateKind::Freeze, "no freeze is on"),
            });
        }
        if !calendar.windows.is_empty() {
            gates.push(if calendar.window_is_open(now) {
                let closes_at = calendar.closes_at(now);
                Gate { closes_at, ..Gate::pass(GateKind::Window, "a window is open") }
            } else {
                let windows: Vec<String> = calendar.windows.iter().map(ToString::to_string).collect();
                let reason = format!("outside {}", windows.join(", "));
                Gate::fail(GateKind::Window, reason, calendar.next_opening(now))
            });
        }
        gates.extend(self.environment.approvals.iter().map(|rule| self.approval(rule)));
        gates
    }

    fn calendar(&self) -> Calendar<'_> {
        self.environment.calendar()
    }

    fn previous_stage(&self) -> Gate {
        let kind = GateKind::PreviousStage;
        match self.previous {
            None => Gate::pass(kind, "it is the first environment"),
            Some((name, None)) => Gate {
                verdict: GateVerdict::Inconclusive,
                ..Gate::fail(kind, format!("nothing is known of {name} yet"), None)
            },
            Some((name, Some(Observed::Unknown { reason }))) => Gate {
                verdict: GateVerdict::Inconclusive,
                ..Gate::fail(kind, format!("{name} cannot be judged: {reason}"), None)
            },
            Some((name, Some(Observed::Unfinished { reason }))) => {
                Gate::fail(kind, format!("{name} is not done: {reason}"), None)
            }
            Some((name, Some(Observed::Finished { finished_at }))) => {
                Gate::pass(kind, format!("{name} was done at {finished_at:.0}"))
            }
        }
    }

    fn soak(&self, now: Timestamp) -> Option<Gate> {
        let soak = self.environment.soak.filter(|soak| !soak.is_zero())?;
        let (name, observed) = self.previous?;
        let Some(Observed::Finished { finished_at }) = observed else {
            return Some(Gate::fail(GateKind::Soak, format!("begins when {name} is done"), None));
        };
        // A time that cannot be written is never reached: closed.
        let until = finished_at.checked_add(soak).ok();
        let length = jiff::SignedDuration::try_from(soak).unwrap_or(jiff::SignedDuration::MAX);
        Some(match until {
            Some(until) if until <= now => {
                Gate::pass(GateKind::Soak, format!("{name} has been done for {length:#}"))
            }
            _ => Gate::fail(GateKind::Soak, format!("{name} must have been done for {length:#}"), until),
        })
    }

    fn tally(&self, rule: &ApprovalRule) -> crate::Tally {
        rule.tally(self.approvals.iter().copied(), self.people, self.authors)
    }

    /// Why it cannot be told whom a rule excludes.
    fn blind(&self, rule: &ApprovalRule) -> Option<&str> {
        match self.authorship {
            Authorship::Unknown { reason } if !rule.allow_author => Some(reason),
            _ => None,
        }
    }

    fn approval(&self, rule: &ApprovalRule) -> Gate {
        let tally = self.tally(rule);
        if let Some(reason) = self.blind(rule) {
            let reason = format!("{rule}; nobody can tell who wrote the release: {reason}");
            let verdict = GateVerdict::Inconclusive;
            return Gate { verdict, ..Gate::fail(GateKind::Approval, reason, None) };
        }
        let by_anybody = match self.authorship {
            Authorship::NoRepository if !rule.allow_author => {
                "; the author is not known (no git repository) and nobody is excluded as such"
            }
            _ => "",
        };
        let names: Vec<String> = tally.counted.iter().map(ToString::to_string).collect();
        let by = if names.is_empty() { String::new() } else { format!(" (by {})", names.join(", ")) };
        let count = tally.counted.len();
        if tally.missing() == 0 {
            return Gate::pass(GateKind::Approval, format!("{count} of {rule}{by}{by_anybody}"));
        }
        // Who is not of this rule's people may be of another one's, and counts there.
        let elsewhere = |person: &Identity| {
            let mut rules = self.environment.approvals.iter().filter(|other| *other != rule);
            rules.any(|other| other.eligible(person, self.people, self.authors).is_ok())
        };
        let ignored = tally.ignored.iter();
        let ignored = ignored.filter(|(person, why)| *why != NotCounted::NotEligible || !elsewhere(person));
        let ignored: Vec<String> =
            ignored.map(|(person, why)| format!("; {person} does not count: {why}")).collect();
        Gate::fail(
            GateKind::Approval,
            format!("{count} of {rule} approved{by}{}{by_anybody}", ignored.concat()),
            None,
        )
    }
}
