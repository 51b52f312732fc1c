//! MySQL and MariaDB servers for tests: shared ones for everyday tests, private ones for faults and for settings of their
//! own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::install::{missing, shared_folder, tools};
use crate::mariadb;
use crate::process::{
    State, create_server_folder, enrol, free_port, lock, run, signal, try_run, unprivileged,
};

/// Which server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// MariaDB of the distribution.
    Mariadb,
    /// MySQL under `.tools/mysql`, run through the dynamic loader that came with it.
    Mysql,
}

/// The shared MySQL server, or `None` with a loud word where MySQL could not be installed: it comes from Debian sid, which
/// not every machine can reach.
///
/// # Panics
/// When MySQL is installed and does not start.
pub fn mysql() -> Option<Arc<MysqlServer>> {
    static SERVER: OnceLock<Option<Arc<MysqlServer>>> = OnceLock::new();
    SERVER
        .get_or_init(|| mysql_is_installed().then(|| Arc::new(MysqlServer::shared(Program::Mysql))))
        .clone()
        .or_else(say_that_mysql_is_missing)
}

/// A MySQL server of one test's own; `options` go to the server's command line. `None` as for [`mysql`].
pub fn private_mysql(options: &[&str]) -> Option<MysqlServer> {
    if !mysql_is_installed() {
        return say_that_mysql_is_missing();
    }
    Some(MysqlServer::private(Program::Mysql, options))
}

fn say_that_mysql_is_missing<T>() -> Option<T> {
    eprintln!(
        "skipped: MySQL is not available (`tests/setup.sh mysql` installs it where Debian sid can be reached)"
    );
    None
}

fn mysql_is_installed() -> bool {
    tools().join("mysql/sys/.complete").exists()
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }

    fn server(self) -> Command {
        match self {
            Self::Mariadb => mariadb::server(),
            Self::Mysql => mysql_server(),
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Mariadb => &mariadb::OPTIONS,
            Self::Mysql => &[
                "--mysqlx=OFF",
                "--secure-file-priv=",
                "--log-error-verbosity=1",
                "--innodb-redo-log-capacity=32M",
            ],
        }
    }

    fn initialize(self, data: &Path) {
        match self {
            Self::Mariadb => mariadb::initialize(data),
            Self::Mysql => {
                let mut command = mysql_server();
                command.args(["--no-defaults", "--initialize-insecure", "--innodb-redo-log-capacity=32M"]);
                command.args(mysql_places()).arg(format!("--datadir={}", data.display()));
                run(unprivileged(&mut command).current_dir("/"));
            }
        }
    }
}

fn mysql_libraries() -> PathBuf {
    mysql_home().join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}

/// The programs, at a place where the user who runs the server can reach them.
fn mysql_home() -> PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    let find = || {
        let home = tools().join("mysql/sys");
        let mut visit = Command::new("test");
        visit.arg("-r").arg(home.join("usr/sbin/mysqld")).current_dir("/");
        if try_run(unprivileged(&mut visit)).is_ok() {
            return home;
        }
        // A clone in root's home: nobody else may enter it.
        let copy = shared_folder().join("mysql-programs");
        let _guard = lock("mysql-programs");
        if !copy.exists() {
            let new = copy.with_extension("new");
            let _ = fs::remove_dir_all(&new);
            run(Command::new("cp").arg("-a").arg(&home).arg(&new));
            run(Command::new("chmod").args(["-R", "a+rX"]).arg(&new));
            fs::rename(&new, &copy).expect("the copy can be renamed");
        }
        copy
    };
    HOME.get_or_init(find).clone()
}

/// `mysqld` with the C library that it was built for.
fn mysql_server() -> Command {
    let libraries = mysql_libraries();
    let loader = if cfg!(target_arch = "aarch64") { "ld-linux-aarch64.so.1" } else { "ld-linux-x86-64.so.2" };
    let mut command = Command::new(libraries.join(loader));
    command.arg("--library-path").arg(format!("{0}:{0}/mysql/private", libraries.display()));
    command.arg(mysql_home().join("usr/sbin/mysqld"));
    command
}

