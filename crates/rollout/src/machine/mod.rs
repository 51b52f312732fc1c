//! The state machine of a rollout: events and the time in, commands out.
//!
//! The caller carries out commands (starting a runner, computing a plan again, waking up) and reports back with events.
//! Events may be lost, repeated, late or out of order, and the caller may crash and go on from a stored state: what does
//! not fit is ignored. Every start of a target has an attempt number that its reports carry, so that a report of an
//! earlier runner never ends a later one, and a target has at most one runner at any time.
//!
//! After a crash the caller reports [`Event::RunnerLost`] for everything [`Rollout::in_flight`] and
//! [`Rollout::replanning`] name and whose runner is gone, then [`Event::Tick`].

mod event;
mod input;
mod rollout;
mod transition;
mod why;

pub use event::{Command, Event, Outcome};
pub use input::{RolloutError, RolloutInput, StageInput, TargetFact, TargetInput};
pub use rollout::{Rejection, Rollout, RolloutState, Stage, StageState, TargetRun, TargetState};
pub use why::{Reason, ReasonKind};
