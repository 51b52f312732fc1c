use std::collections::HashSet;
use std::path::Path;

use sluice_rollout::Identity;

use super::{GitError, TIME_LIMIT, finish, git, name_in, repository_root, start, text};
use crate::process;

/// Most bytes of history that are read.
const LONGEST_HISTORY: u64 = 64 * 1024 * 1024;

/// Who wrote files: authors and committers of the commit that touched each of them last, as far as the commit that is
/// checked out knows. `paths` are relative to `root`.
///
/// # Errors
/// [`GitError`] where a file was never committed, where the clone does not reach back far enough, or where git fails.
pub fn writers(root: &Path, paths: &[&str]) -> Result<Vec<Identity>, GitError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let top = repository_root(root).ok_or(GitError::NoRepository)?;
    let not_committed = |path: &str| GitError::NotCommitted { path: path.to_owned() };
    let mut wanted: HashSet<String> = HashSet::with_capacity(paths.len());
    for path in paths {
        wanted.insert(name_in(&top, root, path).ok_or_else(|| not_committed(path))?);
    }
    let mut input = "--\n".to_owned();
    for name in &wanted {
        input.push_str(name);
        input.push('\n');
    }
    // -c: a merge counts for a file to which it did something that none of its parents has.
    let arguments =
        ["--literal-pathspecs", "log", "-c", "--name-only", "--no-renames", "-z", "--no-show-signature"];
    let arguments =
        [&arguments[..], &["--format=%x01%P%x02%an <%ae>%x02%cn <%ce>", "--stdin", "HEAD"]].concat();
    let running =
        process::start(&mut git(&top, &arguments), Some(input.into_bytes()), TIME_LIMIT, LONGEST_HISTORY);
    let history = text(&finish("log", running)?.stdout);

    let mut writers: Vec<Identity> = Vec::new();
    let mut commit: Option<Commit<'_>> = None;
    let mut reaches_back = true;
    for part in history.split('\0').map(|part| part.trim_start_matches('\n')).filter(|part| !part.is_empty())
    {
        if let Some(header) = part.strip_prefix('\u{1}') {
            commit = Commit::parse(header);
            continue;
        }
        if !wanted.remove(part) {
            continue;
        }
        let unreadable =
            || GitError::Failed { command: "log", reason: format!("nobody is named for {part}") };
        let commit = commit.as_ref().ok_or_else(unreadable)?;
        reaches_back &= !commit.is_first;
        for writer in commit.people {
            let writer = Identity::parse(writer).map_err(|_| unreadable())?;
            if !writers.contains(&writer) {
                writers.push(writer);
            }
        }
    }
    if let Some(path) = wanted.into_iter().min() {
        return Err(GitError::NotCommitted { path });
    }
    // Where a shallow clone ends, a commit seems to have made everything.
    if !reaches_back && is_shallow(&top)? {
        return Err(GitError::Shallow);
    }
    Ok(writers)
}

/// What the history says of a commit.
struct Commit<'h> {
    /// It has no parent here.
    is_first: bool,
    /// Author and committer.
    people: [&'h str; 2],
}

impl<'h> Commit<'h> {
    fn parse(header: &'h str) -> Option<Self> {
        let mut fields = header.split('\u{2}');
        let is_first = fields.next()?.is_empty();
        Some(Self { is_first, people: [fields.next()?, fields.next()?] })
    }
}

fn is_shallow(top: &Path) -> Result<bool, GitError> {
    let answer = finish("rev-parse", start(top, &["rev-parse", "--is-shallow-repository"]))?;
    Ok(text(&answer.stdout).trim() == "true")
}
