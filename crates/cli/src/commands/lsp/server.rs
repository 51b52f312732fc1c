use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use gen_lsp_types::{
    CodeActionParams, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentDiagnosticParams, Hover, HoverParams, MarkupContent, MarkupKind, PublishDiagnosticsParams,
    TextDocumentContentChangeEvent, Uri,
};
use lsp_server::{ErrorCode, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sluice_review::ServerVersion;
use sluice_text::Severity;

use super::client::Client;
use super::documents::{Document, DocumentKind, Documents};
use super::projects::Projects;
use super::study::Study;
use super::text::{Encoding, Text};
use super::transport::Outgoing;
use super::verdict::{Problem, Verdict};
use super::{actions, diagnostics, hover, uri};
use crate::commands::check;

/// What is known between two messages of a client.
pub(super) struct Server {
    client: Client,
    version: Option<ServerVersion>,
    config: Option<PathBuf>,
    documents: Documents,
    projects: Projects,
    /// Something is to be said that a client that asks has not asked for yet.
    has_news: bool,
}

impl Server {
    /// For a client that has sent these parameters of `initialize`. `config` is the configuration that the command line names.
    pub(super) fn new(params: &Value, config: Option<PathBuf>) -> Self {
        let client = Client::of(params);
        let version = check::server_version(&client.options).ok().flatten();
        let projects = Projects::new(config.clone(), client.folders.clone());
        Self { client, version, config, documents: Documents::default(), projects, has_news: false }
    }

    /// The answer to `initialize`.
    pub(super) fn capabilities(&self) -> Value {
        json!({
            "serverInfo": { "name": "sluice", "version": env!("CARGO_PKG_VERSION") },
            "capabilities": {
                "positionEncoding": match self.client.encoding {
                    Encoding::Utf8 => "utf-8",
                    Encoding::Utf16 => "utf-16",
                    Encoding::Utf32 => "utf-32",
                },
                // The range of each change, and no text with a save.
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                // What stands in one file may depend on those before it.
                "diagnosticProvider": { "interFileDependencies": true, "workspaceDiagnostics": false },
                "codeActionProvider": { "codeActionKinds": ["quickfix", actions::FIX_ALL] },
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
        })
    }

    /// Answers a request.
    pub(super) fn request(&mut self, request: Request, out: &mut Outgoing) {
        let id = request.id.clone();
        let answer = catch_unwind(AssertUnwindSafe(|| match request.method.as_str() {
            "textDocument/hover" => answer(request, |params| self.hover(&params, out)),
            "textDocument/diagnostic" => answer(request, |params| self.diagnostics(&params, out)),
            "textDocument/codeAction" => answer(request, |params| self.actions(&params, out)),
            method => {
                let message = format!("`{method}` is not served");
                Response::new_err(request.id, number(ErrorCode::MethodNotFound), message)
            }
        }));
        out.respond(answer.unwrap_or_else(|_| {
            self.projects.clear();
            Response::new_err(id, number(ErrorCode::InternalError), "this is a bug of sluice".to_owned())
        }));
    }

    /// Takes a notification. What cannot be understood is passed over: nobody waits for an answer.
    pub(super) fn notification(&mut self, notification: Notification, out: &mut Outgoing) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.greet(out),
            "textDocument/didOpen" => take(params, |params| self.open(params)),
            "textDocument/didChange" => take(params, |params| self.change(params)),
            "textDocument/didSave" => take(params, |_: DidSaveTextDocumentParams| self.read_again()),
            "textDocument/didClose" => take(params, |params| self.close(params, out)),
            "workspace/didChangeWatchedFiles" => self.read_again(),
            "workspace/didChangeWorkspaceFolders" => take(params, |params| self.change_folders(params)),
            _ => {}
        }
    }

    /// Whether there is something to do that nobody has asked for.
    pub(super) fn has_work(&self) -> bool {
        self.documents.is_waiting()
    }

    /// Looks at one document.
    pub(super) fn work(&mut self, out: &mut Outgoing) {
        let Some(uri) = self.documents.next() else { return };
        self.has_news |= self.look_at(&uri, out);
        if !self.documents.is_waiting() && std::mem::take(&mut self.has_news) && self.client.refreshes {
            out.request("workspace/diagnostic/refresh", Value::Null);
        }
    }

    /// Prepares the next review, while nobody waits.
    pub(super) fn rest(&mut self) {
        for document in self.documents.iter_mut() {
            document.befores.prepare();
        }
    }

    fn greet(&mut self, out: &mut Outgoing) {
        if let Some(complaint) = &self.client.complaint {
            out.notify("window/showMessage", json!({ "type": 1, "message": format!("sluice: {complaint}") }));
        }
        if self.client.watches_files {
            let watchers =
                ["**/sluice.toml", "**/*.sql", "**/atlas.sum", "**/sqitch.plan", "**/_journal.json"];
            let watchers: Vec<Value> = watchers.iter().map(|glob| json!({ "globPattern": glob })).collect();
            let registration = json!({
                "id": "files",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            });
            out.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let text = Text::new(item.text, self.client.encoding);
        let language = item.language_id.to_string();
        let document = Document::new(item.uri, &language, item.version, text, self.config.as_deref());
        let uri = document.uri.clone();
        match (document.kind, &document.path) {
            (DocumentKind::Configuration, _) => self.projects.forget(),
            (DocumentKind::Sql, Some(path)) => self.projects.forget_without(path),
            _ => {}
        }
        self.documents.insert(document);
        self.documents.wait(&uri);
        self.documents.wait_all(Some(&uri));
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let uri = params.text_document.text_document_identifier.uri;
        let Some(document) = self.documents.get_mut(&uri) else { return };
        for change in params.content_changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    document.text.replace(Some(part.range), &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    document.text.replace(None, &whole.text);
                }
            }
        }
        document.version = params.text_document.version;
        document.verdict = None;
        if document.kind == DocumentKind::Configuration {
            self.read_again();
        }
        self.documents.wait(&uri);
        self.documents.wait_all(Some(&uri));
    }

    fn close(&mut self, params: DidCloseTextDocumentParams, out: &mut Outgoing) {
        let uri = params.text_document.uri;
        if self.documents.remove(&uri).is_some() {
            if !self.client.pulls {
                out.notify(
                    "textDocument/publishDiagnostics",
                    PublishDiagnosticsParams { uri, version: None, diagnostics: Vec::new() },
                );
            }
            // What is on disk counts again.
            self.read_again();
        }
    }

    fn change_folders(&mut self, params: DidChangeWorkspaceFoldersParams) {
        let folders = &mut self.projects.folders;
        let removed: Vec<PathBuf> =
            params.event.removed.iter().filter_map(|folder| uri::path_of(&folder.uri)).collect();
        folders.retain(|folder| !removed.contains(folder));
        folders.extend(params.event.added.iter().filter_map(|folder| uri::path_of(&folder.uri)));
        self.read_again();
    }

    /// Nothing that was read from disk counts any more.
    fn read_again(&mut self) {
        self.projects.forget();
        for document in self.documents.iter_mut().filter(|document| document.kind == DocumentKind::Sql) {
            document.verdict = None;
        }
        self.documents.wait_all(None);
    }

    /// What a document that was taken out is studied with.
    fn study(&mut self) -> (&Client, Study<'_>) {
        let study = Study {
            documents: &self.documents,
            projects: &mut self.projects,
            options: &self.client.options,
            version: self.version,
        };
        (&self.client, study)
    }

    /// Finds out what there is to say of a document. If it is news, the client is told, unless it asks.
    fn look_at(&mut self, uri: &Uri, out: &mut Outgoing) -> bool {
        let Some(mut document) = self.documents.remove(uri) else { return false };
        let (_, study) = self.study();
        let verdict = catch_unwind(AssertUnwindSafe(|| study.verdict(&mut document))).unwrap_or_else(|_| {
            self.projects.clear();
            let message = "the review failed, which is a bug of sluice";
            Some(Verdict::of_problem(Problem::whole(Severity::Error, message, None)))
        });
        let is_news = verdict.is_some();
        if let Some(verdict) = verdict {
            if !self.client.pulls {
                let diagnostics = diagnostics::of(&document, &verdict, self.client.rule_docs.as_deref());
                let (uri, version) = (document.uri.clone(), Some(document.version));
                out.notify(
                    "textDocument/publishDiagnostics",
                    PublishDiagnosticsParams { uri, version, diagnostics },
                );
            }
            document.verdict = Some(verdict);
        }
        self.documents.insert(document);
        is_news && self.client.pulls
    }

    /// What there is to say of a document, to a client that asks; that it is the same as before, where it is.
    fn diagnostics(&mut self, params: &DocumentDiagnosticParams, out: &mut Outgoing) -> Value {
        let uri = &params.text_document.uri;
        self.look_at(uri, out);
        let items = match self.documents.get(uri) {
            Some(document @ Document { verdict: Some(verdict), .. }) => {
                diagnostics::of(document, verdict, self.client.rule_docs.as_deref())
            }
            _ => Vec::new(),
        };
        let items = json!(items);
        let mut hasher = DefaultHasher::new();
        items.to_string().hash(&mut hasher);
        let id = format!("{:x}", hasher.finish());
        if params.previous_result_id.as_ref() == Some(&id) {
            json!({ "kind": "unchanged", "resultId": id })
        } else {
            json!({ "kind": "full", "resultId": id, "items": items })
        }
    }

    fn actions(&mut self, params: &CodeActionParams, out: &mut Outgoing) -> Value {
        let uri = &params.text_document.uri;
        self.look_at(uri, out);
        let Some(document) = self.documents.remove(uri) else { return Value::Null };
        let only = params.context.only.as_deref();
        let (client, study) = self.study();
        let actions = document.verdict.as_ref().map(|verdict| {
            study.fixing(&document, verdict.engines, client.creates_files, |ground| {
                actions::at(&document, verdict, client, ground, params.range, only)
            })
        });
        self.documents.insert(document);
        json!(actions)
    }

    fn hover(&mut self, params: &HoverParams, out: &mut Outgoing) -> Value {
        let place = &params.text_document_position_params;
        let uri = &place.text_document.uri;
        self.look_at(uri, out);
        let Some(mut document) = self.documents.remove(uri) else { return Value::Null };
        let offset = document.offset(place.position);
        let is_sql = document.kind == DocumentKind::Sql;
        let said = hover::rule(document.body(), offset, is_sql).or_else(|| {
            let (_, study) = self.study();
            is_sql.then(|| study.hover(&mut document, offset)).flatten()
        });
        let hover = said.map(|(span, value)| Hover {
            contents: MarkupContent { kind: MarkupKind::Markdown, value }.into(),
            range: Some(document.range(span)),
        });
        self.documents.insert(document);
        json!(hover)
    }
}

/// The answer to a request whose parameters are to be read first.
fn answer<P: DeserializeOwned>(request: Request, work: impl FnOnce(P) -> Value) -> Response {
    let id: RequestId = request.id;
    match serde_json::from_value(request.params) {
        Ok(params) => Response::new_ok(id, work(params)),
        Err(error) => Response::new_err(id, number(ErrorCode::InvalidParams), error.to_string()),
    }
}

fn take<P: DeserializeOwned>(params: Value, work: impl FnOnce(P)) {
    if let Ok(params) = serde_json::from_value(params) {
        work(params);
    }
}

/// The number of an error in the protocol.
pub(super) fn number(code: ErrorCode) -> i32 {
    match code {
        ErrorCode::InvalidRequest => -32600,
        ErrorCode::MethodNotFound => -32601,
        ErrorCode::InvalidParams => -32602,
        ErrorCode::ServerNotInitialized => -32002,
        ErrorCode::RequestCanceled => -32800,
        _ => -32603,
    }
}
