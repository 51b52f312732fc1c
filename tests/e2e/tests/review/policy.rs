use sluice_e2e::Project;

use crate::rules;

const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n";
const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";
const JSON: [&str; 3] = ["check", "--format", "json"];
const BASED: [&str; 5] = ["check", "--base", "main", "--format", "json"];

/// Where databases are, and their labels.
const PLACES: &str = r#"[project]
name = "shop"

[[environment]]
name = "dev"

[[environment]]
name = "prod"

[[database]]
name = "shop-dev"
environment = "dev"
url = "postgres://localhost/dev"
labels = { region = "eu" }

[[database]]
name = "shop-eu"
environment = "prod"
url = "postgres://localhost/eu"
labels = { region = "eu" }

[[database]]
name = "shop-us"
environment = "prod"
url = "postgres://localhost/us"
labels = { region = "us" }

"#;

/// A table on `main`, and with `review` as the policy a change that indexes it.
fn project(review: &str) -> Project {
    let project = Project::git();
    project.write("sluice.toml", &format!("{PLACES}{review}"));
    project.write("migrations/0001_orders.sql", TABLE).write("migrations/0002_index.sql", INDEX);
    project
}

/// Severity of the finding about the index; none where there is no finding.
fn severity(project: &Project, arguments: &[&str]) -> Option<String> {
    let json = project.sluice(&[&JSON[..], arguments].concat()).json();
    assert!(rules(&json).len() < 2, "{json:#}");
    Some(json["findings"][0]["severity"].as_str()?.to_owned())
}

#[test]
fn a_change_is_held_to_the_strictest_policy_of_where_it_goes() {
    let project = project(
        "[review.rules]\n\"locks/create-index\" = \"off\"\n\n[[review.override]]\nenvironments = [\"prod\"]\n\
         rules = { \"locks/create-index\" = \"error\" }\n",
    );
    assert_eq!(severity(&project, &[]).as_deref(), Some("error"));
    assert_eq!(severity(&project, &["--env", "dev"]), None);
    assert_eq!(severity(&project, &["--env", "prod"]).as_deref(), Some("error"));
    assert_eq!(severity(&project, &["--database", "shop-us"]).as_deref(), Some("error"));
    project.sluice(&["check", "--env", "stage"]).exits(2).says("there is no environment `stage`");
    project.write("migrations/0002_index.sql", &format!("-- sluice: targets=environment == 'dev'\n{INDEX}"));
    assert_eq!(severity(&project, &[]), None);
    assert_eq!(severity(&project, &["--env", "prod"]), None, "it does not go there");
    project.write("migrations/0002_index.sql", &format!("-- sluice: targets=region == 'us'\n{INDEX}"));
    assert_eq!(severity(&project, &[]).as_deref(), Some("error"));
    // What goes nowhere yet may go anywhere.
    project.write("migrations/0002_index.sql", &format!("-- sluice: targets=region == 'asia'\n{INDEX}"));
    assert_eq!(severity(&project, &[]).as_deref(), Some("error"));
    project.write("migrations/0002_index.sql", &format!("-- sluice: targets=regin == 'us'\n{INDEX}"));
    project.sluice(&JSON).exits(2).says("did you mean `region`?");
}

#[test]
fn every_condition_of_an_override_must_be_true() {
    for (conditions, holds) in [
        ("paths = \"migrations/*_index.sql\"", true),
        ("paths = [\"migrations/*_table.sql\", \"*_index.sql\"]", true),
        ("paths = [\"migrations/old\"]", false),
        ("engines = \"postgres\"", true),
        ("engines = [\"mysql\", \"sqlite\"]", false),
        ("where = \"region == 'us'\"", true),
        ("where = \"region == 'us'\"\nenvironments = [\"dev\"]", false),
        ("where = \"name == 'shop-dev'\"\nenvironments = [\"dev\"]\nengines = [\"postgres\"]", true),
        ("environments = \"prod\"\npaths = \"elsewhere/**\"", false),
    ] {
        let rules = "rules = { \"locks/create-index\" = \"warning\" }";
        let project = project(&format!(
            "[review.rules]\n\"locks/create-index\" = \"off\"\n\n[[review.override]]\n{conditions}\n{rules}\n"
        ));
        assert_eq!(severity(&project, &[]).as_deref(), holds.then_some("warning"), "{conditions}");
    }
}

#[test]
fn a_label_that_no_database_has_is_an_error_of_the_override() {
    let project = project("[[review.override]]\nwhere = \"regin == 'eu'\"\nfail_on = \"never\"\n");
    project
        .sluice(&JSON)
        .exits(2)
        .says("sluice.toml:28")
        .says("no database has a label `regin`")
        .says("did you mean `region`?");
}

