//! A comment for a pull request: what is risky first, then what each statement does, then what was found.

use super::inert::{code, text};
use super::{Check, FindingReport};

pub(super) fn render(check: &Check) -> String {
    let summary = &check.summary;
    let mut out = String::from("### SQL review: ");
    out.push_str(match (summary.failed, check.findings.is_empty()) {
        (true, _) => "must not be merged as it is\n\n",
        (false, false) => "look at what was found\n\n",
        (false, true) => "nothing found\n\n",
    });
    out.push_str(&format!(
        "{} error(s), {} warning(s), {} note(s), {} suppressed, {} in the baseline; {} statement(s) in {} file(s), {} file(s) ignored\n",
        summary.errors,
        summary.warnings,
        summary.infos,
        summary.suppressed,
        summary.baselined,
        summary.statements,
        summary.files,
        summary.ignored
    ));
    forecasts(check, &mut out);
    suppressed(check, &mut out);
    let mut path = "";
    for finding in &check.findings {
        if finding.path != path {
            path = &finding.path;
            out.push_str(&format!("\n#### {}\n", code(path)));
        }
        one(finding, &mut out);
    }
    out
}

fn forecasts(check: &Check, out: &mut String) {
    if check.forecasts.is_empty() {
        return;
    }
    out.push_str("\n| where | statement | locks | work | blocked meanwhile |\n|---|---|---|---|---|\n");
    for one in &check.forecasts {
        let locks: Vec<String> =
            one.locks.iter().map(|lock| format!("{} {}", code(&lock.relation), lock.mode)).collect();
        let mut work: Vec<String> =
            one.work.iter().map(|work| format!("{} {}", work.kind, code(&work.relation))).collect();
        work.extend(one.algorithm.clone());
        work.extend(one.rows.map(|rows| format!("{rows} rows")));
        work.extend(one.duration.clone());
        let work = if work.is_empty() { "none".to_owned() } else { work.join(", ") };
        out.push_str(&format!(
            "| {}:{} | {} | {} | {} | {} |\n",
            text(&one.path),
            one.line,
            code(&one.statement),
            locks.join(", "),
            work,
            one.blocks.as_deref().unwrap_or("nothing")
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
