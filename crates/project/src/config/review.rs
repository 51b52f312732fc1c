//! `[review]` with its overrides.

use std::collections::{BTreeMap, BTreeSet};

use sluice_rollout::Environment;

use super::glob::Glob;
use super::model::{Review, ReviewOverride};
use super::read::{selector, unknown_environment};
use super::reader::{Node, Reader, json};

/// Reads the table; defaults where there is none.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: Node<'_>,
    environments: &[Environment],
    labels: &BTreeSet<&str>,
) -> Review {
    let Some(node) = root.table("review") else { return Review::default() };
    let tables = node.tables("override");
    Review {
        fail_on: node.choice("fail_on").unwrap_or("error").to_owned(),
        extends: texts(node, "extends").unwrap_or_default(),
        rules: rules(node),
        ignore: globs(reader, node, "ignore"),
        stats: node.text("stats").map(|text| text.text.into_owned()),
        small_table: node.integer("small_table").unwrap_or(Review::default().small_table),
        overrides: tables.into_iter().map(|node| override_of(reader, node, environments, labels)).collect(),
    }
}

fn override_of(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    environments: &[Environment],
    labels: &BTreeSet<&str>,
) -> ReviewOverride {
    let is_there = |key: &&str| node.table.contains_key(*key);
    for key in ["paths", "environments", "engines"].iter().filter(|key| is_there(key)) {
        if node.texts(key).is_some_and(|texts| texts.is_empty()) {
            reader.error(
                node.span,
                format!("`{key}` is empty, so that the override is about nothing"),
                Some(format!("name one, or leave `{key}` out")),
            );
        }
    }
    if !["paths", "environments", "engines", "where"].iter().any(is_there) {
        reader.error(
            node.span,
            "the override has no condition",
            Some(
                "add paths, environments, engines or where; what holds for everything stands in [review]"
                    .to_owned(),
            ),
        );
    }
    if !["extends", "fail_on", "rules"].iter().any(is_there) {
        reader.error(
            node.span,
            "the override changes nothing",
            Some("add rules, extends or fail_on".to_owned()),
        );
    }
    let mut named = Vec::new();
    for text in node.texts("environments").unwrap_or_default() {
        let known = environments.iter().any(|environment| environment.name == text.text);
        let name =
            known.then(|| text.text.to_string()).ok_or_else(|| unknown_environment(&text.text, environments));
        named.extend(reader.accept(text.at, name));
    }
    ReviewOverride {
        line: reader.line(node.span),
        paths: globs(reader, node, "paths"),
        environments: named,
        engines: texts(node, "engines").unwrap_or_default(),
        selector: selector(reader, node, labels),
        extends: texts(node, "extends"),
        fail_on: node.choice("fail_on").map(str::to_owned),
        rules: rules(node),
    }
}

fn texts(node: Node<'_>, key: &str) -> Option<Vec<String>> {
    Some(node.texts(key)?.into_iter().map(|text| text.text.into_owned()).collect())
}

fn globs(reader: &mut Reader<'_>, node: Node<'_>, key: &str) -> Vec<Glob> {
    let texts = node.texts(key).unwrap_or_default();
    texts.into_iter().filter_map(|text| reader.accept(text.at, Glob::parse(&text.text))).collect()
}

fn rules(node: Node<'_>) -> BTreeMap<String, serde_json::Value> {
    node.map("rules").into_iter().map(|(name, value)| (name.to_owned(), json(value))).collect()
}
