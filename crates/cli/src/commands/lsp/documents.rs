use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gen_lsp_types::{Position, Range, Uri};
use sluice_project::config::FILE_NAME;
use sluice_project::layout::Unsaved;
use sluice_text::Span;

use super::before::Befores;
use super::text::Text;
use super::uri;
use super::verdict::Verdict;

/// A file that is open in the editor.
pub(super) struct Document {
    pub(super) uri: Uri,
    /// Where it is on disk, or will be.
    pub(super) path: Option<PathBuf>,
    pub(super) version: i32,
    pub(super) text: Text,
    pub(super) kind: DocumentKind,
    /// What is said of this text; none until it is looked at.
    pub(super) verdict: Option<Verdict>,
    pub(super) befores: Befores,
}

/// What an open file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    Sql,
    /// The configuration of a project.
    Configuration,
    Other,
}

/// The text without a byte order mark, which is no part of it.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl Document {
    pub(super) fn new(uri: Uri, language: &str, version: i32, text: Text, config: Option<&Path>) -> Self {
        let path = uri::path_of(&uri);
        let name =
            path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().to_lowercase());
        let kind = if path.is_some() && path.as_deref() == config || name.as_deref() == Some(FILE_NAME) {
            DocumentKind::Configuration
        } else if language.contains("sql") || name.is_some_and(|name| name.ends_with(".sql")) {
            DocumentKind::Sql
        } else {
            DocumentKind::Other
        };
        Self { uri, path, version, text, kind, verdict: None, befores: Befores::default() }
    }

    /// The text as it is reviewed.
    pub(super) fn body(&self) -> &str {
        without_mark(self.text.as_str())
    }

    /// Where a span of the body is.
    pub(super) fn range(&self, span: Span) -> Range {
        let shift = self.shift();
        self.text.range(Span::new(span.start + shift, span.end + shift))
    }

    /// The offset in the body of a position.
    pub(super) fn offset(&self, position: Position) -> usize {
        self.text.offset(position).saturating_sub(self.shift())
    }

    /// Where the line of an offset in the body begins, in the body.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.text.line_start(offset + self.shift()).saturating_sub(self.shift())
    }

    /// The end of the word or sign that begins at a position.
    pub(super) fn end_of_word(&self, start: Position) -> Position {
        let at = self.text.offset(start);
        let rest = self.text.as_str().get(at..).unwrap_or_default();
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
        let word: usize = rest.chars().take_while(|c| is_word(*c)).map(char::len_utf8).sum();
        let sign = rest.chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
        self.text.position(at + word.max(sign))
    }

    fn shift(&self) -> usize {
        self.text.as_str().len() - self.body().len()
    }

    /// Its path for messages, or the URI where it has none.
    pub(super) fn shown(&self) -> String {
        self.path.as_ref().map_or_else(|| self.uri.0.clone(), |path| path.display().to_string())
    }
}

/// The files that are open, by their URIs.
#[derive(Default)]
pub(super) struct Documents {
    open: HashMap<String, Document>,
    /// Those that must be looked at, the most urgent first.
    waiting: Vec<Uri>,
}

impl Documents {
    pub(super) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(&uri.0)
    }

    pub(super) fn get_mut(&mut self, uri: &Uri) -> Option<&mut Document> {
        self.open.get_mut(&uri.0)
    }

    pub(super) fn insert(&mut self, document: Document) {
        self.open.insert(document.uri.0.clone(), document);
    }

    pub(super) fn remove(&mut self, uri: &Uri) -> Option<Document> {
        self.waiting.retain(|one| one != uri);
        self.open.remove(&uri.0)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Document> {
        self.open.values_mut()
    }

    /// The text of every open file that has a place on disk.
    pub(super) fn unsaved(&self) -> Unsaved {
        let mut unsaved = Unsaved::default();
        for document in self.open.values() {
            if let Some(path) = &document.path {
                unsaved.insert(path, document.text.as_str());
            }
        }
        unsaved
    }

    /// A document must be looked at, before all others.
    pub(super) fn wait(&mut self, uri: &Uri) {
        self.waiting.retain(|one| one != uri);
        self.waiting.insert(0, uri.clone());
    }

    /// Every other document must be looked at: what it says may depend on `changed`.
    pub(super) fn wait_all(&mut self, changed: Option<&Uri>) {
        for document in self.open.values() {
            let uri = &document.uri;
            if Some(uri) != changed && !self.waiting.contains(uri) {
                self.waiting.push(uri.clone());
            }
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<Uri> {
        if self.waiting.is_empty() { None } else { Some(self.waiting.remove(0)) }
    }
}