fn mysql_places() -> [String; 2] {
    let home = mysql_home();
    [
        format!("--basedir={}", home.join("usr").display()),
        format!("--lc-messages-dir={}", home.join("usr/share/mysql").display()),
    ]
}

/// A running MariaDB or MySQL server. User `root`, no password from the loopback interface and the socket.
#[derive(Debug)]
pub struct MysqlServer {
    program: Program,
    folder: PathBuf,
    options: Vec<String>,
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

/// Options of every server, for speed. What a machine loses in a power cut does not matter here.
const OPTIONS: [&str; 7] = [
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=128M",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--max-connections=300",
    "--default-time-zone=+02:00",
];

impl MysqlServer {
    pub(crate) fn shared(program: Program) -> Self {
        enrol();
        let name = program.name();
        let _guard = lock(name);
        let folder = shared_folder().join(name);
        let mut server = Self {
            program,
            folder,
            options: vec!["--innodb-flush-log-at-trx-commit=0".to_owned()],
            port: 0,
            process: Mutex::new(Process { pid: 0, child: None }),
            private: false,
        };
        if let Some(state) = State::read(name).filter(|_| server.data().join("mysql").exists()) {
            server.port = state.port;
            server.process = Mutex::new(Process { pid: state.pid, child: None });
            return server;
        }
        // Always a fresh copy: what a crashed test left behind must not meet the next one.
        let _ = fs::remove_dir_all(&server.folder);
        create_server_folder(&server.folder);
        copy_data(&pristine(program), &server.data());
        server.port = server.launch_on_free_port();
        server.write_state(name);
        server
    }

    /// Commits reach the page cache, so that a killed server loses nothing.
    pub(crate) fn private(program: Program, options: &[&str]) -> Self {
        enrol();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Short: a socket's path has at most 107 bytes.
        let folder = shared_folder().join("private").join(format!("m{}-{count}", std::process::id()));
        create_server_folder(&folder);
        let data = {
            let _guard = lock(program.name());
            pristine(program)
        };
        copy_data(&data, &folder.join("data"));
        let mut all = vec!["--innodb-flush-log-at-trx-commit=2".to_owned()];
        all.extend(options.iter().map(|option| (*option).to_owned()));
        let mut server = Self {
            program,
            folder,
            options: all,
            port: 0,
            process: Mutex::new(Process { pid: 0, child: None }),
            private: true,
        };
        server.port = server.launch_on_free_port();
        server.write_state(&server.state_name());
        server
    }

    /// Whether it is MariaDB.
    pub fn is_mariadb(&self) -> bool {
        self.program == Program::Mariadb
    }

    /// Port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path of the Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("s")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Process id; meaningless while the server is stopped.
    pub fn pid(&self) -> u32 {
        self.process.lock().unwrap_or_else(|poison| poison.into_inner()).pid
    }

    /// URL of a database for `root` over TCP.
    pub fn url(&self, database: &str) -> String {
        self.url_as("root", database)
    }

    /// URL of a database over TCP for `user`, which is `name` or `name:password`.
    pub fn url_as(&self, user: &str, database: &str) -> String {
        format!("{}://{user}@127.0.0.1:{}/{database}", self.program.name(), self.port)
    }

    /// URL of a database for `root` over the Unix socket.
    pub fn socket_url(&self, database: &str) -> String {
        format!("{}://root@localhost/{database}?socket={}", self.program.name(), self.socket().display())
    }

    /// Runs SQL as `root` without a default database; returns rows as lines, columns divided by tabs.
    ///
    /// # Panics
    /// With the client's message at the first error.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        client(self, None, sql).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A fresh, empty database with a name that nobody else uses; dropped with the value.
    pub fn database(self: &Arc<Self>) -> MysqlDatabase {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("create database {name} character set utf8mb4"));
        MysqlDatabase { name, server: self.clone() }
    }

