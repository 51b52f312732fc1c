//! Columns and their defaults.

use sluice_facts::{Alteration, Change, Fact, FactId, Hazard, Kind, Scene, Step, Verb};

use super::assertion;
use super::name::{literal, owner_of, quote};

/// A column as `CREATE TABLE` and `ADD COLUMN` write it, with the defaults that come with it.
pub fn definition(fact: &Fact, scene: &Scene<'_>) -> String {
    let payload = &fact.payload;
    let name = fact.id.name();
    let mut sql = format!("{} {}", quote(&name), payload.text("type").unwrap_or_default());
    if let Some(method) = payload.text("compression") {
        sql.push_str(&format!(" COMPRESSION {method}"));
    }
    if !payload.list("foreign_options").is_empty() {
        sql.push_str(&format!(" OPTIONS ({})", super::service::options(payload.list("foreign_options"))));
    }
    if let Some(collation) = payload.text("collation") {
        sql.push_str(&format!(" COLLATE {collation}"));
    }
    if let (Some(kind), Some(expression)) = (payload.text("generated"), payload.text("expression")) {
        sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
    }
    let default = FactId::new(Kind::Default, fact.id.path());
    if let Some(default) = scene.to.get(&default).filter(|fact| joins_column(fact, scene)) {
        sql.push_str(&format!(" DEFAULT {}", default.payload.text("expression").unwrap_or_default()));
    }
    if let Some(identity) = payload.text("identity") {
        sql.push_str(&format!(" GENERATED {identity} AS IDENTITY{}", identity_options(fact)));
    }
    if payload.flag("not_null") {
        if let Some(constraint) = payload.text("not_null_name") {
            sql.push_str(&format!(" CONSTRAINT {}", quote(constraint)));
        }
        sql.push_str(" NOT NULL");
        if payload.flag("not_null_no_inherit") {
            sql.push_str(" NO INHERIT");
        }
    }
    sql
}

/// Whether a default is written with its column.
pub fn joins_column(default: &Fact, scene: &Scene<'_>) -> bool {
    let column = FactId::new(Kind::Column, default.id.path());
    let inherits = scene.to.get(&column).is_some_and(|column| !is_written(column, scene));
    scene.creates(&column) && !inherits && !scene.is_apart(&default.id, Verb::Create)
}

/// Whether a column is written where its table is made: one that only comes from a parent is not, except in a partition, which is
/// made by itself and then attached.
pub fn is_written(column: &Fact, scene: &Scene<'_>) -> bool {
    !column.payload.flag("inherited") || is_new_partition(column, scene)
}

/// Whether the column's table becomes a partition now.
fn is_new_partition(column: &Fact, scene: &Scene<'_>) -> bool {
    let path = column.id.path();
    scene.creates(&FactId::new(Kind::Partition, path.get(..2).unwrap_or_default()))
        && column.parent.as_ref().is_some_and(|table| scene.creates(table))
}

fn identity_options(fact: &Fact) -> String {
    let mut options = Vec::new();
    if let Some(name) = fact.payload.text("sequence") {
        options.push(format!("SEQUENCE NAME {}.{}", quote(&fact.id.part(0)), quote(name)));
    }
    options.extend(super::sequence::options(&fact.payload));
    if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) }
}

/// Settings that a column's definition does not hold.
fn settings(fact: &Fact) -> Vec<String> {
    let payload = &fact.payload;
    let column = quote(&fact.id.name());
    let mut actions = Vec::new();
    if let Some(storage) = payload.text("storage") {
        actions.push(format!("ALTER COLUMN {column} SET STORAGE {storage}"));
    }
    if let Some(target) = payload.int("statistics") {
        actions.push(format!("ALTER COLUMN {column} SET STATISTICS {target}"));
    }
    if !payload.list("options").is_empty() {
        actions.push(format!("ALTER COLUMN {column} SET ({})", payload.list("options").join(", ")));
    }
    actions
}

