//! A schema as files: one for each object, with everything that belongs to it.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use crate::{Builder, Fact, FactId, Kind, Options, Rules, Snapshot, Step, transition};

/// What an encoded name may grow to; a longer one is cut and told apart by a hash. File systems take 255 bytes.
const LONGEST: usize = 120;

/// A file of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpFile {
    /// Where it stands in the dump, with `/` between folder and name.
    pub path: String,
    /// Statements for the session, in front of the others.
    pub prelude: Vec<String>,
    /// The statements that make the object, in order.
    pub steps: Vec<Step>,
}

/// The files that make a schema in a new database, by path. The same schema gives the same files, and an object keeps its file as long
/// as it keeps its name. What one file needs of another may come later in the order of their paths.
pub fn dump(schema: &Snapshot, rules: &dyn Rules) -> Vec<DumpFile> {
    // Objects are made as if default privileges stood already: whether they do depends on the order in which files are run.
    let (mut new, mut without) = (Builder::default(), Builder::default());
    rules.fresh(&schema.server).into_iter().for_each(|fact| new.add(fact));
    for fact in schema.facts() {
        let builder = if fact.kind == Kind::DefaultPrivileges { &mut new } else { &mut without };
        builder.add(fact.clone());
    }
    let new = new.finish(&schema.engine, &schema.server);
    let without = without.finish(&schema.engine, &schema.server);
    let objects = transition(&new, schema, rules, Options::default());
    let defaults = transition(&without, schema, rules, Options::default());
    let mut files: BTreeMap<Place, Vec<Step>> = BTreeMap::new();
    for step in objects.steps.into_iter().chain(defaults.steps) {
        files.entry(place(&step.fact, [schema, &new])).or_default().push(step);
    }
    let paths = paths(files.keys());
    let mut dump: Vec<DumpFile> = files
        .into_iter()
        .filter_map(|(place, steps)| {
            // A dump is run statement by statement: only settings count, and what opens a transaction does not.
            let settings = rules.prelude(&steps).into_iter().filter(|sql| sql.starts_with("SET "));
            Some(DumpFile { path: paths.get(&place)?.clone(), prelude: settings.collect(), steps })
        })
        .collect();
    dump.sort_by(|a, b| a.path.cmp(&b.path));
    dump
}

/// Folder, and parts of the name of what stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    folder: String,
    name: Vec<String>,
}

/// The file that a fact is made in: that of what it belongs to.
fn place(id: &FactId, [schema, new]: [&Snapshot; 2]) -> Place {
    let mut id = id.clone();
    // Parents of parents; more of them than facts would be a circle.
    for _ in 0..schema.facts().len().saturating_add(1) {
        // What a new database has and the schema does not is taken away.
        let above = schema.get(&id).and_then(|fact| owner(fact, schema));
        let Some(above) = above.or_else(|| new.get(&id).and_then(|fact| owner(fact, new))) else { break };
        id = above;
    }
    let kind = id.kind();
    if kind == Some(Kind::DefaultPrivileges) {
        return Place { folder: String::new(), name: vec!["default_privileges".to_owned()] };
    }
    let mut name = id.path();
    if matches!(kind, Some(Kind::Function | Kind::Procedure | Kind::Aggregate))
        && let Some(last) = name.last_mut()
    {
        // Those of one name stand together.
        last.truncate(last.find('(').unwrap_or(last.len()));
    }
    Place { folder: kind.map(folder).unwrap_or_default(), name }
}

fn owner(fact: &Fact, schema: &Snapshot) -> Option<FactId> {
    if fact.kind == Kind::Sequence {
        let owner = schema.get(&FactId::new(Kind::SequenceOwner, fact.id.path()))?;
        let column = owner.payload.list("column");
        return schema.get(&FactId::new(Kind::Column, column))?.parent.clone();
    }
    let parent = schema.get(fact.parent.as_ref()?)?;
    // Of what is in a schema, only what is said of the schema itself belongs to it.
    let belongs = parent.kind != Kind::Schema || matches!(fact.kind, Kind::Grant | Kind::Comment);
    belongs.then(|| parent.id.clone())
}

