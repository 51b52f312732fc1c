use std::ops::Deref;

use crate::{EmptyDatabase, Engine, Project};

/// A project with three environments of one database each, an approval in front of the last, and two changes that
/// [`crate::AUTHOR`] has committed.
#[derive(Debug)]
pub struct Shop {
    /// The project.
    pub project: Project,
    /// Its databases, in the order of [`Shop::ENVIRONMENTS`].
    pub databases: Vec<EmptyDatabase>,
    /// Kind of the databases.
    pub engine: Engine,
}

impl Shop {
    /// The stops on the way.
    pub const ENVIRONMENTS: [&'static str; 3] = ["dev", "staging", "prod"];

    /// The project, with an approval by one person in front of prod.
    pub fn new(engine: Engine) -> Self {
        Self::with_gates(engine, "", "approvals = [{ required = 1 }]")
    }

    /// The project with lines of its own in the environments staging and prod.
    pub fn with_gates(engine: Engine, staging: &str, prod: &str) -> Self {
        let project = Project::git();
        let databases: Vec<EmptyDatabase> =
            Self::ENVIRONMENTS.iter().map(|name| engine.database(&project, name)).collect();
        let shop = Self { project, databases, engine };
        shop.configure(staging, prod);
        shop.write("migrations/0001_create_customers.sql", CUSTOMERS);
        shop.write("migrations/0002_create_orders.sql", ORDERS);
        shop.commit("Customers and orders");
        shop
    }

    /// Writes the configuration, with lines of its own in the environments staging and prod.
    pub fn configure(&self, staging: &str, prod: &str) {
        let mut text = "[project]\nname = \"shop\"\n".to_owned();
        for (environment, lines) in Self::ENVIRONMENTS.iter().zip(["", staging, prod]) {
            text.push_str(&format!("\n[[environment]]\nname = \"{environment}\"\n{lines}\n"));
        }
        for (environment, database) in Self::ENVIRONMENTS.iter().zip(&self.databases) {
            text.push_str(&format!(
                "\n[[database]]\nname = \"shop-{environment}\"\nenvironment = \"{environment}\"\nurl = \"{}\"\n",
                database.url()
            ));
        }
        self.write("sluice.toml", &text);
    }

    /// How many changes the ledger of an environment's database has as applied; 0 where there is no ledger.
    #[track_caller]
    pub fn applied(&self, environment: &str) -> usize {
        let run = self.sluice(&["history", "--format", "json", "--env", environment]).exits(0);
        let json = run.json();
        let revisions = json["revisions"].as_array().expect("a list");
        revisions.iter().filter(|revision| revision["state"] == "applied").count()
    }

    /// The database of an environment.
    pub fn database(&self, environment: &str) -> &EmptyDatabase {
        let at = Self::ENVIRONMENTS.iter().position(|name| *name == environment);
        &self.databases[at.expect("one of the three")]
    }
}

impl Deref for Shop {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

const CUSTOMERS: &str = "CREATE TABLE customers (id integer PRIMARY KEY, name varchar(100) NOT NULL);
INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob');
";

const ORDERS: &str =
    "CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL REFERENCES customers (id));
";
