//! Where the servers of the tests are installed, and where their data lives.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the test kit lies two levels below the root").to_owned()
}

/// The folder into which `tests/setup.sh` installs: `.tools`, or what `SLUICE_TOOLS` names.
pub fn tools() -> PathBuf {
    std::env::var_os("SLUICE_TOOLS").map_or_else(|| repository().join(".tools"), PathBuf::from)
}

/// Stops the test with a word on how to install what is missing.
///
/// # Panics
/// Always.
#[track_caller]
pub fn missing(what: &str, part: &str) -> ! {
    panic!("{what} is not installed: run `make test` once, or `tests/setup.sh {part}`, then this test again")
}

/// The folder that all test processes of this repository and user share for data directories, sockets and state. Any
/// user may pass through it, because servers run as an unprivileged user when the tests run as root.
pub fn shared_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let seed = format!("{} {}", repository().display(), user_id());
        let folder = std::env::temp_dir().join(format!("sluice-testkit-{:08x}", fnv1a(&seed)));
        fs::create_dir_all(folder.join("servers")).expect("the temporary folder is writable");
        let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o755));
        folder
    })
}

/// User id of this process.
pub fn user_id() -> u32 {
    fs::metadata("/proc/self").map_or(1, |metadata| metadata.uid())
}

fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
