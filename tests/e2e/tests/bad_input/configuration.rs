//! `sluice.toml` and the command line.

use sluice_e2e::Project;

use crate::{project, refuses, untouched};

#[test]
fn mistakes_in_the_configuration_are_named_with_their_place_and_the_nearest_word() {
    // (what to replace, with what, what is said)
    let table: &[(&str, &str, &[&str])] = &[
        (
            "environment = \"dev\"",
            "enviroment = \"dev\"",
            &["sluice.toml:9:1", "enviroment", "`environment`"],
        ),
        ("[project]", "[projct]", &["projct", "project"]),
        ("name = \"shop-dev\"", "name = 7", &["sluice.toml:8", "name"]),
        ("environment = \"dev\"", "environment = \"deev\"", &["deev", "dev"]),
        ("url = \"sqlite:dev.db\"", "", &["url"]),
        ("url = \"sqlite:dev.db\"", "url = \"sqlite:dev.db\nx", &["sluice.toml:10"]),
        (
            "[[environment]]\nname = \"dev\"",
            "[[environment]]\nname = \"dev\"\nsoak = \"2 hours\"",
            &["sluice.toml:6:8", "2 hours"],
        ),
        (
            "[[environment]]\nname = \"dev\"",
            "[[environment]]\nname = \"dev\"\nwaves = [\"region = 'eu'\"]",
            &["sluice.toml:6"],
        ),
        (
            "[[environment]]\nname = \"dev\"",
            "[[environment]]\nname = \"dev\"\nwindow = [{ zone = \"Europe/Berln\" }]",
            &["sluice.toml:6", "Europe/Berln"],
        ),
        (
            "[[environment]]\nname = \"dev\"",
            "[[environment]]\nname = \"dev\"\n[[environment]]\nname = \"dev\"",
            &["dev"],
        ),
        (
            "[[environment]]\nname = \"dev\"",
            "[[environment]]\nname = \"dev\"\napprovals = [{ required = 1, from = [\"group:dab\"] }]",
            &["sluice.toml:6", "dab"],
        ),
        ("name = \"shop\"\n", "name = \"shop\"\nmigrations = \"/etc\"\n", &["sluice.toml:3", "/etc"]),
        ("name = \"shop\"\n", "name = \"shop\"\nmigrations = \"../elsewhere\"\n", &["../elsewhere"]),
        ("name = \"shop\"\n", "name = \"shop\"\nmigrations = \"none\"\n", &["none"]),
        ("name = \"shop\"\n", "name = \"shop\"\nlayout = \"flywy\"\n", &["flywy", "flyway"]),
        ("url = \"sqlite:dev.db\"", "url = \"env:NOT_SET_ANYWHERE\"", &["NOT_SET_ANYWHERE"]),
        ("url = \"sqlite:dev.db\"", "url = \"file:secrets/none\"", &["secrets/none"]),
        ("url = \"sqlite:dev.db\"", "url = \"oracle://x/y\"", &["postgres"]),
    ];
    for (what, with, texts) in table {
        let project = project();
        let text = project.read("sluice.toml");
        assert!(text.contains(what), "{what}");
        project.write("sluice.toml", &text.replacen(what, with, 1));
        let run = project.sluice(&["deploy"]);
        assert!([2, 3].contains(&run.code), "{run}");
        let code = run.code;
        // A secret that is not there is a database that cannot be reached: that is a rollout that failed.
        let reference = with.starts_with("url = \"env") || with.starts_with("url = \"file");
        refuses(&project, &["deploy"], if reference { code } else { 2 }, texts);
        if reference {
            assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
            continue;
        }
        untouched(&project);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_says_why() {
    let project = Project::new();
    refuses(&project, &["plan"], 2, &["sluice.toml", "sluice init"]);
    refuses(&project, &["plan", "--config", "other.toml"], 2, &["other.toml"]);
    project.write_bytes("sluice.toml", b"[project]\nname = \"caf\xe9\"\n");
    refuses(&project, &["plan"], 2, &["sluice.toml", "UTF-8"]);
    std::fs::remove_file(project.path("sluice.toml")).unwrap();
    std::fs::create_dir(project.path("sluice.toml")).unwrap();
    refuses(&project, &["plan"], 2, &["sluice.toml"]);
    std::fs::remove_dir(project.path("sluice.toml")).unwrap();
    project.write("sluice.toml", "");
    refuses(&project, &["plan"], 2, &["project"]);
}

#[test]
fn mistakes_on_the_command_line_are_usage() {
    let project = project();
    for (arguments, text) in [
        (vec!["deploy", "--env", "prd"], "dev"),
        (vec!["deploy", "--database", "shop-prod"], "shop-dev"),
        (vec!["deploy", "--database", "region = 'eu'"], "--database"),
        (vec!["deploy", "--database", "group:none"], "none"),
        (vec!["deploy", "--wait", "soon"], "--wait"),
        (vec!["baseline", "--to", "99"], "99"),
        (vec!["repair", "0001"], "--accept"),
        (vec!["release", "show", "abcdef"], "abcdef"),
        (vec!["release", "show"], "sluice release create"),
    ] {
        refuses(&project, &arguments, 2, &[text]);
    }
    for arguments in
        [vec!["deplyo"], vec!["deploy", "--envv", "dev"], vec!["--format", "yaml", "plan"], vec![]]
    {
        let run = project.sluice(&arguments).exits(2);
        assert!(run.stderr.contains("Usage") || run.stderr.contains("help"), "{run}");
    }
    assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
}
