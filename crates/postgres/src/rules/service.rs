//! Text search, publications, foreign data.

use sluice_facts::{Alteration, Change, Fact, Kind, Scene, Step, Verb};

use super::name::{literal, path, phrase, quote};

/// Options of foreign data as they are written.
pub fn options(list: &[Box<str>]) -> String {
    let option = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        format!("{} {}", quote(name), literal(value))
    };
    list.iter().map(|text| option(text)).collect::<Vec<_>>().join(", ")
}

/// What leads from some options to others.
pub fn option_changes(old: &[Box<str>], new: &[Box<str>]) -> String {
    let name = |text: &str| text.split_once('=').map_or(text, |(name, _)| name).to_owned();
    let mut words = Vec::new();
    for text in old {
        if !new.iter().any(|other| name(other) == name(text)) {
            words.push(format!("DROP {}", quote(&name(text))));
        }
    }
    for text in new.iter().filter(|text| !old.contains(text)) {
        let known = old.iter().any(|other| name(other) == name(text));
        let word = if known { "SET" } else { "ADD" };
        words.push(format!("{word} {}", options(std::slice::from_ref(text))));
    }
    words.join(", ")
}

/// One of these comes.
pub fn create(fact: &Fact) -> Vec<Step> {
    let payload = &fact.payload;
    let name = path(&fact.id.path());
    let foreign = |sql: &mut String| {
        if !payload.list("foreign_options").is_empty() {
            sql.push_str(&format!(" OPTIONS ({})", options(payload.list("foreign_options"))));
        }
    };
    let step = |sql: String| Step::new(Verb::Create, &fact.id, sql);
    match fact.kind {
        Kind::TextSearchDictionary => {
            let settings = payload.text("settings").map(|text| format!(", {text}")).unwrap_or_default();
            let template = payload.text("template").unwrap_or_default();
            vec![step(format!("CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = {template}{settings})"))]
        }
        Kind::TextSearchConfiguration => {
            let parser = payload.text("parser").unwrap_or_default();
            let mut steps =
                vec![step(format!("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = {parser})"))];
            for mapping in payload.list("mappings") {
                steps.push(step(format!("ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR {mapping}")));
            }
            steps
        }
        Kind::ForeignDataWrapper => {
            let mut sql = format!("CREATE FOREIGN DATA WRAPPER {name}");
            for (attribute, word) in [("handler", "HANDLER"), ("validator", "VALIDATOR")] {
                if let Some(function) = payload.text(attribute) {
                    sql.push_str(&format!(" {word} {function}"));
                }
            }
            foreign(&mut sql);
            vec![step(sql)]
        }
        Kind::ForeignServer => {
            let mut sql = format!("CREATE SERVER {name}");
            for (attribute, word) in [("type", "TYPE"), ("version", "VERSION")] {
                if let Some(text) = payload.text(attribute) {
                    sql.push_str(&format!(" {word} {}", literal(text)));
                }
            }
            sql.push_str(&format!(
                " FOREIGN DATA WRAPPER {}",
                quote(payload.text("wrapper").unwrap_or_default())
            ));
            foreign(&mut sql);
            vec![step(sql)]
        }
        Kind::UserMapping => {
            let mut sql =
                format!("CREATE USER MAPPING FOR {} SERVER {}", user(fact), quote(&fact.id.part(0)));
            foreign(&mut sql);
            vec![step(sql)]
        }
        Kind::PublicationMember => {
            vec![step(format!("ALTER PUBLICATION {} ADD {}", quote(&fact.id.part(0)), member(fact, true)))]
        }
        _ => {
            let all = if payload.flag("all_tables") { " FOR ALL TABLES" } else { "" };
            vec![step(format!("CREATE PUBLICATION {name}{all} WITH ({})", publication_settings(fact)))]
        }
    }
}

fn user(fact: &Fact) -> String {
    match fact.id.part(1).as_str() {
        "public" => "PUBLIC".to_owned(),
        name => quote(name),
    }
}

fn publication_settings(fact: &Fact) -> String {
    let payload = &fact.payload;
    let mut sql = format!("publish = {}", literal(payload.text("publish").unwrap_or_default()));
    if payload.flag("via_root") {
        sql.push_str(", publish_via_partition_root = true");
    }
    if let Some(kind) = payload.text("generated_columns") {
        sql.push_str(&format!(", publish_generated_columns = {kind}"));
    }
    sql
}

fn member(fact: &Fact, whole: bool) -> String {
    let path_of = fact.id.path();
    match path_of.as_slice() {
        [_, schema] => format!("TABLES IN SCHEMA {}", quote(schema)),
        [_, table @ ..] => {
            let mut sql = format!("TABLE ONLY {}", path(table));
            let columns = fact.payload.list("columns");
            if whole && !columns.is_empty() {
                let columns: Vec<String> = columns.iter().map(|name| quote(name)).collect();
                sql.push_str(&format!(" ({})", columns.join(", ")));
            }
            if let (true, Some(condition)) = (whole, fact.payload.text("where")) {
                sql.push_str(&format!(" WHERE ({condition})"));
            }
            sql
        }
        [] => String::new(),
    }
}

