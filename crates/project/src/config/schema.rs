//! The JSON Schema of `sluice.toml`, made from the table of keys that the reader checks against.

use serde_json::{Map, Value, json};

use super::keys::{FILE, Form, Key, Kind, SEVERITIES, Table};

/// JSON Schema (draft 2020-12) of `sluice.toml`.
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), Value::from("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), Value::from("sluice.toml"));
    if let Value::Object(body) = table(&FILE) {
        schema.extend(body);
    }
    Value::Object(schema)
}

fn table(spec: &Table) -> Value {
    let properties: Map<String, Value> =
        spec.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = spec.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": spec.about,
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(object) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        object.insert("required".to_owned(), json!(required));
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = match &key.kind {
        Kind::Text(form) => text(*form),
        Kind::TextOrTexts(form) => {
            json!({ "anyOf": [text(*form), { "type": "array", "items": text(*form), "minItems": minimum(key) }] })
        }
        Kind::Texts(form) => json!({ "type": "array", "items": text(*form), "minItems": minimum(key) }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Choice(choices) => json!({ "enum": choices }),
        Kind::Choices(choices) => json!({ "anyOf": [
            { "enum": choices },
            { "type": "array", "items": { "enum": choices }, "minItems": minimum(key) },
        ] }),
        Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::TextsMap(form) => json!({
            "type": "object",
            "additionalProperties": { "type": "array", "items": text(*form), "minItems": 1 },
        }),
        Kind::Rules => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [
                { "enum": SEVERITIES },
                { "type": "object", "properties": { "severity": { "enum": SEVERITIES } } },
            ] },
        }),
        Kind::Table(spec) => table(spec),
        Kind::Tables(spec) => json!({ "type": "array", "items": table(spec) }),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), Value::from(key.about));
        if let Some(default) = key.default.and_then(|text| serde_json::from_str(text).ok()) {
            object.insert("default".to_owned(), default);
        }
    }
    schema
}

/// Lists that mean something by being empty may be empty.
fn minimum(key: &Key) -> u8 {
    u8::from(key.default != Some("[]"))
}

fn text(form: Form) -> Value {
    match form.pattern() {
        Some(pattern) => json!({ "type": "string", "pattern": pattern }),
        None => json!({ "type": "string" }),
    }
}
