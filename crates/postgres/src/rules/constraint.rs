//! Constraints, indexes, statistics.

use sluice_facts::{Alteration, Change, Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::assertion;
use super::name::{owner_of, path, quote};

fn is_index(fact: &Fact) -> bool {
    matches!(fact.payload.text("type"), Some("primary key" | "unique" | "exclusion"))
}

fn of_domain(fact: &Fact) -> bool {
    fact.parent.as_ref().and_then(FactId::kind) == Some(Kind::Domain)
}

/// What the server does by itself for a constraint that a table has from a parent.
fn follows_parent(fact: &Fact, scene: &Scene<'_>) -> bool {
    let path = fact.id.path();
    let table = path.get(..2).unwrap_or_default();
    let attached = scene.creates(&FactId::new(Kind::Partition, table));
    fact.payload.flag("inherited") && !attached
}

/// A constraint comes.
pub fn create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    if follows_parent(fact, scene) {
        return Vec::new();
    }
    let payload = &fact.payload;
    let owner = owner_of(fact);
    let name = quote(&fact.id.name());
    let definition = payload.text("definition").unwrap_or_default();
    if of_domain(fact) {
        let sql = format!("ALTER DOMAIN {owner} ADD CONSTRAINT {name} {definition}");
        return vec![Step::new(Verb::Create, &fact.id, sql).hazard(Hazard::DependsOnData)];
    }
    let only = if is_index(fact) { "ONLY " } else { "" };
    let foreign = fact.parent.as_ref().and_then(FactId::kind) == Some(Kind::ForeignTable);
    let word = if foreign { "FOREIGN TABLE" } else { "TABLE" };
    let mut sql = format!("ALTER {word} {only}{owner} ADD CONSTRAINT {name} {definition}");
    if let Some(tablespace) = payload.text("tablespace") {
        sql.push_str(&format!(" USING INDEX TABLESPACE {}", quote(tablespace)));
    }
    let mut step = Step::new(Verb::Create, &fact.id, sql);
    let fresh = fact.parent.as_ref().is_some_and(|table| scene.creates(table));
    if !fresh && !payload.flag("not_valid") && !payload.flag("not_enforced") {
        step = step.hazard(Hazard::DependsOnData).asserting(assertion::constraint(fact, scene));
        step = step.hazard(if is_index(fact) { Hazard::BuildsIndex } else { Hazard::ScansTable });
    }
    let rows_count = matches!(payload.text("type"), Some("check" | "foreign key"));
    let online = super::online::applies(fact, scene) && payload.text("tablespace").is_none();
    let mut steps = match online {
        true if rows_count && !payload.flag("not_valid") && !payload.flag("not_enforced") => {
            super::online::check(fact, &owner, step)
        }
        true if is_index(fact) => super::online::key(fact, &owner, scene).unwrap_or_else(|| vec![step]),
        _ => vec![step],
    };
    steps.extend(marks(fact, &owner, &name));
    steps
}

/// What a table says of one of its indexes.
fn marks(fact: &Fact, table: &str, name: &str) -> Vec<Step> {
    let mut actions = Vec::new();
    if fact.payload.flag("clustered") {
        actions.push(format!("CLUSTER ON {name}"));
    }
    if fact.payload.flag("replica_identity") {
        actions.push(format!("REPLICA IDENTITY USING INDEX {name}"));
    }
    actions
        .into_iter()
        .map(|action| Step::new(Verb::Create, &fact.id, format!("ALTER TABLE {table} {action}")))
        .collect()
}

