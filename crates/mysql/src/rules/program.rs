//! Views, triggers, routines, events, sequences.

use sluice_facts::{Alteration, Change, Fact, FactId, Fate, Kind, Payload, Scene, Step, Verb};

use super::name;
use crate::lexeme::names;

/// A view comes, or takes the place of the one before.
pub(crate) fn view(verb: Verb, fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let mut sql = if verb == Verb::Alter { "CREATE OR REPLACE".to_owned() } else { "CREATE".to_owned() };
    if let Some(algorithm) = payload.text("algorithm") {
        sql.push_str(&format!(" ALGORITHM={algorithm}"));
    }
    sql.push_str(&definer(payload));
    if let Some(security) = payload.text("security") {
        sql.push_str(&format!(" SQL SECURITY {security}"));
    }
    sql.push_str(&format!(" VIEW {}", name::top(&fact.id)));
    if let Some(columns) = payload.text("columns") {
        sql.push_str(&format!(" ({columns})"));
    }
    sql.push_str(&format!(" AS {}", payload.text("query").unwrap_or_default()));
    if let Some(check) = payload.text("check_option") {
        sql.push_str(&format!(" WITH {check} CHECK OPTION"));
    }
    vec![Step::new(verb, &fact.id, sql)]
}

/// What a view reads: tables, views, functions and sequences whose names it mentions.
pub(crate) fn before_view(fact: &Fact, scene: &Scene<'_>) -> Vec<FactId> {
    let query = fact.payload.text("query").unwrap_or_default();
    let kinds = [Kind::Table, Kind::View, Kind::Sequence, Kind::Function];
    names(query)
        .iter()
        .flat_map(|name| kinds.map(|kind| FactId::new(kind, [name])))
        .filter(|id| *id != fact.id && scene.to.position(id).is_some())
        .collect()
}

/// A text of the user's as it was written, comments and all.
fn written<'a>(payload: &'a Payload, as_written: &str, name: &str) -> &'a str {
    payload.text(as_written).or_else(|| payload.text(name)).unwrap_or_default()
}

fn definer(payload: &Payload) -> String {
    payload.text("definer").map(|user| format!(" DEFINER={}", name::account(user))).unwrap_or_default()
}

/// Steps in the SQL mode under which a text means what it meant.
fn in_mode(fact: &Fact, step: Step) -> Vec<Step> {
    let Some(modes) = fact.payload.text("sql_mode") else { return vec![step] };
    let verb = step.verb;
    let set = |sql: String| Step::new(verb, &fact.id, sql);
    vec![
        set(format!("SET @sluice_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = '{modes}'")),
        step,
        set("SET SESSION sql_mode = @sluice_sql_mode".to_owned()),
    ]
}

/// A trigger or a routine comes, or takes the place of the one before.
pub(crate) fn create(verb: Verb, fact: &Fact) -> Vec<Step> {
    let create = if verb == Verb::Alter { "CREATE OR REPLACE" } else { "CREATE" };
    let definition = written(&fact.payload, "~definition", "definition");
    let sql = format!("{create}{} {definition}", definer(&fact.payload));
    in_mode(fact, Step::new(verb, &fact.id, sql))
}

/// A trigger is replaced, except where it only moves up because the one before it goes.
pub(crate) fn trigger_alteration(change: &Change<'_>, scene: &Scene<'_>) -> Alteration {
    let mut before = change.old.payload.text("follows").map(str::to_owned);
    while let Some(id) = before.as_ref().map(|name| FactId::new(Kind::Trigger, [name])) {
        if scene.fate(&id) != Some(Fate::Drop) {
            break;
        }
        let fact = scene.from.get(&id);
        before = fact.and_then(|fact| fact.payload.text("follows")).map(str::to_owned);
    }
    let moves_up = change.only(&["follows"]) && before.as_deref() == change.new.payload.text("follows");
    if moves_up { Alteration::SIMPLE } else { Alteration::Replace }
}

/// MariaDB replaces routines, and keeps who may run them.
pub(crate) fn routine_alteration(scene: &Scene<'_>) -> Alteration {
    if &*scene.from.engine == "mariadb" { Alteration::SIMPLE } else { Alteration::Replace }
}

/// Something that has a name of its own goes.
pub(crate) fn drop(fact: &Fact) -> Vec<Step> {
    let word = fact.kind.words().to_ascii_uppercase();
    vec![Step::new(Verb::Drop, &fact.id, format!("DROP {word} {}", name::top(&fact.id)))]
}

