//! How each kind of fact is made, altered and dropped. Pure: facts in, statements out.

mod access;
mod assertion;
mod cast;
mod column;
mod constraint;
pub(crate) mod name;
mod online;
mod program;
mod rename;
mod sequence;
mod service;
mod table;
mod types;
mod wording;

use sluice_facts::{Alteration, Change, Fact, FactId, Kind, Rules, Scene, Step, Verb};

/// The rules of PostgreSQL.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresRules;

/// Steps in words that the server reads as it wrote them. Bodies of routines are the user's own.
fn worded(mut steps: Vec<Step>) -> Vec<Step> {
    for step in &mut steps {
        let routine = matches!(step.fact.kind(), Some(Kind::Function | Kind::Procedure));
        if !routine && step.sql.contains("(ARRAY[") {
            step.sql = wording::keep_array_casts(&step.sql);
        }
    }
    steps
}

impl Rules for PostgresRules {
    fn alteration(&self, change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
        match change.new.kind {
            Kind::Table | Kind::ForeignTable => table::alteration(change, scene),
            Kind::Column => column::alteration(change, scene),
            Kind::Constraint => constraint::alteration(change),
            Kind::Index => constraint::index_alteration(change),
            Kind::View | Kind::MaterializedView => program::view_alteration(change),
            Kind::Function | Kind::Procedure | Kind::Aggregate => program::routine_alteration(change),
            Kind::Trigger | Kind::EventTrigger | Kind::Rule => program::trigger_alteration(change),
            Kind::Policy => program::policy_alteration(change, scene),
            kind if types::has(kind) => types::alteration(change, scene),
            Kind::Partition | Kind::IndexPartition => Alteration::Replace,
            // What is taken from a role on a table is taken on its columns, too.
            Kind::Grant => Alteration::InPlace {
                evicts: scene.users_before(&change.old.id).map(|user| user.id.clone()).collect(),
            },
            Kind::Statistics if change.touches("definition") => Alteration::Replace,
            Kind::Sequence
            | Kind::SequenceOwner
            | Kind::Default
            | Kind::Attribute
            | Kind::DefaultPrivileges
            | Kind::Comment
            | Kind::Statistics => Alteration::SIMPLE,
            _ => service::alteration(change, scene),
        }
    }

    fn create(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        let mut steps = match fact.kind {
            Kind::Table | Kind::ForeignTable => table::create(fact, scene),
            Kind::Column => column::create(fact, scene),
            Kind::Default => column::set_default(Verb::Create, fact),
            Kind::Constraint => constraint::create(fact, scene),
            Kind::Index => constraint::create_index(fact, scene),
            Kind::IndexPartition => constraint::attach_index(fact),
            Kind::Partition => table::attach(fact),
            Kind::Statistics => constraint::create_statistics(fact),
            Kind::Sequence => sequence::create(fact),
            Kind::SequenceOwner => sequence::owner(Verb::Create, fact, scene),
            Kind::View | Kind::MaterializedView => program::create_view(fact),
            Kind::Function | Kind::Procedure | Kind::Aggregate => program::create_routine(fact),
            Kind::Trigger | Kind::Rule => program::create_trigger(fact),
            Kind::EventTrigger => program::create_event_trigger(fact),
            Kind::Policy => program::create_policy(fact),
            Kind::Attribute => types::create_attribute(fact),
            Kind::Grant => access::create_grant(fact, scene),
            Kind::DefaultPrivileges => access::create_default_privileges(fact),
            Kind::Comment => access::comment(Verb::Create, fact),
            kind if types::has(kind) => types::create(fact, scene),
            _ => service::create(fact),
        };
        steps.extend(access::after_create(fact, scene));
        worded(steps)
    }

