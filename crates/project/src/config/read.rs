//! From the parsed file to [`Config`]. A value that is refused is reported and left out, so that one run finds all of
//! what is wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sluice_rollout::{Environment, Integrity, People, Response, Selector, Wave};

use super::model::{
    Apply, Backup, Config, DatabaseEntry, DriftResponse, Group, Placeholders, Policy, ProjectSection,
    SchemaSection, Shadow,
};
use super::pattern::FactPattern;
use super::reader::{Node, Reader};
use super::suggestion::{did_you_mean, nearest};
use super::value::{self, Fault};
use super::{environment, review};
use crate::secret::SecretRef;

/// Reads all of the file; what could not be read has been reported.
pub(super) fn config(reader: &mut Reader<'_>, root: Node<'_>) -> Option<Config> {
    let project = root.table("project").map(|node| project(reader, node));
    let people = people(reader, root);
    let environments = environment::read(reader, root, &people);
    let databases = databases(reader, root, &environments);
    let known_labels: BTreeSet<&str> =
        databases.iter().flat_map(|database| database.labels.keys().map(String::as_str)).collect();
    let groups = groups(reader, root, &known_labels);
    warn_unknown_waves(reader, root, &known_labels);
    let placeholders = root.table("placeholders").map(|node| placeholders(reader, node)).unwrap_or_default();
    let schema = root.table("schema").map(|node| schema(reader, node)).unwrap_or_default();
    let policy = root.table("policy").map(|node| policy(reader, node)).unwrap_or_default();
    let apply = root.table("apply").map(|node| apply(reader, node)).unwrap_or_default();
    let review = review::read(reader, root, &environments, &known_labels);
    Some(Config {
        project: project.flatten()?,
        schema,
        placeholders,
        policy,
        apply,
        people,
        groups,
        environments,
        databases,
        review,
        warnings: Vec::new(),
    })
}

fn project(reader: &mut Reader<'_>, node: Node<'_>) -> Option<ProjectSection> {
    let name = reader.parse(node, "name", value::name);
    let schema = reader.parse(node, "schema", value::path);
    let migrations = match node.texts("migrations") {
        None if node.text("schema").is_some() => Vec::new(),
        None => vec!["migrations".to_owned()],
        Some(texts) if texts.is_empty() => {
            reader.error(node.span, "`migrations` is empty", Some("name at least one folder".to_owned()));
            Vec::new()
        }
        Some(texts) => {
            let mut paths: Vec<String> = Vec::new();
            for text in texts {
                match reader.accept(text.at, value::path(&text.text)) {
                    Some(path) if paths.contains(&path) => {
                        reader.error(text.at, format!("folder `{path}` is named twice"), None);
                    }
                    path => paths.extend(path),
                }
            }
            paths
        }
    };
    if let (Some(path), Some(at)) = (&schema, node.text("schema")) {
        if let Some(folder) =
            migrations.iter().find(|folder| is_below(path, folder) || is_below(folder, path))
        {
            reader.error(
                at.at,
                format!("`{path}` and `{folder}` hold each other: SQL would be both a schema and migrations"),
                Some("give the schema and the migrations folders of their own".to_owned()),
            );
        }
        if migrations.is_empty()
            && let Some(layout) = node.text("layout")
        {
            reader.error(
                layout.at,
                "`layout` is about migrations, and this project has none",
                Some("remove it".to_owned()),
            );
        }
    }
    Some(ProjectSection {
        name: name?,
        migrations,
        schema,
        layout: node.choice("layout").and_then(|name| name.parse().ok()),
    })
}

/// Whether a path is a folder or lies in it.
fn is_below(path: &str, folder: &str) -> bool {
    folder == "." || std::path::Path::new(path).starts_with(folder)
}

fn schema(reader: &mut Reader<'_>, node: Node<'_>) -> SchemaSection {
    let mut patterns = |key: &str| -> Vec<FactPattern> {
        let texts = node.texts(key).unwrap_or_default();
        texts.iter().filter_map(|text| reader.accept(text.at, FactPattern::parse(&text.text))).collect()
    };
    SchemaSection {
        include: patterns("include"),
        exclude: patterns("exclude"),
        allow: node
            .texts("allow")
            .unwrap_or_default()
            .into_iter()
            .map(|text| text.text.into_owned())
            .collect(),
        shadow: shadow(reader, node),
    }
}

