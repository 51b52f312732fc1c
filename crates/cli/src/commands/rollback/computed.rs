//! Ways back that nobody has written: computed from the schema before a change and after it, and proved.

use sluice_engine::backup::Kept;
use sluice_engine::proof::{self, Base, Claim};
use sluice_engine::rename::{self, Wish};
use sluice_engine::script::{Prepared, prepare};
use sluice_engine::shadow::{self, Script};
use sluice_engine::{ApplyError, Inspection, Server};
use sluice_facts::{
    Change as FactChange, Diff, Fact, FactId, Hazard, Kind, Options, Rename, Snapshot, Transition,
    candidates, transition,
};
use sluice_report::{Problem, terminated};
use sluice_rollout::{Block, Change, ChangeKind, Revision, Split, key_of};
use sluice_sql::model::Statement;
use sluice_sql::{Kind as StatementKind, parse};
use sluice_text::{SourceFile, Span};

use super::Back;
use crate::against::Against;
use crate::args;
use crate::commands::baseline::failed;
use crate::commands::diff::proof::unproved;
use crate::commands::diff::{allowed, side};
use crate::context::{Context, silent};
use crate::error::{CliError, Exit};
use crate::sites::Site;

/// Where a way back is looked for.
pub struct Search<'a> {
    /// The project.
    pub context: &'a Context,
    /// The database.
    pub site: &'a Site<'a>,
    /// What it is like.
    pub inspection: &'a Inspection,
    /// The options.
    pub args: &'a args::Rollback,
    /// Changes that are applied, in their order.
    pub applied: &'a [&'a Revision],
}

/// The schema before a change, and after it.
struct Between {
    server: Server,
    before: Snapshot,
    after: Snapshot,
    scripts: Vec<Script>,
}

