//! `sluice diff` of files where nobody has named a server: one is started for it.

use std::fs;
use std::path::Path;

use sluice_e2e::Project;

const OLD: &str = "create table people (id int primary key, name varchar(20));";
const NEW: &str = "create table people (id int primary key, name varchar(40) not null);";

/// A folder for temporary files of one test, that anybody may enter.
fn temporary(project: &mut Project) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new().prefix("sl-").tempdir().unwrap().keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    project.set("TMPDIR", &folder.display().to_string());
    folder
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Processes whose command line names a path.
fn processes(path: &Path) -> Vec<String> {
    let path = path.display().to_string();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&path))
        .collect()
}

#[test]
fn files_alone_are_compared_and_proved_and_nothing_stays() {
    for (engine, product) in [("postgres", "PostgreSQL"), ("mariadb", "MariaDB")] {
        let mut project = Project::new();
        let folder = temporary(&mut project);
        project.write("old.sql", OLD).write("new.sql", NEW);
        let run = project.sluice(&["diff", "old.sql", "new.sql", "--engine", engine]).exits(0);
        run.says(&format!("-- proved on {product}"));
        assert_eq!(entries(&folder), Vec::<String>::new());
        assert_eq!(processes(&folder), Vec::<String>::new());
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn what_a_killed_run_leaves_is_gone_after_the_next() {
    let mut project = Project::new();
    let folder = temporary(&mut project);
    project.write("old.sql", "select pg_sleep(600);").write("new.sql", NEW);
    let arguments = ["diff", "old.sql", "new.sql", "--engine", "postgres"];
    let mut killed = project.start(&arguments);
    while !processes(&folder).iter().any(|line| line.contains("listen_addresses")) {
        assert!(killed.is_running());
        std::thread::yield_now();
    }
    killed.signal("KILL");
    // The shell that watches the server sees us go.
    while !processes(&folder).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(entries(&folder).len(), 1);
    project.write("old.sql", OLD);
    project.sluice(&arguments).exits(0);
    assert_eq!(entries(&folder), Vec::<String>::new());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_version_that_is_not_installed_is_said_with_those_that_are() {
    let project = Project::new();
    project.write("old.sql", OLD).write("new.sql", NEW);
    let arguments = ["diff", "old.sql", "new.sql", "--engine", "postgres", "--server-version", "9.6"];
    project
        .sluice(&arguments)
        .exits(2)
        .says("no PostgreSQL program is installed in version 9.6 (there is ")
        .says("/usr/lib/postgresql/*/bin")
        .says("--shadow");
    project.sluice(&["diff", "old.sql", "new.sql"]).exits(2).says("--engine");
}

#[test]
fn a_side_that_has_not_changed_is_not_run_again() {
    let mut project = Project::new();
    let folder = temporary(&mut project);
    project.write("old.sql", OLD).write("new.sql", OLD);
    let arguments = ["diff", "old.sql", "new.sql", "--engine", "postgres"];
    project.sluice(&arguments).exits(0).says("The schemas are equal.");
    // A server could not be started there: its folder's path is too long for a socket.
    let long = folder.join("x".repeat(120));
    fs::create_dir(&long).unwrap();
    project.set("TMPDIR", &long.display().to_string());
    project.sluice(&arguments).exits(0).says("The schemas are equal.");
    project.sluice(&[arguments.as_slice(), &["--no-cache"]].concat()).exits(2).says("does not start");

    // An entry that is not whole is as good as none.
    let cache = project.home().join(".cache/sluice/elaborated");
    for name in entries(&cache) {
        let bytes = fs::read(cache.join(&name)).unwrap();
        fs::write(cache.join(&name), &bytes[..bytes.len() - 1]).unwrap();
    }
    project.sluice(&arguments).exits(2).says("does not start");
    project.set("TMPDIR", &folder.display().to_string());
    project.sluice(&arguments).exits(0).says("The schemas are equal.");
    fs::remove_dir_all(folder).unwrap();
}
