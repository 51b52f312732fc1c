use std::fmt;
use std::str::FromStr;

use super::words::words;

/// Where a secret is. Holds no secret itself: text that does cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// `env:NAME`.
    Env(String),
    /// `file:PATH`, relative to the folder of `sluice.toml`.
    File(String),
    /// `exec:COMMAND ARGUMENT…`, run without a shell.
    Exec(CommandLine),
    /// `vault:PATH#FIELD`.
    Vault {
        /// Path below `/v1/`, for example `secret/data/shop`.
        path: String,
        /// Field of the secret.
        field: String,
    },
    /// A URL that holds no secret.
    Plain(String),
}

/// A command as written, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    words: Vec<String>,
}

impl CommandLine {
    /// Program and arguments; never empty.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// Text that is no reference. The text is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefError {
    /// A password stands in it.
    #[error("the URL holds a password, which must not be in the repository")]
    Secret,
    /// It starts like nothing that is known.
    #[error("the URL is neither a reference nor the URL of a known database")]
    Unknown {
        /// A known start that is near to it.
        near: Option<&'static str>,
    },
    /// What follows `env:`, `file:`, `exec:` or `vault:` is malformed.
    #[error("the {kind} reference {reason}")]
    Malformed {
        /// `env`, `file`, `exec` or `vault`.
        kind: &'static str,
        /// What is wrong.
        reason: &'static str,
        /// What to write.
        help: &'static str,
    },
}

impl SecretRefError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Secret => {
                "put the URL into an environment variable and write env:NAME (or file:, exec:, vault:); if it was committed, change the password".to_owned()
            }
            Self::Unknown { near: Some(near) } => format!("did you mean {near}?"),
            Self::Unknown { near: None } => {
                "write env:NAME, file:PATH, exec:COMMAND or vault:PATH#FIELD, or a URL without a secret that starts with sqlite:, postgres://, mysql:// or mariadb://".to_owned()
            }
            Self::Malformed { help, .. } => (*help).to_owned(),
        }
    }
}

/// Schemes of database URLs and the engine that each belongs to, where the scheme alone tells.
const SCHEMES: [(&str, &str); 5] = [
    ("postgres://", "postgres"),
    ("postgresql://", "postgres"),
    ("mysql://", "mysql"),
    ("mariadb://", "mariadb"),
    ("sqlite:", "sqlite"),
];

/// Parameters of URLs whose values are secrets, as parts of their names.
const SECRET_PARAMETERS: [&str; 5] = ["pass", "pwd", "secret", "token", "key"];

/// Parameters that only look like it: they name files or modes.
const HARMLESS_PARAMETERS: [&str; 4] = ["passfile", "sslkey", "ssl-key", "sslkeyfile"];

impl SecretRef {
    /// `postgres`, `mysql`, `mariadb` or `sqlite` where the reference is a plain URL.
    pub fn engine(&self) -> Option<&'static str> {
        let Self::Plain(url) = self else { return None };
        engine_of(url)
    }
}

/// `postgres`, `mysql`, `mariadb` or `sqlite`, as a URL says it.
pub fn engine_of(url: &str) -> Option<&'static str> {
    SCHEMES.iter().find(|(scheme, _)| url.starts_with(scheme)).map(|(_, engine)| *engine)
}

impl FromStr for SecretRef {
    type Err = SecretRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |kind, reason, help| Err(SecretRefError::Malformed { kind, reason, help });
        if let Some(name) = text.strip_prefix("env:") {
            let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            return if first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                Ok(Self::Env(name.to_owned()))
            } else {
                malformed("env", "does not name a variable", "write env:NAME, without $ and quotes")
            };
        }
        if let Some(path) = text.strip_prefix("file:") {
            return if path.is_empty() {
                malformed("file", "names no file", "write file:PATH, relative to sluice.toml")
            } else {
                Ok(Self::File(path.to_owned()))
            };
        }
        if let Some(command) = text.strip_prefix("exec:") {
            if has_password(command) {
                return Err(SecretRefError::Secret);
            }
            return match words(command) {
                Some(words) if !words.is_empty() => {
                    Ok(Self::Exec(CommandLine { text: command.to_owned(), words }))
                }
                Some(_) => malformed("exec", "names no program", "write exec:PROGRAM ARGUMENT…"),
                None => malformed(
                    "exec",
                    "has a quote that is not closed",
                    "close it; there is no shell in between",
                ),
            };
        }
        if let Some(place) = text.strip_prefix("vault:") {
            return match place.split_once('#') {
                Some((path, field)) if is_vault_path(path) && !field.is_empty() => {
                    let path = path.trim_matches('/').to_owned();
                    Ok(Self::Vault { path, field: field.to_owned() })
                }
                Some((path, _)) if !is_vault_path(path) => malformed(
                    "vault",
                    "has no usable path",
                    "write vault:PATH#FIELD, for example vault:secret/data/shop#url",
                ),
                _ => malformed(
                    "vault",
                    "names no field",
                    "write vault:PATH#FIELD, for example vault:secret/data/shop#url",
                ),
            };
        }
        if !SCHEMES.iter().any(|(scheme, _)| text.starts_with(scheme)) {
            let start = text.split([':', '/', '=', ' ']).next().unwrap_or_default();
            let known =
                ["env:", "file:", "exec:", "vault:", "sqlite:", "postgres://", "mysql://", "mariadb://"];
            // Only the word before a colon is looked at, and only the known word is shown.
            let near = (start.len() < text.len())
                .then(|| {
                    known.into_iter().find(|known| {
                        let known = known.trim_end_matches(['/', ':']);
                        strsim::osa_distance(start, known) <= known.len() / 3
                    })
                })
                .flatten();
            return Err(SecretRefError::Unknown { near });
        }
        if has_password(text) || has_secret_parameter(text) {
            return Err(SecretRefError::Secret);
        }
        Ok(Self::Plain(text.to_owned()))
    }
}

fn is_vault_path(path: &str) -> bool {
    let path = path.trim_matches('/');
    !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'))
}

/// Whether a URL in the text has a password before its `@`. Looks up to the last `@`, because passwords that hold `/`
/// or `@` are often written without escaping them.
fn has_password(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        rest.rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}

fn has_secret_parameter(url: &str) -> bool {
    let Some((_, query)) = url.split_once('?') else { return false };
    query.split(['&', ';']).filter_map(|part| part.split_once('=')).any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        !value.is_empty()
            && !HARMLESS_PARAMETERS.contains(&name.as_str())
            && SECRET_PARAMETERS.iter().any(|secret| name.contains(secret))
    })
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Exec(command) => write!(f, "exec:{}", command.text),
            Self::Vault { path, field } => write!(f, "vault:{path}#{field}"),
            Self::Plain(url) => f.write_str(url),
        }
    }
}