/// Steps for what [`definition`] leaves out.
pub fn settle(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let mut actions = settings(fact);
    if !is_written(fact, scene) {
        // What the child adds to what its parents say.
        let parents: Vec<&Fact> = fact
            .requires
            .iter()
            .filter(|id| id.kind() == Some(Kind::Column))
            .filter_map(|id| scene.to.get(id))
            .collect();
        if fact.payload.flag("not_null") && parents.iter().all(|parent| !parent.payload.flag("not_null")) {
            actions.push(format!("ALTER COLUMN {} SET NOT NULL", quote(&fact.id.name())));
        }
        let default = FactId::new(Kind::Default, fact.id.path());
        let inherits_default = parents
            .iter()
            .any(|parent| scene.to.get(&FactId::new(Kind::Default, parent.id.path())).is_some());
        if inherits_default && scene.to.get(&default).is_none() {
            actions.push(format!("ALTER COLUMN {} DROP DEFAULT", quote(&fact.id.name())));
        }
    }
    let step =
        |action| Step::new(Verb::Create, &fact.id, format!("ALTER TABLE ONLY {} {action}", owner_of(fact)));
    actions.into_iter().map(step).collect()
}

/// A column comes to a table that is there.
pub fn create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if is_written(fact, scene) {
        let sql = format!("ALTER TABLE {} ADD COLUMN {}", owner_of(fact), definition(fact, scene));
        let mut step = Step::new(Verb::Create, &fact.id, sql);
        let default = FactId::new(Kind::Default, fact.id.path());
        if fact.payload.flag("not_null")
            && fact.payload.text("generated").is_none()
            && fact.payload.text("identity").is_none()
            && !scene.to.get(&default).is_some_and(|default| joins_column(default, scene))
        {
            step = step.hazard(Hazard::DependsOnData).asserting([assertion::required(fact, scene)]);
        }
        if fact.payload.text("generated") == Some("STORED") || fact.payload.text("identity").is_some() {
            step = step.hazard(Hazard::RewritesTable);
        }
        steps.push(step);
    }
    steps.extend(settle(fact, scene));
    steps
}

/// A column goes.
pub fn drop(fact: &Fact) -> Vec<Step> {
    if fact.payload.flag("inherited") {
        return Vec::new();
    }
    let sql = format!("ALTER TABLE {} DROP COLUMN {}", owner_of(fact), quote(&fact.id.name()));
    let step = Step::new(Verb::Drop, &fact.id, sql);
    let computed = fact.payload.text("generated").is_some();
    vec![if computed { step } else { step.hazard(Hazard::DeletesData) }]
}

/// Whether a column can become another one where it is.
pub fn alteration(change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
    let (old, new) = (&change.old.payload, &change.new.payload);
    if change.touches("generated") || change.touches("expression") {
        let dropped = new.text("generated").is_none() && old.text("generated") == Some("STORED");
        let set = !change.touches("generated") && scene.options.version >= 170_000;
        if !dropped && !set {
            return Alteration::Replace;
        }
    }
    if retyped(change) {
        if new.text("generated").is_some() {
            return Alteration::Replace;
        }
        let mut evicts = Vec::new();
        in_the_way(&change.old.id, scene, &mut evicts);
        return Alteration::InPlace { evicts };
    }
    Alteration::SIMPLE
}

fn retyped(change: &Change<'_>) -> bool {
    change.touches("type") || change.touches("collation")
}

/// What must not be there while a column gets another type, in its table and in those that inherit from it.
pub fn in_the_way(column: &FactId, scene: &Scene<'_>, evicts: &mut Vec<FactId>) {
    for user in scene.users_before(column) {
        match user.kind {
            Kind::View
            | Kind::MaterializedView
            | Kind::Rule
            | Kind::Policy
            | Kind::Trigger
            | Kind::Default
            | Kind::Function
            | Kind::Procedure
            | Kind::PublicationMember => evicts.push(user.id.clone()),
            Kind::Constraint if user.payload.text("type") == Some("foreign key") => {
                evicts.push(user.id.clone());
            }
            Kind::Column if user.payload.text("generated").is_some() => evicts.push(user.id.clone()),
            Kind::Column => in_the_way(&user.id, scene, evicts),
            _ => {}
        }
    }
}

