use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_rollout::{
    Block, Change, ChangeKind, Checksum, ChecksumInput, Directives, Script, Split, version_key,
};
use sluice_text::{DecodeError, Position, SourceFile, Span};

use super::seen::{Seen, Stamp};
use super::tree::is_special;
use super::{Unsaved, directive, scan};
use crate::message::Message;

/// What is read from disk, with everything that is wrong so far.
pub(super) struct Reading {
    root: PathBuf,
    buffer: Vec<u8>,
    /// Files that were read before their turn. By the bytes of their paths: hashing a path goes part by part.
    preloaded: HashMap<OsString, Source>,
    /// Texts that come before those on disk.
    pub unsaved: Unsaved,
    /// What is known of files, where somebody wants it used and found out.
    pub seen: Option<Arc<Seen>>,
    /// Of the files that were read, before they were.
    pub stamps: HashMap<String, Stamp>,
    /// Whether a change without statements is an error rather than a warning.
    pub empty_is_error: bool,
    pub errors: Vec<Message>,
    pub warnings: Vec<Message>,
}

/// A file's text and what its checksum is over.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub file: SourceFile,
    pub input: ChecksumInput,
}

/// A change before its checksum is computed and its directives are read.
pub(super) struct Draft {
    pub version: String,
    pub name: String,
    pub kind: ChangeKind,
    pub source: Source,
    /// The part of the file that is the change's: directives are looked for at its top.
    pub part: Span,
    pub blocks: Vec<Block>,
    pub down: Option<Script>,
    pub directives: Directives,
}

