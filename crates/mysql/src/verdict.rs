//! From what was seen before and after a statement to what became of it. Pure.

use std::collections::BTreeMap;

use sluice_engine::Verdict;

use crate::observation::{Observation, Seen};
use crate::reading::{Effect, Reading};

/// Decides. `before` is `None` when nobody looked before the statement was sent.
pub(crate) fn judge(reading: &Reading, before: Option<&Observation>, now: &Observation) -> Verdict {
    match &reading.effect {
        Effect::Harmless(why) => return not_applied((*why).to_owned()),
        Effect::Invisible(why) => return unknown((*why).to_owned()),
        _ => {}
    }
    let Some(before) = before.filter(|before| before.seen.len() == now.seen.len()) else {
        return unknown("nobody looked at the catalog before the statement was sent".to_owned());
    };
    if now.seen.is_empty() {
        return unknown("the statement names no object to look at".to_owned());
    }
    let pairs: Vec<Pair<'_>> =
        before.seen.iter().zip(&now.seen).map(|(before, now)| Pair { before, now }).collect();
    match &reading.effect {
        Effect::Create { if_not_exists, or_replace } => created(&pairs, *if_not_exists, *or_replace, reading),
        Effect::Alter => altered(&pairs, reading),
        Effect::Drop { if_exists } => dropped(&pairs, *if_exists),
        Effect::Rename => renamed(&before.seen, &now.seen),
        Effect::Truncate => truncated(&pairs),
        Effect::Harmless(_) | Effect::Invisible(_) => unknown("the catalog does not show it".to_owned()),
    }
}

fn applied(evidence: String) -> Verdict {
    Verdict::Applied { evidence }
}

fn not_applied(evidence: String) -> Verdict {
    Verdict::NotApplied { evidence }
}

fn unknown(evidence: String) -> Verdict {
    Verdict::Unknown { evidence }
}

struct Pair<'a> {
    before: &'a Seen,
    now: &'a Seen,
}

impl Pair<'_> {
    /// What changed, in words.
    fn change(&self) -> Option<String> {
        let what = &self.now.what;
        match (self.before.present, self.now.present) {
            (false, false) => None,
            (false, true) => Some(format!("{what} is there and was not before")),
            (true, false) => Some(format!("{what} is gone")),
            (true, true) if self.before.digest != self.now.digest => {
                let lines = difference(self.before.definition.as_deref(), self.now.definition.as_deref());
                Some(format!("the definition of {what} has changed{lines}"))
            }
            (true, true) => match (&self.before.ids, &self.now.ids) {
                (Some(before), Some(now)) if before != now => {
                    Some(format!("{what} has been rebuilt (InnoDB table id {} → {})", ids(before), ids(now)))
                }
                _ => None,
            },
        }
    }

    fn ids_are_known(&self) -> bool {
        self.before.ids.is_some() && self.now.ids.is_some()
    }
}

