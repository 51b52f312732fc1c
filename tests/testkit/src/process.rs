//! Processes of the tests: run without root's rights, shared between test processes, stopped when nobody needs them.
//!
//! Every test process holds a shared lock on one file while it lives. A detached keeper, a small shell script, waits until
//! nobody holds it any more, gives the next test process some seconds to come, and then stops every server that has
//! a state file. So servers are started once per `cargo test`, and nothing is left running however tests end.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::install::{shared_folder, user_id};

/// Makes `command` run as an unprivileged user when we are root: database servers refuse to run as root.
pub fn unprivileged(command: &mut Command) -> &mut Command {
    if let Some((uid, gid)) = unprivileged_user() {
        command.uid(uid).gid(gid).env("HOME", "/");
    }
    command
}

/// User and group id of `nobody` when we are root; `None` when servers can run as the user that we are.
pub fn unprivileged_user() -> Option<(u32, u32)> {
    if user_id() != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = passwd.lines().find(|line| line.starts_with("nobody:"));
    let ids = line.and_then(|line| {
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    Some(ids.unwrap_or((65534, 65534)))
}

/// Creates a folder that belongs to the user under whom servers run.
pub fn create_server_folder(path: &Path) {
    fs::create_dir_all(path).unwrap_or_else(|error| panic!("cannot create {}: {error}", path.display()));
    if let Some((uid, gid)) = unprivileged_user() {
        chown(path, Some(uid), Some(gid)).expect("root may give a folder away");
    }
}

/// A port of the loopback interface on which nobody listens at this moment. Somebody may take it before it is used: try
/// again then.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Runs a command to its end.
///
/// # Panics
/// With its output when it cannot be started or fails.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    match try_run(command) {
        Ok(output) => output,
        Err(message) => panic!("{message}"),
    }
}

/// Runs a command to its end.
///
/// # Errors
/// Its output when it cannot be started or fails.
pub fn try_run(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed ({})\n{stdout}{stderr}", command.get_program().display(), output.status))
}

/// Sends a signal (`INT`, `QUIT`, `KILL`, `STOP`, …) to a process. Nothing happens when it is gone.
pub fn signal(pid: u32, name: &str) {
    let _ = Command::new("kill").args(["-s", name, &pid.to_string()]).stderr(Stdio::null()).status();
}

/// Declares that this process uses shared servers from now on, and sees to it that a keeper runs. Call it before looking for
/// a running server.
pub fn enrol() {
    static USER: OnceLock<File> = OnceLock::new();
    USER.get_or_init(|| {
        let folder = shared_folder();
        let file = lock_file("users");
        file.lock_shared().expect("locks work in the temporary folder");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sluice-testkit-keeper"]).arg(folder);
        keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[allow(clippy::zombie_processes, reason = "the keeper outlives this process on purpose")]
        keeper.process_group(0).spawn().expect("sh starts");
        file
    });
}

/// Waits for every `FOLDER/servers/*.state` (`pid port signal program`) to be unused, then stops and forgets it.
const KEEPER: &str = r#"
cd "$1" || exit 1
exec 8>>keeper.lock 9>>users.lock
flock -n 8 || exit 0
while :; do
  flock -x 9; flock -u 9
  sleep 8
  flock -n -x 9 && break
done
for state in servers/*.state; do
  [ -e "$state" ] || continue
  read -r pid port signal program < "$state"
  case "$(readlink "/proc/$pid/exe")" in */"$program") kill -s "$signal" "$pid" ;; *) rm -f "$state" ;; esac
done
tries=0
while [ $tries -lt 100 ]; do
  alive=
  for state in servers/*.state; do
    [ -e "$state" ] || continue
    read -r pid port signal program < "$state"
    if kill -0 "$pid" 2>/dev/null; then alive=1; [ $tries -lt 90 ] || kill -s KILL "$pid"; else rm -f "$state"; fi
  done
  [ -n "$alive" ] || break
  tries=$((tries + 1)); sleep 0.1
done
rm -rf private
exec 8>&-
exec 9>&-
"#;

fn lock_file(name: &str) -> File {
    let path = shared_folder().join(format!("{name}.lock"));
    File::options().create(true).append(true).open(&path).expect("the temporary folder is writable")
}

/// Holds an exclusive lock between test processes while the returned file is alive.
pub fn lock(name: &str) -> File {
    let file = lock_file(name);
    file.lock().expect("locks work in the temporary folder");
    file
}

/// What the state file of a running server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Process id of the server.
    pub pid: u32,
    /// Port on the loopback interface.
    pub port: u16,
}

impl State {
    fn path(name: &str) -> PathBuf {
        shared_folder().join("servers").join(format!("{name}.state"))
    }

    /// The state of the server `name`, if it was written and the process lives.
    pub fn read(name: &str) -> Option<Self> {
        let text = fs::read_to_string(Self::path(name)).ok()?;
        let mut words = text.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let port = words.next()?.parse().ok()?;
        let program = words.nth(1)?;
        let exe = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        exe.file_name().is_some_and(|name| name == program).then_some(Self { pid, port })
    }

    /// Writes the state, so that others find the server and the keeper stops it with `signal`. `program` is the file name of
    /// the executable, against reused process ids.
    pub fn write(self, name: &str, signal: &str, program: &str) {
        let path = Self::path(name);
        let new = path.with_extension("new");
        fs::write(&new, format!("{} {} {signal} {program}\n", self.pid, self.port))
            .and_then(|()| fs::rename(&new, &path))
            .expect("the temporary folder is writable");
    }

    /// Forgets the server.
    pub fn remove(name: &str) {
        let _ = fs::remove_file(Self::path(name));
    }
}