fn alter_marks(change: &Change<'_>, table: &str, name: &str) -> Vec<Step> {
    let new = &change.new.payload;
    let mut actions = Vec::new();
    if change.touches("clustered") {
        actions.push(if new.flag("clustered") {
            format!("CLUSTER ON {name}")
        } else {
            "SET WITHOUT CLUSTER".to_owned()
        });
    }
    if change.touches("replica_identity") {
        actions.push(if new.flag("replica_identity") {
            format!("REPLICA IDENTITY USING INDEX {name}")
        } else {
            "REPLICA IDENTITY DEFAULT".to_owned()
        });
    }
    actions
        .into_iter()
        .map(|action| Step::new(Verb::Alter, &change.new.id, format!("ALTER TABLE {table} {action}")))
        .collect()
}

/// A constraint goes.
pub fn drop(fact: &Fact) -> Vec<Step> {
    if fact.payload.flag("inherited") {
        return Vec::new();
    }
    let word = if of_domain(fact) { "DOMAIN" } else { "TABLE" };
    let sql = format!("ALTER {word} {} DROP CONSTRAINT {}", owner_of(fact), quote(&fact.id.name()));
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// How a definition differs apart from being valid and from when it is checked.
fn core(definition: &str) -> String {
    let mut text = definition.to_owned();
    for words in [" NOT VALID", " INITIALLY DEFERRED", " DEFERRABLE"] {
        text = text.replace(words, "");
    }
    text
}

/// Whether a constraint can become another one where it is.
pub fn alteration(change: &Change<'_>) -> Alteration {
    let (old, new) = (&change.old.payload, &change.new.payload);
    if change.touches("type") || change.touches("tablespace") || change.touches("not_enforced") {
        return Alteration::Replace;
    }
    if change.touches("definition") {
        let text = |payload: &sluice_facts::Payload| core(payload.text("definition").unwrap_or_default());
        let validated = !new.flag("not_valid");
        let deferral = timing(change.old) != timing(change.new);
        let foreign = new.text("type") == Some("foreign key");
        if text(old) != text(new) || !validated || (deferral && !foreign) {
            return Alteration::Replace;
        }
    }
    Alteration::SIMPLE
}

fn timing(fact: &Fact) -> (bool, bool) {
    let definition = fact.payload.text("definition").unwrap_or_default();
    (definition.contains(" DEFERRABLE"), definition.contains(" INITIALLY DEFERRED"))
}

/// A constraint becomes another one.
pub fn alter(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let word = if of_domain(change.new) { "DOMAIN" } else { "TABLE" };
    let (owner, name) = (owner_of(change.new), quote(&change.new.id.name()));
    let step =
        |action: String| Step::new(Verb::Alter, &change.new.id, format!("ALTER {word} {owner} {action}"));
    let mut steps = Vec::new();
    if timing(change.old) != timing(change.new) {
        let (deferrable, deferred) = timing(change.new);
        let first = if deferrable { "DEFERRABLE" } else { "NOT DEFERRABLE" };
        let second = if deferred { " INITIALLY DEFERRED" } else { " INITIALLY IMMEDIATE" };
        steps.push(step(format!("ALTER CONSTRAINT {name} {first}{second}")));
    }
    if change.touches("not_valid")
        && !change.new.payload.flag("not_valid")
        && !change.new.payload.flag("inherited")
    {
        steps.push(
            step(format!("VALIDATE CONSTRAINT {name}"))
                .hazard(Hazard::DependsOnData)
                .asserting(assertion::constraint(change.new, scene)),
        );
    }
    steps.extend(alter_marks(change, &owner, &name));
    steps
}

/// An index comes.
pub fn create_index(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let payload = &fact.payload;
    let mut sql = payload.text("definition").unwrap_or_default().to_owned();
    if let Some(tablespace) = payload.text("tablespace") {
        let clause = format!(" TABLESPACE {}", quote(tablespace));
        match sql.rfind(" WHERE ") {
            Some(at) => sql.insert_str(at, &clause),
            None => sql.push_str(&clause),
        }
    }
    let mut step = Step::new(Verb::Create, &fact.id, sql);
    if !fact.parent.as_ref().is_some_and(|table| scene.creates(table)) {
        step = step.hazard(Hazard::BuildsIndex);
        if payload.flag("unique") {
            step = step.hazard(Hazard::DependsOnData).asserting(assertion::unique_index(fact, scene));
        }
    }
    if super::online::applies(fact, scene) {
        step = super::online::index(step);
    }
    let mut steps = vec![step];
    let name = path(&fact.id.path());
    for target in payload.list("statistics") {
        if let Some((column, target)) = target.split_once(' ') {
            let sql = format!("ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target}");
            steps.push(Step::new(Verb::Create, &fact.id, sql));
        }
    }
    steps.extend(marks(fact, &owner_of(fact), &quote(&fact.id.name())));
    steps
}

/// An index goes.
pub fn drop_index(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let name = path(&fact.id.path());
    let part = scene.users_before(&fact.id).any(|user| user.kind == Kind::IndexPartition);
    if super::online::applies(fact, scene) && !part {
        return vec![Step::new(Verb::Drop, &fact.id, format!("DROP INDEX CONCURRENTLY {name}")).alone()];
    }
    vec![Step::new(Verb::Drop, &fact.id, format!("DROP INDEX {name}"))]
}

/// Whether an index can become another one where it is.
pub fn index_alteration(change: &Change<'_>) -> Alteration {
    if change.touches("definition") || change.touches("invalid") || change.touches("unique") {
        return Alteration::Replace;
    }
    Alteration::SIMPLE
}

/// An index becomes another one.
pub fn alter_index(change: &Change<'_>) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let name = path(&change.new.id.path());
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let mut steps = Vec::new();
    if change.touches("tablespace") {
        let tablespace = new.text("tablespace").map_or_else(|| "pg_default".to_owned(), quote);
        steps.push(step(format!("ALTER INDEX {name} SET TABLESPACE {tablespace}")));
    }
    if change.touches("statistics") {
        let columns = |list: &[Box<str>]| -> Vec<(String, String)> {
            let pair = |text: &str| text.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
            list.iter().filter_map(|text| pair(text)).collect()
        };
        let (had, has) = (columns(old.list("statistics")), columns(new.list("statistics")));
        let reset = had.iter().filter(|(column, _)| has.iter().all(|(other, _)| other != column));
        let reset: Vec<(String, String)> =
            reset.map(|(column, _)| (column.clone(), "-1".to_owned())).collect();
        for (column, target) in has.iter().chain(&reset) {
            steps.push(step(format!("ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target}")));
        }
    }
    steps.extend(alter_marks(change, &owner_of(change.new), &quote(&change.new.id.name())));
    steps
}

/// An index becomes part of a partitioned one.
pub fn attach_index(fact: &Fact) -> Vec<Step> {
    let of = path(fact.payload.list("of"));
    let sql = format!("ALTER INDEX {of} ATTACH PARTITION {}", path(&fact.id.path()));
    vec![Step::new(Verb::Create, &fact.id, sql)]
}

/// With what an index of a partition falls: the server keeps it as long as the index that it is part of.
pub fn whole_of(fact: &Fact, scene: &Scene<'_>) -> Option<FactId> {
    let part = scene
        .users_before(&fact.id)
        .find(|user| user.kind == Kind::IndexPartition && user.parent.as_ref() == Some(&fact.id))?;
    let whole = match part.payload.list("of_constraint") {
        [] => FactId::new(Kind::Index, part.payload.list("of")),
        name => FactId::new(Kind::Constraint, name),
    };
    Some(whole)
}

/// Statistics come.
pub fn create_statistics(fact: &Fact) -> Vec<Step> {
    let mut steps =
        vec![Step::new(Verb::Create, &fact.id, fact.payload.text("definition").unwrap_or_default())];
    if let Some(target) = fact.payload.int("target") {
        let sql = format!("ALTER STATISTICS {} SET STATISTICS {target}", path(&fact.id.path()));
        steps.push(Step::new(Verb::Create, &fact.id, sql));
    }
    steps
}