/// An event comes.
pub(crate) fn create_event(fact: &Fact) -> Vec<Step> {
    let mut sql = format!("CREATE{} EVENT {}", definer(&fact.payload), name::top(&fact.id));
    sql.push_str(&schedule(&fact.payload));
    if fact.payload.flag("preserve") {
        sql.push_str(" ON COMPLETION PRESERVE");
    }
    if let Some(status) = fact.payload.text("status") {
        sql.push_str(&format!(" {status}"));
    }
    if let Some(comment) = fact.payload.text("comment") {
        sql.push_str(&format!(" COMMENT {}", literal(comment)));
    }
    sql.push_str(&format!(" DO {}", written(&fact.payload, "~body", "body")));
    in_mode(fact, Step::new(Verb::Create, &fact.id, sql))
}

/// A moment that an event does not have any more stays when it is altered.
pub(crate) fn event_alteration(change: &Change<'_>) -> Alteration {
    let loses = |attribute: &str| change.touches(attribute) && change.new.payload.get(attribute).is_none();
    if loses("starts") || loses("ends") { Alteration::Replace } else { Alteration::SIMPLE }
}

/// An event becomes another one. What is not named keeps its value, but for the definer.
pub(crate) fn alter_event(change: &Change<'_>) -> Vec<Step> {
    let payload = &change.new.payload;
    let mut sql = format!("ALTER{} EVENT {}", definer(payload), name::top(&change.new.id));
    if ["at", "every", "unit", "starts", "ends"].iter().any(|attribute| change.touches(attribute)) {
        sql.push_str(&schedule(payload));
    }
    if change.touches("preserve") {
        let not = if payload.flag("preserve") { "" } else { "NOT " };
        sql.push_str(&format!(" ON COMPLETION {not}PRESERVE"));
    }
    if change.touches("status") {
        sql.push_str(&format!(" {}", payload.text("status").unwrap_or("ENABLE")));
    }
    if change.touches("comment") {
        sql.push_str(&format!(" COMMENT {}", literal(payload.text("comment").unwrap_or_default())));
    }
    if change.touches("body") || change.touches("sql_mode") || change.only(&["definer"]) {
        sql.push_str(&format!(" DO {}", written(payload, "~body", "body")));
    }
    in_mode(change.new, Step::new(Verb::Alter, &change.new.id, sql))
}

fn schedule(payload: &Payload) -> String {
    if let Some(at) = payload.text("at") {
        return format!(" ON SCHEDULE AT '{at}'");
    }
    let every = payload.text("every").unwrap_or_default();
    let plain = every.chars().all(|character| character.is_ascii_digit());
    let every = if plain { every.to_owned() } else { literal(every.trim_matches('\'')) };
    let mut sql = format!(" ON SCHEDULE EVERY {every} {}", payload.text("unit").unwrap_or_default());
    for (attribute, word) in [("starts", "STARTS"), ("ends", "ENDS")] {
        if let Some(moment) = payload.text(attribute) {
            sql.push_str(&format!(" {word} '{moment}'"));
        }
    }
    sql
}

/// A text that reads the same in every SQL mode that knows backslashes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A sequence comes, or takes other options.
pub(crate) fn sequence(verb: Verb, fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let word = if verb == Verb::Alter { "ALTER" } else { "CREATE" };
    let mut sql = format!("{word} SEQUENCE {}", name::top(&fact.id));
    for (attribute, words) in [
        ("as", "AS"),
        ("start", "START WITH"),
        ("minvalue", "MINVALUE"),
        ("maxvalue", "MAXVALUE"),
        ("increment", "INCREMENT BY"),
        ("cache", "CACHE"),
    ] {
        if let Some(value) = payload.text(attribute) {
            sql.push_str(&format!(" {words} {value}"));
        }
    }
    if payload.flag("nocache") {
        sql.push_str(" NOCACHE");
    }
    sql.push_str(if payload.flag("cycle") { " CYCLE" } else { " NOCYCLE" });
    if let Some(engine) = payload.text("engine").filter(|_| verb == Verb::Create) {
        sql.push_str(&format!(" ENGINE={engine}"));
    }
    if let Some(comment) = payload.text("comment").filter(|_| verb == Verb::Create) {
        sql.push_str(&format!(" COMMENT={comment}"));
    }
    vec![Step::new(verb, &fact.id, sql)]
}
