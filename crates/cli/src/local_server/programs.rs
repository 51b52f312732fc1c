//! The programs of a server: where they are, how a cluster is made, how it is started.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sluice_sql::Dialect;

use super::LocalError;
use super::folder::Folder;

/// A version that is asked for: `16`, `10.11`, `8.0.36`. It matches what begins with it.
#[derive(Debug, Clone)]
pub struct Wanted(pub String);

impl Wanted {
    fn takes(&self, version: &[u32]) -> bool {
        let wanted: Vec<u32> = self.0.split('.').map_while(|part| part.parse().ok()).collect();
        !wanted.is_empty() && version.starts_with(&wanted)
    }
}

/// Whom a server runs as where we are root.
#[derive(Debug, Clone, Copy)]
pub struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// Somebody without privileges, where we have too many.
    ///
    /// # Errors
    /// [`LocalError::Root`].
    pub fn for_servers(dialect: Dialect) -> Result<Option<Self>, LocalError> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        if !is_root {
            return Ok(None);
        }
        let own = if dialect == Dialect::Postgres { "postgres" } else { "mysql" };
        let users = vec![own, "nobody"];
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let find = |name: &str| {
            let mut parts = accounts.lines().find(|line| line.split(':').next() == Some(name))?.split(':');
            let (uid, gid) = (parts.nth(2)?.parse().ok()?, parts.next()?.parse().ok()?);
            Some(Self { uid, gid }).filter(|user| user.uid != 0)
        };
        match users.iter().find_map(|name| find(name)) {
            Some(user) => Ok(Some(user)),
            None => Err(LocalError::Root { engine: engine_name(dialect), users }),
        }
    }

    /// Makes a command run as the user.
    pub fn take(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a path to the user.
    ///
    /// # Errors
    /// Those of the system.
    pub fn own(self, path: &Path) -> std::io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
    }
}

/// A server's program.
#[derive(Debug)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    dialect: Dialect,
    version: Vec<u32>,
}

impl Program {
    /// The newest one that is installed, or the newest of the wanted version.
    ///
    /// # Errors
    /// [`LocalError::Nowhere`].
    pub fn find(dialect: Dialect, wanted: Option<&Wanted>, user: Option<User>) -> Result<Self, LocalError> {
        let names: &[&str] = match dialect {
            Dialect::Postgres => &["postgres"],
            Dialect::Mariadb => &["mariadbd", "mysqld"],
            _ => &["mysqld"],
        };
        let paths = places().into_iter().flat_map(|folder| names.iter().map(move |name| folder.join(name)));
        let mut found: Vec<Self> = paths.filter_map(|path| Self::look(path, dialect, user)).collect();
        found.sort_by(|a, b| a.version.cmp(&b.version));
        let fits = |program: &&Self| wanted.is_none_or(|wanted| wanted.takes(&program.version));
        let mut versions: Vec<String> = found.iter().map(Self::version_text).collect();
        versions.dedup();
        match found.iter().rposition(|program| fits(&program)) {
            Some(at) => Ok(found.swap_remove(at)),
            None => Err(LocalError::Nowhere {
                engine: engine_name(dialect),
                wanted: wanted.map(|wanted| wanted.0.clone()),
                found: versions,
                looked: format!("{} in PATH, {}", names.join(" and "), PLACES.join(", ")),
            }),
        }
    }

    /// The program at a path, if it can be run, is of the engine, and what makes a cluster lies beside it.
    fn look(path: PathBuf, dialect: Dialect, user: Option<User>) -> Option<Self> {
        if !path.is_file() {
            return None;
        }
        let mut command = Command::new(&path);
        command.arg("--version").current_dir("/").env_clear();
        if let Some(user) = user {
            user.take(&mut command);
        }
        let output = command.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if dialect != Dialect::Postgres && text.contains("MariaDB") != (dialect == Dialect::Mariadb) {
            return None;
        }
        let version = version_in(&text)?;
        let program = Self { path, dialect, version };
        (dialect == Dialect::Mysql || program.installer().is_some()).then_some(program)
    }

    /// Its version.
    pub fn version_text(&self) -> String {
        self.version.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
    }

