//! SARIF 2.1.0 (OASIS), as code scanning of forges and editors reads it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_review::{Meta, rules};

use super::{Check, FindingReport};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(check: &Check) -> String {
    let mut used: Vec<&str> = check.findings.iter().map(|finding| finding.rule.as_str()).collect();
    used.sort_unstable();
    used.dedup();
    let index: BTreeMap<&str, usize> = used.iter().enumerate().map(|(at, rule)| (*rule, at)).collect();
    let described: Vec<Value> = used
        .iter()
        .map(|id| rules::find(id).map_or_else(|| json!({ "id": id }), |rule| described(rule.meta())))
        .collect();
    let results: Vec<Value> = check
        .findings
        .iter()
        .map(|finding| {
            let at = index.get(finding.rule.as_str()).copied().unwrap_or_default();
            result(finding, at)
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sluice",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn described(meta: &Meta) -> Value {
    let doc: Vec<&str> = meta.lines().collect();
    let summary = meta.summary();
    json!({
        "id": meta.id,
        "shortDescription": { "text": summary },
        "help": { "text": summary, "markdown": doc.join("\n").trim_end() },
        "defaultConfiguration": { "level": level(meta.severity.name()) },
        "properties": { "category": meta.category(), "tags": [meta.category()] },
    })
}

fn level(severity: &str) -> &'static str {
    match severity {
        "error" => "error",
        "warning" => "warning",
        _ => "note",
    }
}

fn result(finding: &FindingReport, index: usize) -> Value {
    let text = if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}. {}", finding.message, finding.help)
    };
    let artifact = json!({ "uri": uri(&finding.path) });
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(&finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": artifact,
            "region": region(finding.line, finding.column, finding.end_line, finding.end_column),
        }}],
        "partialFingerprints": { "sluice/v1": finding.fingerprint },
        "properties": { "evidence": finding.evidence, "engine": finding.engine },
    });
    // A fix that needs files of its own cannot be told as replacements in this one.
    if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.follow_ups.is_empty() && !fix.edits.is_empty()) {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "deletedRegion": region(edit.line, edit.column, edit.end_line, edit.end_column),
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        let fixes = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": artifact, "replacements": replacements }],
        }]);
        if let Some(object) = result.as_object_mut() {
            object.insert("fixes".to_owned(), fixes);
        }
    }
    result
}

fn region(line: usize, column: usize, end_line: usize, end_column: usize) -> Value {
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
