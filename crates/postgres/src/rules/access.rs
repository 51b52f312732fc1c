//! Owners, grants, default privileges, comments.

use std::borrow::Cow;

use sluice_facts::{Change, Fact, FactId, Hazard, Kind, Payload, Scene, Step, Value, Verb};

use super::name::{literal, path, phrase, quote};

/// Gives a new object to its owner, and takes away what default privileges give to roles that are to have something else.
pub fn after_create(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(owner) = fact.payload.text("owner") {
        steps.push(own(fact, owner));
    }
    let objects = match fact.kind {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => "TABLES",
        Kind::Sequence => "SEQUENCES",
        Kind::Function | Kind::Procedure | Kind::Aggregate => "FUNCTIONS",
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => "TYPES",
        Kind::Schema => "SCHEMAS",
        _ => return steps,
    };
    let schema = fact.id.part(0);
    for standing in scene.from.facts().iter().filter(|other| other.kind == Kind::DefaultPrivileges) {
        let path = standing.id.path();
        let [role, of, kind, grantee] = path.as_slice() else { continue };
        let applies = role.is_empty() && (of.is_empty() || *of == schema) && kind == objects;
        if !applies || scene.drops(&standing.id) {
            continue;
        }
        let wanted = scene.to.get(&FactId::on(Kind::Grant, &fact.id, Some(grantee)));
        if wanted.map(|grant| grant.payload.list("privileges")) == Some(standing.payload.list("privileges")) {
            continue;
        }
        let target = grant_target(fact);
        steps.push(Step::new(
            Verb::Create,
            &fact.id,
            format!("REVOKE ALL ON {target} FROM {}", role_name(grantee, Some(fact))),
        ));
        // What the object would have without anybody's default privileges.
        if let (None, [_, ..]) = (wanted, standing.payload.list("default")) {
            let list = plain(standing.payload.list("default"));
            steps.push(Step::new(
                Verb::Create,
                &fact.id,
                format!("GRANT {list} ON {target} TO {}", role_name(grantee, Some(fact))),
            ));
        }
    }
    steps
}

fn grant_target(fact: &Fact) -> String {
    match fact.kind {
        Kind::ForeignTable | Kind::View | Kind::MaterializedView => {
            phrase(fact).replace(super::name::keyword(fact.kind), "TABLE")
        }
        Kind::Aggregate => phrase(fact).replace("AGGREGATE", "FUNCTION").replace("(*)", "()"),
        Kind::Domain => phrase(fact).replace("DOMAIN", "TYPE"),
        _ => phrase(fact),
    }
}

fn own(fact: &Fact, owner: &str) -> Step {
    Step::new(Verb::Alter, &fact.id, format!("ALTER {} OWNER TO {}", phrase(fact), quote(owner)))
}

/// Gives an object to another owner.
pub fn owner(change: &Change<'_>) -> Option<Step> {
    if !change.touches("owner") {
        return None;
    }
    let step = match change.new.payload.text("owner") {
        Some(owner) => own(change.new, owner),
        None => {
            let sql = format!("ALTER {} OWNER TO CURRENT_USER", phrase(change.new));
            Step::new(Verb::Alter, &change.new.id, sql)
        }
    };
    Some(step.hazard(Hazard::ChangesAccess))
}

/// A grantee as SQL.
fn role_name(grantee: &str, object: Option<&Fact>) -> String {
    match grantee {
        "owner" => object
            .and_then(|fact| fact.payload.text("owner"))
            .map_or_else(|| "CURRENT_USER".to_owned(), quote),
        "public" => "PUBLIC".to_owned(),
        name => name.to_owned(),
    }
}

fn plain(privileges: &[Box<str>]) -> String {
    privileges.join(", ").replace('*', "")
}

/// `GRANT` for the privileges, those that may be passed on in a statement of their own. `what` makes the words after the privileges.
fn grants(privileges: &[Box<str>], column: Option<&str>, target: &str, role: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for passes_on in [false, true] {
        let chosen: Vec<Box<str>> =
            privileges.iter().filter(|name| name.ends_with('*') == passes_on).cloned().collect();
        if !chosen.is_empty() {
            let option = if passes_on { " WITH GRANT OPTION" } else { "" };
            texts.push(format!("GRANT {} ON {target} TO {role}{option}", list(&chosen, column)));
        }
    }
    texts
}

fn list(privileges: &[Box<str>], column: Option<&str>) -> String {
    let names: Vec<String> = privileges
        .iter()
        .map(|name| name.trim_end_matches('*'))
        .map(|name| column.map_or_else(|| name.to_owned(), |column| format!("{name} ({column})")))
        .collect();
    names.join(", ")
}

