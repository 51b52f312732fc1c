use std::collections::HashMap;
use std::path::Path;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CreateFile, Diagnostic, DocumentChange,
    OptionalVersionedTextDocumentIdentifier, Position, Range, TextDocumentEdit, TextDocumentIdentifier,
    TextEdit, Uri, WorkspaceEdit,
};
use sluice_project::layout::{Layout, without_dots};
use sluice_sql::{Dialect, PieceKind};
use sluice_text::{Edit, Finding};

use super::client::Client;
use super::diagnostics;
use super::documents::Document;
use super::text::Text;
use super::uri;
use super::verdict::Verdict;
use crate::commands::check::edits::{Fixed, Ground};

/// Everything that can be fixed at once.
pub(super) const FIX_ALL: &str = "source.fixAll.sluice";

/// Findings that no suppression keeps quiet: they are about suppressions.
const ABOUT_SUPPRESSIONS: [&str; 3] =
    ["review/suppression-without-reason", "review/expired-suppression", "review/unused-suppression"];

/// What can be done about the findings at a place; fixes are made on `ground`. `only` are kinds of actions that are asked for.
pub(super) fn at(
    document: &Document,
    verdict: &Verdict,
    client: &Client,
    ground: &Ground<'_>,
    range: Range,
    only: Option<&[CodeActionKind]>,
) -> Vec<CodeAction> {
    let wanted = |kind: &str| {
        only.is_none_or(|only| {
            only.iter().any(|one| {
                let one = one.as_str();
                one.is_empty()
                    || kind.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    };
    let mut actions = Vec::new();
    if wanted("quickfix") {
        let (start, end) = (document.offset(range.start), document.offset(range.end));
        let touches = |finding: &&Finding| finding.span.start <= end && start <= finding.span.end;
        for finding in verdict.findings.iter().filter(touches) {
            actions.extend(fix(document, verdict, client, ground, finding));
            actions.extend(suppression(document, client, ground, finding));
        }
    }
    if wanted(FIX_ALL) {
        actions.extend(fix_all(document, verdict, client, ground));
    }
    actions
}

fn fix(
    document: &Document,
    verdict: &Verdict,
    client: &Client,
    ground: &Ground<'_>,
    finding: &Finding,
) -> Option<CodeAction> {
    let title = finding.fix.as_ref()?.title.clone();
    // The reviews for other engines have come to the same, or it is not to be made.
    let same = |other: &&Finding| other.rule == finding.rule && other.fix == finding.fix;
    let same: Vec<&Finding> = verdict.findings.iter().filter(same).collect();
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic(document, client, finding)]),
        is_preferred: Some(true),
        edit: Some(workspace_edit(document, client, ground, &same)?),
        ..CodeAction::default()
    })
}

fn fix_all(
    document: &Document,
    verdict: &Verdict,
    client: &Client,
    ground: &Ground<'_>,
) -> Option<CodeAction> {
    let all: Vec<&Finding> = verdict.findings.iter().filter(|finding| finding.fix.is_some()).collect();
    Some(CodeAction {
        title: "make all fixes of sluice".to_owned(),
        kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
        edit: Some(workspace_edit(document, client, ground, &all)?),
        ..CodeAction::default()
    })
}

