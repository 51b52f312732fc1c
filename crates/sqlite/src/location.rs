use std::path::{Path, PathBuf};

use sluice_engine::{DbError, DbErrorKind};

/// Where a database is, as its URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// `sqlite::memory:`: lives and dies with its session.
    Memory,
    /// A file.
    File {
        /// As written, or joined to a base directory.
        path: PathBuf,
        /// How it may be opened.
        access: Access,
    },
}

/// The `mode` parameter of the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Never written, and nothing is left beside it.
    Look,
    /// `ro`: never written.
    Read,
    /// `rw`: must exist.
    Write,
    /// `rwc`, the default: created where it is missing.
    Create,
}

const MEMORY: &str = "sqlite::memory:";
/// The option of a URL for a database from which no other file may be reached.
const ALONE: &str = "attach=no";

impl Location {
    /// Understands `sqlite:path`, `sqlite://path`, `sqlite:///absolute/path` and `sqlite::memory:`, the paths with
    /// `%XX` escapes and an optional `?mode=ro|rw|rwc`.
    pub(crate) fn parse(url: &str) -> Result<Self, DbError> {
        let rest =
            url.strip_prefix("sqlite:").ok_or_else(|| refused(url, "it does not begin with `sqlite:`"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, options) =
            rest.split_once('?').map_or((rest, None), |(path, options)| (path, Some(options)));
        if path == ":memory:" {
            return Ok(Self::Memory);
        }
        if path.is_empty() {
            return Err(refused(url, "it names no file"));
        }
        let mut access = Access::Create;
        for option in options.into_iter().flat_map(|options| options.split('&')) {
            access = match option {
                "mode=ro" => Access::Read,
                "mode=rw" => Access::Write,
                "mode=rwc" => Access::Create,
                ALONE => access,
                _ => {
                    // Its value may be a key. A wrong mode is none.
                    let name = match option.split_once('=') {
                        Some((name, _)) if name != "mode" => name,
                        _ => option,
                    };
                    return Err(refused(
                        url,
                        &format!(
                            "option `{name}` is not known (known: mode=ro, mode=rw, mode=rwc, attach=no)"
                        ),
                    ));
                }
            };
        }
        let path = decode(path).ok_or_else(|| refused(url, "its path is not UTF-8 after decoding `%`"))?;
        if path.contains('\0') {
            return Err(refused(url, "its path holds a NUL"));
        }
        Ok(Self::File { path: PathBuf::from(path), access })
    }

    /// Whether nothing that runs there may reach other files: what is in memory is a place to try things, and others say so
    /// by an option.
    pub(crate) fn stays_alone(url: &str) -> bool {
        let options = url.split_once('?').map_or("", |(_, options)| options);
        url == MEMORY || options.split('&').any(|option| option == ALONE)
    }

    /// For people.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Memory => ":memory:".to_owned(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }
}

/// The file that a URL names; none of one in memory.
///
/// # Errors
/// [`DbErrorKind::Url`] when the URL is not understood.
pub fn file_of(url: &str) -> Result<Option<PathBuf>, DbError> {
    Ok(match Location::parse(url)? {
        Location::Memory => None,
        Location::File { path, .. } => Some(path),
    })
}

/// The same URL, of a database from which no other file may be reached.
pub fn alone(url: &str) -> String {
    let divider = if url.contains('?') { '&' } else { '?' };
    if url == MEMORY { url.to_owned() } else { format!("{url}{divider}{ALONE}") }
}

/// The same URL with its path joined to `base` where it is relative, so that it means the same in every directory.
///
/// # Errors
/// [`DbErrorKind::Url`] when the URL is not understood.
pub fn absolute_url(url: &str, base: &Path) -> Result<String, DbError> {
    match Location::parse(url)? {
        Location::Memory => Ok(url.to_owned()),
        Location::File { path, .. } if path.is_absolute() => Ok(url.to_owned()),
        Location::File { path, .. } => {
            let joined = base.join(path);
            let joined = joined
                .to_str()
                .ok_or_else(|| refused(url, "the directory that it is relative to is not UTF-8"))?;
            let options = url.split_once('?').map_or(String::new(), |(_, options)| format!("?{options}"));
            Ok(format!("sqlite:{}{options}", joined.replace('%', "%25").replace('?', "%3F")))
        }
    }
}

fn refused(url: &str, why: &str) -> DbError {
    // Options, and URLs of other kinds, may hold what nobody must read.
    let shown = match url.strip_prefix("sqlite:") {
        Some(_) => url.split('?').next().unwrap_or_default(),
        None => url.split(':').next().unwrap_or_default(),
    };
    let mut error = DbError::new(DbErrorKind::Url, format!("`{shown}` is not a SQLite URL: {why}"));
    error.hint = Some(
        "write it as `sqlite:path/to.db`, `sqlite:///absolute/path/to.db` or `sqlite::memory:`".to_owned(),
    );
    error
}

/// Replaces `%XX`. A `%` without two hexadecimal digits stands for itself, since file names may hold it.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.first_chunk::<2>().filter(|_| first == b'%').and_then(|digits| {
            u8::from_str_radix(std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?, 16)
                .ok()
        });
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..)?;
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, access: Access) -> Location {
        Location::File { path: PathBuf::from(path), access }
    }

    #[test]
    fn urls_name_files_in_every_spelling() {
        let table = [
            ("sqlite:path/to.db", file("path/to.db", Access::Create)),
            ("sqlite://rel", file("rel", Access::Create)),
            ("sqlite:///abs/path.db", file("/abs/path.db", Access::Create)),
            ("sqlite:/abs/path.db", file("/abs/path.db", Access::Create)),
            ("sqlite:a b.db", file("a b.db", Access::Create)),
            ("sqlite:a%20b.db", file("a b.db", Access::Create)),
            ("sqlite:100%.db", file("100%.db", Access::Create)),
            ("sqlite:what%3F.db?mode=ro", file("what?.db", Access::Read)),
            ("sqlite:x.db?mode=rw", file("x.db", Access::Write)),
            ("sqlite::memory:", Location::Memory),
            ("sqlite://:memory:", Location::Memory),
        ];
        for (url, expected) in table {
            assert_eq!(Location::parse(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_right_spelling() {
        for url in
            ["sqlite:", "sqlite://", "postgres://x", "sqlite:x?cache=shared", "sqlite:x%00y", "sqlite:%ff"]
        {
            let error = Location::parse(url).unwrap_err();
            assert_eq!(error.kind, DbErrorKind::Url, "{url}");
            assert!(error.hint.unwrap().contains("sqlite:path/to.db"));
        }
    }

    #[test]
    fn what_is_refused_is_shown_without_what_may_be_secret() {
        for url in ["sqlite:x.db?key=hush", "sqlite:x%00?mode=ro&key=hush", "postgres://ann:hush@host/db"] {
            assert!(!Location::parse(url).unwrap_err().to_string().contains("hush"), "{url}");
        }
        let message = Location::parse("sqlite:x.db?mode=write").unwrap_err().to_string();
        assert!(message.contains("sqlite:x.db") && message.contains("mode=write"), "{message}");
    }

    #[test]
    fn relative_urls_become_absolute_without_changing_their_meaning() {
        let base = Path::new("/srv/100%?");
        let absolute = absolute_url("sqlite:data/x.db?mode=ro", base).unwrap();
        assert_eq!(Location::parse(&absolute).unwrap(), file("/srv/100%?/data/x.db", Access::Read));
        for url in ["sqlite:///abs.db", "sqlite::memory:"] {
            assert_eq!(absolute_url(url, base).unwrap(), url);
        }
    }
}