    fn alter(&self, change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
        let mut steps = match change.new.kind {
            Kind::Table | Kind::ForeignTable => table::alter(change),
            Kind::Column => column::alter(change, scene),
            Kind::Default => column::set_default(Verb::Alter, change.new),
            Kind::Constraint => constraint::alter(change, scene),
            Kind::Index => constraint::alter_index(change),
            Kind::Statistics if change.touches("target") => {
                let target = change.new.payload.int("target").unwrap_or(-1);
                let sql = format!("ALTER {} SET STATISTICS {target}", name::phrase(change.new));
                vec![Step::new(Verb::Alter, &change.new.id, sql)]
            }
            Kind::Sequence => sequence::alter(change),
            Kind::SequenceOwner => sequence::owner(Verb::Alter, change.new, scene),
            Kind::View | Kind::MaterializedView => program::alter_view(change),
            Kind::Function | Kind::Procedure | Kind::Aggregate => program::alter_routine(change),
            Kind::Trigger | Kind::EventTrigger | Kind::Rule => program::alter_trigger(change),
            Kind::Policy => program::alter_policy(change),
            Kind::Attribute => types::alter_attribute(change),
            Kind::Grant => access::alter_grant(change, scene),
            Kind::DefaultPrivileges => access::alter_default_privileges(change),
            Kind::Comment => access::comment(Verb::Alter, change.new),
            kind if types::has(kind) => types::alter(change, scene),
            _ => service::alter(change),
        };
        steps.extend(access::owner(change));
        worded(steps)
    }

    fn rename(&self, old: &Fact, new: &Fact) -> Option<String> {
        rename::statement(old, new)
    }

