//! SQLite lives in the runner's process, so its points are system calls: SIGKILL at the first, second, third … call of each
//! kind that touches files, until a run comes through. `strace` counts calls for each thread and kind by itself.

use std::io::Write;
use std::process::Command;

use sluice_faults::{Runner, SqliteTarget, Stage};

const CALLS: [&str; 6] = ["write", "pwrite64", "fsync", "fdatasync", "unlink", "rename"];

/// How many of each kind: `SLUICE_SWEEP=1` is the first 10, `SLUICE_SWEEP=all` until a run comes through.
fn depth() -> Option<u32> {
    match std::env::var("SLUICE_SWEEP").ok()?.as_str() {
        "" | "0" => None,
        "all" => Some(u32::MAX),
        _ => Some(10),
    }
}

/// `sluice deploy` under `strace`, which does something at the `count`-th call of a kind.
fn traced(stage: &Stage, call: &str, injection: &str) -> Runner {
    let mut command = Command::new("strace");
    stage.project.prepare(&mut command);
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    command.args(["-e", &format!("inject={call}:{injection}"), "--"]);
    command.arg(sluice_e2e::binary()).arg("deploy");
    Runner::spawn(&mut command)
}

fn is_installed() -> bool {
    Command::new("strace").arg("-V").output().is_ok()
}

#[test]
fn killed_at_any_system_call_a_sqlite_file_is_never_half_done() {
    let Some(depth) = depth().filter(|_| is_installed()) else {
        eprintln!("skipped: SLUICE_SWEEP=1 kills at the first 10 system calls of each kind (needs strace)");
        return;
    };
    let mut report = String::from("SQLite, SIGKILL at each call:");
    for call in CALLS {
        let mut swept = 0;
        for count in 1..=depth {
            let stage = Stage::empty(SqliteTarget::create());
            let ended = traced(&stage, call, &format!("signal=KILL:when={count}")).end();
            if ended.signal != Some(9) {
                ended.expect(0);
                break;
            }
            swept = count;
            stage.check_wreck();
            stage.project.deploy().expect(0);
            stage.check_end();
        }
        report.push_str(&format!(" {call} {swept}"));
    }
    report.push('\n');
    let _ = std::io::stderr().write_all(report.as_bytes());
}

#[test]
fn a_full_disk_leaves_a_sqlite_file_that_the_same_command_finishes() {
    let Some(depth) = depth().filter(|_| is_installed()) else {
        eprintln!("skipped: SLUICE_SWEEP=1 fills the disk at the first 10 writes (needs strace)");
        return;
    };
    for count in 1..=depth {
        let stage = Stage::empty(SqliteTarget::create());
        let ended = traced(&stage, "pwrite64", &format!("error=ENOSPC:when={count}+")).end();
        if ended.code == Some(0) {
            break;
        }
        assert!(ended.code.is_some_and(|code| code < 100), "not an ordered end:\n{}", ended.output);
        // SQLite calls it an I/O error where not even the rollback can write.
        let told = ended.output.contains("full") || ended.output.contains("disk I/O error");
        assert!(told, "it does not say what is wrong with the disk:\n{}", ended.output);
        stage.check_wreck();
        stage.project.deploy().expect(0);
        stage.check_end();
    }
}