fn shadow(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Shadow> {
    reader.parse(node, "shadow", |text| match text {
        "own" => Ok(Shadow::Own),
        text => text
            .parse::<SecretRef>()
            .map(Shadow::At)
            .map_err(|error| Fault::new(error.to_string(), error.help())),
    })
}

fn placeholders(reader: &mut Reader<'_>, node: Node<'_>) -> Placeholders {
    let mut values = BTreeMap::new();
    for (name, at, text) in node.text_map("values") {
        if name.is_empty() || name.contains(['{', '}', '$']) || name.contains(char::is_whitespace) {
            reader.error(
                at,
                format!("`{name}` is not a name of a placeholder"),
                Some("write a word without blanks, braces and $".to_owned()),
            );
        }
        values.insert(name.to_owned(), text.text.into_owned());
    }
    let decided = node.bool("enabled").is_some();
    let enabled = node.bool("enabled").unwrap_or(false);
    if !enabled && !values.is_empty() {
        reader.warning(
            node.span,
            "placeholders have values but are not enabled",
            Some("add enabled = true to [placeholders]".to_owned()),
        );
    }
    Placeholders { enabled, decided, values }
}

fn policy(reader: &mut Reader<'_>, node: Node<'_>) -> Policy {
    let kept = Backup::default();
    let retention = reader.parse(node, "backup_retention", value::duration);
    let response = |key| match node.choice(key) {
        Some("warn") => Response::Warn,
        Some("allow") => Response::Allow,
        _ => Response::Error,
    };
    Policy {
        integrity: Integrity {
            edited: response("edited"),
            removed: response("removed"),
            out_of_order: response("out_of_order"),
            unadopted: response("unadopted"),
        },
        drift: match node.choice("drift") {
            Some("error") => DriftResponse::Error,
            Some("warn") => DriftResponse::Warn,
            Some("adopt") => DriftResponse::Adopt,
            _ => DriftResponse::Off,
        },
        backup: Backup {
            on: node.choice("backup") == Some("on"),
            rows: node.integer("backup_rows").unwrap_or(kept.rows),
            retention: retention.unwrap_or(kept.retention),
        },
    }
}

fn apply(reader: &mut Reader<'_>, node: Node<'_>) -> Apply {
    let default = Apply::default();
    let mut duration = |key: &str| reader.parse(node, key, value::duration);
    let limits = Apply {
        lock_timeout: duration("lock_timeout").unwrap_or(default.lock_timeout),
        lock_attempts: node.integer("lock_attempts").unwrap_or(default.lock_attempts),
        lock_wait: duration("lock_wait").unwrap_or(default.lock_wait),
        statement_timeout: duration("statement_timeout").filter(|timeout| !timeout.is_zero()),
        connect_timeout: duration("connect_timeout").unwrap_or(default.connect_timeout),
    };
    for (key, timeout) in [("lock_timeout", limits.lock_timeout), ("connect_timeout", limits.connect_timeout)]
    {
        if timeout.is_zero() {
            let at = node.text(key).map_or(node.span, |text| text.at);
            reader.error(
                at,
                format!("`{key}` is zero: it would wait for ever"),
                Some(format!("write a duration, for example {key} = \"3s\"")),
            );
        }
    }
    limits
}

fn people(reader: &mut Reader<'_>, root: Node<'_>) -> People {
    let mut people = People::default();
    for (name, at, members) in root.texts_map("people") {
        reader.accept(at, value::name(name));
        if members.is_empty() {
            reader.error(
                at,
                format!("group `{name}` of [people] is empty"),
                Some("add a mail address".to_owned()),
            );
        }
        let members = members
            .iter()
            .filter_map(|member| reader.accept(member.at, value::person(&member.text)))
            .collect();
        people.0.insert(name.to_owned(), members);
    }
    people
}

fn groups(reader: &mut Reader<'_>, root: Node<'_>, labels: &BTreeSet<&str>) -> Vec<Group> {
    let mut names = Names::new("group");
    let mut groups = Vec::new();
    for node in root.tables("group") {
        let name = names.take(reader, node);
        let selector = selector(reader, node, labels);
        groups.extend(name.zip(selector).map(|(name, selector)| Group { name, selector }));
    }
    groups
}

/// The expression under `where`.
pub(super) fn selector(reader: &mut Reader<'_>, node: Node<'_>, labels: &BTreeSet<&str>) -> Option<Selector> {
    let text = node.text("where")?;
    let selector = Selector::parse(&text.text).map_err(|error| Fault {
        help: Some("write a CEL expression such as region == 'eu' && name.startsWith('shop')".to_owned()),
        ..Fault::from_error(&error)
    });
    let selector = reader.accept(text.at, selector)?;
    warn_unknown_labels(reader, text.at, &selector, labels);
    Some(selector)
}

fn warn_unknown_waves(reader: &mut Reader<'_>, root: Node<'_>, labels: &BTreeSet<&str>) {
    for node in root.tables("environment") {
        for text in node.texts("waves").unwrap_or_default() {
            if let Ok(Wave::Matching(selector)) = Wave::parse(&text.text) {
                warn_unknown_labels(reader, text.at, &selector, labels);
            }
        }
    }
}

/// A label that no database has is most likely a slip.
fn warn_unknown_labels(reader: &mut Reader<'_>, at: usize, selector: &Selector, labels: &BTreeSet<&str>) {
    const BUILT_IN: [&str; 4] = ["name", "environment", "engine", "labels"];
    for name in selector.labels().filter(|name| !labels.contains(name)) {
        let help = match nearest(name, labels.iter().copied().chain(BUILT_IN)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the label to a [[database]], or correct the expression".to_owned(),
        };
        reader.warning(at, format!("no database has a label `{name}`"), Some(help));
    }
}

fn databases(reader: &mut Reader<'_>, root: Node<'_>, environments: &[Environment]) -> Vec<DatabaseEntry> {
    let known: BTreeSet<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut names = Names::new("database");
    let mut databases = Vec::new();
    for node in root.tables("database") {
        let name = names.take(reader, node);
        let environment = node.text("environment").and_then(|text| {
            used.insert(text.text.to_string());
            let found = known.contains(text.text.as_ref());
            reader.accept(
                text.at,
                found
                    .then(|| text.text.to_string())
                    .ok_or_else(|| unknown_environment(&text.text, environments)),
            )
        });
        let url = reader.parse(node, "url", |text| {
            text.parse::<SecretRef>().map_err(|error| Fault::new(error.to_string(), error.help()))
        });
        let (labels, agent) = (labels(reader, node, "labels"), labels(reader, node, "agent"));
        let shadow = shadow(reader, node);
        if let (Some(name), Some(environment), Some(url)) = (name, environment, url) {
            databases.push(DatabaseEntry { name, environment, url, labels, shadow, agent });
        }
    }
    for node in root.tables("environment") {
        if let Some(text) = node.text("name").filter(|text| !used.contains(text.text.as_ref())) {
            reader.warning(
                text.at,
                format!("environment `{}` has no databases", text.text),
                Some(format!("add a [[database]] with environment = \"{}\"", text.text)),
            );
        }
    }
    databases
}

pub(super) fn unknown_environment(name: &str, environments: &[Environment]) -> Fault {
    Fault {
        message: format!("there is no environment `{name}`"),
        help: did_you_mean(
            name,
            "environments",
            environments.iter().map(|environment| environment.name.as_str()),
        )
        .or_else(|| Some("add an [[environment]] of that name".to_owned())),
    }
}

fn labels(reader: &mut Reader<'_>, node: Node<'_>, key: &'static str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (name, at, text) in node.text_map(key) {
        reader.accept(at, value::label(name));
        labels.insert(name.to_owned(), text.text.into_owned());
    }
    labels
}

/// Names that must differ.
pub(super) struct Names {
    what: &'static str,
    /// Name to the line of its first use.
    seen: HashMap<String, usize>,
}

impl Names {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, seen: HashMap::new() }
    }

    /// The table's name, unless it is malformed or taken.
    pub(super) fn take(&mut self, reader: &mut Reader<'_>, node: Node<'_>) -> Option<String> {
        let text = node.text("name")?;
        let name = reader.accept(text.at, value::name(&text.text))?;
        if let Some(first) = self.seen.get(&name) {
            let line = reader.line(*first);
            reader.error(
                text.at,
                format!("{} `{name}` is declared twice", self.what),
                Some(format!("the first is on line {line}; give one of them another name")),
            );
            return None;
        }
        self.seen.insert(name.clone(), text.at);
        Some(name)
    }
}
