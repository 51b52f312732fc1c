//! What GitHub and GitLab read.

use super::Check;

/// Workflow commands of GitHub: one annotation for each finding.
pub(super) fn github(check: &Check) -> String {
    let mut out = String::new();
    for finding in &check.findings {
        let command = match finding.severity.as_str() {
            "error" => "error",
            "warning" => "warning",
            _ => "notice",
        };
        let text = if finding.help.is_empty() {
            finding.message.clone()
        } else {
            format!("{}\nhelp: {}", finding.message, finding.help)
        };
        out.push_str(&format!(
            "::{command} file={},line={},col={},endLine={},endColumn={},title={}::{}\n",
            property(&finding.path),
            finding.line,
            finding.column,
            finding.end_line,
            finding.end_column,
            property(&finding.rule),
            data(&text)
        ));
    }
    out
}

/// Text of a workflow command (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Property of a workflow command (actions/toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// GitLab's code quality report.
pub(super) fn gitlab(check: &Check) -> String {
    let entries: Vec<serde_json::Value> = check
        .findings
        .iter()
        .map(|finding| {
            let severity = match finding.severity.as_str() {
                "error" => "major",
                "warning" => "minor",
                _ => "info",
            };
            serde_json::json!({
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": finding.fingerprint,
                "severity": severity,
                "location": {
                    "path": finding.path,
                    "lines": { "begin": finding.line, "end": finding.end_line },
                },
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(entries))
}
