//! 15: the secret is rotated while a run is under way, and the connection goes away.

use std::fs;
use std::sync::Arc;

use sluice_faults::{MysqlTarget, Point, PostgresTarget, Project, Stage, Target};
use sluice_testkit::{MysqlServer, PostgresServer};

const OLD: &str = "first-word-of-entry";
const NEW: &str = "second-word-of-entry";

fn put(project: &Project, url: &str) {
    fs::write(project.path("url.txt"), url).unwrap();
}

/// Neither password may stand anywhere in the project but in the file that it comes from.
fn assert_untold(stage: &Stage, output: &str) {
    for word in [OLD, NEW] {
        assert!(!output.contains(word), "the output shows a password:\n{output}");
        for entry in fs::read_dir(stage.project.path(".sluice")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let told = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!told, "{} holds a password", path.display());
        }
    }
}

/// `rotate` changes the password on the server.
fn rotate_in_mid_run(
    target: Box<dyn Target>,
    reference: &str,
    url: impl Fn(&str) -> String,
    rotate: impl Fn(),
) {
    let stage = Stage::with_url(target, reference);
    put(&stage.project, &url(OLD));
    let reached = stage.reach(Point::J);
    rotate();
    put(&stage.project, &url(NEW));
    stage.target.end_sessions();
    drop(reached.hold);
    let ended = reached.runner.end().expect(0).says("connection lost");
    assert_untold(&stage, &ended.output);
    stage.check_end();
}

/// Asks for the secret again where the connection is lost.
pub fn on_postgres(server: &Arc<PostgresServer>) {
    server.allow("host all app 127.0.0.1/32 scram-sha-256");
    let target = PostgresTarget::new(server);
    let (host, name) =
        target.url().rsplit_once('/').map(|(host, name)| (host.to_owned(), name.to_owned())).unwrap();
    server.psql(&format!("CREATE ROLE app LOGIN PASSWORD '{OLD}'; ALTER DATABASE {name} OWNER TO app"));
    target.try_sql("ALTER SCHEMA public OWNER TO app").unwrap();
    let host = host.split_once('@').unwrap().1.to_owned();
    rotate_in_mid_run(
        target,
        "exec:cat url.txt",
        |word| format!("postgres://app:{word}@{host}/{name}"),
        || {
            server.psql(&format!("ALTER ROLE app PASSWORD '{NEW}'"));
        },
    );
}

/// Reads the file again where the connection is lost.
pub fn on_mysql(server: &Arc<MysqlServer>) {
    let target = MysqlTarget::new(server);
    let name = target.url().rsplit('/').next().unwrap().to_owned();
    server.sql(&format!("CREATE USER {name} IDENTIFIED BY '{OLD}'; GRANT ALL ON {name}.* TO {name}"));
    rotate_in_mid_run(
        target,
        "file:url.txt",
        |word| server.url_as(&format!("{name}:{word}"), &name),
        || {
            server.sql(&format!("ALTER USER {name} IDENTIFIED BY '{NEW}'"));
        },
    );
    server.sql(&format!("DROP USER {name}"));
}
