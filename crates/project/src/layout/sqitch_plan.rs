//! The lines of `sqitch.plan`: pragmas, changes with their dependencies, tags, reworked changes.

use std::collections::HashMap;

use sluice_text::SourceFile;

use super::reading::{Reading, all_of};
use super::scan;

/// A change of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    /// The name; `name@tag` where a later line reworks it.
    pub version: String,
    pub name: String,
    /// Names under which its script may stand, without extension; the first that exists is it.
    pub scripts: Vec<String>,
    /// Versions that must be there before.
    pub requires: Vec<String>,
    /// Where the plan lists it.
    pub at: usize,
}

/// What a dependency names, until every line is read: reworking renames earlier changes.
struct Dependency {
    target: usize,
    of: usize,
}

/// Reads a plan: the project's name and the changes. What is wrong with it is reported with its line.
pub(super) fn parse(reading: &mut Reading, file: &SourceFile) -> (Option<String>, Vec<Planned>) {
    let mut planned: Vec<Planned> = Vec::new();
    let mut tags: HashMap<&str, usize> = HashMap::new();
    // Tags with the number of changes before them.
    let mut tagged: Vec<(&str, usize)> = Vec::new();
    let mut latest: HashMap<&str, usize> = HashMap::new();
    let mut instances: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut dependencies: Vec<Dependency> = Vec::new();
    let mut project = "";
    for line in scan::lines(file.text(), all_of(file)) {
        let text = without_note(line.text).trim();
        if text.is_empty() {
            continue;
        }
        if let Some(pragma) = text.strip_prefix('%') {
            if let Some((key, value)) = pragma.split_once('=')
                && key.trim() == "project"
            {
                project = value.trim();
            }
            continue;
        }
        let at = line.start + line.text.find(text).unwrap_or(0);
        if let Some(tag) = text.strip_prefix('@') {
            let tag = tag.split_whitespace().next().unwrap_or_default();
            if tags.insert(tag, planned.len()).is_some() {
                reading.error_at(file, at, format!("tag @{tag} is given twice"), "remove one of them");
            }
            tagged.push((tag, planned.len()));
            continue;
        }
        if text.starts_with("<<<<<<<") || text.starts_with("=======") || text.starts_with(">>>>>>>") {
            reading.error_at(file, at, "the plan holds a merge conflict", "resolve it");
            continue;
        }
        if text.starts_with('-') {
            reading.error_at(
                file,
                at,
                "revert lines in a plan are not understood",
                "remove the change from the plan",
            );
            continue;
        }
        let text = text.strip_prefix('+').unwrap_or(text).trim_start();
        let name_length = text.find(|c: char| c.is_whitespace() || c == '[').unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(name_length).unwrap_or((text, ""));
        let of = planned.len();
        if let Some(rest) = rest.trim_start().strip_prefix('[') {
            let Some((listed, _)) = rest.split_once(']') else {
                reading.error_at(
                    file,
                    at,
                    format!("the dependencies of {name} have no `]`"),
                    "close the bracket",
                );
                continue;
            };
            let bracket = line.text.find('[').unwrap_or(0);
            for dependency in listed.split_whitespace() {
                let column = line.text.get(bracket..).and_then(|list| list.find(dependency)).unwrap_or(0);
                let place = line.start + bracket + column;
                let (conflict, wanted) =
                    dependency.strip_prefix('!').map_or((false, dependency), |wanted| (true, wanted));
                let wanted = match wanted.split_once(':') {
                    Some((other, wanted)) if other == project => wanted,
                    Some((other, _)) => {
                        reading.warn_at(
                            file,
                            place,
                            format!("{name} depends on project {other}, which is not looked at"),
                            "make sure that it is deployed before",
                        );
                        continue;
                    }
                    None => wanted,
                };
                match (resolve(wanted, &planned, &tags, &latest, &instances), conflict) {
                    (Some(_), true) => reading.error_at(
                        file,
                        place,
                        format!("{name} conflicts with {wanted}, which comes before it"),
                        "remove one of them from the plan",
                    ),
                    (None, true) => {}
                    (Some(target), false) => dependencies.push(Dependency { target, of }),
                    (None, false) => reading.error_at(
                        file,
                        place,
                        format!("{name} requires {wanted}, which does not come before it in the plan"),
                        "correct the name, or move its line up",
                    ),
                }
            }
        }
        if let Some(earlier) = latest.insert(name, of) {
            rework(reading, file, at, name, earlier, &tagged, &mut planned);
        }
        instances.entry(name).or_default().push(of);
        planned.push(Planned {
            version: name.to_owned(),
            name: name.to_owned(),
            scripts: vec![name.to_owned()],
            requires: Vec::new(),
            at,
        });
    }
    for Dependency { target, of } in dependencies {
        let version = planned.get(target).map(|planned| planned.version.clone());
        if let (Some(version), Some(planned)) = (version, planned.get_mut(of))
            && !planned.requires.contains(&version)
        {
            planned.requires.push(version);
        }
    }
    (Some(project.to_owned()).filter(|project| !project.is_empty()), planned)
}

/// A name that comes again: the earlier instance's scripts carry the tags between the two, the last first
/// (`App::Sqitch::Plan`).
fn rework(
    reading: &mut Reading,
    file: &SourceFile,
    at: usize,
    name: &str,
    earlier: usize,
    tagged: &[(&str, usize)],
    planned: &mut [Planned],
) {
    let between: Vec<&str> =
        tagged.iter().rev().filter(|(_, count)| *count > earlier).map(|(tag, _)| *tag).collect();
    match (between.first(), planned.get_mut(earlier)) {
        (Some(tag), Some(change)) => {
            change.version = format!("{name}@{tag}");
            change.scripts = between.iter().map(|tag| format!("{name}@{tag}")).collect();
        }
        _ => reading.error_at(
            file,
            at,
            format!("{name} is in the plan twice without a tag between"),
            "tag the plan before reworking a change, or give it another name",
        ),
    }
}

/// The change that `change`, `@tag` or `change@tag` names.
fn resolve(
    wanted: &str,
    planned: &[Planned],
    tags: &HashMap<&str, usize>,
    latest: &HashMap<&str, usize>,
    instances: &HashMap<&str, Vec<usize>>,
) -> Option<usize> {
    match wanted.split_once('@') {
        None => latest.get(wanted).copied(),
        Some((name, "HEAD")) if !name.is_empty() => latest.get(name).copied(),
        Some(("", tag)) => {
            tags.get(tag).and_then(|count| count.checked_sub(1)).filter(|at| *at < planned.len())
        }
        Some((name, tag)) => {
            let count = tags.get(tag)?;
            instances.get(name)?.iter().rev().find(|at| *at < count).copied()
        }
    }
}

/// The line without its note. `\#` does not begin one.
fn without_note(line: &str) -> &str {
    let note = line.match_indices('#').find(|(at, _)| !line.get(..*at).is_some_and(|b| b.ends_with('\\')));
    note.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}