    fn renamed_unasked(&self) -> &'static [Kind] {
        &[Kind::Sequence, Kind::Constraint, Kind::Index]
    }

    fn drop(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
        match fact.kind {
            Kind::Table | Kind::ForeignTable => table::drop(fact),
            Kind::Column => column::drop(fact),
            Kind::Default => column::drop_default(fact),
            Kind::Constraint => constraint::drop(fact),
            Kind::Index => constraint::drop_index(fact, scene),
            Kind::Partition => table::detach(fact),
            // Its index stays where it is until the whole goes or the table is detached.
            Kind::IndexPartition => Vec::new(),
            Kind::SequenceOwner => sequence::owner(Verb::Drop, fact, scene),
            Kind::Trigger => program::drop_on(fact, "TRIGGER"),
            Kind::Rule => program::drop_on(fact, "RULE"),
            Kind::Policy => program::drop_on(fact, "POLICY"),
            Kind::Attribute => types::drop_attribute(fact),
            Kind::Grant => access::drop_grant(fact, scene),
            Kind::DefaultPrivileges => access::drop_default_privileges(fact),
            Kind::Comment => access::comment(Verb::Drop, fact),
            kind if types::has(kind) => types::drop(fact),
            Kind::PublicationMember | Kind::UserMapping => service::drop(fact),
            _ => program::drop_named(fact),
        }
    }

    fn absorbed_by(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        match fact.kind {
            Kind::Column | Kind::Attribute => fact.parent.clone(),
            Kind::Default if fact.parent.as_ref().and_then(FactId::kind) == Some(Kind::Column) => {
                fact.parent.clone().filter(|_| column::joins_column(fact, scene))
            }
            _ => None,
        }
    }

    fn falls_with(&self, fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
        let parent = fact.parent.as_ref()?;
        match fact.kind {
            // A table whose key is used is not dropped.
            Kind::Constraint if fact.payload.text("type") == Some("foreign key") => {
                let entangled =
                    fact.requires.iter().any(|id| id.kind() != Some(Kind::Column) && scene.drops(id));
                Some(parent.clone()).filter(|_| !entangled)
            }
            Kind::Constraint | Kind::Index => {
                let whole = constraint::whole_of(fact, scene).filter(|whole| scene.drops(whole));
                Some(whole.filter(|_| !scene.drops(parent)).unwrap_or_else(|| parent.clone()))
            }
            Kind::Sequence => {
                let owner = FactId::new(Kind::SequenceOwner, fact.id.path());
                let column = scene.from.get(&owner)?;
                Some(FactId::new(Kind::Column, column.payload.list("column")))
            }
            Kind::SequenceOwner => Some(parent.clone()),
            Kind::Column
            | Kind::Default
            | Kind::Attribute
            | Kind::Trigger
            | Kind::Rule
            | Kind::Policy
            | Kind::Partition
            | Kind::IndexPartition
            | Kind::Statistics
            | Kind::Grant
            | Kind::Comment
            | Kind::PublicationMember
            | Kind::DefaultPrivileges => Some(parent.clone()),
            _ => None,
        }
    }

    fn follows(&self, fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
        match fact.kind {
            Kind::Partition => table::before_attaching(fact, scene),
            _ => Vec::new(),
        }
    }

    fn names(&self, fact: &Fact) -> Vec<String> {
        let path = fact.id.path();
        let relation = |schema: &str, name: &str| format!("relation {}", name::path(&[schema, name]));
        let own = || relation(&fact.id.part(0), &fact.id.name());
        match fact.kind {
            Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Composite => {
                vec![own(), types::type_name(&fact.id)]
            }
            Kind::Sequence | Kind::Index => vec![own()],
            Kind::Enum | Kind::Domain | Kind::Range => vec![types::type_name(&fact.id)],
            Kind::Constraint => vec![own()],
            Kind::Function | Kind::Procedure | Kind::Aggregate => {
                vec![format!("routine {}", name::path(&path))]
            }
            Kind::Column if fact.payload.text("identity").is_some() => {
                let implied = || format!("{}_{}_seq", fact.id.part(1), fact.id.name());
                let sequence = fact.payload.text("sequence").map_or_else(implied, str::to_owned);
                vec![relation(&fact.id.part(0), &sequence)]
            }
            _ => Vec::new(),
        }
    }

    /// Bodies of routines may name what comes after them.
    fn prelude(&self, steps: &[Step]) -> Vec<String> {
        let is_routine = |step: &Step| matches!(step.fact.kind(), Some(Kind::Function | Kind::Procedure));
        if steps.iter().any(is_routine) {
            vec!["SET check_function_bodies = off".to_owned()]
        } else {
            Vec::new()
        }
    }

    fn fresh(&self, server: &str) -> Vec<Fact> {
        access::fresh(server)
    }

    fn rank(&self, kind: Kind) -> u16 {
        match kind {
            Kind::Schema => 10,
            Kind::Extension => 20,
            Kind::Collation => 30,
            Kind::Enum => 40,
            Kind::Range => 42,
            Kind::Composite => 44,
            Kind::Attribute => 45,
            Kind::Domain => 46,
            Kind::TextSearchDictionary => 50,
            Kind::TextSearchConfiguration => 52,
            Kind::ForeignDataWrapper => 54,
            Kind::ForeignServer => 56,
            Kind::UserMapping => 57,
            Kind::Sequence => 60,
            Kind::Table => 70,
            Kind::ForeignTable => 71,
            Kind::Column => 75,
            Kind::Default => 80,
            Kind::SequenceOwner => 82,
            Kind::Function => 90,
            Kind::Procedure => 91,
            Kind::Operator => 92,
            Kind::Aggregate => 93,
            Kind::Cast => 94,
            Kind::Constraint => 100,
            Kind::Partition => 105,
            Kind::Index => 110,
            Kind::IndexPartition => 112,
            Kind::Statistics => 115,
            Kind::View => 120,
            Kind::MaterializedView => 125,
            Kind::Rule => 130,
            Kind::Trigger => 135,
            Kind::EventTrigger => 140,
            Kind::Policy => 145,
            Kind::Publication => 150,
            Kind::PublicationMember => 152,
            Kind::DefaultPrivileges => 160,
            Kind::Grant => 165,
            Kind::Comment => 170,
            _ => 1000,
        }
    }
}
