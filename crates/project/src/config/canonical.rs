//! The effective configuration as JSON that is the same text for the same meaning: keys sorted, defaults filled in,
//! durations written one way, no secrets. It has the shape of the file.

use serde_json::{Map, Value, json};
use sluice_rollout::{Environment, Response};

use super::model::{Config, DriftResponse, Review, ReviewOverride, SchemaSection, Shadow};
use super::value::duration_text;
use crate::layout::Layout;

pub(super) fn text(config: &Config) -> String {
    let mut text = String::new();
    write(&value(config), &mut text);
    text
}

/// What came later stands in it only where it says something, so that the digests of releases without it stay.
fn value(config: &Config) -> Value {
    let apply = &config.apply;
    let integrity = &config.policy.integrity;
    without_nulls(json!({
        "project": without_nulls(json!({
            "name": config.project.name,
            "migrations": listed(&config.project.migrations),
            "schema": config.project.schema,
            "layout": config.project.layout.map(Layout::name),
        })),
        "placeholders": { "enabled": config.placeholders.enabled, "values": config.placeholders.values },
        "policy": {
            "edited": response(integrity.edited),
            "removed": response(integrity.removed),
            "out_of_order": response(integrity.out_of_order),
            "unadopted": response(integrity.unadopted),
            "drift": match config.policy.drift {
                DriftResponse::Off => "off",
                DriftResponse::Error => "error",
                DriftResponse::Warn => "warn",
                DriftResponse::Adopt => "adopt",
            },
            "backup": if config.policy.backup.on { "on" } else { "off" },
            "backup_rows": config.policy.backup.rows,
            "backup_retention": duration_text(config.policy.backup.retention),
        },
        "apply": {
            "lock_timeout": duration_text(apply.lock_timeout),
            "lock_attempts": apply.lock_attempts,
            "lock_wait": duration_text(apply.lock_wait),
            "statement_timeout": duration_text(apply.statement_timeout.unwrap_or_default()),
            "connect_timeout": duration_text(apply.connect_timeout),
        },
        "people": config.people,
        "group": config.groups.iter()
            .map(|group| json!({ "name": group.name, "where": group.selector }))
            .collect::<Vec<_>>(),
        "environment": config.environments.iter().map(environment).collect::<Vec<_>>(),
        "database": config.databases.iter()
            .map(|database| without_nulls(json!({
                "name": database.name,
                "environment": database.environment,
                "url": database.url.to_string(),
                "labels": database.labels,
                "shadow": database.shadow.as_ref().map(Shadow::to_string),
                "agent": (!database.agent.is_empty()).then_some(&database.agent),
            })))
            .collect::<Vec<_>>(),
        "review": review(&config.review),
        "schema": schema(&config.schema),
    }))
}

fn schema(schema: &SchemaSection) -> Option<Value> {
    (*schema != SchemaSection::default()).then(|| {
        without_nulls(json!({
            "include": listed(&schema.include),
            "exclude": listed(&schema.exclude),
            "allow": listed(&schema.allow),
            "shadow": schema.shadow.as_ref().map(Shadow::to_string),
        }))
    })
}

/// Overrides stand in it only where there are some, so that the digests of releases without them stay.
fn review(review: &Review) -> Value {
    let overrides: Vec<Value> = review.overrides.iter().map(of_override).collect();
    without_nulls(json!({
        "fail_on": review.fail_on,
        "extends": review.extends,
        "rules": review.rules,
        "ignore": review.ignore,
        "override": (!overrides.is_empty()).then_some(overrides),
        "stats": review.stats,
        "small_table": review.small_table,
    }))
}

fn of_override(one: &ReviewOverride) -> Value {
    without_nulls(json!({
        "paths": listed(&one.paths),
        "environments": listed(&one.environments),
        "engines": listed(&one.engines),
        "where": one.selector,
        "extends": one.extends,
        "fail_on": one.fail_on,
        "rules": (!one.rules.is_empty()).then_some(&one.rules),
    }))
}

fn listed<T>(items: &[T]) -> Option<&[T]> {
    (!items.is_empty()).then_some(items)
}

fn environment(environment: &Environment) -> Value {
    json!({
        "name": environment.name,
        "soak": duration_text(environment.soak.unwrap_or_default()),
        "approvals": environment.approvals,
        "window": environment.windows,
        "freeze": environment.freezes,
        "waves": environment.waves,
        "max_parallel": environment.max_parallel,
        "max_failures": environment.max_failures,
    })
}

fn response(response: Response) -> &'static str {
    match response {
        Response::Error => "error",
        Response::Warn => "warn",
        Response::Allow => "allow",
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// Compact JSON with sorted keys, whatever order the map type of `serde_json` keeps.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => write_object(map, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_object(map: &Map<String, Value>, text: &mut String) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    text.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(key.as_str()).to_string());
        text.push(':');
        write(value, text);
    }
    text.push('}');
}