    /// Stops cleanly and waits until it is gone.
    pub fn stop(&self) {
        self.end("TERM");
    }

    /// SIGKILL; waits until it is gone.
    pub fn kill(&self) {
        self.end("KILL");
    }

    /// Starts the server again on the same port and waits until it takes connections.
    pub fn start(&self) {
        self.assert_private();
        if let Err(log) = self.launch(self.port) {
            panic!("{} does not start again\n{log}", self.program.name());
        }
        self.write_state(&self.state_name());
    }

    /// Stops cleanly, if it runs, and starts with further options.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.stop();
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self.start();
    }

    fn assert_private(&self) {
        assert!(self.private, "only a private server may be changed: others use the shared one");
    }

    fn state_name(&self) -> String {
        let name = self.folder.file_name().expect("folders have names");
        format!("private-{}", name.display())
    }

    fn write_state(&self, name: &str) {
        let pid = self.pid();
        let exe = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        let program = exe.file_name().unwrap_or_default().display().to_string();
        State { pid, port: self.port }.write(name, "TERM", &program);
    }

    /// The end of the log: why a server is not there any more.
    fn last_words(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(60)..];
        format!("the log of {} ends with:\n{}\n", self.program.name(), last.join("\n"))
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
                Err(log) if log.contains("already in use") => {}
                Err(log) => panic!("{} does not start\n{log}", self.program.name()),
            }
        }
        panic!("no free port for {} in 20 tries", self.program.name())
    }

    /// Starts the server and waits until it greets; the log when it ends instead.
    fn launch(&self, port: u16) -> Result<(), String> {
        let log = self.folder.join("log");
        let output = File::create(&log).expect("the server's folder is writable");
        let socket = self.socket();
        let _ = fs::remove_file(&socket);
        let mut command = self.program.server();
        command.arg("--no-defaults");
        if self.program == Program::Mysql {
            command.args(mysql_places());
        }
        command
            .arg(format!("--datadir={}", self.data().display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--pid-file={}", self.folder.join("pid").display()))
            .arg(format!("--port={port}"))
            // A server that starts removes the temporary tables of all others that share this folder with it.
            .arg(format!("--tmpdir={}", self.folder.display()))
            .args(OPTIONS)
            .args(self.program.options())
            .args(&self.options);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(output.try_clone().expect("a file handle")).stderr(output);
        let mut child = unprivileged(&mut command)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.name()));
        let deadline = Instant::now() + Duration::from_secs(90);
        while !greets(&socket) {
            let ended = child.try_wait().expect("a child can be waited for").is_some();
            if ended || Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                return Err(fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut process = self.process.lock().unwrap_or_else(|poison| poison.into_inner());
        *process = Process { pid: child.id(), child: Some(child) };
        Ok(())
    }
}

impl Drop for MysqlServer {
    fn drop(&mut self) {
        if self.private {
            // Nobody needs its data any more.
            self.end("KILL");
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Whether the server at the socket sends its greeting (protocol version 10).
fn greets(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).is_ok() && greeting[4] == 10
}

/// The pristine data directory, made once. Called with the program's lock held.
fn pristine(program: Program) -> PathBuf {
    let folder = shared_folder().join("clusters");
    create_server_folder(&folder);
    let data = folder.join(program.name());
    if !data.exists() {
        let new = data.with_extension("new");
        let _ = fs::remove_dir_all(&new);
        program.initialize(&new);
        fs::rename(&new, &data).expect("the data directory can be renamed");
    }
    data
}

fn copy_data(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.args(["-a", "--reflink=auto"]).arg(from).arg(to).current_dir("/");
    run(unprivileged(&mut command));
    // Two servers must not call themselves the same.
    let _ = fs::remove_file(to.join("auto.cnf"));
}

/// A database of one test.
#[derive(Debug)]
pub struct MysqlDatabase {
    name: String,
    server: Arc<MysqlServer>,
}

impl MysqlDatabase {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server that it lies on.
    pub fn server(&self) -> &Arc<MysqlServer> {
        &self.server
    }

    /// URL for `root` over TCP.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// URL for `root` over the Unix socket.
    pub fn socket_url(&self) -> String {
        self.server.socket_url(&self.name)
    }

    /// Runs SQL through the client program, statement by statement, and returns what it prints: rows as lines, columns divided by
    /// tabs, no headers.
    ///
    /// # Panics
    /// With the client's message at the first error.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match self.try_sql(sql) {
            Ok(output) => output,
            Err(error) => panic!("{error}"),
        }
    }

    /// Like [`Self::sql`].
    ///
    /// # Errors
    /// The client's messages at the first error.
    pub fn try_sql(&self, sql: &str) -> Result<String, String> {
        client(&self.server, Some(&self.name), sql)
    }

    /// A session of its own that stays open: for locks and transactions that others have to meet.
    pub fn session(&self) -> MysqlSession {
        MysqlSession::open(&self.server, &self.name)
    }
}

impl Drop for MysqlDatabase {
    fn drop(&mut self) {
        if std::env::var_os("SLUICE_KEEP_DATABASES").is_none() {
            let drop = format!("set lock_wait_timeout = 5; drop database if exists {}", self.name);
            let _ = client(&self.server, None, &drop);
        }
    }
}

fn client_command(server: &MysqlServer, database: Option<&str>) -> Command {
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "--user=root", "--batch", "--raw", "--skip-column-names"]);
    command.args(["--skip-ssl", "--default-character-set=utf8mb4", "--connect-timeout=10"]);
    command.arg(format!("--socket={}", server.socket().display()));
    if let Some(database) = database {
        command.arg(format!("--database={database}"));
    }
    command
}

