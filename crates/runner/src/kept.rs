//! Files that are written whole or not at all, and read again.

use std::path::Path;

use crate::error::RunError;

/// Writes a file whole or not at all. Answers whether its content is another one than before.
///
/// # Errors
/// A file that cannot be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<bool, RunError> {
    let content = content.as_ref();
    if std::fs::read(path).is_ok_and(|known| known == content) {
        return Ok(false);
    }
    let failed =
        |error: std::io::Error| RunError::usage(format!("{} cannot be written: {error}", path.display()));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path)).map_err(failed)?;
    Ok(true)
}

/// Reads a file of text; none where it is not there.
///
/// # Errors
/// A file that cannot be read, or is no UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, RunError> {
    let failed = |error: &dyn std::fmt::Display| {
        RunError::usage(format!("{} cannot be read: {error}", path.display()))
    };
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| failed(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}
