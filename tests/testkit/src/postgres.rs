//! PostgreSQL servers for tests: shared ones for everyday tests, private ones for faults and for settings of their own.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::install::{missing, shared_folder, tools};
use crate::process::{
    State, create_server_folder, enrol, free_port, lock, run, signal, try_run, unprivileged,
    unprivileged_user,
};

/// The major versions that the tests run on.
pub const POSTGRES_VERSIONS: [u32; 5] = [14, 15, 16, 17, 18];

/// The shared server of a major version. Started by the first test process that asks for it; stopped some seconds after the last
/// one has ended. Settings must not be changed: others use it at the same time.
///
/// # Panics
/// When the version is not installed or does not start.
pub fn postgres(major: u32) -> Arc<PostgresServer> {
    static SERVERS: OnceLock<Mutex<HashMap<u32, Arc<PostgresServer>>>> = OnceLock::new();
    let mut servers = SERVERS.get_or_init(Mutex::default).lock().unwrap_or_else(|poison| poison.into_inner());
    servers.entry(major).or_insert_with(|| Arc::new(PostgresServer::shared(major))).clone()
}

/// The newest supported version, for tests that are not about versions.
pub fn newest_postgres() -> Arc<PostgresServer> {
    postgres(POSTGRES_VERSIONS[POSTGRES_VERSIONS.len() - 1])
}

/// A running PostgreSQL server. Superuser `postgres`, no password from the loopback interface and the socket.
#[derive(Debug)]
pub struct PostgresServer {
    major: u32,
    home: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    port: u16,
    process: Mutex<Process>,
    private: bool,
}

#[derive(Debug)]
struct Process {
    pid: u32,
    /// Absent where another test process has started it.
    child: Option<Child>,
}

/// Settings of every server. Nothing is kept when the machine crashes; a crash of the server alone loses nothing on
/// private servers, which commit synchronously to the page cache.
const SETTINGS: [(&str, &str); 7] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "200"),
    ("max_prepared_transactions", "10"),
    ("wal_level", "logical"),
    ("shared_buffers", "64MB"),
    ("log_min_messages", "warning"),
];

impl PostgresServer {
    fn shared(major: u32) -> Self {
        enrol();
        let name = format!("postgres-{major}");
        let _guard = lock(&name);
        let home = home(major);
        let folder = shared_folder().join(&name);
        let mut server = Self {
            major,
            home,
            folder,
            settings: vec![("synchronous_commit".into(), "off".into())],
            port: 0,
            process: Mutex::new(Process { pid: 0, child: None }),
            private: false,
        };
        if let Some(state) = State::read(&name).filter(|_| server.folder.join("data/PG_VERSION").exists()) {
            server.port = state.port;
            server.process = Mutex::new(Process { pid: state.pid, child: None });
            return server;
        }
        // Always a fresh copy: what a crashed test left behind must not meet the next one.
        let _ = fs::remove_dir_all(&server.folder);
        create_server_folder(&server.folder);
        copy_cluster(&initdb(major, &server.home), &server.folder.join("data"));
        server.port = server.launch_on_free_port();
        server.state().write(&name, "QUIT", "postgres");
        server
    }

    /// A server of one test's own, which may stop, kill and configure it. Removed when dropped.
    pub fn private(major: u32) -> Self {
        Self::private_with(major, &[])
    }

    /// A private server with settings of `postgresql.conf`.
    pub fn private_with(major: u32, settings: &[(&str, &str)]) -> Self {
        enrol();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let home = home(major);
        let folder = shared_folder().join("private").join(name);
        create_server_folder(&folder);
        let cluster = {
            let _guard = lock(&format!("postgres-{major}"));
            initdb(major, &home)
        };
        copy_cluster(&cluster, &folder.join("data"));
        let mut server = Self {
            major,
            home,
            folder,
            settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            port: 0,
            process: Mutex::new(Process { pid: 0, child: None }),
            private: true,
        };
        server.port = server.launch_on_free_port();
        server.state().write(&server.state_name(), "QUIT", "postgres");
        server
    }

    /// Major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Host name of the TCP address.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// Port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Folder of the Unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Process id of the postmaster; meaningless while the server is stopped.
    pub fn pid(&self) -> u32 {
        self.process.lock().unwrap_or_else(|poison| poison.into_inner()).pid
    }

    /// URL of a database for the superuser over TCP.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// URL of a database for the superuser over the Unix socket.
    pub fn socket_url(&self, database: &str) -> String {
        format!("postgres://postgres@/{database}?host={}&port={}", self.folder.display(), self.port)
    }

