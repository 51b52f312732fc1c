use std::io::Write as _;
use std::process::Stdio;

use sluice_e2e::{Project, Run};

const INDEX: &str = "CREATE INDEX orders_total ON orders (total);\n";
const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, code text);\n";
const CHECK: &str = "ALTER TABLE orders ADD CONSTRAINT sane CHECK (total > 0);\n";
const NOT_VALID: &str = "ALTER TABLE orders ADD CONSTRAINT sane CHECK (total > 0) NOT VALID;\n";
const VALIDATE: &str = "ALTER TABLE orders VALIDATE CONSTRAINT sane;\n";

/// The names in a folder, without hidden ones.
fn names(project: &Project, folder: &str) -> Vec<String> {
    let listing = std::fs::read_dir(project.path(folder)).unwrap();
    let mut names: Vec<String> =
        listing.map(|item| item.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn shop() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/0001_orders.sql", TABLE);
    project
}

fn with_input(project: &Project, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = project.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_file_is_told_and_a_second_run_finds_nothing() {
    let project = shop();
    project.write("migrations/0002_index.sql", INDEX).write("migrations/0003_check.sql", CHECK);
    let run: Run = project.sluice(&["check", "--fix"]).exits(0);
    let run = run.says("fixed migrations/0002_index.sql: build the index concurrently (locks/create-index)");
    let run = run.says("fixed migrations/0003_check.sql: ").says("(locks/add-check)");
    run.says("new migrations/0004_validate_sane.sql").says("2 fixed");
    assert_eq!(project.read("migrations/0003_check.sql"), NOT_VALID);
    assert_eq!(project.read("migrations/0004_validate_sane.sql"), VALIDATE);
    project.sluice(&["check", "--fix"]).exits(0).says("0 fixed").keeps_quiet_about("new ");
    assert_eq!(names(&project, "migrations").len(), 4, "nothing but changes is left");
}

#[test]
fn a_follow_up_comes_before_the_next_change() {
    let project = shop();
    project
        .write("migrations/0002_check.sql", CHECK)
        .write("migrations/0003_index.sql", "DROP TABLE IF EXISTS x;\n");
    project
        .sluice(&["check", "--fix", "migrations/0002_check.sql"])
        .says("new migrations/0002.1_validate_sane.sql");
}

#[test]
fn fixes_that_touch_each_other_are_made_one_after_the_other() {
    let project = shop();
    let change = "ALTER TABLE orders VALIDATE CONSTRAINT a, VALIDATE CONSTRAINT b, ADD COLUMN note text;\n";
    project.write("migrations/0002_change.sql", change);
    let fix = ["check", "--fix", "--rule", "correctness/*=off", "migrations/0002_change.sql"];
    project.sluice(&fix).exits(0).says("2 fixed");
    assert_eq!(project.read("migrations/0002_change.sql"), "ALTER TABLE orders ADD COLUMN note text;\n");
    let names = names(&project, "migrations");
    assert_eq!(names[2..], ["0002_change.sql", "0003_validate_a.sql"], "{names:?}");
    project.sluice(&fix).exits(0).says("0 fixed");
}

#[test]
fn applied_history_is_not_touched() {
    let project = shop();
    project.write("migrations/0002_index.sql", INDEX);
    project.commit("main");
    project.run_git(&["checkout", "--quiet", "-b", "branch"]);
    let edited = format!("{INDEX}CREATE INDEX orders_code ON orders (code);\n");
    project.write("migrations/0002_index.sql", &edited).write("migrations/0003_check.sql", CHECK);
    let fix = ["check", "--base", "main", "--fix", "--rule", "integrity/edited-change=off"];
    project.sluice(&fix).says("left migrations/0002_index.sql: it is applied history").says("1 fixed");
    assert_eq!(project.read("migrations/0002_index.sql"), edited);
    assert_eq!(project.read("migrations/0003_check.sql"), NOT_VALID);
}

#[test]
fn standard_input_comes_out_fixed() {
    let project = Project::new();
    let check = ["check", "--engine", "postgres", "--fix", "-"];
    let (code, out, error) = with_input(&project, &check, INDEX);
    assert_eq!(
        (code, out.as_str()),
        (0, "CREATE INDEX CONCURRENTLY orders_total ON orders (total);\n"),
        "{error}"
    );
    assert!(error.contains("1 fixed"), "{error}");
    let (code, out, error) = with_input(&project, &check, CHECK);
    assert_eq!((code, out.as_str()), (1, CHECK), "a fix in several changes does not fit into one text");
    assert!(error.contains("changes must come after it"), "{error}");
    let json = ["check", "--engine", "postgres", "--fix", "-", "--format", "json"];
    assert_eq!(with_input(&project, &json, INDEX).0, 2);
}

#[test]
fn a_diff_shows_and_writes_nothing() {
    let project = shop();
    project.write("migrations/0002_check.sql", CHECK);
    project.commit("changes");
    let run = project.sluice(&["check", "--diff"]).exits(1);
    assert_eq!(
        run.stdout,
        format!(
            "--- a/migrations/0002_check.sql\n+++ b/migrations/0002_check.sql\n@@ -1 +1 @@\n-{CHECK}+{NOT_VALID}\
             --- /dev/null\n+++ b/migrations/0003_validate_sane.sql\n@@ -0,0 +1 @@\n+{VALIDATE}"
        )
    );
    assert_eq!(project.run_git(&["status", "--porcelain"]), "");
    project.write("fixes.diff", &run.stdout);
    project.run_git(&["apply", "fixes.diff"]);
    assert_eq!(project.read("migrations/0003_validate_sane.sql"), VALIDATE);
    project.sluice(&["check", "--diff", "--fix"]).exits(2);
}

#[test]
fn only_the_way_forward_of_a_file_with_both_ways_is_edited() {
    let project = Project::with_database("postgres://localhost/shop");
    let goose = |up: &str, down: &str| format!("-- +goose Up\n{up}\n-- +goose Down\n{down}");
    project.write("migrations/00001_orders.sql", &goose(TABLE, "DROP TABLE orders;\n"));
    project.write("migrations/00002_check.sql", &goose(CHECK, INDEX));
    project.sluice(&["check", "--fix", "migrations/00002_check.sql"]).exits(0).says("1 fixed");
    assert_eq!(project.read("migrations/00002_check.sql"), goose(NOT_VALID, INDEX));
    assert_eq!(
        project.read("migrations/00003_validate_sane.sql"),
        goose(VALIDATE, "-- nothing to take back: the change before it does\n")
    );
    // The same file without its project.
    let other = Project::new();
    other.write("m/00002_check.sql", &goose(CHECK, INDEX));
    other.sluice(&["check", "--engine", "postgres", "--fix", "m/00002_check.sql"]).exits(0).says("1 fixed");
    assert_eq!(other.read("m/00002_check.sql"), goose(NOT_VALID, INDEX));
    assert_eq!(names(&other, "m"), ["00002_check.sql", "00003_validate_sane.sql"]);
}

#[test]
fn placeholders_stay() {
    let project = Project::with_database("postgres://localhost/shop");
    let config = project.read("sluice.toml");
    project.write(
        "sluice.toml",
        &format!("{config}\n[placeholders]\nenabled = true\nvalues = {{ schema = \"public\" }}\n"),
    );
    project.write("migrations/0001_orders.sql", &TABLE.replace("orders", "${schema}.orders"));
    project.write("migrations/0002_check.sql", &CHECK.replace("orders", "${schema}.orders"));
    project.sluice(&["check", "--fix", "migrations/0002_check.sql"]).exits(0).says("1 fixed");
    assert_eq!(project.read("migrations/0002_check.sql"), NOT_VALID.replace("orders", "${schema}.orders"));
    assert_eq!(
        project.read("migrations/0003_validate_sane.sql"),
        VALIDATE.replace("orders", "${schema}.orders")
    );
}

#[test]
fn what_runs_on_two_engines_is_fixed_only_as_both_want() {
    let project = shop();
    let config = project.read("sluice.toml");
    project.write(
        "sluice.toml",
        &format!("{config}\n[[database]]\nname = \"other\"\nenvironment = \"dev\"\nurl = \"mariadb://localhost/shop\"\n"),
    );
    project.write("migrations/0002_index.sql", INDEX);
    project.sluice(&["check", "--fix", "migrations/0002_index.sql"]).says("0 fixed");
    assert_eq!(project.read("migrations/0002_index.sql"), INDEX);
}

fn atlas() -> Project {
    let project = Project::with_database("postgres://localhost/shop");
    project.write("migrations/20240101000000_orders.sql", TABLE);
    project.write("migrations/20240102000000_check.sql", CHECK);
    let config = project.read("sluice.toml");
    project
        .write("sluice.toml", &config.replace("name = \"shop\"\n", "name = \"shop\"\nlayout = \"atlas\"\n"));
    project
}

#[test]
fn what_runs_on_one_engine_of_two_is_fixed_as_that_wants() {
    let project = shop();
    let config = project.read("sluice.toml");
    project.write(
        "sluice.toml",
        &format!("{config}\n[[database]]\nname = \"other\"\nenvironment = \"dev\"\nurl = \"mariadb://localhost/shop\"\n"),
    );
    let change = format!("-- sluice: targets=engine == 'postgres'\n{INDEX}");
    project.write("migrations/0002_index.sql", &change);
    project.sluice(&["check", "--fix", "migrations/0002_index.sql"]).says("1 fixed");
    assert_eq!(project.read("migrations/0002_index.sql"), change.replace("INDEX", "INDEX CONCURRENTLY"));
}

#[test]
fn an_atlas_directory_without_a_sum_gets_none() {
    let project = atlas();
    project.sluice(&["check", "--fix", "migrations/20240102000000_check.sql"]).exits(0).says("1 fixed");
    assert!(!project.path("migrations/atlas.sum").exists());
}

#[test]
fn the_sum_of_an_atlas_directory_is_renewed() {
    let project = atlas();
    // Both sums are computed by another program.
    project.write(
        "migrations/atlas.sum",
        "h1:k8NBhgwNnuamBy4vmS8w02qsWFSpygu5WRy8F1v0WRs=\n\
         20240101000000_orders.sql h1:6i6NW66uf0NlfE9sh5h61xldcjg5PKYjug4/8nvVuVc=\n\
         20240102000000_check.sql h1:47A6jS/HghgHAFKHS6p3/oD1TN/Wkobz85COiRfn1mE=\n",
    );
    let run = project.sluice(&["check", "--fix", "migrations/20240102000000_check.sql"]).exits(0);
    run.says("fixed migrations/atlas.sum: renew the sum over the files").says("1 fixed");
    assert_eq!(project.read("migrations/20240102000001_validate_sane.sql"), VALIDATE);
    assert_eq!(
        project.read("migrations/atlas.sum"),
        "h1:ikC1vfEfHCyFCe8TCkaJfmFn1mgNiMt6AiwVi8EIfOg=\n\
         20240101000000_orders.sql h1:6i6NW66uf0NlfE9sh5h61xldcjg5PKYjug4/8nvVuVc=\n\
         20240102000000_check.sql h1:eMGtt8iQXMYSYMXyr0UKJNp+r/2SiA6TmmiM6t3+ldY=\n\
         20240102000001_validate_sane.sql h1:do22BcGhkKu7xOW99yVF3A5Vw38gOxQfmSXuyGzYQfs=\n"
    );
    // Read again, it is verified.
    project.sluice(&["check"]).exits(0);
}

#[test]
fn without_a_base_it_is_said_that_edited_changes_may_be_applied() {
    let project = shop();
    project.commit("main");
    project.write("migrations/0002_index.sql", INDEX);
    let based = project.sluice(&["check", "--base", "main", "--fix"]).exits(0).says("1 fixed");
    based.keeps_quiet_about("may have been applied");
    project.write("migrations/0002_index.sql", INDEX);
    project.sluice(&["check", "--fix"]).exits(0).says("may have been applied");
    project.sluice(&["check", "--fix"]).exits(0).says("0 fixed").keeps_quiet_about("may have been applied");
    let files = Project::new();
    files.write("1.sql", INDEX);
    let bare = files.sluice(&["check", "--engine", "postgres", "--fix", "1.sql"]).exits(0);
    bare.says("1 fixed").keeps_quiet_about("may have been applied");
}
