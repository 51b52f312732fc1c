//! What people and programs see: every command's result as one JSON object (`--format json`) and as text.
//!
//! Each module holds one result: the type that is serialised (its schema is published in `docs/schemas/`) and its rendering for
//! people. No I/O: everything goes into a `String` or a writer that it is given.

mod baseline;
mod check;
mod deploy;
mod diff;
mod drift;
mod dump;
mod failure;
mod history;
mod kept;
mod lock;
mod paint;
mod plan;
mod release;
mod repair;
mod rollback;
mod rollout;
mod rules;
mod server;
mod setup;
mod stats;
mod status;
mod table;

pub use baseline::{Baseline, BaselineTarget};
pub use check::{Check, CheckFormat, FindingReport, StatementReport, Summary};
pub use deploy::{Deployment, TargetOutcome, TargetResult};
pub use diff::{
    AssertionReport, AttributeDiff, FactDiff, ObserverReport, ProofReport, SchemaDiff, StepForecast,
    StepReport, WithoutRows, commented, terminated,
};
pub use drift::{DatabaseDrift, DriftFact, DriftReport, DriftState};
pub use dump::Dump;
pub use failure::{Failure, Problem};
pub use history::{Entry, History, Revision};
pub use kept::KeptError;
pub use lock::{Lock, LockedChange, LockedIndex};
pub use paint::{Paint, Tone};
pub use plan::{Plan, PlannedChange, PlannedStatement, PlannedTarget, SkippedChange};
pub use release::{ReleaseDetail, ReleaseList, ReleaseSummary, ReleasedChange, Verification};
pub use repair::{DamagedCell, Repair, RepairKind, RepairProblem, RepairTarget, Repaired};
pub use rollback::{DatabaseRollback, Rollback, RowConflict, RowsPutBack, UndoneChange};
pub use rollout::{Gate, RolloutDetail, RolloutList, RolloutSummary, Stage, StageTarget};
pub use rules::{RuleDetail, RuleList, RuleOption, RuleReport};
pub use server::{AuditVerification, ServerStarted};
pub use setup::{Initialised, NewChange, OtherDirectory};
pub use stats::{RelationStats, Stats};
pub use status::{DatabaseStatus, LastChange, State, Status};

/// A result that a program can read.
pub trait Report: serde::Serialize + schemars::JsonSchema {
    /// Name and version of the schema, for example `sluice/plan/v1`.
    const SCHEMA: &'static str;

    /// For people.
    fn human(&self, paint: Paint) -> String;

    /// Writes one JSON object that names its schema first, and ends the line.
    ///
    /// # Errors
    /// Those of `out`.
    fn write_json(&self, mut out: impl std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut out, &Named { schema: Self::SCHEMA, fields: self })?;
        out.write_all(b"\n")
    }
}

/// A result with the name of its schema.
#[derive(serde::Serialize)]
struct Named<'r, R: ?Sized> {
    schema: &'static str,
    #[serde(flatten)]
    fields: &'r R,
}

/// The JSON Schemas of all results, by the name of their file.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        schema::<AuditVerification>(),
        schema::<Baseline>(),
        schema::<Check>(),
        schema::<Deployment>(),
        schema::<Failure>(),
        schema::<History>(),
        schema::<Initialised>(),
        schema::<Lock>(),
        schema::<NewChange>(),
        schema::<Plan>(),
        schema::<ReleaseDetail>(),
        schema::<ReleaseList>(),
        schema::<Repair>(),
        schema::<RuleDetail>(),
        schema::<RuleList>(),
        schema::<RolloutDetail>(),
        schema::<RolloutList>(),
        schema::<DriftReport>(),
        schema::<Dump>(),
        schema::<Rollback>(),
        schema::<SchemaDiff>(),
        schema::<ServerStarted>(),
        schema::<Stats>(),
        schema::<Status>(),
        schema::<Verification>(),
    ]
}

fn schema<R: Report>() -> (&'static str, serde_json::Value) {
    let mut value = serde_json::to_value(schemars::schema_for!(R)).unwrap_or_default();
    if let Some(properties) = value.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        properties.insert("schema".to_owned(), serde_json::json!({ "const": R::SCHEMA }));
    }
    if let Some(required) = value.get_mut("required").and_then(serde_json::Value::as_array_mut) {
        required.insert(0, "schema".into());
    }
    (R::SCHEMA, value)
}
