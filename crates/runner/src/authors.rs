use std::collections::BTreeSet;

use sluice_project::git::{self, GitError, Origin};
use sluice_rollout::{Authorship, Identity};

use crate::context::Context;
use crate::planning::Survey;
use crate::sites::Site;

/// Who wrote what is about to run behind approvals, so that nobody approves what he has written: author and committer of the
/// commit that is checked out, and those of the commits that touched the files last.
pub fn authors(
    context: &Context,
    origin: &Origin,
    sites: &[Site<'_>],
    surveys: &[Survey],
) -> (Vec<Identity>, Authorship) {
    let mut authors = Vec::new();
    for text in [&origin.provenance.author, &origin.provenance.committer].into_iter().flatten() {
        authors.extend(Identity::parse(text).ok().filter(|identity| !authors.contains(identity)));
    }
    let Some(changes) = guarded(context, sites, surveys) else { return (authors, Authorship::Known) };
    let unknown = |reason: String| Authorship::Unknown { reason };
    if let Some(problem) = &origin.problem {
        return (authors, unknown(problem.clone()));
    }
    let Some(commit) = origin.provenance.commit.as_deref().filter(|_| !authors.is_empty()) else {
        let nowhere =
            git::repository_root(&context.project.root).is_none() && std::env::var_os("GIT_DIR").is_none();
        return match nowhere {
            true => (authors, Authorship::NoRepository),
            false => (authors, unknown("the repository has no commit".to_owned())),
        };
    };
    match writers(context, commit, origin.provenance.dirty, &changes) {
        Ok(writers) => {
            let new: Vec<Identity> = writers.into_iter().filter(|writer| !authors.contains(writer)).collect();
            authors.extend(new);
            (authors, Authorship::Known)
        }
        Err(error) => (authors, unknown(error.to_string())),
    }
}

/// Indexes of the changes that run where an approval excludes authors; `None` where there is no such approval.
fn guarded(context: &Context, sites: &[Site<'_>], surveys: &[Survey]) -> Option<BTreeSet<usize>> {
    let excludes = |name: &str| {
        let environment = context.config().environments.iter().find(|environment| environment.name == name);
        environment.is_some_and(|environment| environment.approvals.iter().any(|rule| !rule.allow_author))
    };
    let guarded: Vec<&Survey> = sites
        .iter()
        .zip(surveys)
        .filter(|(site, _)| excludes(&site.target.environment))
        .map(|(_, survey)| survey)
        .collect();
    if guarded.is_empty() {
        return None;
    }
    let mut changes = BTreeSet::new();
    for survey in guarded {
        match &survey.found {
            Ok((_, decision)) => changes.extend(decision.pending.iter().map(|(index, _)| *index)),
            // It may be everything.
            Err(_) => changes.extend(0..context.project.changes().len()),
        }
    }
    Some(changes)
}

fn writers(
    context: &Context,
    commit: &str,
    dirty: bool,
    changes: &BTreeSet<usize>,
) -> Result<Vec<Identity>, GitError> {
    let written = changes.iter().filter_map(|index| context.project.changes().get(*index));
    if dirty && let Some((path, _)) = context.project.differences_of(commit, written)?.into_iter().next() {
        return Err(GitError::NotCommitted { path });
    }
    let paths = context.project.paths_of(changes.iter().copied());
    git::writers(&context.project.root, &paths.into_iter().collect::<Vec<_>>())
}
