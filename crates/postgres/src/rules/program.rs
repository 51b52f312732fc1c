//! Views, routines, triggers, rules, policies.

use sluice_facts::{Alteration, Change, Fact, Hazard, Kind, Scene, Step, Verb};

use super::name::{keyword, of, owner_of, path, phrase, quote};
use super::table::{option_changes, settings, storage};

/// A view comes.
pub fn create_view(fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let name = path(&fact.id.path());
    let mut sql = format!("CREATE {} {name}", keyword(fact.kind));
    sql.push_str(&storage(payload));
    sql.push_str(&format!(" AS\n{}", payload.text("definition").unwrap_or_default()));
    if payload.flag("unpopulated") {
        sql.push_str("\nWITH NO DATA");
    }
    let mut steps = vec![Step::new(Verb::Create, &fact.id, sql)];
    for action in payload.list("column_settings") {
        steps.push(Step::new(
            Verb::Create,
            &fact.id,
            format!("ALTER {} {name} {action}", keyword(fact.kind)),
        ));
    }
    steps
}

/// Whether a view can become another one where it is: the columns that it had stay, in their order.
pub fn view_alteration(change: &Change<'_>) -> Alteration {
    let (old, new) = (&change.old.payload, &change.new.payload);
    if fact_is_materialized(change.new) {
        let simple = ["options", "owner", "tablespace"];
        return if change.only(&simple) { Alteration::SIMPLE } else { Alteration::Replace };
    }
    let grown = new.list("columns").starts_with(old.list("columns"));
    if grown && !change.touches("column_settings") { Alteration::SIMPLE } else { Alteration::Replace }
}

fn fact_is_materialized(fact: &Fact) -> bool {
    fact.kind == Kind::MaterializedView
}

/// A view becomes another one.
pub fn alter_view(change: &Change<'_>) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let mut steps = Vec::new();
    if change.touches("definition") {
        let options = match new.list("options") {
            [] => String::new(),
            list => format!(" WITH ({})", settings(list)),
        };
        let name = path(&change.new.id.path());
        steps.push(step(format!(
            "CREATE OR REPLACE VIEW {name}{options} AS\n{}",
            new.text("definition").unwrap_or_default()
        )));
    } else if change.touches("options") {
        let (set, reset) = option_changes(old.list("options"), new.list("options"));
        steps.extend(set.map(|list| step(format!("ALTER {} SET ({list})", phrase(change.new)))));
        steps.extend(reset.map(|list| step(format!("ALTER {} RESET ({list})", phrase(change.new)))));
    }
    if change.touches("tablespace") {
        let tablespace = new.text("tablespace").map_or_else(|| "pg_default".to_owned(), quote);
        steps.push(step(format!("ALTER {} SET TABLESPACE {tablespace}", phrase(change.new))));
    }
    steps
}

/// A thing goes by its name alone.
pub fn drop_named(fact: &Fact) -> Vec<Step> {
    vec![Step::new(Verb::Drop, &fact.id, format!("DROP {}", phrase(fact)))]
}

/// A routine comes.
pub fn create_routine(fact: &Fact) -> Vec<Step> {
    let definition = fact.payload.text("definition").unwrap_or_default().trim_end();
    let sql = match fact.kind {
        Kind::Aggregate => format!("CREATE AGGREGATE {} ({definition})", of(fact)),
        _ => definition.replacen("CREATE OR REPLACE ", "CREATE ", 1),
    };
    vec![Step::new(Verb::Create, &fact.id, sql)]
}

/// Whether a routine can become another one where it is.
pub fn routine_alteration(change: &Change<'_>) -> Alteration {
    let defaults = |fact: &Fact| fact.payload.int("defaults").unwrap_or_default();
    let same = change.only(&["definition", "owner", "defaults"]);
    let fits = change.new.kind != Kind::Aggregate || !change.touches("definition");
    if same && fits && defaults(change.new) >= defaults(change.old) {
        Alteration::SIMPLE
    } else {
        Alteration::Replace
    }
}

/// A routine becomes another one.
pub fn alter_routine(change: &Change<'_>) -> Vec<Step> {
    if !change.touches("definition") {
        return Vec::new();
    }
    let definition = change.new.payload.text("definition").unwrap_or_default().trim_end();
    vec![Step::new(Verb::Alter, &change.new.id, definition)]
}