fn created(pairs: &[Pair<'_>], if_not_exists: bool, or_replace: bool, reading: &Reading) -> Verdict {
    let changes: Vec<String> = pairs.iter().filter_map(Pair::change).collect();
    let present = pairs.iter().filter(|pair| pair.now.present).count();
    if present < pairs.len() {
        let (there, absent) = names(pairs, |pair| pair.now.present);
        if there.is_empty() || changes.is_empty() {
            return not_applied(format!("{absent} is not there"));
        }
        return match if_not_exists || or_replace {
            true => not_applied(format!("{there} is there, {absent} is not: the statement can be run again")),
            false => {
                unknown(format!("{there} is there, {absent} is not: run the statement for the rest by hand"))
            }
        };
    }
    if !changes.is_empty() {
        return applied(changes.join("; "));
    }
    let (all, _) = names(pairs, |_| true);
    if if_not_exists {
        applied(format!("{all} was there before"))
    } else if !or_replace {
        not_applied(format!("{all} was there before the statement was sent, and has not changed"))
    } else if reading.harmful_twice && !pairs.iter().all(Pair::ids_are_known) {
        unknown(format!(
            "the definition of {all} has not changed, and InnoDB's table ids, which tell whether it was replaced, cannot be \
             read (privilege PROCESS)"
        ))
    } else {
        not_applied(format!("{all} has not changed"))
    }
}

fn altered(pairs: &[Pair<'_>], reading: &Reading) -> Verdict {
    let changes: Vec<String> = pairs.iter().filter_map(Pair::change).collect();
    if !changes.is_empty() {
        return applied(changes.join("; "));
    }
    let (all, _) = names(pairs, |_| true);
    let tells = reading.wants_ids && pairs.iter().filter(|pair| pair.now.present).all(Pair::ids_are_known);
    if reading.harmful_twice && !tells {
        return unknown(format!(
            "{all} looks as before, but that does not tell whether the statement has run"
        ));
    }
    not_applied(format!("{all} is as it was before the statement was sent"))
}

fn dropped(pairs: &[Pair<'_>], if_exists: bool) -> Verdict {
    let were: Vec<&Pair<'_>> = pairs.iter().filter(|pair| pair.before.present).collect();
    let gone = were.iter().filter(|pair| !pair.now.present).count();
    let (there, absent) = names(pairs, |pair| pair.now.present);
    match (gone, were.len()) {
        (0, 0) if there.is_empty() && if_exists => applied(format!("{absent} was not there before")),
        (0, 0) if there.is_empty() => not_applied(format!("{absent} was not there before")),
        (gone, all) if gone == all && there.is_empty() => applied(format!("{absent} is gone")),
        (0, _) => not_applied(format!("{there} is still there")),
        // One after the other on MariaDB, which is atomic for each only (manual, "Atomic DDL").
        _ if if_exists => {
            not_applied(format!("{absent} is gone, {there} is still there: the statement can be run again"))
        }
        _ => unknown(format!("{absent} is gone, {there} is still there: drop the rest by hand")),
    }
}

/// Follows the names through the pairs and compares what should stand where with what does.
fn renamed(before: &[Seen], now: &[Seen]) -> Verdict {
    let mut expected: BTreeMap<&str, Option<&Seen>> = BTreeMap::new();
    let mut actual: BTreeMap<&str, Option<&Seen>> = BTreeMap::new();
    for (before, now) in before.iter().zip(now) {
        expected.entry(&before.what).or_insert(before.present.then_some(before));
        actual.entry(&now.what).or_insert(now.present.then_some(now));
    }
    let unchanged = same(&expected, &actual);
    for pair in before.chunks_exact(2) {
        if let [from, to] = pair {
            let moved = expected.insert(&from.what, None).flatten();
            expected.insert(&to.what, moved);
        }
    }
    let done = same(&expected, &actual);
    let there: Vec<&str> = actual.iter().filter(|(_, seen)| seen.is_some()).map(|(what, _)| *what).collect();
    let there = if there.is_empty() { "none of the objects".to_owned() } else { there.join(", ") };
    match (unchanged, done) {
        (false, true) => applied(format!("{there}: there under the new name")),
        (true, false) => not_applied(format!("{there}: there under the old name")),
        (true, true) => unknown(format!("{there}: there, but old and new cannot be told apart")),
        (false, false) => {
            unknown(format!("{there}: there, which is neither the state before nor the one after"))
        }
    }
}

fn same(left: &BTreeMap<&str, Option<&Seen>>, right: &BTreeMap<&str, Option<&Seen>>) -> bool {
    left.iter().all(|(what, left)| match (left, right.get(what).copied().flatten()) {
        (None, None) => true,
        (Some(left), Some(right)) => match (&left.ids, &right.ids) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        },
        _ => false,
    })
}

fn truncated(pairs: &[Pair<'_>]) -> Verdict {
    let Some(pair) = pairs.first() else { return unknown("no table is named".to_owned()) };
    let what = &pair.now.what;
    if !pair.now.present {
        return not_applied(format!("{what} is not there"));
    }
    match (&pair.before.ids, &pair.now.ids) {
        (Some(before), Some(now)) if before != now => {
            return applied(format!("{what} is new to InnoDB (table id {} → {})", ids(before), ids(now)));
        }
        (Some(_), Some(_)) => return not_applied(format!("{what} is the same to InnoDB as before")),
        _ => {}
    }
    match (pair.before.rows, pair.now.rows) {
        (Some(true), Some(false)) => applied(format!("{what} had rows and is empty")),
        (Some(false), Some(false)) => not_applied(format!("{what} is empty, as it was before")),
        _ if pair.now.next_value < pair.before.next_value => {
            applied(format!("the counter of {what} has been set back"))
        }
        _ => unknown(format!(
            "{what} has rows: the old ones or new ones; InnoDB's table ids, which would tell, cannot be read (privilege \
             PROCESS)"
        )),
    }
}

/// Names of those that satisfy and of those that do not.
fn names(pairs: &[Pair<'_>], satisfies: impl Fn(&Pair<'_>) -> bool) -> (String, String) {
    let (yes, no): (Vec<&Pair<'_>>, Vec<&Pair<'_>>) = pairs.iter().partition(|pair| satisfies(pair));
    let join = |pairs: Vec<&Pair<'_>>| {
        pairs.iter().map(|pair| pair.now.what.as_str()).collect::<Vec<_>>().join(", ")
    };
    (join(yes), join(no))
}

fn ids(ids: &BTreeMap<String, u64>) -> String {
    ids.values().map(u64::to_string).collect::<Vec<_>>().join("+")
}

/// The first line that is new and the first that is gone.
fn difference(before: Option<&str>, now: Option<&str>) -> String {
    let (Some(before), Some(now)) = (before, now) else { return String::new() };
    let only_in = |text: &str, other: &str| {
        let trim = |line: &str| line.trim().trim_end_matches(',').to_owned();
        let others: Vec<String> = other.lines().map(trim).collect();
        text.lines().map(trim).find(|line| !others.contains(line)).map(|line| cut(&line))
    };
    match (only_in(now, before), only_in(before, now)) {
        (None, None) => String::new(),
        (Some(new), None) => format!(": new is {new}"),
        (None, Some(old)) => format!(": gone is {old}"),
        (Some(new), Some(old)) => format!(": {old} → {new}"),
    }
}

fn cut(line: &str) -> String {
    const LENGTH: usize = 120;
    if line.chars().count() <= LENGTH {
        return line.to_owned();
    }
    line.chars().take(LENGTH).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(what: &str, state: &str) -> Seen {
        let mut seen = Seen { what: what.to_owned(), ..Seen::default() };
        for word in state.split_whitespace() {
            match word.split_once('=') {
                None => {}
                Some(("def", text)) => {
                    seen.present = true;
                    seen.digest = text.to_owned();
                    seen.definition = Some(text.to_owned());
                }
                Some(("id", id)) => {
                    seen.ids = Some(BTreeMap::from([(String::new(), id.parse().unwrap())]));
                }
                Some(("rows", some)) => seen.rows = Some(some == "some"),
                Some(("next", value)) => seen.next_value = value.parse().ok(),
                Some(_) => panic!("{word}"),
            }
        }
        seen
    }

    /// `states` are those of the subjects, divided by `|`.
    fn verdict(sql: &str, before: &str, now: &str) -> &'static str {
        let reading = Reading::of(sql);
        let observation = |states: &str| Observation {
            seen: reading
                .subjects
                .iter()
                .zip(states.split('|'))
                .map(|(subject, state)| seen(&subject.to_string(), state))
                .collect(),
        };
        match judge(&reading, Some(&observation(before)), &observation(now)) {
            Verdict::Applied { .. } => "applied",
            Verdict::NotApplied { .. } => "not applied",
            Verdict::Partial { .. } => "partial",
            Verdict::Unknown { .. } => "unknown",
        }
    }

    #[test]
    fn what_was_seen_before_and_after_decides() {
        let cases = [
            ("create table t (a int)", "-", "def=x", "applied"),
            ("create table t (a int)", "-", "-", "not applied"),
            ("create table t (a int)", "def=x", "def=x", "not applied"),
            ("create table if not exists t (a int)", "def=x", "def=x", "applied"),
            ("create or replace table t (a int)", "def=x id=1", "def=x id=2", "applied"),
            ("create or replace table t (a int)", "def=x id=1", "def=x id=1", "not applied"),
            ("create or replace table t (a int)", "def=x", "def=x", "unknown"),
            ("create or replace view v as select 1", "def=x", "def=y", "applied"),
            ("create or replace view v as select 1", "def=x", "def=x", "not applied"),
            ("create user a, b", "-|-", "def=x|-", "unknown"),
            ("create user if not exists a, b", "-|-", "def=x|-", "not applied"),
            ("alter table t add b int", "def=x", "def=y", "applied"),
            ("alter table t add b int", "def=x", "def=x", "not applied"),
            ("alter table t add b int", "-", "-", "not applied"),
            ("alter table t force", "def=x id=1", "def=x id=2", "applied"),
            ("alter table t force", "def=x id=1", "def=x id=1", "not applied"),
            ("alter table t force", "def=x", "def=x", "not applied"),
            ("alter table t rename u", "def=x|-", "-|def=x", "applied"),
            (
                "alter table t exchange partition p with table u",
                "def=x id=1|def=y id=2",
                "def=x id=2|def=y id=1",
                "applied",
            ),
            ("alter table t exchange partition p with table u", "def=x|def=y", "def=x|def=y", "unknown"),
            ("create index i on t (a)", "def=x", "def=y", "applied"),
            ("drop index i on t", "def=x", "def=x", "not applied"),
            ("drop table t", "def=x", "-", "applied"),
            ("drop table t", "def=x", "def=x", "not applied"),
            ("drop table t", "-", "-", "not applied"),
            ("drop table if exists t", "-", "-", "applied"),
            ("drop table a, b", "def=x|def=y", "-|def=y", "unknown"),
            ("drop table if exists a, b", "def=x|def=y", "-|def=y", "not applied"),
            ("drop table if exists a, b", "def=x|-", "-|-", "applied"),
            ("rename table a to b", "def=x id=1|-", "-|def=x id=1", "applied"),
            ("rename table a to b", "def=x id=1|-", "def=x id=1|-", "not applied"),
            ("rename table a to b", "def=x|-", "-|def=x", "applied"),
            ("rename table a to b, c to d", "def=x|-|def=y|-", "-|def=x|def=y|-", "unknown"),
            // a ↔ b by way of c.
            (
                "rename table a to c, b to a, c to b",
                "def=x id=1|-|def=y id=2|def=x id=1|-|def=y id=2",
                "def=y id=2|-|def=x id=1|def=y id=2|-|def=x id=1",
                "applied",
            ),
            (
                "rename table a to c, b to a, c to b",
                "def=x|-|def=y|def=x|-|def=y",
                "def=y|-|def=x|def=y|-|def=x",
                "unknown",
            ),
            ("truncate t", "def=x id=1 rows=some", "def=x id=2 rows=some", "applied"),
            ("truncate t", "def=x id=1 rows=some", "def=x id=1 rows=some", "not applied"),
            ("truncate t", "def=x rows=some", "def=x rows=no", "applied"),
            ("truncate t", "def=x rows=no", "def=x rows=no", "not applied"),
            ("truncate t", "def=x rows=some next=9", "def=x rows=some next=2", "applied"),
            ("truncate t", "def=x rows=some", "def=x rows=some", "unknown"),
            ("grant select on *.* to a", "def=x", "def=y", "applied"),
            ("analyze table t", "", "", "not applied"),
            ("call p()", "", "", "unknown"),
        ];
        for (sql, before, now, expected) in cases {
            assert_eq!(verdict(sql, before, now), expected, "{sql}: {before} → {now}");
        }
    }

    #[test]
    fn without_a_look_before_nothing_is_certain() {
        let reading = Reading::of("create table t (a int)");
        let now = Observation { seen: vec![seen("table `t`", "def=x")] };
        assert!(matches!(judge(&reading, None, &now), Verdict::Unknown { .. }));
    }

    #[test]
    fn evidence_names_the_lines_that_differ() {
        let text = |columns: &str| format!("CREATE TABLE `t` (\n{columns}\n) ENGINE=InnoDB");
        assert_eq!(
            difference(Some(&text("  `a` int")), Some(&text("  `a` int,\n  `b` int"))),
            ": new is `b` int"
        );
        assert_eq!(
            difference(Some(&text("  `a` int")), Some(&text("  `a` bigint"))),
            ": `a` int → `a` bigint"
        );
    }
}