    /// Runs SQL in the database `postgres` as superuser.
    pub fn psql(&self, sql: &str) -> String {
        psql(&self.url("postgres"), sql).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A fresh, empty database with a name that nobody else uses; dropped with the value.
    pub fn database(&self) -> TestDatabase {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.psql(&format!("create database {name}"));
        TestDatabase {
            url: self.url(&name),
            admin: self.url("postgres"),
            socket: self.socket_url(&name),
            name,
        }
    }

    /// Appends lines to `pg_hba.conf` in front of the others and reloads it. Private servers only.
    pub fn allow(&self, lines: &str) {
        self.assert_private();
        let path = self.data().join("pg_hba.conf");
        let old = fs::read_to_string(&path).expect("pg_hba.conf can be read");
        fs::write(&path, format!("{lines}\n{old}")).expect("pg_hba.conf can be written");
        self.psql("select pg_reload_conf()");
    }

    /// Copies a file into the data directory, readable for the server alone. Private servers only.
    pub fn add_file(&self, name: &str, content: &[u8]) {
        use std::os::unix::fs::{PermissionsExt, chown};
        self.assert_private();
        let path = self.data().join(name);
        fs::write(&path, content).expect("the data directory is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("own file");
        if let Some((uid, gid)) = unprivileged_user() {
            chown(&path, Some(uid), Some(gid)).expect("root may give a file away");
        }
    }

    /// Stops as a power cut of the server alone would (`pg_ctl stop -m immediate`), and waits until it is gone.
    pub fn stop_immediate(&self) {
        self.end("QUIT");
    }

    /// Stops cleanly, ending all sessions (`pg_ctl stop -m fast`), and waits until it is gone.
    pub fn stop_fast(&self) {
        self.end("INT");
    }

    /// SIGKILL of the postmaster; waits until it is gone.
    pub fn kill(&self) {
        self.end("KILL");
    }

    /// Starts the server again on the same port and waits until it takes connections.
    pub fn start(&self) {
        self.assert_private();
        let deadline = Instant::now() + Duration::from_secs(20);
        // After SIGKILL the old backends may hold the shared memory for a moment.
        while let Err(log) = self.launch(self.port) {
            assert!(Instant::now() < deadline, "PostgreSQL {} does not start again\n{log}", self.major);
            std::thread::sleep(Duration::from_millis(20));
        }
        self.state().write(&self.state_name(), "QUIT", "postgres");
    }

    /// Stops cleanly and starts with further settings. Private servers only.
    pub fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.stop_fast();
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        self.start();
    }

    fn assert_private(&self) {
        assert!(self.private, "only a private server may be changed: others use the shared one");
    }

    fn state_name(&self) -> String {
        let name = self.folder.file_name().expect("folders have names");
        format!("private-{}", name.display())
    }

    fn state(&self) -> State {
        State { pid: self.pid(), port: self.port }
    }

    fn end(&self, name: &str) {
        self.assert_private();
        let mut process = self.process.lock().unwrap_or_else(|poison| poison.into_inner());
        if let Some(mut child) = process.child.take() {
            signal(child.id(), name);
            let _ = child.wait();
        }
        State::remove(&self.state_name());
    }

    fn launch_on_free_port(&self) -> u16 {
        for _ in 0..20 {
            let port = free_port();
            match self.launch(port) {
                Ok(()) => return port,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("PostgreSQL {} does not start\n{log}", self.major),
            }
        }
        panic!("no free port for PostgreSQL {} in 20 tries", self.major)
    }

    /// Starts the server and waits until it takes connections; the log when it ends instead.
    fn launch(&self, port: u16) -> Result<(), String> {
        let data = self.data();
        let log = self.folder.join("log");
        let output = File::create(&log).expect("the server's folder is writable");
        let mut command = Command::new(self.home.join("bin/postgres"));
        command
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1"])
            .arg("-k")
            .arg(&self.folder);
        for (name, value) in SETTINGS {
            command.args(["-c", &format!("{name}={value}")]);
        }
        for (name, value) in &self.settings {
            command.args(["-c", &format!("{name}={value}")]);
        }
        command.env("LD_LIBRARY_PATH", self.home.join("lib")).env("LC_ALL", "C").current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file handle")).stderr(output);
        let _ = fs::remove_file(data.join("postmaster.pid"));
        let mut child = unprivileged(&mut command)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start PostgreSQL {}: {error}", self.major));
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            // Line 8 of postmaster.pid is what pg_ctl waits for, too.
            let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if status.lines().nth(7).is_some_and(|line| line.trim() == "ready" || line.trim() == "standby") {
                break;
            }
            let ended = child.try_wait().expect("a child can be waited for").is_some();
            if ended || Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                return Err(fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut process = self.process.lock().unwrap_or_else(|poison| poison.into_inner());
        *process = Process { pid: child.id(), child: Some(child) };
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.private {
            self.end("QUIT");
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The programs of a version, at a place where the user who runs the server can reach them.
fn home(major: u32) -> PathBuf {
    let home = tools().join("postgres").join(major.to_string());
    if !home.join("bin/postgres").exists() {
        missing(&format!("PostgreSQL {major}"), "postgres");
    }
    let mut version = Command::new(home.join("bin/postgres"));
    version.arg("--version").current_dir("/").env("LD_LIBRARY_PATH", home.join("lib"));
    if try_run(unprivileged(&mut version)).is_ok() {
        return home;
    }
    // A clone in root's home: nobody else may enter it.
    let name = fs::read_to_string(home.join(".version")).unwrap_or_default();
    let copy = shared_folder().join(format!("postgres-programs-{}", name.trim()));
    let _guard = lock("postgres-programs");
    if !copy.exists() {
        let new = copy.with_extension("new");
        let _ = fs::remove_dir_all(&new);
        run(Command::new("cp").arg("-a").arg(&home).arg(&new));
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(&new));
        fs::rename(&new, &copy).expect("the copy can be renamed");
    }
    copy
}

/// The pristine cluster of a version, made once. Called with the version's lock held.
fn initdb(major: u32, home: &Path) -> PathBuf {
    let folder = shared_folder().join("clusters");
    create_server_folder(&folder);
    let cluster = folder.join(format!("postgres-{major}"));
    if cluster.exists() {
        return cluster;
    }
    let new = cluster.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    let mut command = Command::new(home.join("bin/initdb"));
    command.arg("-D").arg(&new);
    command.args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "--wal-segsize=1",
    ]);
    command.env("LD_LIBRARY_PATH", home.join("lib")).current_dir(&folder);
    run(unprivileged(&mut command));
    fs::rename(&new, &cluster).expect("the cluster can be renamed");
    cluster
}

fn copy_cluster(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.args(["-a", "--reflink=auto"]).arg(from).arg(to).current_dir("/");
    run(unprivileged(&mut command));
}

/// A database of one test.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    socket: String,
    admin: String,
}

impl TestDatabase {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// URL for the superuser over TCP.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// URL for the superuser over the Unix socket.
    pub fn socket_url(&self) -> &str {
        &self.socket
    }

