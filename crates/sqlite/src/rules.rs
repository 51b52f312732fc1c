//! How each kind of fact is made, altered and dropped. Pure: facts in, statements out.
//!
//! SQLite keeps the texts of statements, so what is made is made by the text that somebody wrote. A table is altered in place where
//! `ALTER TABLE` can do it; else it is rebuilt (module `rebuild`), with everything that changes about it at once.

mod assertion;
pub(crate) mod name;
mod place;
mod proof;
mod rebuild;
mod search;

use sluice_facts::{Alteration, Change, Diff, Fact, FactId, Hazard, Kind, Rules, Scene, Step, Verb};

use crate::wording::quote;
use name::{name, written};

/// The rules of SQLite.
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteRules;

impl Rules for SqliteRules {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        match change.new.kind {
            Kind::Table if place::is_rebuilt(&change.new.id, scene) => {
                Alteration::InPlace { evicts: rebuild::evicted(&change.old.id, scene) }
            }
            Kind::Column if is_replaced(change, scene) => Alteration::Replace,
            Kind::Table | Kind::Column | Kind::Constraint => Alteration::SIMPLE,
            Kind::VirtualTable if search::is_copied(change) => Alteration::SIMPLE,
            // Whether a text can be used follows from what else is there.
            _ if change.only(&["broken"]) => Alteration::SIMPLE,
            _ => Alteration::Replace,
        }
    }

    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        let step = match fact.kind {
            Kind::Column => return vec![place::add_column(fact, scene)],
            Kind::Constraint => return Vec::new(),
            _ => Step::new(Verb::Create, &fact.id, written(fact)),
        };
        let fills =
            fact.kind == Kind::Index && fact.parent.as_ref().is_some_and(|table| !scene.creates(table));
        vec![match fills {
            true if fact.payload.flag("unique") => {
                let step = step.hazard(Hazard::BuildsIndex).hazard(Hazard::DependsOnData);
                step.asserting(assertion::unique_index(fact, scene))
            }
            true => step.hazard(Hazard::BuildsIndex),
            false => step,
        }]
    }

    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
        match change.new.kind {
            Kind::Table if place::is_rebuilt(&change.new.id, scene) => rebuild::steps(change, scene),
            Kind::Table => place::respell_table(change, scene),
            Kind::Column => vec![place::respell_column(change)],
            Kind::VirtualTable => search::steps(change, scene),
            _ => Vec::new(),
        }
    }

    fn drop(&self, fact: &Fact, _scene: &Scene<'_>) -> Vec<Step> {
        let drop =
            |what: &str| Step::new(Verb::Drop, &fact.id, format!("DROP {what} {}", quote(&name(fact))));
        match fact.kind {
            Kind::Table | Kind::VirtualTable => vec![drop("TABLE").hazard(Hazard::DeletesData)],
            Kind::Column => vec![place::drop_column(fact)],
            Kind::Index => vec![drop("INDEX")],
            Kind::View => vec![drop("VIEW")],
            Kind::Trigger => vec![drop("TRIGGER")],
            _ => Vec::new(),
        }
    }

    fn rename(&self, old: &Fact, new: &Fact) -> Option<String> {
        match (old.kind, &old.parent) {
            (Kind::Table | Kind::VirtualTable, _) => {
                Some(format!("ALTER TABLE {} RENAME TO {}", quote(&name(old)), quote(&name(new))))
            }
            (Kind::Column, Some(table)) => Some(format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {}",
                quote(&table.name()),
                quote(&name(old)),
                quote(&name(new))
            )),
            _ => None,
        }
    }

    /// What names the table or column is to follow, which it does not while tables are moved.
    fn lead(&self, renames: Vec<Step>, steps: &[Step]) -> Vec<Step> {
        let Some(first) = renames.first().filter(|_| moves_tables(steps)) else { return renames };
        let follow =
            |on: &str| Step::new(Verb::Rename, &first.fact, format!("PRAGMA legacy_alter_table = {on}"));
        let (off, on) = (follow("OFF"), follow("ON"));
        [off].into_iter().chain(renames).chain([on]).collect()
    }

    fn absorbed_by(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        let table = fact.parent.as_ref()?;
        match fact.kind {
            Kind::Column => Some(table.clone()),
            Kind::Constraint if scene.creates(table) => Some(table.clone()),
            Kind::Constraint => place::column_of(fact, scene.to),
            _ => None,
        }
    }

    fn falls_with(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        let parent = fact.parent.as_ref()?;
        match fact.kind {
            Kind::Constraint if !scene.drops(parent) => place::column_of(fact, scene.from),
            Kind::Column | Kind::Constraint | Kind::Index | Kind::Trigger => Some(parent.clone()),
            _ => None,
        }
    }

    fn gathers(&self, diff: &Diff<'_>, scene: &Scene<'_>) -> Vec<FactId> {
        let altered = diff.altered.iter().map(|change| change.new);
        let facts = diff.added.iter().chain(&diff.removed).copied().chain(altered);
        let mut tables: Vec<FactId> = facts
            .filter(|fact| matches!(fact.kind, Kind::Column | Kind::Constraint))
            .filter_map(|fact| fact.parent.clone())
            .collect();
        tables.sort();
        tables.dedup();
        tables.retain(|table| place::is_rebuilt(table, scene));
        tables
    }

    fn altered_with(&self, fact: &Fact, verb: Verb, scene: &Scene<'_>) -> Option<FactId> {
        let table = fact.parent.as_ref().filter(|parent| parent.kind() == Some(Kind::Table))?;
        let belongs = match fact.kind {
            Kind::Column | Kind::Constraint => true,
            // They go with the old table; the new one gets its own.
            Kind::Index | Kind::Trigger => verb == Verb::Drop,
            _ => false,
        };
        (belongs && place::is_rebuilt(table, scene)).then(|| table.clone())
    }

    fn follows(&self, _fact: &Fact, _scene: &Scene<'_>) -> Vec<FactId> {
        Vec::new()
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        match fact.kind {
            Kind::Table | Kind::VirtualTable | Kind::View | Kind::Index => {
                vec![format!("relation {}", fact.id.name())]
            }
            Kind::Trigger => vec![format!("trigger {}", fact.id.name())],
            _ => Vec::new(),
        }
    }

    fn complete(&self, steps: Vec<Step>, scene: &Scene<'_>) -> Vec<Step> {
        proof::proved(steps, scene)
    }

    /// All or nothing. Tables are moved without anybody following them: foreign keys, views and triggers name what comes in their
    /// place (<https://sqlite.org/lang_altertable.html>, "Making Other Kinds Of Table Schema Changes").
    fn prelude(&self, steps: &[Step]) -> Vec<String> {
        let mut prelude = Vec::new();
        if !steps.is_empty() {
            if moves_tables(steps) {
                prelude.push("PRAGMA foreign_keys = OFF".to_owned());
                prelude.push("PRAGMA legacy_alter_table = ON".to_owned());
            }
            prelude.push("BEGIN IMMEDIATE".to_owned());
        }
        prelude
    }

    fn coda(&self, steps: &[Step]) -> Vec<String> {
        let mut coda = Vec::new();
        if !steps.is_empty() {
            coda.push("COMMIT".to_owned());
            if moves_tables(steps) {
                coda.push("PRAGMA legacy_alter_table = OFF".to_owned());
            }
        }
        coda
    }

    fn rank(&self, kind: Kind) -> u16 {
        match kind {
            Kind::Table => 10,
            Kind::VirtualTable => 20,
            Kind::Column => 30,
            Kind::Constraint => 40,
            Kind::Index => 50,
            Kind::View => 60,
            Kind::Trigger => 70,
            _ => 1000,
        }
    }
}

/// Whether a column is dropped and added again where its table stays.
fn is_replaced(change: &Change<'_>, scene: &Scene<'_>) -> bool {
    let rebuilt = change.new.parent.as_ref().is_some_and(|table| place::is_rebuilt(table, scene));
    !rebuilt && place::is_replaced(change.old, change.new, scene)
}

/// Whether tables go, if only for a moment, or change under those who name them.
fn moves_tables(steps: &[Step]) -> bool {
    let adds = |step: &Step| step.fact.kind() == Some(Kind::Column) && step.verb == Verb::Create;
    let refers = |step: &Step| step.sql.to_ascii_lowercase().contains("references");
    steps.iter().filter(|step| step.verb != Verb::Rename).any(|step| {
        step.sql.starts_with("DROP TABLE")
            || (step.sql.starts_with("ALTER TABLE") && (!adds(step) || refers(step)))
    })
}
