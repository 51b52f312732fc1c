//! Strings of the file that mean something: durations, names, paths, people.

use std::time::Duration;

use sluice_rollout::Identity;

/// Why a string is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }

    /// An error that says what to write after what is wrong.
    pub(super) fn from_error(error: &dyn std::error::Error) -> Self {
        let text = error.to_string();
        match text.split_once(": write ") {
            Some((message, advice)) => Self::new(message, format!("write {advice}")),
            None => Self { message: text, help: None },
        }
    }
}

/// Units of durations, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const DURATION_HELP: &str =
    "write numbers with units, for example 500ms, 3s, 10m, 2h, 1d or 1h30m; 0 for none";

/// Longest duration: a hundred years keeps every later sum with a date inside its range.
const LONGEST: u64 = 36_525 * 86_400_000;

/// Reads `500ms`, `3s`, `1h30m`, `0`.
pub(super) fn duration(text: &str) -> Result<Duration, Fault> {
    let fault = || Fault::new(format!("`{text}` is not a duration"), DURATION_HELP);
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(fault());
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if number.is_empty() {
            return Err(fault());
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(match unit {
                "" => Fault::new(format!("`{text}` has no unit"), DURATION_HELP),
                _ => fault(),
            });
        };
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*factor))
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| Fault::new(format!("`{text}` is too long"), "the longest duration is 36525d"))?;
        rest = after;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration the one way that equal durations share: `1h30m`, `500ms`, `0`.
pub(super) fn duration_text(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0".to_owned();
    }
    let mut text = String::new();
    for (unit, factor) in UNITS {
        let count = rest / factor;
        rest %= factor;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    text
}

/// Checks a name that people type on a command line next to expressions.
pub(super) fn name(text: &str) -> Result<String, Fault> {
    const HELP: &str =
        "a name starts with a letter or digit and holds letters, digits, '-', '_', '.' and '/'";
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let holds = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    match text {
        "" => Err(Fault::new("the name is empty", HELP)),
        _ if !starts || !holds => Err(Fault::new(format!("`{text}` is not a name"), HELP)),
        _ => Ok(text.to_owned()),
    }
}

/// Checks a folder: relative, so that the same content gives the same digest on every machine.
pub(super) fn path(text: &str) -> Result<String, Fault> {
    const HELP: &str = "write a path relative to sluice.toml";
    match text {
        "" => Err(Fault::new("the path is empty", HELP)),
        _ if text.starts_with(['/', '\\']) => Err(Fault::new(format!("`{text}` is an absolute path"), HELP)),
        _ => {
            let text = text.trim_end_matches('/');
            let text = text.strip_prefix("./").unwrap_or(text);
            Ok(if text.is_empty() { "." } else { text }.to_owned())
        }
    }
}

/// Reads a person by whose mail address approvals are counted: `ann@example.com` or `Ann <ann@example.com>`.
pub(super) fn person(text: &str) -> Result<Identity, Fault> {
    let fault = || Fault::new(format!("`{text}` is not a mail address"), "write one like ann@example.com");
    let mail = text.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
    match mail.split_once('@') {
        Some((left, right))
            if !left.is_empty()
                && !right.is_empty()
                && !right.contains('@')
                && !mail.contains(char::is_whitespace) =>
        {
            Identity::parse(text).map_err(|_| fault())
        }
        _ => Err(fault()),
    }
}

/// Checks the name of a label.
pub(super) fn label(text: &str) -> Result<(), Fault> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(Fault::new(
            format!("`{text}` is not a name of a label"),
            "write a word without blanks, for example region",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_equal_ones_are_written_alike() {
        for (text, millis, written) in [
            ("0", 0, "0"),
            ("0s", 0, "0"),
            ("500ms", 500, "500ms"),
            ("3s", 3_000, "3s"),
            ("90m", 5_400_000, "1h30m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1d", 86_400_000, "1d"),
            ("24h", 86_400_000, "1d"),
        ] {
            let read = duration(text).unwrap();
            assert_eq!(read, Duration::from_millis(millis), "{text}");
            assert_eq!(duration_text(read), written, "{text}");
        }
        for text in ["", "3", "3 s", "s", "1.5h", "-3s", "3sec", "1h30", "99999999999999999999s", "36526d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
