//! One order over all changes: versions, then what they require.

use std::cmp::Ordering;
use std::collections::HashMap;

use sluice_rollout::{Change, ChangeKind, compare_versions, key_of};

use super::Layout;
use super::reading::Reading;

/// How a layout orders its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Number by number.
    Numeric,
    /// As text.
    Text,
    /// As read: a plan or journal says it.
    Given,
}

impl Order {
    /// That of a layout.
    pub(super) fn of(layout: Layout) -> Self {
        match layout {
            Layout::Native
            | Layout::Flyway
            | Layout::GolangMigrate
            | Layout::Goose
            | Layout::Sqlx
            | Layout::Rails
            | Layout::Bytebase => Self::Numeric,
            Layout::Dbmate | Layout::Atlas | Layout::Prisma | Layout::Diesel => Self::Text,
            Layout::Liquibase | Layout::Sqitch | Layout::Drizzle => Self::Given,
        }
    }
}

/// Which of two versioned changes of a layout comes first, by their versions; none where a file of its own says the order.
pub fn compare(layout: Layout, left: &str, right: &str) -> Option<Ordering> {
    match Order::of(layout) {
        Order::Numeric => Some(compare_versions(left, right)),
        Order::Text => Some(left.cmp(right)),
        Order::Given => None,
    }
}

/// Puts repeatable changes last, unless a file says the order: Liquibase runs a changeset at its place, again too.
pub(super) fn repeatable_last(changes: &mut [Change], order: Order) {
    if order != Order::Given {
        changes.sort_by_key(|change| change.kind == ChangeKind::Repeatable);
    }
}

/// Sorts the changes, repeatable ones last unless a file says the order; finds duplicates and requirements that cannot be met.
pub(super) fn arrange(reading: &mut Reading, mut changes: Vec<Change>, order: Order) -> Vec<Change> {
    let is_repeatable = |change: &Change| change.kind == ChangeKind::Repeatable;
    repeatable_last(&mut changes, order);
    let first_repeatable = match order {
        Order::Given => changes.len(),
        Order::Numeric | Order::Text => changes.partition_point(|change| !is_repeatable(change)),
    };
    let (once, repeatable) = changes.split_at_mut(first_repeatable);
    let by_version = |left: &Change, right: &Change| left.version.cmp(&right.version);
    match order {
        Order::Numeric => {
            once.sort_by(by_number);
            repeatable.sort_by(by_version);
        }
        Order::Text => {
            once.sort_by(by_version);
            repeatable.sort_by(by_version);
        }
        Order::Given => {}
    }

    let edges = edges(reading, &changes);
    if let Some(cycle) = cycle(&edges) {
        report_cycle(reading, &changes, &cycle);
        return changes;
    }
    for (from, required) in edges.iter().enumerate().take(first_repeatable) {
        for to in required.iter().filter(|to| **to > from) {
            if let (Some(change), Some(later)) = (changes.get(from), changes.get(*to)) {
                let (message, help) = if later.kind == ChangeKind::Repeatable && order != Order::Given {
                    (
                        format!(
                            "{} requires {}, which is repeatable and comes after every version",
                            change.version, later.version
                        ),
                        "make it repeatable too, or drop the requirement",
                    )
                } else {
                    (
                        format!("{} requires {}, which comes after it", change.version, later.version),
                        "give it a higher version than what it requires",
                    )
                };
                let at = requirement_at(change, &later.version);
                reading.error_at(&change.up.file, at, message, help);
            }
        }
    }
    reorder_repeatable(changes, &edges, first_repeatable)
}

/// Version by version, other text after every version. `B2` (a Flyway baseline script) stands where 2 stands, after it.
fn by_number(left: &Change, right: &Change) -> Ordering {
    let is_baseline = |change: &Change| change.kind == ChangeKind::Baseline;
    compare_versions(version_of(&left.key), version_of(&right.key))
        .then_with(|| is_baseline(left).cmp(&is_baseline(right)))
}

/// The version in a key; the key itself where there is none.
fn version_of(key: &str) -> &str {
    let is_version = |rest: &&str| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
    };
    key.strip_prefix('B').filter(is_version).unwrap_or(key)
}