    /// Runs SQL through `psql` as superuser, statement by statement, and returns what it prints: rows as lines, columns
    /// divided by `|`, no headers.
    ///
    /// # Panics
    /// With psql's message at the first error.
    #[track_caller]
    pub fn psql(&self, sql: &str) -> String {
        match self.try_psql(sql) {
            Ok(output) => output,
            Err(error) => panic!("{error}"),
        }
    }

    /// Like [`Self::psql`].
    ///
    /// # Errors
    /// psql's messages at the first error.
    pub fn try_psql(&self, sql: &str) -> Result<String, String> {
        psql(&self.url, sql)
    }

    /// A session of its own that stays open: for locks and transactions that others have to meet.
    pub fn session(&self) -> PsqlSession {
        PsqlSession::open(&self.url)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if std::env::var_os("SLUICE_KEEP_DATABASES").is_none() {
            let _ = psql(&self.admin, &format!("drop database if exists {} with (force)", self.name));
        }
    }
}

fn psql_command(url: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "VERBOSITY=verbose", "-d", url]);
    command.env("PGCONNECT_TIMEOUT", "10").env("PGAPPNAME", "testkit");
    command
}

fn psql(url: &str, sql: &str) -> Result<String, String> {
    let mut command = psql_command(url);
    command.args(["-v", "ON_ERROR_STOP=1", "-f", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(_) => missing("psql", "programs"),
    };
    let mut input = child.stdin.take().expect("stdin is piped");
    // psql may end before it has read everything; its status tells.
    let sql = format!("{sql}\n;\n");
    let writer = std::thread::spawn(move || {
        let _ = input.write_all(sql.as_bytes());
    });
    let output = child.wait_with_output().expect("psql can be waited for");
    let _ = writer.join();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

/// A psql process that stays open.
#[derive(Debug)]
pub struct PsqlSession {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    count: u32,
}

impl PsqlSession {
    /// Opens a session.
    pub fn open(url: &str) -> Self {
        let mut command = psql_command(url);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(_) => missing("psql", "programs"),
        };
        let input = child.stdin.take().expect("stdin is piped");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, input, output, count: 0 }
    }

    /// Runs SQL and waits until it is done; returns what it prints. Errors of the SQL are not reported: select what you need
    /// to know.
    pub fn run(&mut self, sql: &str) -> String {
        self.send(sql);
        self.wait()
    }

    /// Sends SQL without waiting, for statements that block.
    pub fn send(&mut self, sql: &str) {
        self.count += 1;
        writeln!(self.input, "{sql}\n;\n\\echo done-{}", self.count).expect("psql takes input");
        self.input.flush().expect("psql takes input");
    }

    /// Waits until everything that was sent is done; returns what it prints.
    pub fn wait(&mut self) -> String {
        let mark = format!("done-{}", self.count);
        let mut text = String::new();
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).expect("psql writes text");
            assert!(length > 0, "psql has ended: {text}");
            if line.trim_end() == mark {
                return text.trim_end().to_owned();
            }
            if !line.starts_with("done-") {
                text.push_str(&line);
            }
        }
    }

    /// Process id of the server's backend.
    pub fn backend(&mut self) -> u32 {
        self.run("select pg_backend_pid()").parse().expect("a process id")
    }
}

impl Drop for PsqlSession {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
