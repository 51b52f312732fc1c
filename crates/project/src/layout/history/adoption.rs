use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use sluice_rollout::{Change, ChangeKind, Checksum, compare_versions, version_key};

use crate::layout::{Directory, Layout};

/// What another tool's history says of a project's changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoption {
    /// The changes that are applied, in the project's order.
    pub revisions: Vec<Adopted>,
    /// Versions or names that the history has and the project has not.
    pub unknown: Vec<String>,
    /// Those of [`Adoption::revisions`] whose file differs from what was applied, as indexes of changes. Repeatable
    /// changes may: they run again.
    pub mismatched: Vec<usize>,
    /// Those of [`Adoption::revisions`] whose recorded checksum is none that the tool writes, and what is recorded.
    pub unreadable: Vec<(usize, String)>,
    /// Why the history cannot be adopted as it is.
    pub refused: Option<String>,
}

/// A change that another tool applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Index into the directory's changes.
    pub change: usize,
    /// What the tool recorded; the file's own where it records none.
    pub checksum: Checksum,
    /// When, RFC 3339, where the tool records it.
    pub applied_at: Option<String>,
}

/// Maps the rows that [`super::HistoryQuery::read_sql`] gave for `tool` to the changes of `directory`. Nothing is
/// guessed: a failed, dirty or partial row refuses the whole.
pub fn adopt(tool: Layout, rows: &[Vec<Option<String>>], directory: &Directory) -> Adoption {
    let mut adopter = Adopter::new(directory);
    match tool {
        Layout::Flyway => adopter.flyway(rows),
        Layout::Liquibase => adopter.liquibase(rows),
        Layout::GolangMigrate => adopter.golang_migrate(rows),
        Layout::Goose => adopter.goose(rows),
        Layout::Atlas => adopter.atlas(rows),
        Layout::Sqitch => adopter.sqitch(rows),
        Layout::Prisma => adopter.prisma(rows),
        Layout::Sqlx => adopter.sqlx(rows),
        Layout::Drizzle => adopter.drizzle(rows),
        Layout::Dbmate | Layout::Rails | Layout::Diesel => adopter.versions(rows),
        Layout::Native | Layout::Bytebase => {
            adopter.refused = Some(format!("{tool} keeps no history in the database"));
        }
    }
    adopter.finish()
}

struct Adopter<'d> {
    directory: &'d Directory,
    by_key: HashMap<&'d str, usize>,
    applied: BTreeMap<usize, (Checksum, Option<String>)>,
    unknown: Vec<String>,
    unreadable: BTreeMap<usize, String>,
    refused: Option<String>,
}

/// Text of a column, empty where it is NULL.
fn text(row: &[Option<String>], column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or_default()
}

fn value(row: &[Option<String>], column: usize) -> Option<String> {
    row.get(column).cloned().flatten()
}

fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "true" | "TRUE" | "\u{1}")
}

impl<'d> Adopter<'d> {
    fn new(directory: &'d Directory) -> Self {
        let by_key =
            directory.changes.iter().enumerate().map(|(at, change)| (change.key.as_str(), at)).collect();
        Self {
            directory,
            by_key,
            applied: BTreeMap::new(),
            unknown: Vec::new(),
            unreadable: BTreeMap::new(),
            refused: None,
        }
    }

    fn finish(self) -> Adoption {
        if self.refused.is_some() {
            return Adoption { refused: self.refused, unknown: self.unknown, ..Adoption::default() };
        }
        let mismatched = self
            .applied
            .iter()
            .filter(|(at, (checksum, _))| {
                self.change(**at).is_some_and(|change| {
                    change.kind != ChangeKind::Repeatable
                        && checksum.matches(change.checksum_input()) == Some(false)
                })
            })
            .map(|(at, _)| *at)
            .collect();
        let revisions = self
            .applied
            .into_iter()
            .map(|(change, (checksum, applied_at))| Adopted { change, checksum, applied_at })
            .collect();
        let unreadable = self.unreadable.into_iter().collect();
        Adoption { revisions, unknown: self.unknown, mismatched, unreadable, refused: None }
    }