    /// What makes a cluster: beside the program, else in the folder for programs of everybody.
    fn installer(&self) -> Option<PathBuf> {
        let names: &[&str] = match self.dialect {
            Dialect::Postgres => &["initdb"],
            _ => &["mariadb-install-db", "mysql_install_db"],
        };
        let real = fs::canonicalize(&self.path).ok();
        let beside =
            [Some(self.path.as_path()), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
        let mut folders: Vec<PathBuf> = beside
            .flat_map(|folder| [folder.to_owned(), folder.join("../bin"), folder.join("../scripts")])
            .collect();
        if self.dialect != Dialect::Postgres {
            folders.extend(places());
        }
        let all = folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
        all.into_iter().find(|path| path.is_file())
    }

    /// The command that makes an empty cluster.
    pub fn initialize(&self, folder: &Folder) -> Command {
        let data = folder.data();
        let datadir = format!("--datadir={}", data.display());
        let mut command = Command::new(self.installer().unwrap_or_else(|| self.path.clone()));
        match self.dialect {
            Dialect::Postgres => {
                command.arg("-D").arg(&data);
                command.args(["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
                command.args(["--no-instructions", "--wal-segsize=1"]);
            }
            Dialect::Mariadb => {
                command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
                command.args(["--innodb-log-file-size=16M", "--innodb-use-native-aio=OFF"]).arg(datadir);
            }
            _ => {
                command.args(["--no-defaults", "--initialize-insecure"]).arg(datadir);
            }
        }
        command
    }

    /// How the server is started: reached through its folder alone, and in no hurry to write to the disk.
    pub fn arguments(&self, folder: &Folder) -> Vec<String> {
        let (run, data) = (folder.run().display().to_string(), folder.data().display().to_string());
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        if self.dialect == Dialect::Postgres {
            let mut arguments = vec!["-D".to_owned(), data, "-k".to_owned(), run];
            arguments.extend(words(&["-p", PORT, "-c", "listen_addresses="]));
            for setting in [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "autovacuum=off",
                "shared_buffers=32MB",
                "max_connections=20",
                "max_wal_size=64MB",
                "min_wal_size=2MB",
                "logging_collector=off",
            ] {
                arguments.extend(words(&["-c", setting]));
            }
            return arguments;
        }
        let mut arguments =
            words(&["--no-defaults", "--skip-networking", "--innodb-flush-log-at-trx-commit=0"]);
        arguments.extend(words(&["--skip-log-bin", "--innodb-buffer-pool-size=64M"]));
        arguments.push(format!("--datadir={data}"));
        arguments.push(format!("--socket={run}/socket"));
        arguments.push(format!("--pid-file={run}/pid"));
        // A server that starts removes the temporary tables of all others that share this folder with it.
        arguments.push(format!("--tmpdir={run}"));
        match self.dialect {
            Dialect::Mariadb => {
                arguments.extend(words(&["--innodb-use-native-aio=OFF", "--innodb-log-file-size=16M"]));
            }
            _ => arguments.extend(words(&["--mysqlx=OFF"])),
        }
        arguments
    }

    /// The signal that makes it end at once and leave nothing in memory.
    pub fn signal(&self) -> &'static str {
        if self.dialect == Dialect::Postgres { "QUIT" } else { "KILL" }
    }

    /// How it is reached.
    pub fn url(&self, folder: &Folder) -> String {
        let encode = |text: String| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let run = folder.run().display().to_string();
        match self.dialect {
            Dialect::Postgres => format!("postgres://{USER}@/postgres?host={}&port={PORT}", encode(run)),
            dialect => {
                format!(
                    "{}://root@localhost/mysql?socket={}",
                    dialect.name(),
                    encode(format!("{run}/socket"))
                )
            }
        }
    }

    /// Whether it takes connections.
    pub fn is_ready(&self, folder: &Folder) -> bool {
        if self.dialect == Dialect::Postgres {
            // The eighth line says so (PostgreSQL's miscadmin.h).
            let text = fs::read_to_string(folder.data().join("postmaster.pid")).unwrap_or_default();
            return text.lines().nth(7).is_some_and(|line| line.trim() == "ready");
        }
        let Ok(mut stream) = UnixStream::connect(folder.run().join("socket")) else { return false };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        // Length, number, version of the protocol.
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).is_ok() && greeting.last() == Some(&10)
    }

    /// The server's process.
    pub fn pid(&self, folder: &Folder) -> Option<u32> {
        let file = match self.dialect {
            Dialect::Postgres => folder.data().join("postmaster.pid"),
            _ => folder.run().join("pid"),
        };
        fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
    }
}

const USER: &str = "sluice";
const PORT: &str = "5432";

/// Where packages put servers that PATH does not name.
const PLACES: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/*/bin",
    "/usr/local/opt/*/bin",
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/usr/local/mysql/bin",
];

/// Folders of programs that are there, each once.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    for place in PLACES {
        match place.split_once('*') {
            None => folders.push(PathBuf::from(place)),
            Some((before, after)) => {
                let parent = Path::new(before).parent().filter(|_| !before.ends_with('/'));
                let parent = parent.unwrap_or(Path::new(before));
                let begin = before.rsplit('/').next().unwrap_or_default();
                for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
                    if entry.file_name().to_string_lossy().starts_with(begin) {
                        folders.push(entry.path().join(after.trim_start_matches('/')));
                    }
                }
            }
        }
    }
    let mut known = std::collections::BTreeSet::new();
    folders.retain(|folder| known.insert(fs::canonicalize(folder).unwrap_or_else(|_| folder.clone())));
    folders
}

/// The first version in what a program says of itself.
fn version_in(text: &str) -> Option<Vec<u32>> {
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()) && !word.contains(':'))?;
    let digits = word.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?;
    let version: Vec<u32> = digits.split('.').map_while(|part| part.parse().ok()).collect();
    (!version.is_empty()).then_some(version)
}

fn engine_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "PostgreSQL",
        Dialect::Mariadb => "MariaDB",
        Dialect::Mysql => "MySQL",
        Dialect::Sqlite => "SQLite",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_their_version() {
        for (text, version) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", vec![15, 14]),
            ("postgres (PostgreSQL) 18beta1", vec![18]),
            ("mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64", vec![10, 11, 14]),
            (
                "/usr/sbin/mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)",
                vec![8, 0, 36],
            ),
        ] {
            assert_eq!(version_in(text), Some(version));
        }
    }

    #[test]
    fn a_wanted_version_takes_what_begins_with_it() {
        let takes = |wanted: &str, version: &[u32]| Wanted(wanted.to_owned()).takes(version);
        assert!(takes("15", &[15, 14]));
        assert!(takes("10.11", &[10, 11, 14]));
        assert!(!takes("1", &[15, 14]));
        assert!(!takes("10.6", &[10, 11, 14]));
        assert!(!takes("", &[15]));
    }
}
