//! Disks that are full.

use std::process::Command;

use crate::project;

/// A file system of its own with a few kilobytes, at the project's `.sluice`. Gone with the value.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// `None`, said aloud, where mounting is not allowed.
    fn mount(path: std::path::PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let options = format!("size={size},mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        eprintln!("SKIPPED: a small file system cannot be mounted (this test wants root)");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_under_the_state_stops_before_any_database_is_touched() {
    let project = project();
    let Some(disk) = SmallDisk::mount(project.path(".sluice"), "4k") else { return };
    let run = project.sluice(&["deploy"]);
    assert_ne!(run.code, 0, "{run}");
    assert!(run.all().contains(".sluice") && run.all().contains("help:"), "{run}");
    assert!(!run.all().contains("panicked"), "{run}");
    assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0", "{run}");
    drop(disk);
    project.sluice(&["deploy"]).exits(0);
}

#[test]
fn a_full_sqlite_database_fails_the_change_and_room_resumes_it() {
    let project = project();
    let Some(_disk) = SmallDisk::mount(project.path("disk"), "160k") else { return };
    let text = project.read("sluice.toml");
    project.write("sluice.toml", &text.replace("sqlite:dev.db", "sqlite:disk/dev.db"));
    project.sluice(&["deploy"]).exits(0);
    project.write(
        "migrations/0002_fill.sql",
        "CREATE TABLE filler (data blob);\nINSERT INTO filler VALUES (zeroblob(400000));\n",
    );
    let run = project.sluice(&["deploy"]).exits(4).says("full");
    assert!(run.all().contains("help:"), "{run}");
    assert_eq!(
        project.sqlite("disk/dev.db", "SELECT count(*) FROM sqlite_master WHERE name = 'filler'"),
        "0",
        "{run}"
    );
    let remount = Command::new("mount").args(["-o", "remount,size=8m"]).arg(project.path("disk")).status();
    assert!(remount.unwrap().success());
    project.sluice(&["deploy"]).exits(0);
    assert_eq!(project.sqlite("disk/dev.db", "SELECT count(*) FROM filler"), "1");
}

#[test]
fn a_folder_that_takes_no_state_says_so() {
    let project = project();
    project.write(".sluice", "a file\n");
    let run = project.sluice(&["deploy"]).exits(2).says(".sluice");
    assert!(run.all().contains("help:"), "{run}");
    assert_eq!(project.sqlite("dev.db", "SELECT count(*) FROM sqlite_master"), "0");
}