    fn change(&self, at: usize) -> Option<&'d Change> {
        self.directory.changes.get(at)
    }

    fn find(&self, version: &str) -> Option<usize> {
        self.by_key.get(version_key(version).as_str()).copied()
    }

    fn refuse(&mut self, reason: String) {
        self.refused.get_or_insert(reason);
    }

    /// Takes the change at `at` as applied; `checksum` is `algorithm:value`.
    fn take(&mut self, at: usize, checksum: Option<String>, applied_at: Option<String>) {
        let Some(change) = self.change(at) else { return };
        self.unreadable.remove(&at);
        // A tool that keeps checksums may have recorded none.
        let recorded = checksum.filter(|text| !text.ends_with(':'));
        let checksum = match recorded.as_deref().map(str::parse) {
            Some(Ok(checksum)) => checksum,
            Some(Err(_)) => {
                let text = recorded.unwrap_or_default();
                let value = text.split_once(':').map_or(text.as_str(), |(_, value)| value);
                self.unreadable.insert(at, value.to_owned());
                change.checksum.clone()
            }
            None => change.checksum.clone(),
        };
        self.applied.insert(at, (checksum, applied_at));
    }

    fn take_version(&mut self, version: &str, checksum: Option<String>, applied_at: Option<String>) {
        match self.find(version) {
            Some(at) => self.take(at, checksum, applied_at),
            None => self.unknown.push(version.to_owned()),
        }
    }

    /// Takes every versioned change up to `version`, which a baseline stands for.
    fn take_up_to(
        &mut self,
        version: &str,
        applied_at: Option<&String>,
        compare: fn(&str, &str) -> Ordering,
    ) {
        for (at, change) in self.directory.changes.iter().enumerate() {
            if change.kind == ChangeKind::Versioned && compare(&change.version, version).is_le() {
                self.take(at, None, applied_at.cloned());
            }
        }
    }

    /// version, type, script, checksum, installed_on, success
    fn flyway(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            let (version, kind, script) = (text(row, 0), text(row, 1), text(row, 2));
            if !is_true(text(row, 5)) {
                self.refuse(format!("Flyway recorded that {script} failed: repair it with Flyway first"));
                continue;
            }
            let checksum = value(row, 3).map(|crc| format!("flyway-crc32:{crc}"));
            let applied_at = value(row, 4);
            match kind {
                "SCHEMA" => {}
                "BASELINE" => self.take_up_to(version, applied_at.as_ref(), compare_versions),
                "SQL_BASELINE" | "BASELINE_SQL" => {
                    self.take_version(&format!("B{version}"), checksum, applied_at);
                }
                _ if version.is_empty() => {
                    let name = script.rsplit(['/', '\\']).next().unwrap_or(script);
                    let name = name.strip_suffix(".sql").unwrap_or(name).to_owned();
                    match kind {
                        "DELETE" => self.forget(&name),
                        _ => self.take_version(&name, checksum, applied_at),
                    }
                }
                "DELETE" | "UNDO_SQL" => self.forget(version),
                _ => self.take_version(version, checksum, applied_at),
            }
        }
    }

    fn forget(&mut self, version: &str) {
        match self.find(version) {
            Some(at) => {
                self.applied.remove(&at);
                self.unreadable.remove(&at);
            }
            None => self.unknown.retain(|unknown| unknown != version),
        }
    }

    /// id, author, filename, md5sum, exectype, dateexecuted
    fn liquibase(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            let identity = format!("{}:{}", text(row, 1), text(row, 0));
            let file = text(row, 2)
                .trim_start_matches("classpath:")
                .trim_start_matches("./")
                .trim_start_matches('/');
            match text(row, 4) {
                "FAILED" => {
                    self.refuse(format!(
                        "Liquibase recorded that {identity} of {file} failed: repair it with Liquibase first"
                    ));
                }
                "SKIPPED" => {}
                _ => {
                    let found = self.directory.changes.iter().position(|change| {
                        change
                            .version
                            .split_once("::")
                            .is_some_and(|(path, own)| own == identity && same_file(path, file))
                    });
                    let checksum = value(row, 3).map(|md5| Checksum::foreign("liquibase", &md5).to_string());
                    match found {
                        Some(at) => self.take(at, checksum, value(row, 5)),
                        None => self.unknown.push(format!("{file}::{identity}")),
                    }
                }
            }
        }
    }

    /// version, dirty: one row stands for every version up to it.
    fn golang_migrate(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            let version = text(row, 0);
            if is_true(text(row, 1)) {
                self.refuse(format!(
                    "golang-migrate left version {version} dirty: repair it, then run `migrate force`"
                ));
                continue;
            }
            if self.find(version).is_none() {
                self.unknown.push(version.to_owned());
            }
            self.take_up_to(version, None, compare_versions);
        }
    }

    /// version_id, is_applied, tstamp: the latest row of a version counts.
    fn goose(&mut self, rows: &[Vec<Option<String>>]) {
        let mut latest: BTreeMap<u64, (&str, bool, Option<String>)> = BTreeMap::new();
        for row in rows {
            let version = text(row, 0);
            if let Some(number) = version.parse::<u64>().ok().filter(|number| *number > 0) {
                latest.insert(number, (version, is_true(text(row, 1)), value(row, 2)));
            }
        }
        for (version, applied, at) in latest.into_values() {
            if applied {
                self.take_version(version, None, at);
            }
        }
    }

    /// version, type, applied, total, hash, executed_at
    fn atlas(&mut self, rows: &[Vec<Option<String>>]) {
        /// `RevisionTypeBaseline` in Atlas's `sql/migrate`.
        const BASELINE: u64 = 1;
        for row in rows {
            let version = text(row, 0);
            if version.starts_with('.') {
                // `.atlas_cloud_identifier` is no revision.
                continue;
            }
            let number = |column| text(row, column).parse::<u64>().unwrap_or_default();
            if number(2) < number(3) {
                self.refuse(format!(
                    "Atlas applied {} of {} statements of {version}: finish it with Atlas first",
                    number(2),
                    number(3)
                ));
                continue;
            }
            if number(1) & BASELINE != 0 {
                self.take_up_to(version, value(row, 5).as_ref(), |left, right| left.cmp(right));
                continue;
            }
            let checksum = value(row, 4)
                .filter(|hash| !hash.is_empty())
                .map(|hash| Checksum::foreign("atlas", &hash).to_string());
            self.take_version(version, checksum, value(row, 5));
        }
    }

    /// change, script_hash, committed_at, project: instances of a reworked change come in the plan's order. Other projects
    /// keep their changes in the same table.
    fn sqitch(&mut self, rows: &[Vec<Option<String>>]) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let own = self.directory.project.as_deref();
        for row in rows.iter().filter(|row| own.is_none_or(|own| text(row, 3) == own)) {
            let name = text(row, 0);
            let instance = seen.entry(name).or_default();
            let found = self
                .directory
                .changes
                .iter()
                .enumerate()
                .filter(|(_, change)| change.name == name)
                .nth(*instance)
                .map(|(at, _)| at);
            *instance += 1;
            match found {
                Some(at) => {
                    self.take(at, value(row, 1).map(|hash| format!("sha1-raw:{hash}")), value(row, 2))
                }
                None => self.unknown.push(name.to_owned()),
            }
        }
    }

    /// migration_name, checksum, finished_at, rolled_back_at
    fn prisma(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            let name = text(row, 0);
            if value(row, 3).is_some() {
                continue;
            }
            if value(row, 2).is_none() {
                self.refuse(format!(
                    "Prisma did not finish {name}: resolve it with `prisma migrate resolve` first"
                ));
                continue;
            }
            self.take_version(name, value(row, 1).map(|hash| format!("sha256-raw:{hash}")), value(row, 2));
        }
    }

    /// version, checksum, installed_on, success
    fn sqlx(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            let version = text(row, 0);
            if !is_true(text(row, 3)) {
                self.refuse(format!(
                    "sqlx did not finish version {version}: repair it, then delete its row or set success"
                ));
                continue;
            }
            self.take_version(version, value(row, 1).map(|hash| format!("sha384-raw:{hash}")), value(row, 2));
        }
    }

    /// hash, created_at: the content says which change it is, otherwise the journal's time.
    fn drizzle(&mut self, rows: &[Vec<Option<String>>]) {
        let by_hash: HashMap<String, usize> = self
            .directory
            .changes
            .iter()
            .enumerate()
            .map(|(at, change)| {
                (
                    Checksum::with(sluice_rollout::Algorithm::Sha256Raw, change.checksum_input()).to_string(),
                    at,
                )
            })
            .collect();
        for row in rows {
            let checksum = format!("sha256-raw:{}", text(row, 0));
            let when = text(row, 1).parse::<i64>().ok();
            let by_time = self
                .directory
                .journal
                .iter()
                .find(|(_, generated)| Some(**generated) == when)
                .and_then(|(version, _)| self.find(version));
            match by_time.or_else(|| by_hash.get(&checksum).copied()) {
                Some(at) => self.take(at, Some(checksum), None),
                None => self.unknown.push(text(row, 0).to_owned()),
            }
        }
    }

    /// version and perhaps when: dbmate, Rails, Diesel.
    fn versions(&mut self, rows: &[Vec<Option<String>>]) {
        for row in rows {
            self.take_version(text(row, 0), None, value(row, 1));
        }
    }
}

/// Whether two paths end in the same file: tools record them relative to different directories.
fn same_file(left: &str, right: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    ends(left, right) || ends(right, left)
}