impl Reading {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            buffer: Vec::new(),
            preloaded: HashMap::new(),
            unsaved: Unsaved::default(),
            seen: None,
            stamps: HashMap::new(),
            empty_is_error: false,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A reading of these files alone, for another thread; it takes what was read of them before their turn.
    pub fn part<'p>(&mut self, paths: impl Iterator<Item = &'p Path>) -> Self {
        let known = |path: &Path| {
            (!self.preloaded.is_empty()).then(|| self.preloaded.remove_entry(path.as_os_str())).flatten()
        };
        let preloaded = paths.filter_map(known).collect();
        let (unsaved, seen) = (self.unsaved.clone(), self.seen.clone());
        Self { preloaded, unsaved, seen, empty_is_error: self.empty_is_error, ..Self::new(&self.root) }
    }

    /// Takes over what a part has found.
    pub fn join(&mut self, part: Self) {
        self.errors.extend(part.errors);
        self.warnings.extend(part.warnings);
        self.stamps.extend(part.stamps);
    }

    /// `path` relative to the repository, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        let text = relative.to_string_lossy();
        if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace('\\', "/") }
    }

    /// As [`Reading::source`], of a path that is not from a walk, which has refused what is no file.
    pub fn named_source(&mut self, path: &Path) -> Option<Source> {
        if std::fs::metadata(path).is_ok_and(|metadata| is_special(metadata.file_type())) {
            self.refuse_special(path);
            return None;
        }
        self.source(path)
    }

    /// Reports a pipe, a socket or a device, once.
    pub fn refuse_special(&mut self, path: &Path) {
        let message = Message::about(
            self.shown(path),
            "this is not a file but a pipe, a socket or a device",
            Some("remove it from the migration directory".to_owned()),
        );
        if !self.errors.contains(&message) {
            self.errors.push(message);
        }
    }

    /// Reads a file; what is wrong with it is reported.
    pub fn source(&mut self, path: &Path) -> Option<Source> {
        if !self.preloaded.is_empty()
            && let Some(source) = self.preloaded.remove(path.as_os_str())
        {
            return Some(source);
        }
        let shown = self.shown(path);
        if let Some(text) = self.unsaved.get(path).cloned() {
            return self.decoded(shown, text.as_bytes());
        }
        let opened = File::open(path);
        if let (Some(_), Ok(file)) = (&self.seen, &opened)
            && let Some(stamp) = file.metadata().ok().as_ref().and_then(Stamp::of)
        {
            self.stamps.insert(shown.clone(), stamp);
        }
        let length = match opened.and_then(|file| fill(&mut self.buffer, file)) {
            Ok(length) => length,
            Err(error) => {
                self.error_about(
                    shown,
                    format!("the file cannot be read: {error}"),
                    "check that it exists and its permissions",
                );
                return None;
            }
        };
        let buffer = std::mem::take(&mut self.buffer);
        let source = self.decoded(shown, buffer.get(..length).unwrap_or_default());
        if buffer.len() <= 1024 * 1024 {
            self.buffer = buffer;
        }
        source
    }

    /// The change in a file that is known to be as it was when it was read before.
    pub fn seen_change(&self, path: &Path, version: &str, name: &str, kind: ChangeKind) -> Option<Change> {
        let seen = self.seen.as_ref().filter(|seen| !seen.is_empty())?;
        let shown = self.shown(path);
        let stamp = Stamp::of(&std::fs::metadata(path).ok()?)?;
        let checksum = seen.change(&shown, kind, stamp)?.clone();
        let file = SourceFile::unread(shown);
        Some(Change {
            key: version_key(version),
            version: version.to_owned(),
            name: name.to_owned(),
            kind,
            checksum,
            input: ChecksumInput::File,
            up: Script { file, blocks: Vec::new() },
            down: None,
            directives: Directives::default(),
        })
    }

    /// As [`Reading::seen_change`], of a file that holds a way back.
    pub fn seen_down(&self, path: &Path) -> Option<Script> {
        let seen = self.seen.as_ref().filter(|seen| !seen.is_empty())?;
        let shown = self.shown(path);
        let stamp = Stamp::of(&std::fs::metadata(path).ok()?)?;
        seen.has_down(&shown, stamp).then(|| Script { file: SourceFile::unread(shown), blocks: Vec::new() })
    }

    /// The text of a file of these bytes; what is wrong with it is reported.
    pub fn decoded(&mut self, shown: String, bytes: &[u8]) -> Option<Source> {
        let text = match sluice_text::decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                let message = undecodable(shown, bytes, &error);
                self.errors.push(message);
                return None;
            }
        };
        let input = if text.len() == bytes.len() {
            ChecksumInput::File
        } else {
            ChecksumInput::Raw(Arc::from(bytes))
        };
        Some(Source { file: SourceFile::new(shown, text), input })
    }

    /// Keeps a file that was read before its turn.
    pub fn keep(&mut self, path: PathBuf, source: Source) {
        self.preloaded.insert(path.into_os_string(), source);
    }

    /// Makes a change of a draft: reads the directives, computes the checksum, notices that there is nothing to run.
    pub fn change(&mut self, draft: Draft) -> Change {
        let Draft { version, name, kind, source, part, blocks, down, mut directives } = draft;
        directive::read(self, &source.file, part, &mut directives);
        if !blocks.iter().any(|block| scan::first_statement(source.file.text(), block.span).is_some()) {
            let message = Message::at(
                &source.file,
                part.start,
                "the change holds no statement",
                Some("write its SQL, or delete the file".to_owned()),
            );
            if self.empty_is_error { self.errors.push(message) } else { self.warnings.push(message) }
        }
        Change {
            key: version_key(&version),
            version,
            name,
            kind,
            checksum: Checksum::of(source.input.bytes(&source.file)),
            up: Script { file: source.file, blocks },
            input: source.input,
            down,
            directives,
        }
    }

    pub fn error_at(
        &mut self,
        file: &SourceFile,
        offset: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(Message::at(file, offset, message, Some(help.into())));
    }

    pub fn error_about(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(Message::about(path, message, Some(help.into())));
    }

    pub fn warn_at(
        &mut self,
        file: &SourceFile,
        offset: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.warnings.push(Message::at(file, offset, message, Some(help.into())));
    }

    pub fn warn_about(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.warnings.push(Message::about(path, message, Some(help.into())));
    }
}

/// Reads a file into the start of a buffer that is used again and again; its length. Half the system calls of
/// `read_to_end`, which counts where there are a thousand small files.
fn fill(buffer: &mut Vec<u8>, mut file: File) -> std::io::Result<usize> {
    let mut length = 0;
    loop {
        if buffer.is_empty() {
            buffer.resize(64 * 1024, 0);
        } else if length == buffer.len() {
            let expected = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            buffer.resize(expected.max(length).saturating_add(64 * 1024), 0);
        }
        match file.read(buffer.get_mut(length..).unwrap_or_default()) {
            Ok(0) => return Ok(length),
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The whole of a file's text.
pub(super) fn all_of(file: &SourceFile) -> Span {
    Span::new(0, file.text().len())
}

/// One block over the whole file.
pub(super) fn whole(file: &SourceFile, substitute: bool) -> Vec<Block> {
    vec![Block { span: all_of(file), split: Split::Dialect, substitute }]
}

/// A bad encoding, with its place.
fn undecodable(path: String, bytes: &[u8], error: &DecodeError) -> Message {
    let place = match error {
        DecodeError::InvalidUtf8 { offset, line } | DecodeError::Nul { offset, line } => {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let before = text.get(..*offset).unwrap_or_default();
            let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            let column = 1 + String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count();
            Position { line: *line, column }
        }
        DecodeError::Utf16 => Position { line: 1, column: 1 },
    };
    Message { path, position: Some(place), message: error.to_string(), help: None }
}
