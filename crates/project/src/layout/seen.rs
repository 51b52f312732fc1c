use std::collections::HashMap;
use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sluice_rollout::{Change, ChangeKind, Checksum, ChecksumInput, Directives};

/// What an earlier reading found of files of which the file system says that they are as they were, as git's index does it: who
/// does not need their texts need not open them.
///
/// Only changes that are one whole file, with nothing to say of them but their name and checksum, are in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Seen {
    files: HashMap<String, SeenFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeenFile {
    stamp: Stamp,
    /// Of the file of a change; none of a way back.
    change: Option<SeenChange>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeenChange {
    kind: ChangeKind,
    #[serde(with = "checksum")]
    checksum: Checksum,
}

/// What a file system says of a file. Whoever writes into it changes its time of change, which nobody can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    changed: i128,
}

/// A file that was changed so short a time ago may be changed again without another time.
const TICK: Duration = Duration::from_millis(50);
/// Where times are whole seconds, or every other one.
const COARSE_TICK: Duration = Duration::from_secs(3);

impl Stamp {
    /// None where the file system does not tell times of change.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let time = |seconds: i64, nanoseconds: i64| {
                i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
            };
            Some(Self {
                device: metadata.dev(),
                inode: metadata.ino(),
                length: metadata.size(),
                modified: time(metadata.mtime(), metadata.mtime_nsec()),
                changed: time(metadata.ctime(), metadata.ctime_nsec()),
            })
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            None
        }
    }

    fn is_settled(self, now: i128) -> bool {
        // Whole seconds are all that some file systems know.
        let coarse = self.changed % 1_000_000_000 == 0;
        let tick = if coarse { COARSE_TICK } else { TICK };
        let tick = i128::try_from(tick.as_nanos()).unwrap_or_default();
        self.changed + tick < now
    }
}

impl Seen {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is known now of these changes: of those that it has read, and by `before` of those that stayed unread.
    pub fn joined<'c>(mut self, before: &Self, changes: impl Iterator<Item = &'c Change>) -> Self {
        let mut files = HashMap::new();
        for change in changes {
            for script in std::iter::once(&change.up).chain(&change.down) {
                let path = script.file.path();
                if script.file.is_read() {
                    files.extend(self.files.remove_entry(path));
                } else if let Some(file) = before.files.get(path) {
                    files.insert(path.to_owned(), file.clone());
                }
            }
        }
        Self { files }
    }

    /// The checksum of a change whose file has this stamp.
    pub(super) fn change(&self, path: &str, kind: ChangeKind, stamp: Stamp) -> Option<&Checksum> {
        let file = self.files.get(path).filter(|file| file.stamp == stamp)?;
        file.change.as_ref().filter(|change| change.kind == kind).map(|change| &change.checksum)
    }

    /// Whether a way back has this stamp.
    pub(super) fn has_down(&self, path: &str, stamp: Stamp) -> bool {
        self.files.get(path).is_some_and(|file| file.stamp == stamp && file.change.is_none())
    }

    /// What is known of the changes that were read.
    pub(super) fn of(changes: &[Change], stamps: &HashMap<String, Stamp>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_nanos()).unwrap_or_default();
        let now = i128::try_from(now).unwrap_or_default();
        let settled = |path: &str| stamps.get(path).copied().filter(|stamp| stamp.is_settled(now));
        let mut files = HashMap::with_capacity(stamps.len());
        for change in changes.iter().filter(|change| change.up.file.is_read() && is_plain(change)) {
            let path = change.up.file.path();
            let Some(stamp) = settled(path) else { continue };
            if let Some(down) = change.down.as_ref().filter(|down| down.file.is_read()) {
                let path = down.file.path();
                let Some(stamp) = settled(path) else { continue };
                files.insert(path.to_owned(), SeenFile { stamp, change: None });
            }
            let seen = SeenChange { kind: change.kind, checksum: change.checksum.clone() };
            files.insert(path.to_owned(), SeenFile { stamp, change: Some(seen) });
        }
        Self { files }
    }
}

/// Its file is all of it, and says nothing but its SQL.
fn is_plain(change: &Change) -> bool {
    let own = |down: &sluice_rollout::Script| down.file.path() != change.up.file.path();
    change.input == ChecksumInput::File
        && change.directives == Directives::default()
        && change.up.blocks.len() <= 1
        && change.down.as_ref().is_none_or(own)
}

mod checksum {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use sluice_rollout::Checksum;

    pub fn serialize<S: Serializer>(checksum: &Checksum, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(checksum)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Checksum, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
