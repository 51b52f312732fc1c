use super::*;

/// A repository that knows nothing of the machine's configuration.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.git(&["config", "user.name", "Ann"]);
        repository.git(&["config", "user.email", "ann@example.com"]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_COMMITTER_NAME", "Carol")
            .env("GIT_COMMITTER_EMAIL", "carol@example.com")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "work"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn none(_: &str) -> Option<String> {
    None
}

#[test]
fn git_says_where_a_release_comes_from() {
    let repository = Repository::new();
    repository.write("db/1.sql", b"select 1;\n");
    let commit = repository.commit();
    repository.git(&["remote", "add", "other", "https://other.example/x"]);
    repository.git(&["remote", "add", "origin", "https://ann:hunter2@git.example/shop.git"]);
    let expected = Provenance {
        repository: Some("https://git.example/shop.git".to_owned()),
        commit: Some(commit.clone()),
        dirty: false,
        author: Some("Ann <ann@example.com>".to_owned()),
        committer: Some("Carol <carol@example.com>".to_owned()),
        reference: Some("main".to_owned()),
        ..Provenance::default()
    };
    let below = repository.path().join("db");
    assert_eq!(provenance_with(&below, &[], &none), Origin { provenance: expected.clone(), problem: None });

    repository.write("db/1.sql", b"select 2;\n");
    assert_eq!(
        provenance_with(&below, &[], &none).provenance,
        Provenance { dirty: true, ..expected.clone() }
    );
    repository.git(&["checkout", "-q", "db/1.sql"]);

    repository.git(&["tag", "v1"]);
    repository.git(&["checkout", "-q", "--detach"]);
    let detached = provenance_with(&below, &[], &none).provenance;
    assert_eq!(detached.reference.as_deref(), Some("v1"));

    let ci = |name: &str| match name {
        "GITLAB_CI" => Some("true".to_owned()),
        "CI_COMMIT_REF_NAME" => Some("topic".to_owned()),
        "CI_COMMIT_SHA" => Some("0000".to_owned()),
        _ => None,
    };
    let found = provenance_with(&below, &[], &ci).provenance;
    assert_eq!(
        (found.commit, found.reference.as_deref(), found.ci.as_deref()),
        (Some(commit), Some("topic"), Some("gitlab"))
    );
}

#[test]
fn without_a_repository_or_a_commit_there_is_no_provenance_and_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(provenance_with(folder.path(), &[], &none), Origin::default());

    let repository = Repository::new();
    let origin = provenance_with(repository.path(), &[], &none);
    assert_eq!(origin.problem, None);
    assert_eq!(origin.provenance, Provenance { reference: Some("main".to_owned()), ..Provenance::default() });

    std::fs::write(folder.path().join(".git"), "gitdir: /nowhere\n").expect("a file");
    let origin = provenance_with(folder.path(), &[], &none);
    assert!(origin.problem.expect("a problem").starts_with("git status: fatal:"));
}

#[test]
fn the_actor_comes_from_the_environment_or_from_git() {
    let repository = Repository::new();
    let actor = |variable: &dyn Fn(&str) -> Option<String>| {
        actor_with(repository.path(), variable).map(|identity| identity.to_string())
    };
    assert_eq!(actor(&none).as_deref(), Some("Ann <ann@example.com>"));
    let named = |name: &str| (name == "SLUICE_ACTOR").then(|| "Eve <eve@example.com>".to_owned());
    assert_eq!(actor(&named).as_deref(), Some("Eve <eve@example.com>"));
    let blank = |name: &str| (name == "SLUICE_ACTOR").then(|| " ".to_owned());
    assert_eq!(actor(&blank).as_deref(), Some("Ann <ann@example.com>"));
}

#[test]
fn files_are_compared_with_a_commit() {
    let repository = Repository::new();
    repository.write("shop/db/1.sql", b"select 1;\n");
    repository.write("shop/db/2 two.sql", b"select 2;\n");
    repository.write("shop/db/3.sql", b"");
    let commit = repository.commit();
    let root = repository.path().join("shop");
    let files: [(&str, &[u8]); 6] = [
        ("db/1.sql", b"\xef\xbb\xbfselect 1;\r\n"),
        ("db/2 two.sql", b"select 3;\n"),
        ("db/3.sql", b""),
        ("db/4.sql", b"select 4;\n"),
        ("db/a\nb.sql", b""),
        ("../../outside.sql", b""),
    ];
    assert_eq!(
        committed(&root, &commit, &files),
        Ok(vec![
            ("db/2 two.sql", Difference::Changed),
            ("db/4.sql", Difference::NotCommitted),
            ("db/a\nb.sql", Difference::NotCommitted),
            ("../../outside.sql", Difference::NotCommitted),
        ])
    );
    let unknown = "0123456789012345678901234567890123456789";
    assert_eq!(
        committed(&root, unknown, &files),
        Err(GitError::UnknownCommit { commit: unknown.to_owned() })
    );
    assert!(matches!(committed(&root, "--help", &files), Err(GitError::NotACommit { .. })));
}

