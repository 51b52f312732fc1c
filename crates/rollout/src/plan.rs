//! What a release means for each database, named by its content.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Action, Change, ChangeKind, Digest, Ledger, Problem, Response, Skip, TargetName, TransactionMode,
};

/// A release applied to targets: per target what runs, what does not, and the state that this was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The release.
    pub release: Digest,
    /// Digest over everything in the plan.
    pub digest: Digest,
    /// Digest over what the plan does: targets, changes, statements and how they run. Two plans with the same effect
    /// share their approvals.
    pub effect: Digest,
    /// Per target, in the order in which they were given.
    pub targets: Vec<TargetPlan>,
}

/// What a release means for one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPlan {
    /// The target.
    pub name: TargetName,
    /// Its environment.
    pub environment: String,
    /// Product and version that answered, for example `PostgreSQL 16.14`.
    pub product: String,
    /// What runs, in order.
    pub pending: Vec<PendingChange>,
    /// What does not, and why.
    pub skipped: Vec<SkippedChange>,
    /// What is wrong between repository and ledger.
    pub problems: Vec<Problem>,
    /// Fingerprint of the ledger that this was computed from: another one makes the plan stale.
    pub base: Digest,
}

/// A change that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// As [`Change::version`].
    pub version: String,
    /// As [`Change::name`].
    pub name: String,
    /// Path of its file.
    pub path: String,
    /// What kind of change.
    pub kind: ChangeKind,
    /// How it is run.
    pub action: Action,
    /// How it is wrapped in transactions.
    pub transaction: TransactionMode,
    /// What is sent.
    #[serde(rename = "statements")]
    pub script: PlannedScript,
}

/// The statements of a change on one kind of target, in order, named by their content and by where they stand. Shared by all
/// targets of the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<PlannedStatement>", into = "Vec<PlannedStatement>")]
pub struct PlannedScript {
    statements: Arc<[PlannedStatement]>,
    digest: Digest,
}

impl PlannedScript {
    /// What is sent, in order.
    pub fn statements(&self) -> &[PlannedStatement] {
        &self.statements
    }

    /// The same statements, of which some were begun by an earlier run: `state` by place in the change, from 1.
    #[must_use]
    pub fn begun(&self, state: impl Fn(u64) -> PlannedState) -> Self {
        let statements = self.statements.iter().zip(1..);
        let begun = |(statement, ordinal): (&PlannedStatement, u64)| PlannedStatement {
            state: state(ordinal),
            ..statement.clone()
        };
        statements.map(begun).collect::<Vec<_>>().into()
    }

    /// Digest over all of it.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl From<Vec<PlannedStatement>> for PlannedScript {
    fn from(statements: Vec<PlannedStatement>) -> Self {
        let mut fields = Fields::new("script");
        fields.count(statements.len());
        for PlannedStatement { sql, unit, mode, line, state } in &statements {
            let mode = match mode {
                StatementMode::Transaction => "transaction",
                StatementMode::Alone => "alone",
                StatementMode::Session => "session",
            };
            let mode = &match state {
                PlannedState::ToRun => mode.to_owned(),
                PlannedState::InFlight => format!("{mode} in-flight"),
                PlannedState::Applied => format!("{mode} applied"),
            };
            fields.push(sql).push(&unit.to_string()).push(mode).push(&line.to_string());
        }
        let digest = fields.digest();
        Self { statements: statements.into(), digest }
    }
}

impl From<PlannedScript> for Vec<PlannedStatement> {
    fn from(script: PlannedScript) -> Self {
        script.statements.to_vec()
    }
}

/// A statement of a pending change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStatement {
    /// The exact text.
    pub sql: String,
    /// Number of the unit that it runs in, from 1; statements of one unit run together.
    pub unit: u32,
    /// How the unit runs.
    pub mode: StatementMode,
    /// Line in the file, from 1.
    pub line: u32,
    /// Whether it runs.
    #[serde(default)]
    pub state: PlannedState,
}

