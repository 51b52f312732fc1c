use serde_json::Value;
use sluice_e2e::{Project, Run};

use crate::past::{self, EMAIL, Past, USERS};
use crate::refusing::assert_no_ledger;
use crate::server::{Database, Engine};

/// A project whose first two changes another tool has applied.
pub struct Adoptee {
    pub project: Project,
    pub database: Database,
    pub table: &'static str,
}

impl Adoptee {
    /// The files, a database where the tool has run, and what `sluice init` makes of it.
    pub fn new(past: &Past, engine: Engine) -> Self {
        let mut project = Project::git();
        past.write(&project, engine);
        // sqitch's registry is a database of the whole server there.
        let database = if past.layout == "sqitch" && engine == Engine::Mariadb {
            Database::on_private_mariadb()
        } else {
            Database::new(engine, &project)
        };
        database.sql(&project, &format!("{USERS}{EMAIL}"));
        let (table, history) = (past.history)(engine);
        if table.ends_with("sqitch.db") {
            project.create_sqlite("sqitch.db");
            project.sqlite("sqitch.db", &history);
        } else {
            database.sql(&project, &history);
        }
        project.set("PROJECT_DEV_URL", &database.url(&project));
        project
            .sluice(&["init"])
            .exits(0)
            .says(&format!("found {} migrations in {} ", past.layout, past.folder))
            .says("`sluice baseline --adopt` takes their history over");
        Self { project, database, table }
    }

    #[track_caller]
    pub fn sluice(&self, arguments: &[&str]) -> Run {
        self.project.sluice(&[arguments, &["--env", "dev"]].concat())
    }

    /// Versions that a deployment would run and those that it skips, with the reason.
    #[track_caller]
    pub fn plan(&self) -> (Vec<String>, Vec<(String, String)>) {
        let plan = self.sluice(&["plan", "--format", "json"]).exits(0).json();
        let target = &plan["targets"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            target["pending"].as_array().unwrap().iter().map(|change| text(&change["version"])).collect(),
            target["skipped"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| (text(&change["version"]), text(&change["reason"])))
                .collect(),
        )
    }

    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.database.sql(&self.project, sql)
    }

    /// Appends to `sluice.toml`.
    pub fn configure(&self, text: &str) {
        let configuration = self.project.read("sluice.toml");
        self.project.write("sluice.toml", &format!("{configuration}\n{text}\n"));
    }
}

/// Adopts, deploys the rest, and does both again.
fn take_over(past: &Past, engine: Engine) {
    eprintln!("{} on {engine:?}", past.layout);
    let adoptee = Adoptee::new(past, engine);
    // What sqitch keeps in a file of its own there is not looked for.
    if !(past.layout == "sqitch" && engine == Engine::Sqlite) {
        refused(&adoptee, past, engine);
    }

    let name = "project-dev";
    adoptee
        .sluice(&["baseline", "--adopt"])
        .exits(0)
        .says(&format!("{name}: 2 changes adopted from {} ({})", adoptee.table, past.layout));
    let (pending, skipped) = adoptee.plan();
    assert_eq!(pending, [past.pending]);
    assert_eq!(skipped.len(), 2);
    assert!(skipped.iter().all(|(_, reason)| reason == "baseline"), "{skipped:?}");
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("0 changes adopted");

    adoptee.sluice(&["deploy"]).exits(0).says("1 change applied");
    let (pending, _) = adoptee.plan();
    assert!(pending.is_empty(), "{pending:?}");
    adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("0 changes adopted");
    adoptee.sluice(&["deploy"]).exits(0);
    let indexes = match engine {
        Engine::Postgres => "select count(*) from pg_indexes where indexname = 'users_by_email'",
        Engine::Mariadb => {
            "select count(*) from information_schema.statistics \
             where table_schema = database() and index_name = 'users_by_email'"
        }
        Engine::Sqlite => "select count(*) from sqlite_master where name = 'users_by_email'",
    };
    assert_eq!(adoptee.sql(indexes), "1");
}

/// Nothing runs before the history is taken over.
fn refused(adoptee: &Adoptee, past: &Past, engine: Engine) {
    let tools = if tool(past) == "dbmate" { "dbmate or rails" } else { past.layout };
    let message = format!(
        "the database has a history of {tools} (table {}) and no ledger: every change",
        adoptee.table
    );
    for command in ["plan", "deploy"] {
        adoptee
            .sluice(&[command])
            .exits(1)
            .says(&message)
            .says("help: `sluice baseline --adopt --database project-dev` takes it over");
    }
    assert_no_ledger(adoptee, engine);
}

/// Whose history a table is said to be: dbmate's and Rails' look the same.
fn tool(past: &Past) -> &'static str {
    if past.layout == "rails" { "dbmate" } else { past.layout }
}

fn take_over_everywhere(engine: Engine) {
    for past in past::all().iter().filter(|past| past.engines.contains(&engine)) {
        take_over(past, engine);
    }
}

#[test]
fn every_tool_is_succeeded_on_postgresql() {
    take_over_everywhere(Engine::Postgres);
}

#[test]
fn every_tool_is_succeeded_on_mariadb() {
    take_over_everywhere(Engine::Mariadb);
}

#[test]
fn every_tool_is_succeeded_on_sqlite() {
    take_over_everywhere(Engine::Sqlite);
}

#[test]
fn a_file_that_was_edited_since_is_found_where_the_tool_keeps_checksums() {
    for past in past::all() {
        let adoptee = Adoptee::new(&past, Engine::Sqlite);
        let (path, content) = &past.changes[1];
        adoptee.project.write(path, &content.replace("varchar(200)", "varchar(300)"));
        let run = adoptee.sluice(&["baseline", "--adopt"]);
        if past.layout == "atlas" {
            run.exits(2).says("was edited: its hash is not that of atlas.sum");
        } else if past.has_checksums {
            run.exits(1).says(&format!("{path} was edited after {} applied it", past.layout));
        } else {
            run.exits(0);
        }
        if past.has_checksums {
            let ledger = "select count(*) from sqlite_master where name = 'sluice_revision'";
            assert_eq!(adoptee.sql(ledger), "0", "{}: nothing is half adopted", past.layout);
            adoptee.project.write(path, content);
            adoptee.sluice(&["baseline", "--adopt"]).exits(0).says("2 changes adopted");
        }
    }
}

#[test]
fn a_file_that_is_edited_after_the_adoption_is_found_by_plan_and_deploy() {
    for past in past::all().iter().filter(|past| past.layout != "atlas") {
        let adoptee = Adoptee::new(past, Engine::Sqlite);
        adoptee.sluice(&["baseline", "--adopt"]).exits(0);
        let (path, content) = &past.changes[1];
        adoptee.project.write(path, &content.replace("varchar(200)", "varchar(300)"));
        adoptee.sluice(&["plan"]).exits(1).says("edited");
        adoptee.sluice(&["deploy"]).says("edited");
        assert_eq!(adoptee.sql("select count(*) from sqlite_master where name = 'users_by_email'"), "0");
        adoptee.project.write(path, content);
        adoptee.sluice(&["deploy"]).exits(0);
    }
}