/// The folder for a kind. What must not be there while the rest is made comes last.
fn folder(kind: Kind) -> String {
    match kind {
        Kind::Enum | Kind::Composite | Kind::Range => "types".to_owned(),
        Kind::EventTrigger => "zz_event_triggers".to_owned(),
        kind => match (kind.name(), kind.name().strip_suffix('y')) {
            (_, Some(stem)) => format!("{stem}ies"),
            (name, None) if name.ends_with('s') => name.to_owned(),
            (name, None) => format!("{name}s"),
        },
    }
}

/// Paths that differ on every file system, whatever it makes of case.
fn paths<'p>(places: impl Iterator<Item = &'p Place>) -> HashMap<Place, String> {
    let mut taken: HashMap<String, Place> = HashMap::new();
    let mut plain: Vec<(String, &Place)> = places.map(|place| (path(place), place)).collect();
    // The one in small letters keeps its plain name, so that it does not depend on others that come and go.
    plain.sort_by_key(|(path, place)| (path.to_lowercase(), *path != path.to_lowercase(), (*place).clone()));
    let mut paths = HashMap::new();
    for (path, place) in plain {
        let folded = path.to_lowercase();
        let path = if taken.contains_key(&folded) { format!("{path}~{}", short_hash(place)) } else { path };
        taken.insert(folded, place.clone());
        paths.insert(place.clone(), format!("{path}.sql"));
    }
    paths
}

fn path(place: &Place) -> String {
    let parts: Vec<String> = place.name.iter().map(|part| encoded(part)).collect();
    let mut name = parts.join(".");
    if name.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| name.is_char_boundary(*at)).unwrap_or_default();
        name.truncate(cut);
        name = format!("{name}~{}", short_hash(place));
    }
    if place.folder.is_empty() { name } else { format!("{}/{name}", place.folder) }
}

fn short_hash(place: &Place) -> String {
    let mut state = Sha256::new();
    state.update(&place.folder);
    for part in &place.name {
        state.update([0]);
        state.update(part);
    }
    state.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A name as a part of a file's name: letters and digits of any script as they are, everything else by its bytes.
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for character in part.chars() {
        if character.is_alphanumeric() || matches!(character, '_' | '-') {
            text.push(character);
        } else {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    if text.is_empty() { "%".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(folder: &str, name: &[&str]) -> Place {
        Place { folder: folder.to_owned(), name: name.iter().map(|part| (*part).to_owned()).collect() }
    }

    #[test]
    fn names_of_files_are_safe_everywhere_and_tell_odd_names_apart() {
        for (name, expected) in [
            (&["public", "orders"][..], "tables/public.orders"),
            (&["orders"], "tables/orders"),
            (&["public", "a.b"], "tables/public.a%2Eb"),
            (&["public", "../etc/x"], "tables/public.%2E%2E%2Fetc%2Fx"),
            (&["public", "say \"hi\""], "tables/public.say%20%22hi%22"),
            (&["", "t"], "tables/%.t"),
            (&["größe"], "tables/größe"),
            (&["e\u{301}"], "tables/e%CC%81"),
            (&["100%"], "tables/100%25"),
        ] {
            assert_eq!(path(&named("tables", name)), expected);
        }
        let long = path(&named("tables", &["public", &"é\"".repeat(60)]));
        assert!(long.len() < 160, "{long}");
    }

    #[test]
    fn names_that_differ_only_in_case_have_files_of_their_own() {
        let places = ["Orders", "orders", "ORDERS", "users"].map(|name| named("tables", &[name]));
        let paths = paths(places.iter());
        assert_eq!(paths[&places[1]], "tables/orders.sql");
        assert_eq!(paths[&places[3]], "tables/users.sql");
        let mut folded: Vec<String> = paths.values().map(|path| path.to_lowercase()).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), 4, "{paths:?}");
        // Alone, a name in capitals is plain.
        let alone = super::paths(places[..1].iter());
        assert_eq!(alone[&places[0]], "tables/Orders.sql");
    }

    #[test]
    fn folders_are_called_as_what_is_in_them() {
        for (kind, expected) in [
            (Kind::Table, "tables"),
            (Kind::MaterializedView, "materialized_views"),
            (Kind::TextSearchDictionary, "text_search_dictionaries"),
            (Kind::Enum, "types"),
            (Kind::Schema, "schemas"),
            (Kind::EventTrigger, "zz_event_triggers"),
        ] {
            assert_eq!(folder(kind), expected);
        }
    }
}
