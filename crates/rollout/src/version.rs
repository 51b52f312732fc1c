use std::borrow::Cow;
use std::cmp::Ordering;

/// The same text for every spelling of the same version: `1`, `01`, `v1`, `1.0` and `1_0` all give `1`. Text that is
/// not a version (`R__views`, a sqitch change name) is its own key.
pub fn version_key(version: &str) -> String {
    key_of(version).into_owned()
}

/// As [`version_key`]; nothing is copied where the key is a part of the version.
pub fn key_of(version: &str) -> Cow<'_, str> {
    let Some(mut numbers) = numbers(version) else { return Cow::Borrowed(version) };
    match (numbers.next(), numbers.next()) {
        (Some(only), None) => Cow::Borrowed(only),
        (first, second) => {
            let mut parts: Vec<&str> = first.into_iter().chain(second).chain(numbers).collect();
            while parts.len() > 1 && parts.last() == Some(&"0") {
                parts.pop();
            }
            Cow::Owned(parts.join("."))
        }
    }
}

/// Compares two versions number by number (`1.9` before `1.10`); versions come before other text, which compares as
/// text.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    match (numbers(left), numbers(right)) {
        (Some(mut left), Some(mut right)) => loop {
            let (left, right) = match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                (left, right) => (left.unwrap_or("0"), right.unwrap_or("0")),
            };
            let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if order.is_ne() {
                return order;
            }
        },
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// The numbers of `^[vV]?\d+([._]\d+)*$` without leading zeros, or `None`.
fn numbers(version: &str) -> Option<impl Iterator<Item = &str>> {
    let digits = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let parts = || digits.split(['.', '_']);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts().all(is_number).then(|| parts().map(without_zeros))
}

fn without_zeros(number: &str) -> &str {
    match number.trim_start_matches('0') {
        "" => "0",
        number => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_version_have_one_key() {
        for spelling in ["1", "01", "v1", "V001", "1.0", "1_0", "1.0.0"] {
            assert_eq!(version_key(spelling), "1", "{spelling}");
        }
        assert_eq!(version_key("0000"), "0");
        assert_eq!(version_key("1.2_03"), "1.2.3");
        assert_eq!(version_key("R__views"), "R__views");
        assert_eq!(version_key(""), "");
    }

    #[test]
    fn versions_compare_number_by_number() {
        let mut versions = ["10", "9", "1.10", "1.9", "20240101120000", "2"];
        versions.sort_by(|left, right| compare_versions(left, right));
        assert_eq!(versions, ["1.9", "1.10", "2", "9", "10", "20240101120000"]);
        assert_eq!(compare_versions("1", "1.0"), Ordering::Equal);
    }
}
