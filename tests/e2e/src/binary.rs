use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use sluice_testkit::{lock, repository};

/// The binary under test: what `SLUICE_BINARY` names, or the workspace's own, built once per test process. Test
/// processes run a copy, so that a build beside them cannot take the file away.
///
/// # Panics
/// When it does not compile.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("SLUICE_BINARY") {
        Some(path) => PathBuf::from(path),
        None => built(),
    })
}

fn built() -> PathBuf {
    // Tests lie in TARGET/debug/deps.
    let test = std::env::current_exe().expect("a process knows its program");
    let debug = test.ancestors().nth(2).expect("tests lie two levels below the profile's folder").to_owned();
    let _guard = lock("sluice-binary");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "sluice"]).current_dir(repository());
    build.env("CARGO_TARGET_DIR", debug.parent().expect("a profile lies in the target folder"));
    match debug.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(profile) => {
            build.args(["--profile", profile]);
        }
    }
    let status = build.status().expect("cargo starts");
    assert!(status.success(), "the binary does not compile");
    let path = debug.join("sluice");
    let metadata = fs::metadata(&path).expect("cargo has made it");
    let modified = metadata.modified().expect("this system keeps times");
    let age = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = debug.join("e2e");
    // Help texts name the program as it is called.
    let own = folder.join(format!("{age:x}/sluice"));
    if !own.exists() {
        forget_old(&folder);
        fs::create_dir_all(folder.join(format!("{age:x}"))).expect("the target folder is writable");
        let new = own.with_extension("new");
        copy_program(&path, &new);
        fs::rename(&new, &own).expect("the target folder is writable");
    }
    own
}

/// Copies a program so that it can be started at once: written by this process itself, it could be held open by a child that
/// another thread starts at that moment, and a program that is open for writing does not start.
///
/// # Panics
/// When it cannot be copied.
pub fn copy_program(from: &Path, to: &Path) {
    let status = Command::new("cp").arg(from).arg(to).status().expect("cp starts");
    assert!(status.success(), "{} cannot be copied to {}", from.display(), to.display());
}

/// Removes what no test process can be using any more.
fn forget_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_secs(3600))) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