/// Makes privileges what they are to be, from what they were.
fn set_grant(verb: Verb, fact: &Fact, old: &[Box<str>], new: &[Box<str>], scene: &Scene<'_>) -> Vec<Step> {
    let payload = &fact.payload;
    let object = fact.parent.as_ref().and_then(|id| scene.to.get(id).or_else(|| scene.from.get(id)));
    let role = role_name(payload.text("grantee").unwrap_or_default(), object);
    let column = payload.text("column");
    let target = payload.text("target").unwrap_or_default();
    let mut texts = Vec::new();
    let lost: Vec<Box<str>> = old.iter().filter(|name| !new.contains(name)).cloned().collect();
    if !lost.is_empty() {
        texts.push(format!("REVOKE {} ON {target} FROM {role}", list(&lost, column)));
    }
    let gained: Vec<Box<str>> = new
        .iter()
        .filter(|name| {
            !old.contains(name)
                || lost.iter().any(|lost| lost.trim_end_matches('*') == name.trim_end_matches('*'))
        })
        .cloned()
        .collect();
    texts.extend(grants(&gained, column, target, &role));
    texts.into_iter().map(|sql| Step::new(verb, &fact.id, sql).hazard(Hazard::ChangesAccess)).collect()
}

/// A grant comes.
pub fn create_grant(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    set_grant(Verb::Create, fact, fact.payload.list("default"), fact.payload.list("privileges"), scene)
}

/// A grant goes.
pub fn drop_grant(fact: &Fact, scene: &Scene<'_>) -> Vec<Step> {
    set_grant(Verb::Drop, fact, fact.payload.list("privileges"), fact.payload.list("default"), scene)
}

/// A grant is another one.
pub fn alter_grant(change: &Change<'_>, scene: &Scene<'_>) -> Vec<Step> {
    let (old, new) = (change.old.payload.list("privileges"), change.new.payload.list("privileges"));
    set_grant(Verb::Alter, change.new, old, new, scene)
}

fn set_default_privileges(verb: Verb, fact: &Fact, old: &[Box<str>], new: &[Box<str>]) -> Vec<Step> {
    let names = fact.id.path();
    let [role, schema, objects, grantee] = names.as_slice() else { return Vec::new() };
    let mut head = "ALTER DEFAULT PRIVILEGES".to_owned();
    if !role.is_empty() {
        head.push_str(&format!(" FOR ROLE {}", quote(role)));
    }
    if !schema.is_empty() {
        head.push_str(&format!(" IN SCHEMA {}", path(&[schema])));
    }
    let grantee = match (grantee.as_str(), role.as_str()) {
        ("owner", "") => "CURRENT_USER".to_owned(),
        ("owner", role) => quote(role),
        _ => role_name(grantee, None),
    };
    let lost: Vec<Box<str>> = old.iter().filter(|name| !new.contains(name)).cloned().collect();
    let gained: Vec<Box<str>> = new.iter().filter(|name| !old.contains(name)).cloned().collect();
    let mut texts = Vec::new();
    if !lost.is_empty() {
        texts.push(format!("{head} REVOKE {} ON {objects} FROM {grantee}", list(&lost, None)));
    }
    texts.extend(grants(&gained, None, objects, &grantee).into_iter().map(|grant| format!("{head} {grant}")));
    texts.into_iter().map(|sql| Step::new(verb, &fact.id, sql).hazard(Hazard::ChangesAccess)).collect()
}

/// Default privileges come.
pub fn create_default_privileges(fact: &Fact) -> Vec<Step> {
    set_default_privileges(Verb::Create, fact, fact.payload.list("default"), fact.payload.list("privileges"))
}

/// Default privileges go.
pub fn drop_default_privileges(fact: &Fact) -> Vec<Step> {
    set_default_privileges(Verb::Drop, fact, fact.payload.list("privileges"), fact.payload.list("default"))
}

/// Default privileges are others.
pub fn alter_default_privileges(change: &Change<'_>) -> Vec<Step> {
    let (old, new) = (change.old.payload.list("privileges"), change.new.payload.list("privileges"));
    set_default_privileges(Verb::Alter, change.new, old, new)
}

/// A comment says something, or nothing.
pub fn comment(verb: Verb, fact: &Fact) -> Vec<Step> {
    let target = fact.payload.text("target").unwrap_or_default();
    let text = match (verb, fact.payload.text("text")) {
        // What a new database says; it counts as no comment.
        (Verb::Drop, _) if target == "SCHEMA public" => literal("standard public schema"),
        (Verb::Drop, _) | (_, None) => "NULL".to_owned(),
        (_, Some(text)) => literal(text),
    };
    vec![Step::new(verb, &fact.id, format!("COMMENT ON {target} IS {text}"))]
}

/// The schema `public`, with what everybody may do in it: since 15, no more than use it.
pub fn fresh(server: &str) -> Vec<Fact> {
    let major = server.split(|it: char| !it.is_ascii_digit()).find_map(|part| part.parse::<u32>().ok());
    let public = FactId::new(Kind::Schema, ["public"]);
    let privileges: &[&str] =
        if major.is_some_and(|major| major < 15) { &["CREATE", "USAGE"] } else { &["USAGE"] };
    let grant = Payload::new([
        (Cow::Borrowed("grantee"), Value::from("public")),
        (Cow::Borrowed("target"), Value::from("SCHEMA public")),
        (
            Cow::Borrowed("privileges"),
            privileges.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into(),
        ),
    ]);
    let id = FactId::on(Kind::Grant, &public, Some("public"));
    vec![
        Fact::new(public.clone(), Kind::Schema, None, Payload::default()),
        Fact::new(id, Kind::Grant, Some(public), grant),
    ]
}