/// Where a statement of a pending change stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlannedState {
    /// It runs.
    #[default]
    ToRun,
    /// An earlier run was about to send it: it runs if it turns out not to have taken effect.
    InFlight,
    /// An earlier run has applied it: it does not run.
    Applied,
}

/// How a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementMode {
    /// In one transaction with the others of its unit and the ledger rows.
    Transaction,
    /// Alone: intent, execute, probe, record.
    Alone,
    /// Session settings, outside any transaction.
    Session,
}

/// A change that does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedChange {
    /// As [`Change::version`].
    pub version: String,
    /// Why.
    pub reason: Skip,
}

impl PendingChange {
    /// A change with the statements that it comes to on one target.
    pub fn new(change: &Change, action: Action, script: PlannedScript) -> Self {
        Self {
            version: change.version.clone(),
            name: change.name.clone(),
            path: change.up.file.path().to_owned(),
            kind: change.kind,
            action,
            transaction: change.directives.transaction,
            script,
        }
    }
}

impl TargetPlan {
    /// Whether nothing is to be done.
    pub fn is_up_to_date(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether a problem forbids to run.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.response == Response::Error)
    }

    /// Digest over everything in it.
    pub fn digest(&self) -> Digest {
        let Self { name, environment, product, pending: _, skipped, problems, base } = self;
        let mut fields = Fields::new("target");
        fields.push(&self.effect().0).push(&name.0).push(environment).push(product).push(&base.0);
        fields.count(skipped.len());
        for SkippedChange { version, reason } in skipped {
            fields.push(version).push(skip_name(*reason));
        }
        fields.count(problems.len());
        for Problem { kind, version, response, message, last: _ } in problems {
            fields.push(&format!("{kind:?}")).push(version).push(&format!("{response:?}")).push(message);
        }
        fields.digest()
    }

    /// Digest over what it does.
    pub fn effect(&self) -> Digest {
        let mut fields = Fields::new("effect");
        fields.push(&self.name.0).push(&self.environment);
        fields.count(self.pending.len());
        for PendingChange { version, name, path, kind, action, transaction, script } in &self.pending {
            let action = match action {
                Action::Apply => "apply",
                Action::Resume => "resume",
                Action::Rerun => "rerun",
            };
            let transaction = match transaction {
                TransactionMode::Auto => "auto",
                TransactionMode::None => "none",
            };
            fields.push(version).push(name).push(path).push(&kind.to_string()).push(action).push(transaction);
            fields.push(&script.digest.0);
        }
        fields.digest()
    }
}

impl Plan {
    /// Version of the digests' definition; part of them.
    pub const DIGEST_VERSION: u32 = 1;

    /// Names the plans of some targets by their content. The order of the targets does not matter to the digests.
    pub fn new(release: Digest, targets: Vec<TargetPlan>) -> Self {
        let (digest, effect) = Self::digests(&release, &targets);
        Self { release, digest, effect, targets }
    }

    /// The plan of the same release in which these targets' plans stand for the old ones.
    pub fn replacing(&self, targets: Vec<TargetPlan>) -> Self {
        let mut all = self.targets.clone();
        for target in targets {
            match all.iter_mut().find(|old| old.name == target.name) {
                Some(old) => *old = target,
                None => all.push(target),
            }
        }
        Self::new(self.release.clone(), all)
    }

    /// Whether the digests are those of the content: false for a plan that somebody edited.
    pub fn is_intact(&self) -> bool {
        Self::digests(&self.release, &self.targets) == (self.digest.clone(), self.effect.clone())
    }

    /// The plan of one target.
    pub fn target(&self, name: &TargetName) -> Option<&TargetPlan> {
        self.targets.iter().find(|target| target.name == *name)
    }

