use sluice_rollout::Provenance;

/// What the variables of a CI system say about the commit that it works on.
///
/// Known: Forgejo and Gitea Actions (which also set GitHub's variables), GitHub, GitLab, Bitbucket, Azure DevOps,
/// Jenkins, Buildkite, CircleCI. The names are those of each system's documentation of predefined variables.
pub(super) fn provenance(variable: &dyn Fn(&str) -> Option<String>) -> Provenance {
    let get = |name: &str| variable(name).filter(|value| !value.is_empty());
    let is = |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // `false` is how Buildkite says that a build is of no pull request.
    let number = |name: &str| get(name).filter(|value| value != "false");
    let join = |parts: &[Option<String>]| {
        parts.iter().cloned().collect::<Option<Vec<String>>>().map(|it| it.concat())
    };
    let slash = || Some("/".to_owned());

    if is("GITHUB_ACTIONS") {
        let ci = if is("FORGEJO_ACTIONS") {
            "forgejo"
        } else if is("GITEA_ACTIONS") {
            "gitea"
        } else {
            "github"
        };
        let repository = join(&[get("GITHUB_SERVER_URL"), slash(), get("GITHUB_REPOSITORY")]);
        let pull = get("GITHUB_REF")
            .and_then(|reference| Some(reference.strip_prefix("refs/pull/")?.split('/').next()?.to_owned()));
        return Provenance {
            ci_run: join(&[repository.clone(), Some("/actions/runs/".to_owned()), get("GITHUB_RUN_ID")]),
            repository,
            commit: get("GITHUB_SHA"),
            reference: get("GITHUB_HEAD_REF").or_else(|| get("GITHUB_REF_NAME")),
            pull_request: pull,
            ci: Some(ci.to_owned()),
            ..Provenance::default()
        };
    }
    if is("GITLAB_CI") {
        return Provenance {
            repository: get("CI_PROJECT_URL"),
            commit: get("CI_COMMIT_SHA"),
            reference: get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").or_else(|| get("CI_COMMIT_REF_NAME")),
            pull_request: get("CI_MERGE_REQUEST_IID"),
            ci: Some("gitlab".to_owned()),
            ci_run: get("CI_JOB_URL").or_else(|| get("CI_PIPELINE_URL")),
            ..Provenance::default()
        };
    }
    if get("BITBUCKET_BUILD_NUMBER").is_some() {
        let repository = get("BITBUCKET_GIT_HTTP_ORIGIN");
        return Provenance {
            ci_run: join(&[
                repository.clone(),
                Some("/pipelines/results/".to_owned()),
                get("BITBUCKET_BUILD_NUMBER"),
            ]),
            repository,
            commit: get("BITBUCKET_COMMIT"),
            reference: get("BITBUCKET_BRANCH").or_else(|| get("BITBUCKET_TAG")),
            pull_request: get("BITBUCKET_PR_ID"),
            ci: Some("bitbucket".to_owned()),
            ..Provenance::default()
        };
    }
    if is("TF_BUILD") {
        return Provenance {
            repository: get("BUILD_REPOSITORY_URI"),
            commit: get("BUILD_SOURCEVERSION"),
            reference: get("SYSTEM_PULLREQUEST_SOURCEBRANCH")
                .or_else(|| get("BUILD_SOURCEBRANCH"))
                .map(|reference| short(&reference)),
            pull_request: get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
                .or_else(|| get("SYSTEM_PULLREQUEST_PULLREQUESTID")),
            ci: Some("azure".to_owned()),
            ci_run: join(&[
                get("SYSTEM_COLLECTIONURI").map(|uri| uri.trim_end_matches('/').to_owned()),
                slash(),
                get("SYSTEM_TEAMPROJECT"),
                Some("/_build/results?buildId=".to_owned()),
                get("BUILD_BUILDID"),
            ]),
            ..Provenance::default()
        };
    }
    if get("JENKINS_URL").is_some() {
        return Provenance {
            repository: get("GIT_URL"),
            commit: get("GIT_COMMIT"),
            reference: get("CHANGE_BRANCH").or_else(|| get("BRANCH_NAME")).or_else(|| {
                get("GIT_BRANCH").map(|branch| branch.strip_prefix("origin/").unwrap_or(&branch).to_owned())
            }),
            pull_request: get("CHANGE_ID"),
            ci: Some("jenkins".to_owned()),
            ci_run: get("BUILD_URL"),
            ..Provenance::default()
        };
    }
    if is("BUILDKITE") {
        return Provenance {
            repository: get("BUILDKITE_REPO"),
            commit: get("BUILDKITE_COMMIT"),
            reference: get("BUILDKITE_TAG").or_else(|| get("BUILDKITE_BRANCH")),
            pull_request: number("BUILDKITE_PULL_REQUEST"),
            ci: Some("buildkite".to_owned()),
            ci_run: get("BUILDKITE_BUILD_URL"),
            ..Provenance::default()
        };
    }
    if is("CIRCLECI") {
        return Provenance {
            repository: get("CIRCLE_REPOSITORY_URL"),
            commit: get("CIRCLE_SHA1"),
            reference: get("CIRCLE_TAG").or_else(|| get("CIRCLE_BRANCH")),
            pull_request: get("CIRCLE_PR_NUMBER").or_else(|| {
                get("CIRCLE_PULL_REQUEST").and_then(|url| url.rsplit('/').next().map(str::to_owned))
            }),
            ci: Some("circleci".to_owned()),
            ci_run: get("CIRCLE_BUILD_URL"),
            ..Provenance::default()
        };
    }
    Provenance::default()
}

