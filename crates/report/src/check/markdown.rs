//! A comment for a pull request: what is risky first, then of each change what its statements do and what was found.

use std::collections::BTreeMap;

use super::inert::{code, text};
use super::{Check, FindingReport, StatementReport};

pub(super) fn render(check: &Check) -> String {
    let summary = &check.summary;
    let mut out = String::from("### SQL review: ");
    out.push_str(match (summary.failed, check.findings.is_empty()) {
        (true, _) => "must not be merged as it is\n\n",
        (false, false) => "look at what was found\n\n",
        (false, true) => "nothing found\n\n",
    });
    out.push_str(&counts(check));
    out.push('\n');
    suppressed(check, &mut out);
    let mut files: BTreeMap<&str, (Vec<&StatementReport>, Vec<&FindingReport>)> = BTreeMap::new();
    for statement in &check.forecasts {
        files.entry(&statement.path).or_default().0.push(statement);
    }
    for finding in &check.findings {
        files.entry(&finding.path).or_default().1.push(finding);
    }
    for (path, (statements, findings)) in files {
        out.push_str(&format!("\n#### {}\n", code(path)));
        forecasts(&statements, &mut out);
        findings.into_iter().for_each(|finding| one(finding, &mut out));
    }
    out
}

/// What there is of each; nothing is said of what there is not.
fn counts(check: &Check) -> String {
    let summary = &check.summary;
    let several = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    let mut counts = Vec::new();
    for (number, text) in [
        (summary.errors, several(summary.errors, "error")),
        (summary.warnings, several(summary.warnings, "warning")),
        (summary.infos, several(summary.infos, "note")),
        (summary.suppressed, format!("{} suppressed", summary.suppressed)),
        (summary.baselined, format!("{} in the baseline", summary.baselined)),
    ] {
        counts.extend((number > 0).then_some(text));
    }
    let read = format!("{} in {}", several(summary.statements, "statement"), several(summary.files, "file"));
    let found = if counts.is_empty() { read } else { format!("{}; {read}", counts.join(", ")) };
    match summary.ignored {
        0 => found,
        ignored => format!("{found}; {} ignored by the policy", several(ignored, "file")),
    }
}

fn forecasts(statements: &[&StatementReport], out: &mut String) {
    if statements.is_empty() {
        return;
    }
    out.push_str(
        "\n| line | statement | locks | work | blocked meanwhile | taken back |\n|---|---|---|---|---|---|\n",
    );
    for one in statements {
        let locks: Vec<String> =
            one.locks.iter().map(|lock| format!("{} {}", code(&lock.relation), lock.mode)).collect();
        let mut work: Vec<String> =
            one.work.iter().map(|work| format!("{} {}", work.kind, code(&work.relation))).collect();
        work.extend(one.algorithm.clone());
        work.extend(one.rows.map(|rows| format!("{rows} rows")));
        work.extend(one.duration.clone());
        let work = if work.is_empty() { "none".to_owned() } else { work.join(", ") };
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            one.line,
            code(&one.statement),
            locks.join(", "),
            work,
            one.blocks.as_deref().unwrap_or("nothing"),
            one.taken_back()
        ));
    }
}

/// What the branch itself says may stay: whoever looks at it decides whether the reasons are good.
fn suppressed(check: &Check, out: &mut String) {
    if check.suppressed.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n<details><summary>🔇 {} suppressed in the files</summary>\n",
        check.suppressed.len()
    ));
    out.push_str("\n| where | rule | finding | reason |\n|---|---|---|---|\n");
    for one in &check.suppressed {
        let until = one.until.as_ref().map(|until| format!(" (until {})", text(until))).unwrap_or_default();
        out.push_str(&format!(
            "| {}:{} | {} | {} | {}{until} |\n",
            code(&one.path),
            one.line,
            text(&one.rule),
            text(&one.message),
            text(&one.reason)
        ));
    }
    out.push_str("\n</details>\n");
}

fn one(finding: &FindingReport, out: &mut String) {
    let sign = match finding.severity.as_str() {
        "error" => "🛑",
        "warning" => "⚠️",
        _ => "ℹ️",
    };
    out.push_str(&format!(
        "\n<details><summary>{sign} line {}: {} ({})</summary>\n\n",
        finding.line,
        text(&finding.message),
        text(&finding.rule)
    ));
    if !finding.help.is_empty() {
        out.push_str(&format!("**Do this:** {}\n\n", text(&finding.help)));
    }
    if !finding.statement.is_empty() {
        out.push_str(&format!("{}\n\n", code(&finding.statement)));
    }
    out.push_str(&format!("Known how: {}\n\n</details>\n", text(&finding.evidence)));
}
