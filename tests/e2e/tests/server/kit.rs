use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_e2e::{Project, Server};

/// A server and a repository with dev, staging and prod, where prod wants two approvals.
pub struct Team {
    pub server: Server,
    pub repository: Project,
    pub ann: String,
    pub cid: String,
}

/// What is on the branch before anything is asked for.
const CONFIG: &str = r#"[project]
name = "shop"

[[environment]]
name = "dev"
[[environment]]
name = "staging"
[[environment]]
name = "prod"
approvals = [{ required = 2, from = ["ann@example.com", "cid@example.com", "bob@example.com"] }]

[[database]]
name = "shop-dev"
environment = "dev"
url = "env:SHOP_DEV_URL"
[[database]]
name = "shop-staging"
environment = "staging"
url = "env:SHOP_STAGING_URL"
[[database]]
name = "shop-prod"
environment = "prod"
url = "env:SHOP_PROD_URL"
"#;

impl Team {
    /// With one change that is not pushed anywhere yet: the project is not known.
    pub fn new() -> Self {
        let repository = Project::git();
        let mut urls = Vec::new();
        for name in ["DEV", "STAGING", "PROD"] {
            let path = repository.create_sqlite(&format!("{}.db", name.to_lowercase()));
            urls.push((format!("SHOP_{name}_URL"), format!("sqlite:{}", path.display())));
        }
        repository.write("sluice.toml", CONFIG);
        repository.write("migrations/0001_orders.sql", "create table orders (id integer primary key);\n");
        repository.commit("orders");
        let environment: Vec<(&str, &str)> =
            urls.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        let server = Server::start(&environment);
        let approver = json!([{ "role": "approver", "project": "shop", "environment": "prod" }]);
        let ann = server.token("person", "Ann <ann@example.com>", &approver);
        let cid = server.token("person", "Cid <cid@example.com>", &approver);
        Self { server, repository, ann, cid }
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.repository.root().display())
    }

    /// Makes the project known; the answer.
    pub fn create(&self) -> Value {
        let body = json!({ "name": "shop", "url": self.url(), "interval_seconds": 86400 });
        self.server.post(&self.server.admin, "/api/v1/projects", &body).is(201)
    }

    /// Has the branch looked at and waits until the project stands so; the project.
    pub fn sync(&self, state: &str) -> Value {
        let (server, admin) = (&self.server, &self.server.admin);
        let before = server.get(admin, "/api/v1/projects/shop").is(200)["seen_at"].clone();
        server.post(admin, "/api/v1/projects/shop/sync", &json!({})).is(202);
        let head = self.repository.run_git(&["rev-parse", "HEAD"]);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let project = server.get(admin, "/api/v1/projects/shop").is(200);
            // A look that was going on before may still have seen an older commit.
            let seen = project["commit"] == head.as_str() || state == "rewritten";
            if seen && project["seen_at"] != before && project["state"] == state {
                return project;
            }
            assert!(Instant::now() < until, "it does not become {state}: {project}");
            std::thread::yield_now();
        }
    }

    /// The newest rollout of the project.
    pub fn rollout(&self) -> Value {
        self.server.get(&self.server.admin, "/api/v1/rollouts?project=shop&limit=1").is(200)["rollouts"][0]
            .clone()
    }

    pub fn tables(&self, name: &str) -> String {
        let sql = "select name from sqlite_master where type = 'table' and name not like 'sluice_%' and name not like 'sqlite_%' order by name";
        self.repository.sqlite(&format!("{name}.db"), sql).replace('\n', " ")
    }

    pub fn exported(&self) -> PathBuf {
        let text = self.server.get(&self.server.admin, "/api/v1/audit/export");
        assert_eq!(text.status, 200, "{text:?}");
        let path = self.repository.path("audit.jsonl");
        std::fs::write(&path, text.text).unwrap();
        path
    }
}
