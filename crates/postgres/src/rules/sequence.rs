//! Sequences, and those behind identity columns.

use sluice_facts::{Change, Fact, Kind, Payload, Scene, Step, Verb};

use super::name::{path, quote};

/// Options of a new sequence that are not at their defaults.
pub fn options(payload: &Payload) -> Vec<String> {
    let number = |name: &str, words: &str| payload.int(name).map(|number| format!("{words} {number}"));
    let mut options: Vec<String> = [
        number("increment", "INCREMENT BY"),
        number("minimum", "MINVALUE"),
        number("maximum", "MAXVALUE"),
        number("start", "START WITH"),
        number("cache", "CACHE"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if payload.flag("cycle") {
        options.push("CYCLE".to_owned());
    }
    options
}

/// Options that lead from one sequence to the other.
pub fn changes(change: &Change<'_>) -> Vec<String> {
    let new = &change.new.payload;
    let mut options = Vec::new();
    let any = ["increment", "minimum", "maximum", "start"].iter().any(|name| change.touches(name));
    if any {
        let number = |name: &str, words: &str, absent: &str| match new.int(name) {
            Some(number) => format!("{words} {number}"),
            None => absent.to_owned(),
        };
        options.push(format!("INCREMENT BY {}", new.int("increment").unwrap_or(1)));
        options.push(number("minimum", "MINVALUE", "NO MINVALUE"));
        options.push(number("maximum", "MAXVALUE", "NO MAXVALUE"));
        let upwards = new.int("increment").unwrap_or(1) > 0;
        let first = if upwards { new.int("minimum").unwrap_or(1) } else { new.int("maximum").unwrap_or(-1) };
        options.push(format!("START WITH {}", new.int("start").unwrap_or(first)));
    }
    if change.touches("cache") {
        options.push(format!("CACHE {}", new.int("cache").unwrap_or(1)));
    }
    if change.touches("cycle") {
        options.push(if new.flag("cycle") { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    options
}

/// Smallest, largest and first value.
fn bounds(payload: &Payload) -> (i64, i64, i64) {
    let (bottom, top) = match payload.text("type") {
        Some("smallint") => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Some("integer") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let upwards = payload.int("increment").unwrap_or(1) > 0;
    let minimum = payload.int("minimum").unwrap_or(if upwards { 1 } else { bottom });
    let maximum = payload.int("maximum").unwrap_or(if upwards { top } else { -1 });
    (minimum, maximum, payload.int("start").unwrap_or(if upwards { minimum } else { maximum }))
}

/// A sequence whose value may be outside of its new limits is moved to the nearest one, or the server would refuse them.
pub fn move_inside(change: &Change<'_>, name: &str) -> Option<Step> {
    let (minimum, maximum, _) = bounds(&change.new.payload);
    let (_, _, start) = bounds(&change.old.payload);
    let limited = change.touches("minimum") || change.touches("maximum") || change.touches("increment");
    if !limited || (minimum..=maximum).contains(&start) {
        return None;
    }
    let sql = format!(
        "SELECT setval({}, greatest(least(last_value, {maximum}), {minimum}), is_called) FROM {name}",
        super::name::literal(name)
    );
    Some(Step::new(Verb::Alter, &change.new.id, sql))
}

/// A sequence comes.
pub fn create(fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let unlogged = if payload.flag("unlogged") { "UNLOGGED " } else { "" };
    let mut sql = format!("CREATE {unlogged}SEQUENCE {}", path(&fact.id.path()));
    if let Some(name) = payload.text("type") {
        sql.push_str(&format!(" AS {name}"));
    }
    for option in options(payload) {
        sql.push_str(&format!(" {option}"));
    }
    vec![Step::new(Verb::Create, &fact.id, sql)]
}

/// A sequence changes.
pub fn alter(change: &Change<'_>) -> Vec<Step> {
    let name = path(&change.new.id.path());
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let mut steps = Vec::new();
    if change.touches("unlogged") {
        let word = if change.new.payload.flag("unlogged") { "UNLOGGED" } else { "LOGGED" };
        steps.push(step(format!("ALTER SEQUENCE {name} SET {word}")));
    }
    steps.extend(move_inside(change, &name));
    let mut words = Vec::new();
    if change.touches("type") {
        words.push(format!("AS {}", change.new.payload.text("type").unwrap_or("bigint")));
    }
    words.extend(changes(change));
    if !words.is_empty() {
        steps.push(step(format!("ALTER SEQUENCE {name} {}", words.join(" "))));
    }
    steps
}

/// A sequence gets the column that it belongs to, or another one, or none.
pub fn owner(verb: Verb, fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let sequence = path(&fact.id.path());
    // What goes with its table is no step; `falls_with` has joined it.
    if verb == Verb::Drop
        && scene.to.get(&sluice_facts::FactId::new(Kind::Sequence, fact.id.path())).is_none()
    {
        return Vec::new();
    }
    let column = match verb {
        Verb::Drop => "NONE".to_owned(),
        _ => fact.payload.list("column").iter().map(|part| quote(part)).collect::<Vec<_>>().join("."),
    };
    vec![Step::new(verb, &fact.id, format!("ALTER SEQUENCE {sequence} OWNED BY {column}"))]
}
