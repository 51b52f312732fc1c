use std::fmt;

use sluice_text::{Position, SourceFile};

/// One thing that is wrong with the repository, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// File, relative to the repository where it can be.
    pub path: String,
    /// Line and column; absent where the file as a whole is meant (it cannot be read, it is missing).
    pub position: Option<Position>,
    /// What is wrong: lower case, without full stop. Never holds a secret.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Message {
    /// A message about a place in a file.
    pub fn at(file: &SourceFile, offset: usize, message: impl Into<String>, help: Option<String>) -> Self {
        Self {
            path: file.path().to_owned(),
            position: Some(file.position(offset)),
            message: message.into(),
            help,
        }
    }

    /// A message about a whole file.
    pub fn about(path: impl Into<String>, message: impl Into<String>, help: Option<String>) -> Self {
        Self { path: path.into(), position: None, message: message.into(), help }
    }
}

impl Message {
    /// `path:line:column`, or the path alone.
    pub fn place(&self) -> String {
        match self.position {
            Some(position) => format!("{}:{position}", self.path),
            None => self.path.clone(),
        }
    }
}

impl fmt::Display for Message {
    /// `message`, then `--> path:line:column`, then the help, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  --> {}", self.message, self.path)?;
        if let Some(position) = self.position {
            write!(f, ":{position}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// A project that cannot be read: everything that is wrong with it, in the order of the files' text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", messages.iter().map(Message::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ProjectError {
    /// At least one message.
    pub messages: Vec<Message>,
}

impl From<Message> for ProjectError {
    fn from(message: Message) -> Self {
        Self { messages: vec![message] }
    }
}
