use std::collections::HashMap;
use std::path::Path;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CreateFile, Diagnostic, DocumentChange,
    OptionalVersionedTextDocumentIdentifier, Position, Range, TextDocumentEdit, TextDocumentIdentifier,
    TextEdit, Uri, WorkspaceEdit,
};
use sluice_sql::{Dialect, PieceKind};
use sluice_text::{Edit, Finding, FollowUp};

use super::client::Client;
use super::diagnostics;
use super::documents::Document;
use super::edits::{self, Edits};
use super::uri;
use super::verdict::Verdict;

/// Everything that can be fixed at once.
pub(super) const FIX_ALL: &str = "source.fixAll.sluice";

/// Findings that no suppression keeps quiet: they are about suppressions.
const ABOUT_SUPPRESSIONS: [&str; 3] =
    ["review/suppression-without-reason", "review/expired-suppression", "review/unused-suppression"];

/// What can be done about the findings at a place. `only` are kinds of actions that are asked for.
pub(super) fn at(
    document: &Document,
    verdict: &Verdict,
    client: &Client,
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
            actions.extend(fix(document, client, finding));
            actions.extend(suppression(document, client, finding));
        }
    }
    if wanted(FIX_ALL) {
        actions.extend(fix_all(document, verdict, client));
    }
    actions
}

fn fix(document: &Document, client: &Client, finding: &Finding) -> Option<CodeAction> {
    let fix = finding.fix.as_deref()?;
    let edit = workspace_edit(document, client, &fix.edits, &fix.follow_ups)?;
    Some(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic(document, client, finding)]),
        is_preferred: Some(true),
        edit: Some(edit),
        ..CodeAction::default()
    })
}

fn fix_all(document: &Document, verdict: &Verdict, client: &Client) -> Option<CodeAction> {
    let possible = |finding: &&Finding| {
        client.creates_files || finding.fix.as_ref().is_some_and(|fix| fix.follow_ups.is_empty())
    };
    let edits = Edits::of(verdict.findings.iter().filter(possible));
    if edits.fixes == 0 {
        return None;
    }
    let edit = workspace_edit(document, client, edits.edits, edits.follow_ups)?;
    Some(CodeAction {
        title: "make all fixes of sluice".to_owned(),
        kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
        edit: Some(edit),
        ..CodeAction::default()
    })
}

/// A comment that keeps a finding quiet; its reason is left to the person.
fn suppression(document: &Document, client: &Client, finding: &Finding) -> Option<CodeAction> {
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
    // Above the first statement it is about the whole file.
    let what = if anchor <= first { "in this file" } else { "here" };
    Some(CodeAction {
        title: format!("allow {} {what}, with a reason", finding.rule),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostic(document, client, finding)]),
        edit: Some(workspace_edit(document, client, [&edit], [])?),
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

/// The change of the document, and the changes that come after it as files beside it. None where the client cannot make files, or
/// the document has no place on disk.
fn workspace_edit<'e>(
    document: &Document,
    client: &Client,
    edits: impl IntoIterator<Item = &'e Edit>,
    follow_ups: impl IntoIterator<Item = &'e FollowUp>,
) -> Option<WorkspaceEdit> {
    let own: Vec<TextEdit> = edits
        .into_iter()
        .map(|edit| TextEdit { range: document.range(edit.span), new_text: edit.text.clone() })
        .collect();
    let mut created = Vec::new();
    for (at, next) in follow_ups.into_iter().enumerate() {
        let path = edits::beside(document.path.as_deref().map(Path::new)?, at + 1, &next.name);
        created.push((uri::of_path(&path)?, next.sql.clone()));
    }
    if !created.is_empty() && !client.creates_files {
        return None;
    }
    if !client.versioned_edits {
        let changes = HashMap::from([(document.uri.clone(), own)]);
        return Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
    }
    let mut changes = Vec::new();
    if !own.is_empty() {
        changes.push(text_edit(document.uri.clone(), Some(document.version), own));
    }
    for (uri, sql) in created {
        changes.push(DocumentChange::CreateFile(CreateFile {
            uri: uri.clone(),
            options: None,
            annotation_id: None,
        }));
        let start = Position { line: 0, character: 0 };
        let whole = TextEdit { range: Range { start, end: start }, new_text: sql };
        changes.push(text_edit(uri, None, vec![whole]));
    }
    Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
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