/// A trigger comes.
pub fn create_trigger(fact: &Fact) -> Vec<Step> {
    let mut steps =
        vec![Step::new(Verb::Create, &fact.id, fact.payload.text("definition").unwrap_or_default())];
    steps.extend(fact.payload.text("enabled").map(|enabled| enable(Verb::Create, fact, enabled)));
    steps
}

fn enable(verb: Verb, fact: &Fact, enabled: &str) -> Step {
    let sql = match fact.kind {
        Kind::EventTrigger => format!("ALTER EVENT TRIGGER {} {enabled}", quote(&fact.id.name())),
        kind => {
            let word = if kind == Kind::Rule { "RULE" } else { "TRIGGER" };
            format!("ALTER TABLE {} {enabled} {word} {}", owner_of(fact), quote(&fact.id.name()))
        }
    };
    Step::new(verb, &fact.id, sql)
}

/// Whether a trigger or rule can become another one where it is.
pub fn trigger_alteration(change: &Change<'_>) -> Alteration {
    if change.touches("definition") { Alteration::Replace } else { Alteration::SIMPLE }
}

/// A trigger or rule fires at other times.
pub fn alter_trigger(change: &Change<'_>) -> Vec<Step> {
    if !change.touches("enabled") {
        return Vec::new();
    }
    vec![enable(Verb::Alter, change.new, change.new.payload.text("enabled").unwrap_or("ENABLE"))]
}

/// What is on a relation goes: a trigger, a rule, a policy.
pub fn drop_on(fact: &Fact, word: &str) -> Vec<Step> {
    let sql = format!("DROP {word} {} ON {}", quote(&fact.id.name()), owner_of(fact));
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// An event trigger comes.
pub fn create_event_trigger(fact: &Fact) -> Vec<Step> {
    let name = quote(&fact.id.name());
    let definition = fact.payload.text("definition").unwrap_or_default();
    let mut steps =
        vec![Step::new(Verb::Create, &fact.id, format!("CREATE EVENT TRIGGER {name} {definition}"))];
    steps.extend(fact.payload.text("enabled").map(|enabled| enable(Verb::Create, fact, enabled)));
    steps
}

/// A policy comes.
pub fn create_policy(fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let mut sql = format!("CREATE POLICY {} ON {}", quote(&fact.id.name()), owner_of(fact));
    if payload.flag("restrictive") {
        sql.push_str(" AS RESTRICTIVE");
    }
    if let Some(command) = payload.text("command") {
        sql.push_str(&format!(" FOR {command}"));
    }
    if !payload.list("roles").is_empty() {
        sql.push_str(&format!(" TO {}", roles(fact)));
    }
    sql.push_str(&conditions(fact));
    vec![Step::new(Verb::Create, &fact.id, sql).hazard(Hazard::ChangesAccess)]
}

fn roles(fact: &Fact) -> String {
    match fact.payload.list("roles") {
        [] => "PUBLIC".to_owned(),
        names => names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", "),
    }
}

fn conditions(fact: &Fact) -> String {
    let condition = |name: &str, words: &str| {
        fact.payload.text(name).map(|text| format!(" {words} ({text})")).unwrap_or_default()
    };
    format!("{}{}", condition("using", "USING"), condition("check", "WITH CHECK"))
}

/// Whether a policy can become another one where it is.
pub fn policy_alteration(change: &Change<'_>, _scene: &Scene<'_>) -> Alteration {
    let lost = |name: &str| change.touches(name) && change.new.payload.text(name).is_none();
    if change.touches("restrictive") || change.touches("command") || lost("using") || lost("check") {
        return Alteration::Replace;
    }
    Alteration::SIMPLE
}

/// A policy becomes another one.
pub fn alter_policy(change: &Change<'_>) -> Vec<Step> {
    let mut sql = format!("ALTER POLICY {} ON {}", quote(&change.new.id.name()), owner_of(change.new));
    if change.touches("roles") {
        sql.push_str(&format!(" TO {}", roles(change.new)));
    }
    sql.push_str(&conditions(change.new));
    vec![Step::new(Verb::Alter, &change.new.id, sql).hazard(Hazard::ChangesAccess)]
}
