//! The reference of `sluice.toml` as Markdown, from its JSON Schema.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Markdown for the schema: what people should know first, then every table with every key.
pub fn render(schema: &Value) -> String {
    let mut text = include_str!("configuration.md").to_owned();
    let mut schema = schema.clone();
    schema.sort_all_objects();
    let tables = properties(&schema);
    for (name, table) in &tables {
        let (title, body) = match table.get("items") {
            Some(items) => (format!("[[{name}]]"), items),
            None => (format!("[{name}]"), table),
        };
        push_table(&mut text, &title, 2, body, description(table));
        for (key, property) in properties(body) {
            if let Some(items) = property.get("items").filter(|items| items.get("properties").is_some()) {
                push_table(&mut text, &format!("{name}.{key}"), 3, items, description(&property));
            }
        }
    }
    text
}

fn push_table(text: &mut String, title: &str, level: usize, table: &Value, about: &str) {
    let _ = writeln!(text, "\n{} `{title}`\n\n{about}", "#".repeat(level));
    let keys = properties(table);
    if keys.is_empty() {
        if let Some(values) = table.get("additionalProperties") {
            let _ = writeln!(text, "\nKeys are free; each value is {}.", kind(values));
        }
        return;
    }
    let required: Vec<&str> = table
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    text.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
    for (name, property) in &keys {
        let default = match property.get("default") {
            Some(default) => format!("`{default}`"),
            None if required.contains(&name.as_str()) => "required".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "| `{name}` | {} | {default} | {} |",
            kind(property),
            description(property).replace('|', "\\|")
        );
    }
}

/// What a value looks like, in words.
fn kind(schema: &Value) -> String {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        return choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        return alternatives.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let number = |name: &str| schema.get(name).map(ToString::to_string).unwrap_or_default();
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => match schema.get("items") {
            Some(items) if items.get("properties").is_some() => "list of tables, see below".to_owned(),
            Some(items) => format!("list: {}", kind(items)),
            None => "list".to_owned(),
        },
        Some("object") => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => format!("table of free keys: {}", kind(values)),
            _ => "table".to_owned(),
        },
        Some("integer") => format!("{} to {}", number("minimum"), number("maximum")),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("string") => "text".to_owned(),
        _ => "any".to_owned(),
    }
}

fn properties(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}