/// Every change by its key; duplicates are reported.
fn index<'c>(reading: &mut Reading, changes: &'c [Change]) -> HashMap<&'c str, usize> {
    let mut by_key: HashMap<&str, usize> = HashMap::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        if let Some(first) = by_key.get(change.key.as_str()).and_then(|first| changes.get(*first)) {
            let what = if change.kind == ChangeKind::Repeatable { "repeatable change" } else { "version" };
            let mut message = format!("{what} {} is also that of {}", change.version, first.up.file.path());
            if first.version != change.version {
                message.push_str(&format!(" (as {}, which is the same version)", first.version));
            }
            let help = "give one of them another version";
            let path = change.up.file.path().to_owned();
            match (changeset_line(first), changeset_line(change)) {
                (Some(other), Some(line)) if first.up.file.path() == path => {
                    let line_number = first.up.file.position(other).line;
                    message = format!("{what} {} is also that of line {line_number}", change.version);
                    reading.error_at(&change.up.file, line, message, help);
                }
                _ => reading.error_about(path, message, help),
            }
        } else {
            by_key.insert(&change.key, at);
        }
    }
    by_key
}

/// Where the line above the text of a change begins, if its text is only a part of its file: it names the change.
fn changeset_line(change: &Change) -> Option<usize> {
    let text = change.up.file.text();
    let start = change.up.blocks.first()?.span.start.checked_sub(1)?;
    Some(text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1))
}

/// For each change the indexes of those that it requires.
fn edges(reading: &mut Reading, changes: &[Change]) -> Vec<Vec<usize>> {
    let by_key = index(reading, changes);
    let mut edges = vec![Vec::new(); changes.len()];
    for (change, required) in changes.iter().zip(edges.iter_mut()) {
        for version in &change.directives.requires {
            match by_key.get(&*key_of(version)) {
                Some(to) => required.push(*to),
                None => {
                    let at = requirement_at(change, version);
                    reading.error_at(
                        &change.up.file,
                        at,
                        format!("{} requires {version}, which does not exist", change.version),
                        "correct the version, or add the change",
                    );
                }
            }
        }
    }
    edges
}

/// Where a file names what it requires; its start where another file does (a sqitch plan).
fn requirement_at(change: &Change, version: &str) -> usize {
    let text = change.up.file.text();
    text.match_indices("requires")
        .find_map(|(at, _)| {
            let line = text.get(at..)?.lines().next()?;
            Some(at + line.find(version)?)
        })
        .unwrap_or(0)
}

/// One cycle, if there is any, as indexes in the direction of `requires`.
fn cycle(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![0_u8; edges.len()];
    for start in 0..edges.len() {
        if state.get(start) != Some(&0) {
            continue;
        }
        // Depth first without recursion: each element is a change and the next of its edges to follow.
        let mut path = vec![(start, 0_usize)];
        while let Some((at, next)) = path.last_mut() {
            if let Some(seen) = state.get_mut(*at) {
                *seen = OPEN;
            }
            let Some(to) = edges.get(*at).and_then(|required| required.get(*next)).copied() else {
                if let Some(seen) = state.get_mut(*at) {
                    *seen = DONE;
                }
                path.pop();
                continue;
            };
            *next += 1;
            match state.get(to) {
                Some(&OPEN) => {
                    let mut cycle: Vec<usize> =
                        path.iter().map(|(at, _)| *at).skip_while(|at| *at != to).collect();
                    cycle.push(to);
                    return Some(cycle);
                }
                Some(&DONE) | None => {}
                Some(_) => path.push((to, 0)),
            }
        }
    }
    None
}

fn report_cycle(reading: &mut Reading, changes: &[Change], cycle: &[usize]) {
    let members: Vec<&Change> = cycle.iter().filter_map(|at| changes.get(*at)).collect();
    let names: Vec<&str> = members.iter().map(|change| change.version.as_str()).collect();
    if let (Some(first), Some(second)) = (members.first(), members.get(1)) {
        let at = requirement_at(first, &second.version);
        reading.error_at(
            &first.up.file,
            at,
            format!("changes require each other: {}", names.join(" → ")),
            "remove one of the requirements",
        );
    }
}

/// Puts repeatable changes after those that they require, otherwise keeping their order.
fn reorder_repeatable(changes: Vec<Change>, edges: &[Vec<usize>], first: usize) -> Vec<Change> {
    let count = changes.len();
    if edges.iter().skip(first).all(Vec::is_empty) {
        return changes;
    }
    let mut placed = vec![false; count];
    let mut sequence = Vec::with_capacity(count.saturating_sub(first));
    while sequence.len() < count.saturating_sub(first) {
        let ready = (first..count).find(|at| {
            placed.get(*at) == Some(&false)
                && edges.get(*at).is_none_or(|required| {
                    required.iter().all(|to| *to < first || placed.get(*to) == Some(&true))
                })
        });
        // Without cycles there is always one.
        let Some(at) = ready else { break };
        if let Some(mark) = placed.get_mut(at) {
            *mark = true;
        }
        sequence.push(at);
    }
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    (0..first).chain(sequence).filter_map(|at| slots.get_mut(at).and_then(Option::take)).collect()
}