fn client(server: &MysqlServer, database: Option<&str>, sql: &str) -> Result<String, String> {
    let mut command = client_command(server, database);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(_) => missing("the client program `mariadb`", "mariadb"),
    };
    let mut input = child.stdin.take().expect("stdin is piped");
    // The client may end before it has read everything; its status tells.
    let sql = format!("{sql}\n;\n");
    let writer = std::thread::spawn(move || {
        let _ = input.write_all(sql.as_bytes());
    });
    let output = child.wait_with_output().expect("the client can be waited for");
    let _ = writer.join();
    if !output.status.success() {
        let mut error = String::from_utf8_lossy(&output.stderr).into_owned();
        if !greets(&server.socket()) {
            error.push_str(&server.last_words());
        }
        return Err(error);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

/// A client process that stays open.
#[derive(Debug)]
pub struct MysqlSession {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    count: u32,
}

impl MysqlSession {
    /// Opens a session as `root`.
    pub fn open(server: &MysqlServer, database: &str) -> Self {
        let mut command = client_command(server, Some(database));
        command.args(["--unbuffered", "--force"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(_) => missing("the client program `mariadb`", "mariadb"),
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
        writeln!(self.input, "{sql}\n;\nselect 'done-{}';", self.count).expect("the client takes input");
        self.input.flush().expect("the client takes input");
    }

    /// Waits until everything that was sent is done; returns what it prints.
    pub fn wait(&mut self) -> String {
        let mark = format!("done-{}", self.count);
        let mut text = String::new();
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).expect("the client writes text");
            assert!(length > 0, "the client has ended: {text}");
            if line.trim_end() == mark {
                return text.trim_end().to_owned();
            }
            if !line.starts_with("done-") {
                text.push_str(&line);
            }
        }
    }

    /// The session's connection id.
    pub fn connection_id(&mut self) -> u64 {
        self.run("select connection_id()").parse().expect("a connection id")
    }
}

impl Drop for MysqlSession {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