/// A comment that keeps a finding quiet; its reason is left to the person.
fn suppression(
    document: &Document,
    client: &Client,
    ground: &Ground<'_>,
    finding: &Finding,
) -> Option<CodeAction> {
    if ABOUT_SUPPRESSIONS.contains(&finding.rule) {
        return None;
    }
    let body = document.body();
    let first = first_statement(finding, body);
    let anchor = if finding.statement.is_empty() { first } else { finding.statement.start };
    let line_start = document.line_start(anchor);
    let end_of_line = if body.contains("\r\n") { "\r\n" } else { "\n" };
    let comment = format!("-- sluice: allow({}) reason=\"\"{end_of_line}", finding.rule);
    let before = body.get(line_start..anchor)?;
    let edit = if before.trim().is_empty() {
        Edit::insert(line_start, format!("{before}{comment}"))
    } else {
        // What stands before it on the line is another statement.
        Edit::insert(anchor, format!("{end_of_line}{comment}"))
    };
    // Above the first statement it is about the whole file, unless that holds several changes.
    let of_several = ground.directory.is_some_and(|it| it.detection.layout == Layout::Liquibase);
    let what = if anchor <= first && !of_several { "in this file" } else { "here" };
    Some(CodeAction {
        title: format!("allow {} {what}, with a reason", finding.rule),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic(document, client, finding)]),
        edit: Some(own_edits(document, client, vec![of_edit(document, &edit)])),
        ..CodeAction::default()
    })
}

fn first_statement(finding: &Finding, body: &str) -> usize {
    let dialect = finding.engine.and_then(Dialect::named).unwrap_or(Dialect::Postgres);
    let pieces = sluice_sql::split(dialect, body).unwrap_or_default();
    let first = pieces
        .iter()
        .find(|piece| matches!(piece.kind, PieceKind::Statement | PieceKind::CopyFromStdin { .. }));
    first.map_or(0, |piece| piece.body.start)
}

fn diagnostic(document: &Document, client: &Client, finding: &Finding) -> Diagnostic {
    diagnostics::of_finding(document, finding, client.rule_docs.as_deref())
}

/// What fixes of the findings of a document change, whose changes lie on `ground`. None where nothing is to be changed, or the
/// client cannot do it.
fn workspace_edit(
    document: &Document,
    client: &Client,
    ground: &Ground<'_>,
    findings: &[&Finding],
) -> Option<WorkspaceEdit> {
    let own = findings.first()?.file.path();
    let fixed = Fixed::on(ground, findings.iter().copied());
    let mut changes = Vec::new();
    for (path, before, edits) in fixed.edited() {
        if path == Path::new(own) {
            let edits = edits.iter().map(|edit| of_edit(document, edit)).collect();
            if !client.versioned_edits {
                return Some(own_edits(document, client, edits));
            }
            changes.push(text_edit(document.uri.clone(), Some(document.version), edits));
        } else {
            let text = Text::new(before.to_owned(), client.encoding);
            let edits = edits.iter();
            let edits =
                edits.map(|edit| TextEdit { range: text.range(edit.span), new_text: edit.text.clone() });
            changes.push(text_edit(
                uri::of_path(&without_dots(&ground.root.join(path)))?,
                None,
                edits.collect(),
            ));
        }
    }
    for (path, text) in fixed.added() {
        let uri = uri::of_path(&without_dots(&ground.root.join(path)))?;
        let file = CreateFile { uri: uri.clone(), options: None, annotation_id: None };
        changes.push(DocumentChange::CreateFile(file));
        let start = Position { line: 0, character: 0 };
        let whole = TextEdit { range: Range { start, end: start }, new_text: text.to_owned() };
        changes.push(text_edit(uri, None, vec![whole]));
    }
    if changes.is_empty() {
        return None;
    }
    Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}

fn of_edit(document: &Document, edit: &Edit) -> TextEdit {
    TextEdit { range: document.range(edit.span), new_text: edit.text.clone() }
}

/// Changes of the document alone.
fn own_edits(document: &Document, client: &Client, edits: Vec<TextEdit>) -> WorkspaceEdit {
    if client.versioned_edits {
        let changes = vec![text_edit(document.uri.clone(), Some(document.version), edits)];
        WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
    } else {
        let changes = HashMap::from([(document.uri.clone(), edits)]);
        WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
    }
}

fn text_edit(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> DocumentChange {
    DocumentChange::TextDocumentEdit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            version,
            text_document_identifier: TextDocumentIdentifier { uri },
        },
        edits: edits.into_iter().map(Into::into).collect(),
    })
}
