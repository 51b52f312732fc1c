//! The templates in `examples/ci`, by the programs that check such files, and run as far as a machine of one's own can.

use std::path::PathBuf;
use std::process::{Command, Output};

use sluice_e2e::{Project, binary};
use sluice_testkit::repository;

use crate::formats::ci_tool;

fn template(path: &str) -> PathBuf {
    repository().join("examples/ci").join(path)
}

#[track_caller]
fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

#[test]
fn templates_are_valid_by_the_schemas_of_their_forges() {
    let Some(program) = ci_tool("python/bin/check-jsonschema") else { return };
    for (schema, options, files) in [
        ("github-workflows", &[][..], &["github/sluice.yml", "forgejo/sluice.yml"][..]),
        ("gitlab-ci", &["--data-transform", "gitlab-ci"], &["gitlab/.gitlab-ci.yml"]),
        ("bitbucket-pipelines", &[], &["bitbucket/bitbucket-pipelines.yml"]),
        (
            "azure-pipelines",
            &["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"],
            &["azure/azure-pipelines.yml"],
        ),
    ] {
        let mut command = Command::new(&program);
        command.args(["--builtin-schema", &format!("vendor.{schema}")]).args(options);
        succeeds(command.args(files.iter().map(|file| template(file))));
    }
}

#[test]
fn workflows_have_nothing_that_actionlint_finds() {
    let Some(program) = ci_tool("python/bin/actionlint") else { return };
    let mut command = Command::new(program);
    // Runners of Forgejo have labels of their own.
    command.args(["-no-color", "-shellcheck=", "-pyflakes=", "-ignore", "label \"docker\" is unknown"]);
    succeeds(command.args(["github/sluice.yml", "forgejo/sluice.yml"].map(template)));
}

#[test]
fn workflows_pin_their_actions_and_begin_without_permissions() {
    for file in ["github/sluice.yml", "forgejo/sluice.yml"] {
        let text = std::fs::read_to_string(template(file)).unwrap();
        assert!(text.contains("\npermissions: {}\n"), "{file}");
        let mut uses = 0;
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let (_, pin) = action.split_once('@').unwrap();
            let (commit, version) = pin.split_once(" # v").unwrap_or_else(|| panic!("{file}: {line}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{file}: {line}"
            );
            assert!(!version.is_empty(), "{file}: {line}");
            uses += 1;
        }
        assert!(uses >= 6, "{file}");
        // What people can choose freely is never part of a script's text.
        for (at, _) in text.match_indices("run: |") {
            let script = &text[at..text[at..].find("\n      - ").map_or(text.len(), |end| at + end)];
            assert!(!script.contains("${{"), "{file}: {script}");
        }
    }
}

/// A repository with an `origin`, on a branch that adds an index.
fn repository_of_gitlab(url: &str) -> Project {
    let project = Project::with_database(url);
    project.write(".gitlab-ci.yml", &std::fs::read_to_string(template("gitlab/.gitlab-ci.yml")).unwrap());
    project.write("migrations/0001_orders.sql", "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n");
    project.commit("orders");
    project.run_git(&["clone", "--quiet", "--bare", ".", "../origin.git"]);
    project.run_git(&["remote", "add", "origin", "../origin.git"]);
    project
}

/// Runs a job of GitLab CI with the binary under test on the `PATH`.
fn gitlab(project: &Project, program: &PathBuf, arguments: &[&str]) -> (bool, String) {
    // An environment as tests have it, with another program in it.
    let ours = project.command(&[]);
    let mut command = Command::new(program);
    command.env_clear().envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", binary().parent().unwrap().display()));
    command.current_dir(project.root()).arg("--force-shell-executor").args(arguments);
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[test]
fn the_gitlab_job_reviews_a_merge_request_and_keeps_its_report() {
    let Some(program) = ci_tool("node_modules/.bin/gitlab-ci-local") else { return };
    let project = repository_of_gitlab("env:SHOP_URL");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project
        .write("migrations/0002_index.sql", "CREATE INDEX orders_total ON orders (total);\n")
        .commit("index");
    let request = [
        "--variable",
        "CI_PIPELINE_SOURCE=merge_request_event",
        "--variable",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
        "sluice-check",
    ];
    let (passed, said) = gitlab(&project, &program, &request);
    assert!(!passed && said.contains("error[locks/create-index]"), "{said}");
    let report = project.read(".gitlab-ci-local/artifacts/sluice-check/review/code-quality.json");
    assert!(report.contains("\"check_name\": \"locks/create-index\""), "{report}");
    let comment = project.read(".gitlab-ci-local/artifacts/sluice-check/review/comment.md");
    assert!(comment.contains("must not be merged as it is"), "{comment}");
    project
        .write("migrations/0002_index.sql", "CREATE INDEX CONCURRENTLY orders_total ON orders (total);\n")
        .commit("better");
    let (passed, said) = gitlab(&project, &program, &request);
    assert!(passed, "{said}");
}

#[test]
fn the_gitlab_job_deploys_as_far_as_the_gates_let_it() {
    let Some(program) = ci_tool("node_modules/.bin/gitlab-ci-local") else { return };
    let project = repository_of_gitlab("sqlite:dev.db");
    for name in ["dev", "prod"] {
        project.create_sqlite(&format!("{name}.db"));
    }
    let config = project.read("sluice.toml");
    project.write(
        "sluice.toml",
        &format!(
            "{config}\n[[environment]]\nname = \"prod\"\napprovals = [{{ required = 1 }}]\n\n\
             [[database]]\nname = \"shop-prod\"\nenvironment = \"prod\"\nurl = \"sqlite:{}\"\n",
            project.path("prod.db").display()
        )
        .replace("sqlite:dev.db", &format!("sqlite:{}", project.path("dev.db").display())),
    );
    project.commit("prod");
    let (passed, said) = gitlab(&project, &program, &["sluice-deploy"]);
    assert!(passed && !said.contains("FAIL"), "a gate that holds is no failure: {said}");
    assert!(said.contains("approval"), "{said}");
    let count = "SELECT count(*) FROM sqlite_master WHERE name = 'orders'";
    assert_eq!(
        (project.sqlite("dev.db", count), project.sqlite("prod.db", count)),
        ("1".to_owned(), "0".to_owned())
    );
    project.write("migrations/0002_broken.sql", "CREATE TABLE orders (id int);\n").commit("broken");
    // What runs the jobs here ends well wherever a job may fail at all; what it says of the job differs.
    let (_, said) = gitlab(&project, &program, &["sluice-deploy"]);
    assert!(said.contains("FAIL 4"), "a failure is one: {said}");
}