/// A column becomes another one.
pub fn alter(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let table = owner_of(change.new);
    let column = quote(&change.new.id.name());
    let step =
        |action: String| Step::new(Verb::Alter, &change.new.id, format!("ALTER TABLE {table} {action}"));
    let mut steps = Vec::new();
    let follows_parent = new.flag("inherited");
    if change.touches("generated") && !follows_parent {
        steps.push(step(format!("ALTER COLUMN {column} DROP EXPRESSION")));
    } else if change.touches("expression") && !follows_parent {
        let expression = new.text("expression").unwrap_or_default();
        steps.push(
            step(format!("ALTER COLUMN {column} SET EXPRESSION AS ({expression})"))
                .hazard(Hazard::RewritesTable),
        );
    }
    let identity_goes = old.text("identity").is_some() && new.text("identity").is_none();
    if identity_goes {
        steps.push(step(format!("ALTER COLUMN {column} DROP IDENTITY")));
    }
    if change.touches("not_null") && !new.flag("not_null") && !parent_says(change.old, scene, false) {
        steps.push(step(format!("ALTER COLUMN {column} DROP NOT NULL")));
    }
    if retyped(change) && !follows_parent {
        let (from, to) = (old.text("type").unwrap_or_default(), new.text("type").unwrap_or_default());
        let collate = new.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        let expression = super::cast::using(from, to, &column, scene);
        let using = expression.as_ref().map(|expression| format!(" USING {expression}")).unwrap_or_default();
        let retype = step(format!("ALTER COLUMN {column} TYPE {to}{collate}{using}"));
        steps.push(if super::cast::keeps_rows(from, to) {
            retype
        } else {
            retype.hazard(Hazard::RewritesTable).hazard(Hazard::DependsOnData).asserting(assertion::cast(
                change,
                expression.as_deref(),
                scene,
            ))
        });
    }
    if change.touches("not_null") && new.flag("not_null") && !parent_says(change.new, scene, true) {
        if super::online::applies(change.new, scene) {
            steps.extend(super::online::not_null(change.new, &table, scene));
        } else {
            let set = match new.text("not_null_name") {
                Some(name) => format!("ADD CONSTRAINT {} NOT NULL {column}", quote(name)),
                None => format!("ALTER COLUMN {column} SET NOT NULL"),
            };
            steps.push(
                step(set)
                    .hazard(Hazard::ScansTable)
                    .hazard(Hazard::DependsOnData)
                    .asserting(assertion::not_null(change.new, scene)),
            );
        }
    }
    if let (Some(identity), false) = (new.text("identity"), follows_parent) {
        steps.extend(identity_steps(change, identity, &table, &column));
    }
    steps.extend(alter_settings(change, &table, &column));
    let both = change.old.payload.flag("not_null") && new.flag("not_null");
    if change.touches("not_null_name") && both && !parent_says(change.new, scene, true) {
        steps.push(rename_not_null(change, &table));
    }
    steps
}

/// Whether a parent's column changes in the same way, so that this one follows by itself.
fn parent_says(fact: &Fact, scene: &Scene<'_>, not_null: bool) -> bool {
    let parents = fact.requires.iter().filter(|id| id.kind() == Some(Kind::Column));
    parents.filter_map(|id| Some((scene.from.get(id)?, scene.to.get(id)?))).any(|(old, new)| {
        new.payload.flag("not_null") == not_null && old.payload.flag("not_null") != not_null
    })
}

fn identity_steps(change: &Change<'_>, identity: &str, table: &str, column: &str) -> Vec<Step> {
    let step =
        |action: String| Step::new(Verb::Alter, &change.new.id, format!("ALTER TABLE {table} {action}"));
    if change.old.payload.text("identity").is_none() {
        let options = identity_options(change.new);
        return vec![step(format!("ALTER COLUMN {column} ADD GENERATED {identity} AS IDENTITY{options}"))];
    }
    let mut words = Vec::new();
    if change.touches("identity") {
        words.push(format!("SET GENERATED {identity}"));
    }
    words.extend(super::sequence::changes(change).into_iter().map(|option| format!("SET {option}")));
    if words.is_empty() {
        return Vec::new();
    }
    let id = &change.old.id;
    let implied = format!("{}_{}_seq", id.part(1), id.name());
    let sequence = change.old.payload.text("sequence").unwrap_or(&implied);
    let name = super::name::path(&[&*id.part(0), sequence]);
    let mut steps: Vec<Step> = super::sequence::move_inside(change, &name).into_iter().collect();
    steps.push(step(format!("ALTER COLUMN {column} {}", words.join(" "))));
    steps
}

