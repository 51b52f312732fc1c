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
