//! Declarative projects on real servers: the schema is declared, and the way to it is computed for each database.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod both;
mod deploying;
mod interrupted;
mod refusing;
mod scoped;

use std::ops::Deref;

use sluice_e2e::{EmptyDatabase, Engine, Project, Run};

/// A project that declares a schema for three environments of one database each.
struct Declared {
    project: Project,
    databases: Vec<EmptyDatabase>,
}

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// In an order in which nothing runs at once.
const FIRST: [(&str, &str); 2] = [
    ("schema/a_view.sql", "CREATE VIEW names AS SELECT name FROM users;\n"),
    (
        "schema/tables/users.sql",
        "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name varchar(20) NOT NULL);\n",
    ),
];

impl Declared {
    fn new(engine: Engine) -> Self {
        Self::with(engine, "", "approvals = [{ required = 1 }]")
    }

    /// With lines of its own at the end of the configuration, and in the environment prod.
    fn with(engine: Engine, tail: &str, prod: &str) -> Self {
        let project = Project::git();
        let databases: Vec<EmptyDatabase> =
            ENVIRONMENTS.iter().map(|name| engine.database(&project, name)).collect();
        let declared = Self { project, databases };
        declared.configure(tail, prod);
        for (path, text) in FIRST {
            declared.write(path, text);
        }
        declared.commit("A schema");
        declared
    }

    fn configure(&self, tail: &str, prod: &str) {
        let mut text = "[project]\nname = \"shop\"\nschema = \"schema\"\n".to_owned();
        for (environment, lines) in ENVIRONMENTS.iter().zip(["", "", prod]) {
            text.push_str(&format!("\n[[environment]]\nname = \"{environment}\"\n{lines}\n"));
        }
        for (environment, database) in ENVIRONMENTS.iter().zip(&self.databases) {
            text.push_str(&format!(
                "\n[[database]]\nname = \"shop-{environment}\"\nenvironment = \"{environment}\"\nurl = \"{}\"\nshadow = \"own\"\n",
                database.url()
            ));
        }
        text.push_str(tail);
        self.write("sluice.toml", &text);
    }

    fn database(&self, environment: &str) -> &EmptyDatabase {
        let at = ENVIRONMENTS.iter().position(|name| *name == environment);
        &self.databases[at.unwrap()]
    }

    fn deploy(&self, environment: &str) -> Run {
        self.sluice(&["deploy", "--env", environment])
    }

    /// States of the revisions in an environment's ledger.
    #[track_caller]
    fn states(&self, environment: &str) -> Vec<String> {
        let json = self.sluice(&["history", "--format", "json", "--env", environment]).exits(0).json();
        let revisions = json["revisions"].as_array().unwrap();
        revisions.iter().map(|revision| revision["state"].as_str().unwrap().to_owned()).collect()
    }
}

impl Deref for Declared {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}
