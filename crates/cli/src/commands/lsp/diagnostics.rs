use gen_lsp_types::{Code, CodeDescription, Diagnostic, DiagnosticSeverity, Range, Uri};
use serde_json::json;
use sluice_text::{Finding, Severity, Span};

use super::documents::Document;
use super::verdict::{Problem, Verdict};

/// Who says it.
const SOURCE: &str = "sluice";

/// What is said of a document, as the protocol has it. `rule_docs` is where `docs/rules` is published.
pub(super) fn of(document: &Document, verdict: &Verdict, rule_docs: Option<&str>) -> Vec<Diagnostic> {
    let problems = verdict.problems.iter().map(|problem| of_problem(document, problem));
    problems.chain(verdict.findings.iter().map(|finding| of_finding(document, finding, rule_docs))).collect()
}

/// A finding.
pub(super) fn of_finding(document: &Document, finding: &Finding, rule_docs: Option<&str>) -> Diagnostic {
    let href = rule_docs.and_then(|base| {
        let (category, _) = finding.rule.split_once('/')?;
        let anchor = finding.rule.replace('/', "");
        Some(format!("{}/{category}.md#{anchor}", base.trim_end_matches('/')))
    });
    Diagnostic {
        range: document.range(finding.span),
        severity: Some(severity(finding.severity)),
        code: Some(Code::String(finding.rule.to_owned())),
        code_description: href.map(|href| CodeDescription { href: Uri(href) }),
        source: Some(SOURCE.to_owned()),
        message: with_help(&finding.message, &finding.help).into(),
        data: Some(json!({ "evidence": finding.evidence.name(), "engine": finding.engine })),
        ..Diagnostic::default()
    }
}

fn of_problem(document: &Document, problem: &Problem) -> Diagnostic {
    let range = match problem.at {
        None => document.range(Span::new(0, 0)),
        Some(at) => {
            let start = document.text.position(document.text.offset_of(at.line, at.column));
            Range { start, end: document.end_of_word(start) }
        }
    };
    Diagnostic {
        range,
        severity: Some(severity(problem.severity)),
        source: Some(SOURCE.to_owned()),
        message: with_help(&problem.message, problem.help.as_deref().unwrap_or_default()).into(),
        ..Diagnostic::default()
    }
}

fn with_help(message: &str, help: &str) -> String {
    if help.is_empty() { message.to_owned() } else { format!("{message}\nhelp: {help}") }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
        Severity::Info => DiagnosticSeverity::Information,
    }
}
