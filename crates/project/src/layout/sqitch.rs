//! sqitch: a plan file, `deploy/` and `revert/` scripts.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use sluice_rollout::{Change, ChangeKind, Directives, Script};
use sluice_text::SourceFile;

use super::reading::{Draft, Reading, all_of, whole};
use super::sqitch_plan::{self, Planned};
use super::tree;

/// The usual name of the plan.
pub(super) const PLAN: &str = "sqitch.plan";

/// Where things are; `sqitch.conf` says it.
struct Settings {
    plan: PathBuf,
    deploy: PathBuf,
    revert: PathBuf,
    extension: String,
}

/// The directory that holds the plan of `dir`: itself, its parent (`deploy/` was named), or the repository's root.
pub(super) fn home(root: &Path, dir: &Path) -> Option<PathBuf> {
    let is_home = |dir: &Path| dir.join(PLAN).is_file() || dir.join("sqitch.conf").is_file();
    [Some(dir), dir.parent(), Some(root)].into_iter().flatten().find(|dir| is_home(dir)).map(Path::to_owned)
}

/// What a plan lists.
#[derive(Default)]
pub(super) struct Listed {
    pub changes: Vec<Change>,
    pub project: Option<String>,
}

pub(super) fn read(reading: &mut Reading, root: &Path, dir: &Path) -> Listed {
    let home = home(root, dir).unwrap_or_else(|| dir.to_owned());
    let settings = settings(reading, &home);
    let Some(plan) = reading.named_source(&settings.plan) else { return Listed::default() };
    let (project, planned) = sqitch_plan::parse(reading, &plan.file);
    let mut changes = Vec::with_capacity(planned.len());
    let mut used: HashSet<PathBuf> = HashSet::new();
    for change in planned {
        let Planned { version, name, scripts, requires, at } = change;
        let path = scripts
            .iter()
            .map(|script| settings.deploy.join(format!("{script}.{}", settings.extension)))
            .find(|path| path.is_file());
        let Some(path) = path else {
            let wanted =
                scripts.first().map(|script| format!("{script}.{}", settings.extension)).unwrap_or_default();
            let expected = reading.shown(&settings.deploy.join(wanted));
            reading.error_at(
                &plan.file,
                at,
                format!("the plan lists {version}, but there is no {expected}"),
                "add the script, or remove the line from the plan",
            );
            continue;
        };
        used.insert(path.clone());
        let Some(source) = reading.named_source(&path) else { continue };
        let revert = path.strip_prefix(&settings.deploy).ok().map(|inside| settings.revert.join(inside));
        let down = revert
            .filter(|revert| revert.is_file())
            .and_then(|revert| reading.named_source(&revert))
            .map(|source| Script { blocks: whole(&source.file, false), file: source.file });
        changes.push(reading.change(Draft {
            version,
            name,
            kind: ChangeKind::Versioned,
            part: all_of(&source.file),
            blocks: whole(&source.file, false),
            source,
            down,
            directives: Directives { requires, ..Directives::default() },
        }));
    }
    if settings.deploy.is_dir() {
        let suffix = format!(".{}", settings.extension);
        for entry in tree::walk(reading, &settings.deploy) {
            if entry.name().ends_with(&suffix) && !used.contains(&entry.path) {
                let path = reading.shown(&entry.path);
                reading.warn_about(
                    path,
                    "no plan lists this script: it is not run",
                    "add it with `sqitch add`, or delete it",
                );
            }
        }
    }
    Listed { changes, project }
}

fn settings(reading: &mut Reading, home: &Path) -> Settings {
    let conf = home.join("sqitch.conf");
    let values = if conf.is_file() {
        reading.named_source(&conf).map(|source| values(&source.file)).unwrap_or_default()
    } else {
        HashMap::new()
    };
    let value = |key: &str| values.get(key).map(String::as_str);
    let top =
        value("top_dir").filter(|top| *top != ".").map_or_else(|| home.to_owned(), |top| home.join(top));
    Settings {
        plan: value("plan_file").map_or_else(|| top.join(PLAN), |plan| home.join(plan)),
        deploy: value("deploy_dir").map_or_else(|| top.join("deploy"), |dir| home.join(dir)),
        revert: value("revert_dir").map_or_else(|| top.join("revert"), |dir| home.join(dir)),
        extension: value("extension").unwrap_or("sql").to_owned(),
    }
}

/// The `key = value` lines of section `[core]`, and those of the engine that it names, which come before.
fn values(file: &SourceFile) -> HashMap<String, String> {
    let mut section = "";
    let (mut core, mut engines) = (HashMap::new(), HashMap::<String, HashMap<String, String>>::new());
    for line in file.text().lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim();
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) {
            let (key, value) = (key.trim().to_owned(), value.trim().trim_matches('"').to_owned());
            if section == "core" {
                core.insert(key, value);
            } else if let Some(engine) = section.strip_prefix("engine ") {
                engines.entry(engine.trim_matches('"').to_owned()).or_default().insert(key, value);
            }
        }
    }
    let own = core.get("engine").and_then(|engine| engines.remove(engine));
    core.extend(own.into_iter().flatten());
    core
}