fn alter_settings(change: &Change<'_>, table: &str, column: &str) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let mut actions = Vec::new();
    if change.touches("storage") || (retyped(change) && new.text("storage").is_some()) {
        actions
            .push(format!("ALTER COLUMN {column} SET STORAGE {}", new.text("storage").unwrap_or("DEFAULT")));
    }
    if change.touches("compression") {
        let method = new.text("compression").unwrap_or("default");
        actions.push(format!("ALTER COLUMN {column} SET COMPRESSION {method}"));
    }
    if change.touches("statistics") {
        let target = new.int("statistics").unwrap_or(-1);
        actions.push(format!("ALTER COLUMN {column} SET STATISTICS {target}"));
    }
    if change.touches("options") {
        let (set, reset) = super::table::option_changes(old.list("options"), new.list("options"));
        actions.extend(set.map(|list| format!("ALTER COLUMN {column} SET ({list})")));
        actions.extend(reset.map(|list| format!("ALTER COLUMN {column} RESET ({list})")));
    }
    if change.touches("foreign_options") {
        let options =
            super::service::option_changes(old.list("foreign_options"), new.list("foreign_options"));
        actions.push(format!("ALTER COLUMN {column} OPTIONS ({options})"));
    }
    if change.touches("not_null_not_valid")
        && new.flag("not_null")
        && let Some(name) = new.text("not_null_name")
    {
        actions.push(format!("VALIDATE CONSTRAINT {}", quote(name)));
    }
    let step = |action| Step::new(Verb::Alter, &change.new.id, format!("ALTER TABLE ONLY {table} {action}"));
    actions.into_iter().map(step).collect()
}

/// Gives a column's NOT NULL its name: it keeps the old one where the column gets another.
fn rename_not_null(change: &Change<'_>, table: &str) -> Step {
    let [from, to] = [change.old, change.new].map(|column| quote(&not_null_name(column)));
    Step::new(Verb::Rename, &change.new.id, format!("ALTER TABLE {table} RENAME CONSTRAINT {from} TO {to}"))
}

/// The name of a column's NOT NULL, which is a constraint since PostgreSQL 18: what the server calls it by itself is not in the facts.
pub(super) fn not_null_name(column: &Fact) -> String {
    if let Some(name) = column.payload.text("not_null_name") {
        return name.to_owned();
    }
    let base: String = format!("{}_{}", column.id.part(1), column.id.name()).chars().take(54).collect();
    format!("{base}_not_null")
}

/// A default comes or changes.
pub fn set_default(verb: Verb, fact: &Fact) -> Vec<Step> {
    let path = fact.id.path();
    let table = super::name::path(path.get(..2).unwrap_or_default());
    let expression = fact.payload.text("expression").unwrap_or_default();
    let sql =
        format!("ALTER TABLE ONLY {table} ALTER COLUMN {} SET DEFAULT {expression}", quote(&fact.id.name()));
    vec![Step::new(verb, &fact.id, sql)]
}

/// A default goes.
pub fn drop_default(fact: &Fact) -> Vec<Step> {
    let path = fact.id.path();
    let table = super::name::path(path.get(..2).unwrap_or_default());
    let sql = format!("ALTER TABLE ONLY {table} ALTER COLUMN {} DROP DEFAULT", quote(&fact.id.name()));
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// An attribute of a composite type, as it is written.
pub fn attribute(fact: &Fact) -> String {
    let payload = &fact.payload;
    let collate = payload.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    format!("{} {}{collate}", quote(&fact.id.name()), payload.text("type").unwrap_or_default())
}

/// A list of labels.
pub fn labels(texts: &[Box<str>]) -> String {
    texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", ")
}
