//! Secrets are never shown, wherever they come from.

use sluice_e2e::Project;
use sluice_testkit::free_port;

const PASSWORD: &str = "hunter2-correct-horse";

#[test]
fn passwords_of_urls_are_in_no_output_of_any_command() {
    let port = free_port();
    for scheme in ["postgres", "mysql", "mariadb"] {
        let url = format!("{scheme}://app:{PASSWORD}@127.0.0.1:{port}/shop");
        for (reference, variable) in
            [("env:SHOP_URL", true), ("file:secret.txt", false), ("exec:cat secret.txt", false)]
        {
            let mut project = Project::with_database(reference);
            project.write("migrations/0001_a.sql", "SELECT 1;\n");
            project.write("secret.txt", &format!("{url}\n"));
            if variable {
                project.set("SHOP_URL", &url);
            }
            for arguments in [
                vec!["plan"],
                vec!["deploy", "-vv"],
                vec!["status"],
                vec!["history"],
                vec!["repair"],
                vec!["baseline"],
                vec!["release", "create"],
                vec!["release", "show", "--format", "json"],
                vec!["rollout", "show", "--format", "json"],
            ] {
                project.sluice(&arguments).keeps_quiet_about(PASSWORD);
            }
            for name in std::fs::read_dir(project.path(".sluice")).unwrap() {
                let path = name.unwrap().path();
                if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    let found = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
                    assert!(!found, "{} holds the password", path.display());
                }
            }
        }
    }
}

#[test]
fn passwords_of_urls_that_are_wrong_in_another_way_are_not_shown_either() {
    for url in [
        format!("postgres://app:{PASSWORD}@127.0.0.1:notaport/shop"),
        format!("postgres://app:{PASSWORD}@127.0.0.1/shop?sslmode=maybe"),
        format!("postgres://app:{PASSWORD}@/"),
        format!("mysql://app:{PASSWORD}@127.0.0.1:99999/shop"),
        format!("mysql://app:{PASSWORD}@127.0.0.1/"),
        format!("mariadb://app:{PASSWORD}@127.0.0.1/shop?nonsense=1"),
        format!("oracle://app:{PASSWORD}@127.0.0.1/shop"),
        format!("app:{PASSWORD}@127.0.0.1/shop"),
        PASSWORD.to_owned(),
        format!("postgres://app:{PASSWORD}%zz@127.0.0.1/shop"),
        format!("postgres://app:{PASSWORD}@[::1/shop"),
    ] {
        let mut project = Project::with_database("env:SHOP_URL");
        project.set("SHOP_URL", &url);
        project.write("migrations/0001_a.sql", "SELECT 1;\n");
        let run = project.sluice(&["plan"]).keeps_quiet_about(PASSWORD);
        assert!([2, 3].contains(&run.code), "{url}: {run}");
        project.sluice(&["status", "--format", "json"]).keeps_quiet_about(PASSWORD);
    }
}

#[test]
fn a_password_written_into_the_configuration_is_refused_without_showing_it() {
    let project = Project::with_database(&format!("postgres://app:{PASSWORD}@127.0.0.1/shop"));
    project.write("migrations/0001_a.sql", "SELECT 1;\n");
    project.sluice(&["plan"]).exits(2).says("env:").keeps_quiet_about(PASSWORD);
}

/// How often the program of the project has been started, by what it writes down.
fn asked(project: &Project) -> usize {
    project.read("log").lines().count()
}

#[test]
fn a_program_that_fails_is_asked_once_in_a_run() {
    let project = Project::with_database("exec:sh -c 'echo asked >> log; exit 1'");
    project.write("migrations/0001_a.sql", "SELECT 1;\n");
    for (number, command) in ["plan", "status", "deploy"].into_iter().enumerate() {
        project.sluice(&[command]).exits(3).says("exit status: 1");
        assert_eq!(asked(&project), number + 1, "{command}");
    }
}

#[test]
fn a_program_whose_secret_a_database_refuses_is_asked_once_more_and_not_again() {
    let home = Project::new();
    let database = sluice_e2e::Engine::Mariadb.database(&home, "dev");
    let (_, place) = database.url().split_once('@').unwrap();
    let project = Project::with_database("exec:./secret.sh");
    project.write(
        "secret.sh",
        &format!("#!/bin/sh\necho asked >> log\necho 'mysql://nobody:{PASSWORD}@{place}'\n"),
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path("secret.sh"), mode).unwrap();
    project.write("migrations/0001_a.sql", "SELECT 1;\n");
    project.sluice(&["plan"]).exits(3).keeps_quiet_about(PASSWORD);
    assert_eq!(asked(&project), 2);
}

#[test]
fn a_program_ends_when_the_user_stops_the_command() {
    for (command, signal) in [("plan", "INT"), ("deploy", "TERM"), ("status", "INT")] {
        let project = Project::with_database("exec:sh -c 'echo $$ > log; exec sleep 60'");
        project.write("migrations/0001_a.sql", "SELECT 1;\n");
        let run = project.start(&[command]);
        while std::fs::read_to_string(project.path("log")).unwrap_or_default().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let stopped = std::time::Instant::now();
        run.signal(signal);
        run.finish().exits(130);
        assert!(stopped.elapsed() < std::time::Duration::from_secs(5), "{command}: {:?}", stopped.elapsed());
        let program = std::path::Path::new("/proc").join(project.read("log").trim());
        assert!(!program.exists(), "{command}: the program still runs");
    }
}