#[test]
fn a_repository_cannot_make_git_run_anything() {
    let repository = Repository::new();
    repository.write("1.sql", b"select 1;\n");
    repository.commit();
    let mark = repository.path().join("ran");
    let script = repository.path().join("evil.sh");
    std::fs::write(&script, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).expect("a script");
    repository.git(&["config", "core.fsmonitor", &format!("sh {}", script.display())]);
    repository.git(&["config", "core.pager", &format!("sh {}", script.display())]);
    let origin = provenance_with(repository.path(), &[], &none);
    assert!(origin.provenance.commit.is_some());
    assert!(!mark.exists());
}

#[test]
fn credentials_are_cut_from_urls() {
    for (url, shown) in [
        ("https://user:token@host/a/b.git", "https://host/a/b.git"),
        ("https://token@host/a@b.git", "https://host/a@b.git"),
        ("https://host/a/b.git", "https://host/a/b.git"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("ssh://git@host/a/b.git", "ssh://host/a/b.git"),
        ("/srv/git/shop.git", "/srv/git/shop.git"),
    ] {
        assert_eq!(without_credentials(url), shown);
    }
}

#[test]
fn migrations_that_are_not_in_the_commit_make_it_dirty() {
    let repository = Repository::new();
    repository.write("db/1.sql", b"select 1;\n");
    repository.write(".gitignore", b"*.local.sql\n*.swp\n");
    repository.commit();
    let dirty = |within: &[&str]| provenance_with(repository.path(), within, &none).provenance.dirty;
    assert!(!dirty(&["db"]) && !dirty(&[]));
    repository.write("elsewhere.sql", b"select 1;\n");
    repository.write("db/.1.sql.swp", b"");
    assert!(!dirty(&["db"]), "neither a migration nor in their folder");
    repository.write("db/2.sql", b"select 2;\n");
    assert!(dirty(&["db"]) && !dirty(&[]));
    repository.commit();
    assert!(!dirty(&["db"]));
    repository.write("db/3.local.sql", b"select 3;\n");
    assert!(dirty(&["db"]), "git ignores it, and so the commit does not have it");
    assert!(dirty(&["../outside"]));
}

#[test]
fn a_file_is_written_by_whoever_touched_it_last() {
    let repository = Repository::new();
    repository.write("db/1 one.sql", b"select 1;\n");
    repository.write("db/2.sql", b"select 2;\n");
    repository.commit();
    repository.git(&["config", "user.name", "Bob"]);
    repository.git(&["config", "user.email", "bob@example.com"]);
    repository.write("db/2.sql", b"select 3;\n");
    repository.commit();
    repository.git(&["config", "user.name", "Dora"]);
    repository.git(&["config", "user.email", "dora@example.com"]);
    repository.write("README", b"");
    repository.commit();
    let root = repository.path().join("db");
    let who = |paths: &[&str]| {
        writers(&root, paths).map(|writers| writers.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let (ann, bob, carol) = ("Ann <ann@example.com>", "Bob <bob@example.com>", "Carol <carol@example.com>");
    assert_eq!(who(&[]), Ok(Vec::new()));
    assert_eq!(who(&["1 one.sql"]).unwrap(), [ann, carol]);
    assert_eq!(who(&["1 one.sql", "2.sql"]).unwrap(), [bob, carol, ann]);

    repository.write("db/3.sql", b"");
    assert_eq!(who(&["3.sql"]), Err(GitError::NotCommitted { path: "db/3.sql".to_owned() }));

    let shallow = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", repository.path().display());
    repository.git(&["clone", "-q", "--depth=2", &url, shallow.path().to_str().expect("a path")]);
    assert_eq!(writers(shallow.path(), &["db/2.sql"]), Err(GitError::Shallow));
    assert_eq!(writers(shallow.path(), &["README"]).map(|writers| writers.len()), Ok(2));
}

#[test]
fn a_merge_that_wrote_something_of_its_own_has_written_it() {
    let repository = Repository::new();
    repository.write("1.sql", b"select 1;\n");
    repository.commit();
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.write("1.sql", b"select 2;\n");
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("2.sql", b"select 1;\n");
    repository.commit();
    repository.git(&["config", "user.name", "Eve"]);
    repository.git(&["config", "user.email", "eve@example.com"]);
    repository.git(&["merge", "-q", "--no-ff", "--no-commit", "topic"]);
    repository.write("1.sql", b"drop table customers;\n");
    repository.git(&["commit", "-q", "-a", "-m", "merge"]);
    let names: Vec<String> =
        writers(repository.path(), &["1.sql"]).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names[0], "Eve <eve@example.com>");
}