#[test]
fn later_overrides_come_before_earlier_ones_and_rules_before_categories() {
    let all = |overrides: &[&str]| -> String {
        overrides
            .iter()
            .map(|rules| format!("[[review.override]]\npaths = \"**\"\nrules = {{ {rules} }}\n"))
            .collect()
    };
    let (off, warning) = ("\"locks/create-index\" = \"off\"", "\"locks/create-index\" = \"warning\"");
    for (overrides, found) in [
        (&[off, warning][..], Some("warning")),
        (&[warning, off], None),
        (&[warning, "\"locks/*\" = \"info\""], Some("info")),
        (&["\"locks/create-index\" = \"warning\", \"locks/*\" = \"off\""], Some("warning")),
    ] {
        assert_eq!(severity(&project(&all(overrides)), &[]).as_deref(), found, "{overrides:?}");
    }
    // The command line comes before all of them.
    let project = project(&all(&[off]));
    assert_eq!(severity(&project, &["--rule", "locks/create-index=info"]).as_deref(), Some("info"));
}

#[test]
fn what_fails_differs_by_where_a_change_goes() {
    let project = project(
        "[review]\nfail_on = \"error\"\n[review.rules]\n\"locks/create-index\" = \"warning\"\n\n\
         [[review.override]]\nenvironments = [\"prod\"]\nfail_on = \"warning\"\n",
    );
    project.sluice(&["check"]).exits(1);
    project.sluice(&["check", "--env", "dev"]).exits(0);
    project.sluice(&["check", "--fail-on", "error"]).exits(0);
}

#[test]
fn options_of_several_policies_hold_side_by_side_and_are_said_once() {
    let of = |environment: &str, severity: &str, max: u32| {
        format!(
            "[[review.override]]\nenvironments = [\"{environment}\"]\n\
             rules = {{ \"statement/in-list-length\" = {{ severity = \"{severity}\", max = {max} }} }}\n"
        )
    };
    let project = project(&(of("dev", "warning", 2) + &of("prod", "error", 4)));
    let delete = |count: usize| {
        let list: Vec<String> = (0..count).map(|at| at.to_string()).collect();
        format!("DELETE FROM orders WHERE id IN ({});\n", list.join(", "))
    };
    for (count, found) in [(2, None), (3, Some("warning")), (5, Some("error"))] {
        project.write("migrations/0002_index.sql", &delete(count));
        assert_eq!(severity(&project, &[]).as_deref(), found, "{count}");
    }
}

#[test]
fn ignored_files_are_not_reviewed_and_known_all_the_same() {
    let project =
        project("[review]\nignore = [\"migrations/0001*\"]\nextends = \"all\"\nfail_on = \"error\"\n");
    let json = project.sluice(&JSON).exits(1).json();
    let found = json["findings"].as_array().unwrap();
    assert!(found.iter().all(|one| one["path"] == "migrations/0002_index.sql"), "{json:#}");
    let index = found.iter().find(|one| one["rule"] == "locks/create-index").unwrap();
    assert_eq!(index["evidence"], "modelled");
    assert_eq!((json["summary"]["ignored"].as_u64(), json["summary"]["files"].as_u64()), (Some(1), Some(1)));
    project.sluice(&["check"]).exits(1).says("; 1 file ignored by the policy");
    project.sluice(&["check", "--format", "markdown"]).says("1 file ignored by the policy");
}

#[test]
fn what_is_wrong_with_an_override_is_said_whether_or_not_it_is_about_anything() {
    for (lines, said) in [
        (
            "rules = { \"locks/create-indx\" = \"off\" }\npaths = \"nowhere\"",
            "did you mean `locks/create-index`?",
        ),
        ("rules = { \"locks/create-index\" = { maxx = 3 } }\npaths = \"nowhere\"", "has no option `maxx`"),
        ("rules = { \"locks/create-index\" = \"fatal\" }\npaths = \"x\"", "not a severity"),
        ("extends = \"strickt\"\npaths = \"nowhere\"", "there is no rule set `strickt`"),
        ("fail_on = \"warn\"\npaths = \"x\"", "`warn` is not a value of `fail_on`"),
        ("fail_on = \"info\"\nenvironments = [\"prd\"]", "did you mean `prod`?"),
        ("fail_on = \"info\"\nengines = [\"postgresql\"]", "did you mean `postgres`?"),
        ("fail_on = \"info\"\nwhere = \"region =\"", "is not a CEL expression"),
        ("fail_on = \"info\"\npaths = \"a/[\"", "not a pattern for paths"),
        ("fail_on = \"info\"\npaths = []", "`paths` is empty"),
        ("fail_on = \"info\"", "the override has no condition"),
        ("paths = \"x\"", "the override changes nothing"),
        ("fail_on = \"info\"\npath = \"x\"", "did you mean `paths`?"),
    ] {
        let project = project(&format!("[[review.override]]\n{lines}\n"));
        project.sluice(&["check"]).exits(2).says(said);
    }
    let project = project("[review]\nignore = [\"{\"]\n");
    project.sluice(&["check"]).exits(2).says("not a pattern for paths");
}