impl Search<'_> {
    /// The way back of the change at a place among those that are applied. `begun` is whether an earlier run is in the middle of it.
    ///
    /// # Errors
    /// Why there is none, and what would be lost.
    pub fn find(&self, at: usize, change: &Change, begun: bool) -> Result<Back, CliError> {
        let shadow = self.shadow()?;
        let between = self.between(at, &shadow)?;
        let (family, connect) = shadow.reach();
        let Some(rules) = family.rules() else {
            return Err(self.refuse("schemas of this engine are not compared yet".to_owned(), ""));
        };
        let (after, before) =
            (between.after.leaving_out(&between.before), between.before.leaving_out(&between.after));
        let prepared = self.prepared(change)?;
        let runtime = Context::runtime()?;
        let base = Base::Scripts(&between.scripts);
        let renames =
            if renames_something(&prepared) { certain(candidates(&after, &before)) } else { Vec::new() };
        let renamed = match renames.is_empty() {
            true => None,
            false => {
                let wish = Wish { from: &after, to: &before, renames: &renames };
                let carried = runtime.block_on(rename::carry(family, connect, rules, base, wish));
                Some(carried.map_err(|error| self.refuse(error.to_string(), ""))?)
            }
        };
        let now = renamed.as_ref().map_or(&after, |renamed| &renamed.schema);
        let options = Options { online: false, version: between.server.version };
        let mut way = transition(now, &before, rules, options);
        if let Some(renamed) = &renamed {
            way = rename::ahead(renamed, way, rules);
        }
        let hazards = self.weigh(change, &way)?;
        self.refuse_lost_rows(change, &prepared, &way.diff)?;
        if !begun && at.saturating_add(1) == self.applied.len() {
            self.refuse_other_schema(change, &way.diff, &after)?;
        }
        if !way.steps.is_empty() {
            let claim = Claim { from: &after, to: &before, way: &way };
            let proved = runtime.block_on(proof::prove(family, connect, rules, [base, Base::Facts], claim));
            proved.map_err(|error| unproved(error, &shadow.name))?;
        }
        let version = &self.applied.get(at).map_or(change.version.as_str(), |revision| &revision.version);
        let undo = written(change, &way, &between.after.engine).undo(version);
        let undo = undo.ok_or_else(|| self.refuse(format!("change {version} has no way back"), ""))?;
        Ok(Back { change: undo, hazards: Some(hazards) })
    }

    fn refuse(&self, message: String, help: &str) -> CliError {
        let problem = Problem::error(message).at(self.site.target.name.0.clone());
        CliError::new(Exit::Findings, problem.help(Some(help.to_owned()).filter(|help| !help.is_empty())))
    }

    /// Where the schema is made before and after the change.
    fn shadow(&self) -> Result<Against, CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        let named = |text: &str| {
            Against::named_by("--shadow", text, Some(self.context.config()), &here, &self.context.resolver)
        };
        match (&self.args.shadow, self.inspection.server.dialect) {
            (Some(shadow), _) => named(shadow),
            (None, sluice_sql::Dialect::Sqlite) => named("sqlite::memory:"),
            (None, _) => Err(self.refuse(
                "the way back of a change that has none is computed on a scratch database, and there is no server for it"
                    .to_owned(),
                "name one with --shadow; or write the way back beside the change, for example as NAME.down.sql",
            )),
        }
    }

    /// The changes of the repository that are applied, up to a place.
    fn scripts(&self, until: usize) -> Result<Vec<Script>, CliError> {
        let mut scripts = Vec::new();
        for revision in self.applied.iter().take(until) {
            let known = self.context.project.changes().iter().find(|it| it.key == key_of(&revision.version));
            let Some(change) = known.filter(|it| it.kind == ChangeKind::Versioned) else {
                let message = format!(
                    "no way back is computed: change {} is not in the repository, so that the schema before cannot be made",
                    revision.version
                );
                return Err(self.refuse(message, "check out the commit that it was applied from"));
            };
            let prepared = self.prepared(change)?;
            let engine = self.inspection.server.dialect.name();
            let text =
                prepared.statements.iter().map(|statement| terminated(engine, &statement.sql)).collect();
            scripts.push(Script { name: change.up.file.path().to_owned(), text });
        }
        Ok(scripts)
    }

    fn prepared(&self, change: &Change) -> Result<Prepared, CliError> {
        let placeholders = self.context.placeholders(&self.site.target);
        prepare(change, self.inspection.server.dialect, placeholders.as_ref())
            .map_err(|error| failed(self.site, &ApplyError::Script(error)))
    }

    fn between(&self, at: usize, shadow: &Against) -> Result<Between, CliError> {
        let runtime = Context::runtime()?;
        let (family, connect) = shadow.reach();
        let make = |scripts: &[Script]| {
            let made = runtime.block_on(shadow::elaborate(family, connect, scripts));
            made.map_err(|error| side::not_elaborated(error, &shadow.name))
        };
        let (_, before) = make(&self.scripts(at)?)?;
        let scripts = self.scripts(at.saturating_add(1))?;
        let (server, after) = make(&scripts)?;
        Ok(Between { server, before, after, scripts })
    }

    /// What may hurt about the steps; refuses those that delete data unless that is allowed.
    fn weigh(&self, change: &Change, way: &Transition<'_>) -> Result<Vec<String>, CliError> {
        if let Some(broken) = way.broken.first() {
            return Err(self.refuse(format!("no order of the steps was found: {broken}"), ""));
        }
        let mut deleted: Vec<String> = wholes(&way.diff.removed).map(|fact| in_words(&fact.id)).collect();
        let deleting = way.steps.iter().filter(|step| step.hazards.contains(&Hazard::DeletesData));
        if deleted.is_empty() || deleting.clone().next().is_none() {
            deleted = deleting.map(|step| in_words(&step.fact)).collect();
        }
        if !deleted.is_empty() && !allowed(&self.args.allow)?.contains(&Hazard::DeletesData) {
            let message =
                format!("to take change {} back deletes what is in {}", change.version, deleted.join(", "));
            return Err(self.refuse(
                message,
                "--allow deletes_data accepts that; or write the way back beside the change",
            ));
        }
        let mut hazards: Vec<Hazard> =
            way.steps.iter().flat_map(|step| step.hazards.iter().copied()).collect();
        hazards.sort_unstable();
        hazards.dedup();
        let mut words: Vec<String> = hazards.iter().map(|hazard| hazard.name().to_owned()).collect();
        // What the change has dropped is gone.
        words.extend(wholes(&way.diff.added).map(|fact| format!("{} comes back empty", in_words(&fact.id))));
        Ok(words)
    }

    /// Refuses where the change has done something to rows that no schema tells of.
    fn refuse_lost_rows(
        &self,
        change: &Change,
        prepared: &Prepared,
        diff: &Diff<'_>,
    ) -> Result<(), CliError> {
        let base_type = |fact: &Fact| {
            let text = fact.payload.text("type").unwrap_or_default();
            text.split('(').next().unwrap_or_default().trim().to_owned()
        };
        let retyped =
            |it: &&FactChange<'_>| it.new.kind == Kind::Column && base_type(it.old) != base_type(it.new);
        if let Some(column) = diff.altered.iter().find(retyped) {
            let message =
                format!("{} has become of another type, and its values with it", in_words(&column.new.id));
            return Err(
                self.refuse(message, "write the way back beside the change, for example as NAME.down.sql")
            );
        }
        let mut kept: Option<Vec<Kept>> = None;
        for statement in &prepared.statements {
            let place = change.up.file.locate(statement.span.start);
            let is_call = statement.facts.kind == StatementKind::Call;
            if !is_call && !matches!(statement.facts.kind, StatementKind::Dml | StatementKind::Truncate) {
                continue;
            }
            let parsed = parse(statement.dialect, &statement.sql, Span::new(0, statement.sql.len()));
            if let Statement::Insert(insert) = &parsed.statement {
                // It goes with its table.
                let table = insert.table.name.name.folded(statement.dialect);
                let goes =
                    |fact: &&Fact| fact.kind == Kind::Table && fact.id.name().eq_ignore_ascii_case(&table);
                if diff.removed.iter().any(goes) {
                    continue;
                }
            }
            if kept.is_none() {
                kept = Some(self.kept(&change.key)?);
            }
            let was_kept = kept.iter().flatten().find(|kept| kept.ordinal == statement.ordinal);
            match was_kept {
                Some(kept) if kept.restored_at.is_some() => {}
                Some(_) => {
                    let help =
                        format!("`sluice rollback --data --change {}` puts them back first", change.version);
                    return Err(self.refuse(
                        format!("{place}: the rows that it has changed are kept, and not put back"),
                        &help,
                    ));
                }
                None => {
                    return Err(self.refuse(
                        format!("{place}: what it has done to rows is not in the schema, so that no way back is computed"),
                        "write the way back beside the change, for example as NAME.down.sql",
                    ));
                }
            }
        }
        Ok(())
    }

    fn kept(&self, key: &str) -> Result<Vec<Kept>, CliError> {
        let runtime = Context::runtime()?;
        let is_of = |kept: &Kept| key_of(&kept.version) == key;
        let found = self.context.connected(self.site, |connection| {
            let events = silent();
            let admin = self.context.admin(connection.family, &connection.connect, &events);
            runtime.block_on(admin.rows_to_restore(&is_of))
        });
        let found = found.map_err(|error| failed(self.site, &error))?;
        Ok(found.into_iter().map(|found| found.kept).collect())
    }

    /// Refuses where what is to be undone is not as the change has left it.
    fn refuse_other_schema(
        &self,
        change: &Change,
        diff: &Diff<'_>,
        after: &Snapshot,
    ) -> Result<(), CliError> {
        let runtime = Context::runtime()?;
        let read = self.context.connected(self.site, |connection| {
            runtime
                .block_on(shadow::facts(connection.family, &connection.connect))
                .map_err(ApplyError::Connect)
        });
        let (_, live) = read.map_err(|error| failed(self.site, &error))?;
        let same = |id: &FactId| live.get(id).map(|fact| fact.hash) == after.get(id).map(|fact| fact.hash);
        let touched = diff.removed.iter().map(|fact| &fact.id);
        let touched = touched.chain(diff.altered.iter().map(|change: &FactChange<'_>| &change.old.id));
        let touched = touched.chain(diff.added.iter().map(|fact| &fact.id));
        // What gets its old name stands under its new one.
        let other: Vec<String> = touched
            .filter(|id| after.get(id).is_some() || live.get(id).is_some())
            .filter(|id| !same(id))
            .map(ToString::to_string)
            .take(5)
            .collect();
        if other.is_empty() {
            return Ok(());
        }
        Err(self.refuse(
            format!("{} is not as change {} has left it", other.join(", "), change.version),
            "`sluice drift` shows what differs; write the way back beside the change",
        ))
    }
}

/// Tables, and columns of tables that are not among them.
fn wholes<'f>(facts: &'f [&'f Fact]) -> impl Iterator<Item = &'f Fact> {
    facts.iter().copied().filter(|fact| match (fact.kind, &fact.parent) {
        (Kind::Table, _) => true,
        (Kind::Column, Some(table)) => facts.iter().all(|other| other.id != *table),
        _ => false,
    })
}

/// Whether a statement gives something another name.
fn renames_something(prepared: &Prepared) -> bool {
    prepared.statements.iter().any(|statement| {
        let words = statement.sql.to_ascii_lowercase();
        statement.facts.kind != StatementKind::Dml && (words.contains("rename") || words.contains("change"))
    })
}

/// Candidates whose ends are each in no other one.
fn certain(candidates: Vec<Rename>) -> Vec<Rename> {
    let is_single = |rename: &Rename| {
        candidates.iter().filter(|other| other.old == rename.old || other.new == rename.new).count() == 1
    };
    candidates.iter().filter(|rename| is_single(rename)).cloned().collect()
}

fn in_words(id: &FactId) -> String {
    let kind = id.kind().map_or_else(String::new, Kind::words);
    format!("{kind} {}", id.path().join("."))
}

/// The change with a way back.
fn written(change: &Change, way: &Transition<'_>, engine: &str) -> Change {
    let steps = way.prelude.iter().chain(way.steps.iter().map(|step| &step.sql)).chain(&way.coda);
    let text: String = steps.map(|sql| terminated(engine, sql)).collect();
    let span = Span::new(0, text.len());
    let path = format!("a way back computed from {}", change.up.file.path());
    let down = sluice_rollout::Script {
        file: SourceFile::new(path, text),
        blocks: vec![Block { span, split: Split::Dialect, substitute: false }],
    };
    Change { down: Some(down), ..change.clone() }
}
