//! How each kind of fact is made, altered and dropped, on MySQL and on MariaDB. Pure: facts in, statements out.

mod assertion;
pub(crate) mod column;
pub(crate) mod constraint;
pub(crate) mod index;
pub(crate) mod name;
mod narrowing;
mod online;
mod partition;
mod program;
mod table;

use sluice_facts::{Alteration, Change, Fact, FactId, Kind, Member, Rules, Scene, Step, Verb};

/// The rules of MySQL and MariaDB. Which of them a schema is of, it says itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct MysqlRules;

/// Whether a fact is part of its table's own text and changes with it.
fn is_inside(fact: &Fact) -> bool {
    matches!(fact.kind, Kind::Column | Kind::Index)
        || (fact.kind == Kind::Constraint && !constraint::is_foreign_key(fact))
}

/// One step inside of a table, by itself.
fn alone(verb: Verb, fact: &Fact, change: Option<&Change<'_>>, scene: &Scene<'_>) -> Vec<Step> {
    let Some(table) = &fact.parent else { return Vec::new() };
    table::together(table, &[Member { verb, fact, change }], scene)
}

impl Rules for MysqlRules {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        match change.new.kind {
            Kind::Column => column::alteration(change, scene),
            Kind::Index => index::alteration(change),
            Kind::Constraint => Alteration::Replace,
            Kind::Trigger => program::trigger_alteration(change, scene),
            Kind::Function | Kind::Procedure => program::routine_alteration(scene),
            Kind::Sequence
                if change.touches("as") || change.touches("engine") || change.touches("comment") =>
            {
                Alteration::Replace
            }
            Kind::Event => program::event_alteration(change),
            _ => Alteration::SIMPLE,
        }
    }

    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        match fact.kind {
            Kind::Table => table::create(fact, scene),
            Kind::Constraint if constraint::is_foreign_key(fact) => {
                constraint::create_foreign_key(fact, scene)
            }
            Kind::View => program::view(Verb::Create, fact),
            Kind::Trigger | Kind::Function | Kind::Procedure => program::create(Verb::Create, fact),
            Kind::Event => program::create_event(fact),
            Kind::Sequence => program::sequence(Verb::Create, fact),
            _ => alone(Verb::Create, fact, None, scene),
        }
    }

    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
        let fact = change.new;
        match fact.kind {
            Kind::Table => {
                table::together(&fact.id, &[Member { verb: Verb::Alter, fact, change: Some(change) }], scene)
            }
            Kind::View => program::view(Verb::Alter, fact),
            Kind::Function | Kind::Procedure => program::create(Verb::Alter, fact),
            Kind::Event => program::alter_event(change),
            Kind::Sequence => program::sequence(Verb::Alter, fact),
            // It moves up by itself.
            Kind::Trigger => Vec::new(),
            _ => alone(Verb::Alter, fact, Some(change), scene),
        }
    }

    fn drop(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        match fact.kind {
            Kind::Table => table::drop(fact),
            Kind::Constraint if constraint::is_foreign_key(fact) => constraint::drop_foreign_key(fact),
            kind if is_program(kind) => program::drop(fact),
            _ => alone(Verb::Drop, fact, None, scene),
        }
    }

    fn rename(&self, old: &Fact, new: &Fact) -> Option<String> {
        let table = old.parent.as_ref().map(name::top);
        match (old.kind, table) {
            (Kind::Table | Kind::View, _) => {
                Some(format!("RENAME TABLE {} TO {}", name::top(&old.id), name::top(&new.id)))
            }
            (Kind::Column, Some(table)) => {
                let (from, to) = (name::quoted(old), name::quoted(new));
                Some(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"))
            }
            (Kind::Index, Some(table)) => {
                let (from, to) = (name::quoted(old), name::quoted(new));
                Some(format!("ALTER TABLE {table} RENAME INDEX {from} TO {to}"))
            }
            _ => None,
        }
    }

    fn absorbed_by(&self, fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        matches!(fact.kind, Kind::Column | Kind::Index | Kind::Constraint).then(|| fact.parent.clone())?
    }

    fn falls_with(&self, fact: &Fact, _scene: &Scene<'_>) -> Option<FactId> {
        match fact.kind {
            Kind::Column | Kind::Index | Kind::Constraint | Kind::Trigger => fact.parent.clone(),
            _ => None,
        }
    }

    fn taken_with(&self, fact: &Fact, _verb: Verb, _scene: &Scene<'_>) -> Option<FactId> {
        if is_inside(fact) { fact.parent.clone() } else { None }
    }

    fn together(&self, host: &FactId, members: &[Member<'_>], scene: &Scene<'_>) -> Option<Vec<Step>> {
        Some(table::together(host, members, scene))
    }

    fn follows(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
        match fact.kind {
            Kind::View => program::before_view(fact, scene),
            Kind::Constraint if constraint::is_foreign_key(fact) => {
                constraint::before_foreign_key(fact, scene)
            }
            _ => Vec::new(),
        }
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        let own = |space: &str| vec![format!("{space} {}", fact.id.name())];
        match fact.kind {
            Kind::Table | Kind::View | Kind::Sequence => own("relation"),
            Kind::Constraint if constraint::is_foreign_key(fact) => own("foreign key"),
            _ => Vec::new(),
        }
    }

    fn prelude(&self, _steps: &[Step]) -> Vec<String> {
        Vec::new()
    }

    fn rank(&self, kind: Kind) -> u16 {
        match kind {
            Kind::Sequence => 10,
            Kind::Function => 20,
            Kind::Procedure => 21,
            Kind::Table => 30,
            Kind::Column => 40,
            Kind::Index => 50,
            Kind::Constraint => 60,
            Kind::View => 70,
            Kind::Trigger => 80,
            Kind::Event => 90,
            _ => 1000,
        }
    }
}

fn is_program(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::View | Kind::Trigger | Kind::Function | Kind::Procedure | Kind::Event | Kind::Sequence
    )
}
