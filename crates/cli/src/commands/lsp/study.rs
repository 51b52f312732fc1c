use std::path::Path;

use sluice_project::layout::Unsaved;
use sluice_review::ServerVersion;
use sluice_text::{Severity, SourceFile, Span};

use super::documents::{Document, DocumentKind, Documents, without_mark};
use super::projects::{Failure, Projects, ReadProject};
use super::verdict::{Problem, Verdict, without_project};
use super::{configuration, hover};
use crate::args;
use crate::commands::check::edits::Ground;
use crate::commands::check::{files, project};

/// What is needed to find out what there is to say of a document.
pub(super) struct Study<'s> {
    /// Every other document.
    pub(super) documents: &'s Documents,
    pub(super) projects: &'s mut Projects,
    pub(super) options: &'s args::Check,
    pub(super) version: Option<ServerVersion>,
}

impl Study<'_> {
    /// What there is to say; none where that is what was said last.
    pub(super) fn verdict(self, document: &mut Document) -> Option<Verdict> {
        let is_news = document.verdict.is_none();
        match document.kind {
            DocumentKind::Other => is_news.then(Verdict::default),
            DocumentKind::Configuration => {
                is_news.then(|| configuration::verdict(document.text.as_str(), self.options))
            }
            DocumentKind::Sql => {
                if let Some(verdict) = Verdict::too_long(document.body()) {
                    return is_news.then_some(verdict);
                }
                match (self.projects.config_of(document.path.as_deref()), document.path.clone()) {
                    (Some(config), Some(path)) => self.of_project(document, &config, &path),
                    _ => is_news.then(|| self.alone(document)),
                }
            }
        }
    }

    fn of_project(self, document: &mut Document, config: &Path, path: &Path) -> Option<Verdict> {
        let is_news = document.verdict.is_none();
        let root = config.parent().unwrap_or(Path::new("/"));
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        for may_read_again in [true, false] {
            let known = self.projects.get(config, self.options, || with(self.documents, document));
            let shown = known.read.as_ref().and_then(|read| read.shown(path));
            if let (Some(read), Some(shown)) = (&mut known.read, shown) {
                if !is_news && read.is_current(&shown, &document.befores) {
                    return None;
                }
                let Document { text, befores, .. } = &mut *document;
                let body = without_mark(text.as_str());
                if let Some(mut verdict) = read.review(&shown, body, befores, self.version) {
                    let Some(failure) = &known.failure else { return Some(verdict) };
                    // What was wrong with it when everything was read last has been corrected since.
                    let was_wrong = failure.messages.iter().any(|message| message.path == shown);
                    if was_wrong && verdict.problems.is_empty() && may_read_again {
                        known.forget();
                        continue;
                    }
                    let others = failure.messages.iter().filter(|message| message.path != shown);
                    verdict.problems.extend(Problem::elsewhere(others));
                    return Some(verdict);
                }
            } else if known.failure.is_none() {
                // No change of the project.
                return is_news.then(Verdict::default);
            }
            if may_read_again && is_news {
                known.forget();
                continue;
            }
            return is_news.then(|| match &known.failure {
                Some(failure) if failure.may_hold(root, path) => {
                    of_broken(failure, document, &relative, self.options, self.version)
                }
                _ => Verdict::default(),
            });
        }
        None
    }

    /// Of a file that is in no project.
    fn alone(&self, document: &Document) -> Verdict {
        match without_project(self.options) {
            Ok(Some(work)) => Verdict::alone(&[work], &document.shown(), document.body(), self.version),
            Ok(None) => Verdict::of_problem(Problem::whole(
                Severity::Info,
                "not reviewed: there is no sluice.toml above this file, and no engine is set",
                Some("set `engine` in the initialization options of the language server"),
            )),
            Err(error) => Verdict::of_problem(Problem::of_error(&error)),
        }
    }

    /// Calls `work` with where the fixes of a document are made, which was reviewed for so many engines. `grows`: the client can
    /// add files.
    pub(super) fn fixing<T>(
        self,
        document: &Document,
        engines: usize,
        grows: bool,
        work: impl FnOnce(&Ground<'_>) -> T,
    ) -> T {
        let engines = &|_: &str| engines;
        let path = document.path.as_deref();
        let Some((config, path)) = self.projects.config_of(path).zip(path) else {
            let grows = grows && path.is_some();
            return work(&Ground { root: Path::new(""), directory: None, engines, grows });
        };
        let root = config.parent().unwrap_or(Path::new("/"));
        let known = self.projects.get(&config, self.options, || with(self.documents, document));
        let read = known.read.as_ref().filter(|read| read.shown(path).is_some());
        let directory = read.map(ReadProject::directory);
        // Nobody knows what the changes of a project are called that cannot be read.
        work(&Ground { root, directory, engines, grows: grows && directory.is_some() })
    }

    /// What the statement at an offset locks and does, on every engine, and where it is.
    pub(super) fn hover(self, document: &mut Document, offset: usize) -> Option<(Span, String)> {
        let mut said = Vec::new();
        let config = self.projects.config_of(document.path.as_deref());
        if let (Some(config), Some(path)) = (config, document.path.clone()) {
            let known = self.projects.get(&config, self.options, || with(self.documents, document));
            let read = known.read.as_ref()?;
            let shown = read.shown(&path)?;
            for (dialect, schema, item) in read.scripts(&shown, &mut document.befores, self.version) {
                let one = hover::statement(dialect, schema, &item.script, offset, self.version);
                said.extend(one.map(|(span, text)| (dialect, span, text)));
            }
        } else {
            let work = without_project(self.options).ok()??;
            let file = SourceFile::new(document.shown(), document.body());
            let script = files::script_of(work.dialect, file);
            let one = hover::statement(work.dialect, work.schema(), &script, offset, self.version);
            said.extend(one.map(|(span, text)| (work.dialect, span, text)));
        }
        let span = said.first().map(|(_, span, _)| *span)?;
        let several = said.len() > 1;
        let texts = said.into_iter().map(
            |(dialect, _, text)| {
                if several { format!("### {dialect}\n\n{text}") } else { text }
            },
        );
        Some((span, texts.collect::<Vec<_>>().join("\n")))
    }
}

/// Of a file of a project that cannot be read: what is wrong, and what can be said of the file by itself.
fn of_broken(
    failure: &Failure,
    document: &Document,
    shown: &str,
    options: &args::Check,
    version: Option<ServerVersion>,
) -> Verdict {
    let works = failure.config.as_ref().and_then(|config| project::without_changes(config, options).ok());
    let mut verdict =
        works.map_or_else(Verdict::default, |works| Verdict::alone(&works, shown, document.body(), version));
    let (own, others): (Vec<_>, Vec<_>) = failure.messages.iter().partition(|message| message.path == shown);
    verdict.problems.extend(own.into_iter().map(|message| Problem::here(message, Severity::Error)));
    verdict.problems.extend(Problem::elsewhere(others));
    verdict
}

/// The texts of all documents.
fn with(others: &Documents, document: &Document) -> Unsaved {
    let mut unsaved = others.unsaved();
    if let Some(path) = &document.path {
        unsaved.insert(path, document.text.as_str());
    }
    unsaved
}