    fn digests(release: &Digest, targets: &[TargetPlan]) -> (Digest, Digest) {
        let by = |what, of: fn(&TargetPlan) -> Digest| {
            Self::name(what, release, targets.iter().map(|target| (&target.name, of(target))))
        };
        (by("plan", TargetPlan::digest), by("plan effect", TargetPlan::effect))
    }

    /// The digest of a plan whose targets' plans are known by their digests only.
    pub fn digest_of<'t>(
        release: &Digest,
        targets: impl IntoIterator<Item = (&'t TargetName, Digest)>,
    ) -> Digest {
        Self::name("plan", release, targets)
    }

    /// The effect of a plan whose targets' plans are known by their effects only.
    pub fn effect_of<'t>(
        release: &Digest,
        targets: impl IntoIterator<Item = (&'t TargetName, Digest)>,
    ) -> Digest {
        Self::name("plan effect", release, targets)
    }

    fn name<'t>(
        what: &str,
        release: &Digest,
        targets: impl IntoIterator<Item = (&'t TargetName, Digest)>,
    ) -> Digest {
        let mut sorted: Vec<(&TargetName, Digest)> = targets.into_iter().collect();
        sorted.sort();
        let mut fields = Fields::new(what);
        fields.push(&release.0).count(sorted.len());
        for (_, digest) in sorted {
            fields.push(&digest.0);
        }
        fields.digest()
    }
}

impl Ledger {
    /// Fingerprint of what the ledger says of changes: moves when a revision is added, changed, finished or removed, not
    /// when a run only takes the next fence.
    pub fn fingerprint(&self) -> Digest {
        let mut fields = Fields::new("ledger");
        fields.count(self.revisions.len());
        for revision in &self.revisions {
            fields
                .push(&revision.version)
                .push(&revision.kind.to_string())
                .push(revision.checksum.as_str())
                .push(revision.state.name())
                .push(&revision.statements_applied.to_string());
        }
        fields.digest()
    }
}

fn skip_name(skip: Skip) -> &'static str {
    match skip {
        Skip::Applied => "applied",
        Skip::Baseline => "baseline",
        Skip::CoveredByBaseline => "covered-by-baseline",
        Skip::BaselineNotNeeded => "baseline-not-needed",
        Skip::NotForThisTarget => "not-for-this-target",
    }
}

/// Fields with their lengths first, so that no two lists of fields give the same text.
struct Fields(String);

impl Fields {
    fn new(what: &str) -> Self {
        Self(format!("sluice {what} {}\n", Plan::DIGEST_VERSION))
    }

    fn push(&mut self, field: &str) -> &mut Self {
        self.0.push_str(&field.len().to_string());
        self.0.push(':');
        self.0.push_str(field);
        self.0.push('\n');
        self
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.push(&count.to_string())
    }

    fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checksum, ProblemKind, Revision, RevisionState};

    fn statement() -> PlannedStatement {
        PlannedStatement {
            sql: "create table t (a int)".to_owned(),
            unit: 1,
            mode: StatementMode::Transaction,
            line: 1,
            state: PlannedState::ToRun,
        }
    }

    fn edit(target: &mut TargetPlan, edit: fn(&mut PlannedStatement)) {
        let mut statement = statement();
        edit(&mut statement);
        target.pending[0].script = vec![statement].into();
    }

    fn target(name: &str) -> TargetPlan {
        TargetPlan {
            name: TargetName(name.to_owned()),
            environment: "prod".to_owned(),
            product: "PostgreSQL 16.14".to_owned(),
            pending: vec![PendingChange {
                version: "1".to_owned(),
                name: "create_t".to_owned(),
                path: "migrations/1_create_t.sql".to_owned(),
                kind: ChangeKind::Versioned,
                action: Action::Apply,
                transaction: TransactionMode::Auto,
                script: vec![statement()].into(),
            }],
            skipped: vec![SkippedChange { version: "0".to_owned(), reason: Skip::Applied }],
            problems: Vec::new(),
            base: Ledger::default().fingerprint(),
        }
    }

    fn plan(targets: Vec<TargetPlan>) -> Plan {
        Plan::new(Digest::of(b"release"), targets)
    }

    #[test]
    fn the_digest_is_over_everything_and_the_effect_over_what_runs() {
        let original = plan(vec![target("a"), target("b")]);
        type Edit = fn(&mut TargetPlan);
        let cases: [(Edit, bool); 14] = [
            (|target| target.name.0.push('x'), true),
            (|target| target.environment.push('x'), true),
            (|target| target.pending.clear(), true),
            (|target| target.pending[0].version.push('x'), true),
            (|target| target.pending[0].action = Action::Resume, true),
            (|target| edit(target, |statement| statement.sql.push('x')), true),
            (|target| edit(target, |statement| statement.mode = StatementMode::Alone), true),
            (|target| edit(target, |statement| statement.line += 1), true),
            (|target| edit(target, |statement| statement.state = PlannedState::Applied), true),
            (|target| edit(target, |statement| statement.state = PlannedState::InFlight), true),
            (|target| target.product.push('x'), false),
            (|target| target.skipped.clear(), false),
            (|target| target.base = Digest::of(b"x"), false),
            (
                |target| {
                    target.problems.push(Problem {
                        kind: ProblemKind::Edited,
                        version: "1".to_owned(),
                        response: Response::Warn,
                        message: String::new(),
                        last: None,
                    });
                },
                false,
            ),
        ];
        for (at, (edit, changes_effect)) in cases.into_iter().enumerate() {
            let mut edited = target("b");
            edit(&mut edited);
            let edited = plan(vec![target("a"), edited]);
            assert_ne!(edited.digest, original.digest, "{at}");
            assert_eq!(edited.effect != original.effect, changes_effect, "{at}");
        }
    }

    #[test]
    fn the_order_of_targets_does_not_matter() {
        let (left, right) = (plan(vec![target("a"), target("b")]), plan(vec![target("b"), target("a")]));
        assert_eq!((left.digest, left.effect), (right.digest, right.effect));
    }

    #[test]
    fn a_plan_survives_json_and_an_edited_one_is_found_out() {
        let original = plan(vec![target("a")]);
        let json = serde_json::to_string(&original).unwrap();
        assert_eq!(serde_json::to_string(&original).unwrap(), json);
        let mut read: Plan = serde_json::from_str(&json).unwrap();
        assert_eq!(read, original);
        assert!(read.is_intact());
        edit(&mut read.targets[0], |statement| statement.sql = "drop table t".to_owned());
        assert!(!read.is_intact());
    }

    #[test]
    fn replacing_a_target_keeps_the_others() {
        let original = plan(vec![target("a"), target("b")]);
        let moved = TargetPlan { base: Digest::of(b"moved"), ..target("b") };
        let replaced = original.replacing(vec![moved.clone()]);
        assert_eq!(replaced.targets, [target("a"), moved]);
        assert_ne!(replaced.digest, original.digest);
        assert_eq!(replaced.effect, original.effect);
    }

    #[test]
    fn a_ledger_moves_with_its_revisions_not_with_its_fence() {
        let revision = Revision {
            version: "1".to_owned(),
            kind: ChangeKind::Versioned,
            checksum: Checksum::of(b"x"),
            state: RevisionState::Applying,
            statements_applied: 1,
            finished_at: None,
        };
        let ledger =
            Ledger { exists: true, fence: 1, revisions: vec![revision.clone()], statements: Vec::new() };
        assert_eq!(Ledger { fence: 2, ..ledger.clone() }.fingerprint(), ledger.fingerprint());
        let done = Revision { state: RevisionState::Applied, ..revision };
        assert_ne!(Ledger { revisions: vec![done], ..ledger.clone() }.fingerprint(), ledger.fingerprint());
    }
}