#[test]
fn a_branch_cannot_soften_its_policy_by_anything_that_it_holds() {
    let strict = "[review.rules]\n\"locks/create-index\" = \"off\"\n\n[[review.override]]\nenvironments = [\"prod\"]\n\
                  rules = { \"locks/create-index\" = \"error\" }\n";
    let branch = || {
        let project = project(strict);
        std::fs::remove_file(project.path("migrations/0002_index.sql")).unwrap();
        project.commit("orders");
        project.run_git(&["checkout", "--quiet", "-b", "branch"]);
        project.write("migrations/0002_index.sql", INDEX);
        project
    };
    let config = format!("{PLACES}{strict}");
    for (what, softer) in [
        ("no override", PLACES.to_owned()),
        (
            "another override",
            format!("{config}[[review.override]]\npaths = \"**\"\nrules = {{ \"locks/*\" = \"off\" }}\n"),
        ),
        ("ignored files", config.replace("[review.rules]", "[review]\nignore = [\"**\"]\n[review.rules]")),
        (
            "a failing severity",
            config.replace("[review.rules]", "[review]\nfail_on = \"never\"\n[review.rules]"),
        ),
        ("databases that move", config.replace("environment = \"prod\"", "environment = \"dev\"")),
    ] {
        let project = branch();
        project.write("sluice.toml", &softer);
        let json = project.sluice(&BASED).exits(1).json();
        assert_eq!(rules(&json), ["locks/create-index"], "{what}");
        project.commit("softer");
        assert_eq!(
            rules(&project.sluice(&BASED).exits(1).json()),
            ["locks/create-index"],
            "{what}, committed"
        );
    }
}

#[test]
fn a_branch_that_began_before_the_policy_is_held_to_it() {
    let project = project("[review.rules]\n\"locks/create-index\" = \"off\"\n");
    std::fs::remove_file(project.path("migrations/0002_index.sql")).unwrap();
    project.commit("orders");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    project.write("migrations/0002_index.sql", INDEX).commit("index");
    project.sluice(&BASED).exits(0);
    project.run_git(&["checkout", "--quiet", "main"]);
    project.write("sluice.toml", PLACES).commit("stricter");
    project.run_git(&["checkout", "--quiet", "branch"]);
    project.sluice(&BASED).exits(1);
}

#[test]
fn suppressions_of_a_branch_are_counted_and_shown() {
    let project = project("");
    std::fs::remove_file(project.path("migrations/0002_index.sql")).unwrap();
    project.commit("orders");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    let allow = "-- sluice: allow(locks/create-index) reason=\"<b>@all</b> ten | rows\" until=2999-12-31\n";
    project.write("migrations/0002_index.sql", &format!("{allow}{INDEX}"));
    let json = project.sluice(&BASED).exits(0).json();
    assert_eq!(json["summary"]["suppressed"].as_u64(), Some(1));
    let suppressed = &json["suppressed"][0];
    assert_eq!(suppressed["rule"], "locks/create-index");
    assert_eq!((suppressed["line"].as_u64(), suppressed["until"].as_str()), (Some(2), Some("2999-12-31")));
    let markdown = project.sluice(&["check", "--base", "main", "--format", "markdown"]).exits(0);
    markdown
        .says("1 suppressed in the files")
        .says("&#60;b&#62;&#64;&#8203;all&#60;/b&#62; ten &#124; rows (until 2999-12-31)");
}

#[test]
fn changes_for_databases_of_another_engine_are_not_reviewed_as_if_they_were_for_this_one() {
    let project = Project::git();
    let places = "[project]\nname = \"shop\"\n[[environment]]\nname = \"dev\"\n[[database]]\nname = \"a\"\n\
                  environment = \"dev\"\nurl = \"postgres://localhost/a\"\n[[database]]\nname = \"b\"\n\
                  environment = \"dev\"\nurl = \"sqlite:b.db\"\n";
    project.write("sluice.toml", places);
    project.write(
        "migrations/0001_a.sql",
        "-- sluice: targets=engine == 'postgres'\nCREATE EXTENSION citext;\n",
    );
    project.write("migrations/0002_b.sql", "-- sluice: targets=engine == 'sqlite'\nPRAGMA optimize;\n");
    let json = project.sluice(&JSON).exits(0).json();
    assert_eq!(rules(&json), [""; 0], "{json:#}");
    assert_eq!(json["summary"]["files"].as_u64(), Some(2));
}
