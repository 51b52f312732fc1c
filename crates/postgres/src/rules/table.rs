//! Tables, foreign tables, partitions.

use sluice_facts::{Alteration, Change, Fact, FactId, Hazard, Kind, Payload, Scene, Step, Verb};

use super::column;
use super::name::{path, quote};

/// A table comes, with its columns.
pub fn create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let payload = &fact.payload;
    let mut columns: Vec<&Fact> = scene
        .children_after(&fact.id, Kind::Column)
        .filter(|column| !scene.is_apart(&column.id, Verb::Create))
        .collect();
    columns.sort_by_key(|column| column.ordinal);
    let written: Vec<String> = columns
        .iter()
        .filter(|column| column::is_written(column, scene))
        .map(|fact| format!("\n    {}", column::definition(fact, scene)))
        .collect();
    let name = path(&fact.id.path());
    let foreign = fact.kind == Kind::ForeignTable;
    let mut sql = match (foreign, payload.flag("unlogged")) {
        (true, _) => format!("CREATE FOREIGN TABLE {name}"),
        (false, true) => format!("CREATE UNLOGGED TABLE {name}"),
        (false, false) => format!("CREATE TABLE {name}"),
    };
    match payload.text("of_type") {
        Some(of) => sql.push_str(&format!(" OF {of}")),
        None if written.is_empty() => sql.push_str(" ()"),
        None => sql.push_str(&format!(" ({}\n)", written.join(","))),
    }
    if !payload.list("inherits").is_empty() {
        sql.push_str(&format!(" INHERITS ({})", payload.list("inherits").join(", ")));
    }
    if let Some(key) = payload.text("partition_key") {
        sql.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(server) = payload.text("server") {
        sql.push_str(&format!(" SERVER {}", quote(server)));
        let options = payload.list("foreign_options");
        if !options.is_empty() {
            sql.push_str(&format!(" OPTIONS ({})", super::service::options(options)));
        }
    }
    sql.push_str(&storage(payload));
    let mut steps = vec![Step::new(Verb::Create, &fact.id, sql)];
    for column in columns {
        steps.extend(column::settle(column, scene));
    }
    let mut actions = Vec::new();
    if payload.flag("row_security") {
        actions.push("ENABLE ROW LEVEL SECURITY".to_owned());
    }
    if payload.flag("force_row_security") {
        actions.push("FORCE ROW LEVEL SECURITY".to_owned());
    }
    if let Some(identity) = payload.text("replica_identity") {
        actions.push(format!("REPLICA IDENTITY {identity}"));
    }
    steps.extend(
        actions
            .into_iter()
            .map(|action| Step::new(Verb::Create, &fact.id, format!("ALTER TABLE ONLY {name} {action}"))),
    );
    steps
}

/// A table goes.
pub fn drop(fact: &Fact) -> Vec<Step> {
    let word = if fact.kind == Kind::ForeignTable { "FOREIGN TABLE" } else { "TABLE" };
    let step = Step::new(Verb::Drop, &fact.id, format!("DROP {word} {}", path(&fact.id.path())));
    vec![if fact.kind == Kind::ForeignTable { step } else { step.hazard(Hazard::DeletesData) }]
}

/// Whether a table can become another one where it is.
pub fn alteration(change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
    let moved = change.touches("access_method") && scene.options.version < 150_000;
    if change.touches("partition_key") || change.touches("of_type") || change.touches("server") || moved {
        return Alteration::Replace;
    }
    Alteration::SIMPLE
}

