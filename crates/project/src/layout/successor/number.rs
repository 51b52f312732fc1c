use std::cmp::Ordering;

use jiff::civil::DateTime;
use sluice_rollout::compare_versions;

use crate::layout::Layout;

/// How a layout's versions count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbering {
    /// They may have parts: `7.1` comes between `7` and `8`.
    dotted: bool,
    /// They are ordered as text.
    text: bool,
}

impl Numbering {
    pub fn of(layout: Layout) -> Self {
        Self {
            dotted: matches!(layout, Layout::Native | Layout::Flyway | Layout::Bytebase),
            text: matches!(layout, Layout::Dbmate | Layout::Atlas | Layout::Prisma | Layout::Diesel),
        }
    }

    pub fn compare(self, left: &str, right: &str) -> Ordering {
        if self.text { left.cmp(right) } else { compare_versions(left, right) }
    }

    /// `count` versions after `version` and before the next of `versions`, which are in order; after the last of them where
    /// there is no room.
    pub fn after(self, version: &str, versions: &[String], count: usize) -> Option<Vec<String>> {
        let next = versions.iter().find(|other| self.compare(other, version).is_gt()).map(String::as_str);
        let fits = |found: &[String], after: &str, next: Option<&str>| {
            let ends = found.first().zip(found.last());
            ends.is_none_or(|(first, last)| {
                self.compare(first, after).is_gt() && next.is_none_or(|next| self.compare(last, next).is_lt())
            })
        };
        let whole = |after: &str| (1..=count).map(|by| later(after, by)).collect::<Option<Vec<String>>>();
        let part = |depth: usize| {
            let separator = if version.contains('_') && !version.contains('.') { "_" } else { "." };
            let zeros = format!("0{separator}").repeat(depth);
            Some((1..=count).map(|by| format!("{version}{separator}{zeros}{by}")).collect::<Vec<String>>())
        };
        let tries = std::iter::once(whole(version))
            .chain((0..3).filter(|_| self.dotted).map(part))
            .flatten()
            .find(|found| fits(found, version, next));
        if tries.is_some() {
            return tries;
        }
        let last = versions.last()?;
        whole(last).filter(|found| fits(found, last, None))
    }
}

/// The version that comes `by` steps after another one: seconds of a timestamp, else units of its last number, as wide as
/// before. What stands behind the number (the name in a version of Prisma's) is left out.
fn later(version: &str, by: usize) -> Option<String> {
    let end = version
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '_' | 'v' | 'V'))
        .map_or(version, |at| version.get(..at).unwrap_or_default())
        .trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits: String = end.chars().filter(char::is_ascii_digit).collect();
    if let Some(next) = second_after(&digits, by) {
        let mut next = next.chars();
        // A digit for each digit, so that whatever divides them stays.
        return end.chars().map(|c| if c.is_ascii_digit() { next.next() } else { Some(c) }).collect();
    }
    let width = end.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = end.split_at_checked(end.len().checked_sub(width)?)?;
    let number = number.parse::<u64>().ok()?.checked_add(u64::try_from(by).ok()?)?;
    Some(format!("{before}{number:0width$}"))
}

/// `20240101120000` some seconds later.
fn second_after(digits: &str, by: usize) -> Option<String> {
    if digits.len() != 14 {
        return None;
    }
    let at = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    let at = at.checked_add(jiff::SignedDuration::from_secs(i64::try_from(by).ok()?)).ok()?;
    Some(at.strftime("%Y%m%d%H%M%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_before_the_next_one_or_after_the_last() {
        use Layout as L;
        type Row = (Layout, &'static str, &'static [&'static str], usize, Option<&'static [&'static str]>);
        let table: [Row; 16] = [
            (L::Native, "0007", &["0007"], 2, Some(&["0008", "0009"])),
            (L::Native, "0007", &["0007", "0008"], 2, Some(&["0007.1", "0007.2"])),
            (L::Native, "0007", &["0007", "0007.1", "0008"], 1, Some(&["0007.0.1"])),
            (L::Native, "0007", &["0007", "0010"], 2, Some(&["0008", "0009"])),
            (L::Native, "v9", &["v9"], 1, Some(&["v10"])),
            (L::Flyway, "1.2", &["1.2", "1.3"], 1, Some(&["1.2.1"])),
            (L::Flyway, "1.2", &["1.2", "2"], 1, Some(&["1.3"])),
            (L::Native, "1_2", &["1_2", "1_3"], 1, Some(&["1_2_1"])),
            (L::GolangMigrate, "000001", &["000001", "000002"], 2, Some(&["000003", "000004"])),
            (L::GolangMigrate, "000001", &["000001", "000009"], 2, Some(&["000002", "000003"])),
            (L::Goose, "00099", &["00099"], 1, Some(&["00100"])),
            (L::Sqlx, "20241231235959", &["20241231235959"], 1, Some(&["20250101000000"])),
            (L::Dbmate, "99", &["99"], 1, None),
            (L::Prisma, "20240101120000_x", &["20240101120000_x"], 1, Some(&["20240101120001"])),
            (L::Atlas, "20240101120000", &["20240101120000", "20240101120001"], 1, Some(&["20240101120002"])),
            (L::Diesel, "20240101120000", &["20240101120000"], 1, Some(&["20240101120001"])),
        ];
        for (layout, version, versions, count, expected) in table {
            let versions: Vec<String> = versions.iter().map(|&one| one.to_owned()).collect();
            let found = Numbering::of(layout).after(version, &versions, count);
            let expected = expected.map(|expected| expected.iter().map(|&one| one.to_owned()).collect());
            assert_eq!(found, expected, "{layout} {version}");
        }
    }

    #[test]
    fn what_divides_a_timestamp_stays() {
        assert_eq!(later("2024-01-01-120000", 1).as_deref(), Some("2024-01-01-120001"));
        assert_eq!(later("20240101_120000", 60).as_deref(), Some("20240101_120100"));
    }
}