/// `main` of `refs/heads/main`.
fn short(reference: &str) -> String {
    ["refs/heads/", "refs/tags/"]
        .iter()
        .find_map(|prefix| reference.strip_prefix(prefix))
        .unwrap_or(reference)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ci_system_says_what_it_works_on() {
        // Variables; then system, repository, commit, reference, pull request, run.
        type Row = (&'static [(&'static str, &'static str)], [&'static str; 6]);
        let table: &[Row] = &[
            (
                &[
                    ("GITHUB_ACTIONS", "true"),
                    ("GITHUB_SERVER_URL", "https://github.example"),
                    ("GITHUB_REPOSITORY", "a/b"),
                    ("GITHUB_SHA", "abc"),
                    ("GITHUB_REF", "refs/pull/7/merge"),
                    ("GITHUB_REF_NAME", "7/merge"),
                    ("GITHUB_HEAD_REF", "topic"),
                    ("GITHUB_RUN_ID", "9"),
                ],
                [
                    "github",
                    "https://github.example/a/b",
                    "abc",
                    "topic",
                    "7",
                    "https://github.example/a/b/actions/runs/9",
                ],
            ),
            (
                &[
                    ("GITHUB_ACTIONS", "true"),
                    ("GITEA_ACTIONS", "true"),
                    ("FORGEJO_ACTIONS", "true"),
                    ("GITHUB_SHA", "abc"),
                    ("GITHUB_REF_NAME", "main"),
                    ("GITHUB_HEAD_REF", ""),
                ],
                ["forgejo", "", "abc", "main", "", ""],
            ),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("CI_PROJECT_URL", "https://gitlab.example/a/b"),
                    ("CI_COMMIT_SHA", "abc"),
                    ("CI_COMMIT_REF_NAME", "main"),
                    ("CI_MERGE_REQUEST_IID", "7"),
                    ("CI_JOB_URL", "https://gitlab.example/a/b/-/jobs/9"),
                ],
                [
                    "gitlab",
                    "https://gitlab.example/a/b",
                    "abc",
                    "main",
                    "7",
                    "https://gitlab.example/a/b/-/jobs/9",
                ],
            ),
            (
                &[
                    ("BITBUCKET_BUILD_NUMBER", "9"),
                    ("BITBUCKET_GIT_HTTP_ORIGIN", "https://bb.example/a/b"),
                    ("BITBUCKET_COMMIT", "abc"),
                    ("BITBUCKET_TAG", "v1"),
                ],
                [
                    "bitbucket",
                    "https://bb.example/a/b",
                    "abc",
                    "v1",
                    "",
                    "https://bb.example/a/b/pipelines/results/9",
                ],
            ),
            (
                &[
                    ("TF_BUILD", "True"),
                    ("BUILD_REPOSITORY_URI", "https://dev.example/o/p/_git/r"),
                    ("BUILD_SOURCEVERSION", "abc"),
                    ("BUILD_SOURCEBRANCH", "refs/heads/main"),
                    ("SYSTEM_COLLECTIONURI", "https://dev.example/o/"),
                    ("SYSTEM_TEAMPROJECT", "p"),
                    ("BUILD_BUILDID", "9"),
                ],
                [
                    "azure",
                    "https://dev.example/o/p/_git/r",
                    "abc",
                    "main",
                    "",
                    "https://dev.example/o/p/_build/results?buildId=9",
                ],
            ),
            (
                &[
                    ("JENKINS_URL", "https://ci.example"),
                    ("GIT_COMMIT", "abc"),
                    ("GIT_BRANCH", "origin/main"),
                    ("CHANGE_ID", "7"),
                    ("BUILD_URL", "https://ci.example/job/9"),
                ],
                ["jenkins", "", "abc", "main", "7", "https://ci.example/job/9"],
            ),
            (
                &[
                    ("BUILDKITE", "true"),
                    ("BUILDKITE_REPO", "git@host:a/b.git"),
                    ("BUILDKITE_COMMIT", "abc"),
                    ("BUILDKITE_BRANCH", "main"),
                    ("BUILDKITE_PULL_REQUEST", "false"),
                ],
                ["buildkite", "git@host:a/b.git", "abc", "main", "", ""],
            ),
            (
                &[
                    ("CIRCLECI", "true"),
                    ("CIRCLE_SHA1", "abc"),
                    ("CIRCLE_BRANCH", "topic"),
                    ("CIRCLE_PULL_REQUEST", "https://host/a/b/pull/7"),
                ],
                ["circleci", "", "abc", "topic", "7", ""],
            ),
            (&[("CI", "true")], ["", "", "", "", "", ""]),
        ];
        for (variables, expected) in table {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let found = provenance(&variable);
            let shown =
                [found.ci, found.repository, found.commit, found.reference, found.pull_request, found.ci_run]
                    .map(Option::unwrap_or_default);
            assert_eq!(shown, expected.map(str::to_owned), "{variables:?}");
        }
    }
}
