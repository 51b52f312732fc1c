//! `atlas.sum`: a chain of SHA-256 over names and contents of all files so far (`sql/migrate/dir.go`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sluice_text::SourceFile;

use super::Directory;
use super::reading::{Reading, all_of};
use super::scan;

/// A file that the sum covers.
pub(super) struct Summed<'f> {
    pub name: &'f str,
    pub bytes: &'f [u8],
    /// `-- atlas:sum ignore`: only its name goes into the chain, and it has no line.
    pub ignored: bool,
}

/// Compares `sum` with the files, which are sorted by name. Whatever differs is reported at the line of the sum.
pub(super) fn verify(reading: &mut Reading, sum: &SourceFile, files: &[Summed<'_>]) {
    let computed = lines(files);
    let mut total = None;
    let mut written: Vec<(&str, &str, usize)> = Vec::new();
    let mut malformed = false;
    for line in scan::lines(sum.text(), all_of(sum)) {
        if total.is_none() {
            total = Some(line.text.strip_prefix("h1:").unwrap_or(line.text));
            continue;
        }
        match line.text.split_once("h1:") {
            Some((name, hash)) => written.push((name.trim(), hash, line.start)),
            None if line.text.is_empty() => {}
            None => {
                malformed = true;
                reading.error_at(
                    sum,
                    line.start,
                    "this line is not `name h1:hash`",
                    "resolve merge conflicts, then run `atlas migrate hash`",
                );
            }
        }
    }
    if malformed {
        return;
    }
    let mut differs = false;
    for (name, _, at) in &written {
        if !computed.iter().any(|(present, _)| present == name) {
            differs = true;
            reading.error_at(sum, *at, format!("{name} was removed: atlas.sum lists it"), HELP);
        }
    }
    for (name, _) in &computed {
        if !written.iter().any(|(listed, ..)| listed == name) {
            differs = true;
            reading.error_at(
                sum,
                sum.text().len(),
                format!("{name} was added: atlas.sum does not list it"),
                HELP,
            );
        }
    }
    // Hashes are chained: after the first difference all differ, so only the first tells something.
    for ((name, hash, at), (present, computed)) in written.iter().zip(&computed) {
        if name != present {
            if !differs {
                differs = true;
                reading.error_at(sum, *at, format!("{name} is not in the place that atlas.sum lists"), HELP);
            }
            break;
        }
        if hash != computed {
            differs = true;
            reading.error_at(sum, *at, format!("{name} was edited: its hash is not that of atlas.sum"), HELP);
            break;
        }
    }
    if !differs && total != Some(total_of(written.iter().map(|(name, hash, _)| (*name, *hash))).as_str()) {
        reading.error_at(sum, 0, "the first line is not the sum of the lines below it", HELP);
    }
}

/// The sums of those folders of `directory` that hold a file of `touched`, whose texts are given: path, text before, text
/// with them. Paths are seen from `root`. Folders without a sum, and what cannot be read, are left out.
pub fn renewed_sums(
    root: &Path,
    directory: &Directory,
    touched: &BTreeMap<PathBuf, &str>,
) -> Vec<(PathBuf, String, String)> {
    let ours = |folder: &&Path| {
        let mut paths = directory.changes.iter().map(|change| Path::new(change.up.file.path()));
        paths.any(|path| path.parent() == Some(*folder))
    };
    let folders: BTreeSet<&Path> = touched.keys().filter_map(|path| path.parent()).filter(ours).collect();
    folders.into_iter().filter_map(|folder| renewed(root, folder, touched)).collect()
}

fn renewed(
    root: &Path,
    folder: &Path,
    touched: &BTreeMap<PathBuf, &str>,
) -> Option<(PathBuf, String, String)> {
    let path = folder.join(super::atlas::SUM);
    let before = std::fs::read_to_string(root.join(&path)).ok()?;
    let seen = root.join(folder);
    let here = if seen.as_os_str().is_empty() { Path::new(".") } else { &seen };
    let listed =
        std::fs::read_dir(here).ok()?.flatten().filter_map(|item| item.file_name().into_string().ok());
    let new = touched.keys().filter(|path| path.parent() == Some(folder));
    let new = new.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let names: BTreeSet<String> = listed.chain(new).filter(|name| name.ends_with(".sql")).collect();
    let mut contents = Vec::with_capacity(names.len());
    for name in names {
        let path = folder.join(&name);
        let bytes = match touched.get(&path) {
            Some(text) => text.as_bytes().to_vec(),
            None => std::fs::read(root.join(&path)).ok()?,
        };
        contents.push((name, bytes));
    }
    let files: Vec<Summed<'_>> = contents
        .iter()
        .map(|(name, bytes)| {
            let text = sluice_text::decode(bytes).unwrap_or_default();
            Summed { name, bytes, ignored: super::atlas::is_left_out(text) }
        })
        .collect();
    let lines = lines(&files);
    let total = total_of(lines.iter().map(|(name, hash)| (*name, hash.as_str())));
    let mut after = format!("h1:{total}\n");
    for (name, hash) in lines {
        after.push_str(&format!("{name} h1:{hash}\n"));
    }
    (before != after).then_some((path, before, after))
}

const HELP: &str = "undo that, or run `atlas migrate hash` if it is meant";

fn lines<'f>(files: &[Summed<'f>]) -> Vec<(&'f str, String)> {
    let mut chain = Sha256::new();
    let mut lines = Vec::with_capacity(files.len());
    for file in files {
        chain.update(file.name.as_bytes());
        if !file.ignored {
            chain.update(file.bytes);
            lines.push((file.name, base64(&chain.clone().finalize())));
        }
    }
    lines
}

fn total_of<'l>(lines: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    let mut sum = Sha256::new();
    for (name, hash) in lines {
        sum.update(name.as_bytes());
        sum.update(hash.as_bytes());
    }
    base64(&sum.finalize())
}

/// Base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| (group << 8) | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = usize::try_from((group >> (18 - 6 * place)) & 63).unwrap_or_default();
            let symbol = if place <= chunk.len() { ALPHABET.get(index).copied() } else { None };
            text.push(char::from(symbol.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (input, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(input.as_bytes()), expected);
        }
    }
}