/// One of these goes.
pub fn drop(fact: &Fact) -> Vec<Step> {
    let sql = match fact.kind {
        Kind::UserMapping => {
            format!("DROP USER MAPPING FOR {} SERVER {}", user(fact), quote(&fact.id.part(0)))
        }
        Kind::PublicationMember => {
            format!("ALTER PUBLICATION {} DROP {}", quote(&fact.id.part(0)), member(fact, false))
        }
        _ => format!("DROP {}", phrase(fact)),
    };
    vec![Step::new(Verb::Drop, &fact.id, sql)]
}

/// Whether one of these can become another one where it is.
pub fn alteration(change: &Change<'_>, _scene: &Scene<'_>) -> Alteration {
    let replaced: &[&str] = match change.new.kind {
        Kind::TextSearchDictionary => &["template"],
        Kind::TextSearchConfiguration => &["parser"],
        Kind::ForeignServer => &["type", "wrapper"],
        Kind::PublicationMember => &["columns", "where"],
        Kind::Publication => &["all_tables"],
        _ => &[],
    };
    if replaced.iter().any(|name| change.touches(name)) { Alteration::Replace } else { Alteration::SIMPLE }
}

/// One of these becomes another one.
pub fn alter(change: &Change<'_>) -> Vec<Step> {
    let (old, new) = (&change.old.payload, &change.new.payload);
    let name = path(&change.new.id.path());
    let step = |sql: String| Step::new(Verb::Alter, &change.new.id, sql);
    let foreign = option_changes(old.list("foreign_options"), new.list("foreign_options"));
    match change.new.kind {
        Kind::TextSearchDictionary if change.touches("settings") => {
            let option_name =
                |text: &str| text.split_once('=').map_or(text, |(name, _)| name).trim().to_owned();
            let list = |text: Option<&str>| -> Vec<String> {
                text.map(|text| text.split(", ").map(str::to_owned).collect()).unwrap_or_default()
            };
            let (had, has) = (list(old.text("settings")), list(new.text("settings")));
            let mut words = has.clone();
            let gone = had.iter().map(|text| option_name(text));
            words.extend(gone.filter(|name| has.iter().all(|text| option_name(text) != *name)));
            vec![step(format!("ALTER TEXT SEARCH DICTIONARY {name} ({})", words.join(", ")))]
        }
        Kind::TextSearchConfiguration => mappings(change, &name),
        Kind::ForeignDataWrapper => {
            let mut sql = format!("ALTER FOREIGN DATA WRAPPER {name}");
            for (attribute, word) in [("handler", "HANDLER"), ("validator", "VALIDATOR")] {
                if change.touches(attribute) {
                    let clause = new
                        .text(attribute)
                        .map_or_else(|| format!("NO {word}"), |name| format!("{word} {name}"));
                    sql.push_str(&format!(" {clause}"));
                }
            }
            if !foreign.is_empty() {
                sql.push_str(&format!(" OPTIONS ({foreign})"));
            }
            if change.only(&["owner"]) { Vec::new() } else { vec![step(sql)] }
        }
        Kind::ForeignServer => {
            let mut sql = format!("ALTER SERVER {name}");
            if change.touches("version") {
                let version = new.text("version").map_or_else(|| "NULL".to_owned(), literal);
                sql.push_str(&format!(" VERSION {version}"));
            }
            if !foreign.is_empty() {
                sql.push_str(&format!(" OPTIONS ({foreign})"));
            }
            if change.only(&["owner"]) { Vec::new() } else { vec![step(sql)] }
        }
        Kind::UserMapping if !foreign.is_empty() => {
            let server = quote(&change.new.id.part(0));
            vec![step(format!(
                "ALTER USER MAPPING FOR {} SERVER {server} OPTIONS ({foreign})",
                user(change.new)
            ))]
        }
        Kind::Publication if !change.only(&["owner"]) => {
            let via_root = format!(", publish_via_partition_root = {}", new.flag("via_root"));
            let publish = literal(new.text("publish").unwrap_or_default());
            let generated = match (change.touches("generated_columns"), new.text("generated_columns")) {
                (true, kind) => format!(", publish_generated_columns = {}", kind.unwrap_or("none")),
                _ => String::new(),
            };
            vec![step(format!("ALTER PUBLICATION {name} SET (publish = {publish}{via_root}{generated})"))]
        }
        _ => Vec::new(),
    }
}

fn mappings(change: &Change<'_>, name: &str) -> Vec<Step> {
    let token = |text: &str| text.split_once(' ').map_or(text, |(token, _)| token).to_owned();
    let (old, new) = (change.old.payload.list("mappings"), change.new.payload.list("mappings"));
    let mut actions = Vec::new();
    for mapping in old.iter().filter(|mapping| !new.contains(mapping)) {
        actions.push(format!("DROP MAPPING FOR {}", token(mapping)));
    }
    for mapping in new.iter().filter(|mapping| !old.contains(mapping)) {
        actions.push(format!("ADD MAPPING FOR {mapping}"));
    }
    let sql = |action: String| format!("ALTER TEXT SEARCH CONFIGURATION {name} {action}");
    actions.into_iter().map(|action| Step::new(Verb::Alter, &change.new.id, sql(action))).collect()
}
