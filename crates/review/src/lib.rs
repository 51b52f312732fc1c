//! SQL review: what would hurt, found before it is merged.
//!
//! A [`Reviewer`] takes changes one after the other. It replays each statement over the schema in memory, asks the
//! [rules](Rule) that the [`Policy`] has on, weighs what they report by policy and suppressions, and forecasts what each
//! statement locks and does.
//!
//! Invariants: no I/O, no clock (the day is an argument); the same input gives the same findings in the same order; what is not
//! understood is reported, never passed over.

mod context;
mod engines;
mod forecast;
mod idle;
mod narrowing;
mod option;
mod policy;
mod replay;
mod reviewer;
mod routines;
mod rule;
pub mod rules;
mod script;
mod sink;
mod softening;
mod statistics;
mod suppression;
mod version;
mod weigh;
mod window;

pub use context::{ChangeContext, ChangeInfo, Context, Held, Orders, Seen, Session, Shown};
pub use engines::Engines;
pub use forecast::{
    Algorithm, Forecast, Lock, LockMode, Online, OnlineLock, Question, Reversibility, Work, WorkKind,
    forecast,
};
pub use option::{OptionError, OptionKind, OptionSpec, Options};
pub use policy::{Policy, PolicyError, RuleSetting, nearest};
pub use replay::{apply, replayed};
pub use reviewer::{Conditions, Review, Reviewer, StatementForecast, Suppressed};
pub use rule::{Meta, Reach, Rule, RuleSet};
pub use script::{Chunk, Part, Purpose, Script, Supply};
pub use sink::{Reported, Sink};
pub use statistics::{Duration, Estimate, FEW_ROWS, Measure, Statistics};
pub use version::{BadVersion, ServerVersion};