/// A table becomes another one.
pub fn alter(change: &Change<'_>) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let name = path(&change.new.id.path());
    let mut actions: Vec<(String, Option<Hazard>)> = Vec::new();
    if change.touches("inherits") {
        let (had, has) = (old.list("inherits"), new.list("inherits"));
        let gone = had.iter().filter(|parent| !has.contains(parent));
        actions.extend(gone.map(|parent| (format!("NO INHERIT {parent}"), None)));
        let come = has.iter().filter(|parent| !had.contains(parent));
        actions.extend(come.map(|parent| (format!("INHERIT {parent}"), None)));
    }
    if change.touches("unlogged") {
        let word = if new.flag("unlogged") { "UNLOGGED" } else { "LOGGED" };
        actions.push((format!("SET {word}"), Some(Hazard::RewritesTable)));
    }
    if change.touches("access_method") {
        let method = new.text("access_method").map_or_else(|| "heap".to_owned(), quote);
        actions.push((format!("SET ACCESS METHOD {method}"), Some(Hazard::RewritesTable)));
    }
    if change.touches("tablespace") {
        let tablespace = new.text("tablespace").map_or_else(|| "pg_default".to_owned(), quote);
        actions.push((format!("SET TABLESPACE {tablespace}"), Some(Hazard::RewritesTable)));
    }
    if change.touches("options") {
        let (set, reset) = option_changes(old.list("options"), new.list("options"));
        actions.extend(set.map(|list| (format!("SET ({list})"), None)));
        actions.extend(reset.map(|list| (format!("RESET ({list})"), None)));
    }
    if change.touches("row_security") {
        let word = if new.flag("row_security") { "ENABLE" } else { "DISABLE" };
        actions.push((format!("{word} ROW LEVEL SECURITY"), Some(Hazard::ChangesAccess)));
    }
    if change.touches("force_row_security") {
        let word = if new.flag("force_row_security") { "FORCE" } else { "NO FORCE" };
        actions.push((format!("{word} ROW LEVEL SECURITY"), Some(Hazard::ChangesAccess)));
    }
    if change.touches("replica_identity") {
        actions
            .push((format!("REPLICA IDENTITY {}", new.text("replica_identity").unwrap_or("DEFAULT")), None));
    }
    if change.touches("foreign_options") {
        let options =
            super::service::option_changes(old.list("foreign_options"), new.list("foreign_options"));
        actions.push((format!("OPTIONS ({options})"), None));
    }
    let word = if change.new.kind == Kind::ForeignTable { "FOREIGN TABLE" } else { "TABLE ONLY" };
    let step = |(action, hazard): (String, Option<Hazard>)| {
        let step = Step::new(Verb::Alter, &change.new.id, format!("ALTER {word} {name} {action}"));
        hazard.map_or(step.clone(), |hazard| step.hazard(hazard))
    };
    actions.into_iter().map(step).collect()
}

/// Options as they are written: `name=value` with values quoted.
pub fn settings(options: &[Box<str>]) -> String {
    let setting = |option: &str| match option.split_once('=') {
        Some((name, value)) => format!("{name}={}", super::name::literal(value)),
        None => option.to_owned(),
    };
    options.iter().map(|option| setting(option)).collect::<Vec<_>>().join(", ")
}

/// How a table or a view is stored, as `CREATE` says it.
pub fn storage(payload: &Payload) -> String {
    let mut sql = String::new();
    if let Some(method) = payload.text("access_method") {
        sql.push_str(&format!(" USING {}", quote(method)));
    }
    if !payload.list("options").is_empty() {
        sql.push_str(&format!(" WITH ({})", settings(payload.list("options"))));
    }
    if let Some(tablespace) = payload.text("tablespace") {
        sql.push_str(&format!(" TABLESPACE {}", quote(tablespace)));
    }
    sql
}

/// Options to set and options to reset, as lists.
pub fn option_changes(old: &[Box<str>], new: &[Box<str>]) -> (Option<String>, Option<String>) {
    let name = |option: &str| option.split_once('=').map_or(option, |(name, _)| name).to_owned();
    let set: Vec<Box<str>> = new.iter().filter(|option| !old.contains(option)).cloned().collect();
    let kept: Vec<String> = new.iter().map(|option| name(option)).collect();
    let reset: Vec<String> =
        old.iter().map(|option| name(option)).filter(|name| !kept.contains(name)).collect();
    let list = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
    ((!set.is_empty()).then(|| settings(&set)), list(reset))
}

/// A table becomes a partition.
pub fn attach(fact: &Fact) -> Vec<Step> {
    let sql = format!(
        "ALTER TABLE ONLY {} ATTACH PARTITION {} {}",
        path(fact.payload.list("of")),
        path(&fact.id.path()),
        fact.payload.text("bound").unwrap_or_default()
    );
    vec![Step::new(Verb::Create, &fact.id, sql).hazard(Hazard::ScansTable)]
}

/// A table is a partition no more.
pub fn detach(fact: &Fact) -> Vec<Step> {
    let sql =
        format!("ALTER TABLE {} DETACH PARTITION {}", path(fact.payload.list("of")), path(&fact.id.path()));
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// A table is attached when it has all that the whole has: its indexes are found then and not built again.
pub fn before_attaching(fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
    let Some(table) = &fact.parent else { return Vec::new() };
    let kinds = [Kind::Column, Kind::Constraint, Kind::Index];
    scene.users_after(table).filter(|user| kinds.contains(&user.kind)).map(|user| user.id.clone()).collect()
}
