//! `-- sluice: key=value` lines at the top of a change.

use std::time::Duration;

use sluice_rollout::{Assertion, Directives, Phase, TransactionMode};
use sluice_text::{SourceFile, Span};

use super::reading::Reading;
use super::scan;

/// Every key.
const KEYS: [&str; 10] = [
    "transaction",
    "lock_timeout",
    "statement_timeout",
    "requires",
    "targets",
    "phase",
    "flag",
    "assert",
    "backup",
    "renamed from",
];

/// First words of statements that are no query.
const WRITING: [&str; 13] = [
    "delete", "insert", "update", "replace", "merge", "create", "alter", "drop", "truncate", "grant",
    "revoke", "begin", "commit",
];

/// Reads the directives at the top of `part` into `directives`.
pub(super) fn read(reading: &mut Reading, file: &SourceFile, part: Span, directives: &mut Directives) {
    let text = file.text();
    if !part.slice(text).contains("sluice:") {
        return;
    }
    let top = scan::first_statement(text, part).unwrap_or(part.end);
    let mut seen: Vec<&str> = Vec::new();
    for line in scan::lines(text, part) {
        let Some(body) = line
            .text
            .trim_start()
            .strip_prefix("--")
            .and_then(|comment| comment.trim_start().strip_prefix("sluice:"))
            .map(str::trim)
        else {
            continue;
        };
        // Suppressions are the reviewer's.
        if body.starts_with("allow(") || body.starts_with("allow (") {
            continue;
        }
        let offset = line.start + line.text.find(body).unwrap_or(0);
        if line.start >= top {
            // A rename may stand above the statement that makes it.
            if !body.starts_with("renamed from") {
                reading.warn_at(
                    file,
                    offset,
                    "a directive after the first statement has no effect",
                    "move it to the top of the file",
                );
            }
            continue;
        }
        let Some((key, value)) = body.split_once('=') else {
            reading.error_at(
                file,
                offset,
                format!("`{body}` is not a directive of the form key=value"),
                format!("known keys: {}", KEYS.join(", ")),
            );
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let Some(key) = KEYS.into_iter().find(|known| *known == key) else {
            let help = match nearest(key) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known keys: {}", KEYS.join(", ")),
            };
            reading.error_at(file, offset, format!("unknown directive `{key}`"), help);
            continue;
        };
        if seen.contains(&key) && !matches!(key, "requires" | "assert") {
            reading.error_at(file, offset, format!("directive `{key}` is given twice"), "keep one of them");
            continue;
        }
        seen.push(key);
        let value_at = line.text.rfind(value).map_or(offset, |column| line.start + column);
        if let Err(expected) = set(directives, key, value, value_at) {
            reading.error_at(
                file,
                value_at,
                format!("`{value}` is not a value of directive `{key}`"),
                format!("write {expected}"),
            );
        }
    }
}

/// Sets one directive, whose value is `at` an offset, or says what its value looks like.
fn set(directives: &mut Directives, key: &str, value: &str, at: usize) -> Result<(), &'static str> {
    let text = |expected| if value.is_empty() { Err(expected) } else { Ok(value.to_owned()) };
    match key {
        "transaction" => {
            directives.transaction = match value {
                "auto" => TransactionMode::Auto,
                "none" => TransactionMode::None,
                _ => return Err("`auto` or `none`"),
            }
        }
        "lock_timeout" => directives.lock_timeout = Some(duration(value)?),
        "statement_timeout" => directives.statement_timeout = Some(duration(value)?),
        "requires" => {
            let versions: Vec<&str> = value.split(',').map(str::trim).collect();
            if versions.iter().any(|version| version.is_empty()) {
                return Err("one or more versions, for example `requires=0003, 0007`");
            }
            directives.requires.extend(versions.into_iter().map(str::to_owned));
        }
        "targets" => {
            let condition = text("a condition over databases, for example `targets=region == 'eu'`")?;
            directives.targets = Some(both(directives.targets.take(), condition));
        }
        "phase" => {
            directives.phase = Some(match value {
                "expand" => Phase::Expand,
                "backfill" => Phase::Backfill,
                "contract" => Phase::Contract,
                _ => return Err("`expand`, `backfill` or `contract`"),
            });
        }
        "flag" => match value.split_once(':') {
            Some((flag, variant)) if !flag.trim().is_empty() && !variant.trim().is_empty() => {
                directives.flag = Some(value.to_owned());
            }
            _ => return Err("KEY:VARIANT, for example `flag=new-checkout:on`"),
        },
        "assert" => {
            const QUERY: &str =
                "a query that answers true, for example `assert=SELECT count(*) = 0 FROM orders`";
            let query = text(QUERY)?;
            let first = query.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            if WRITING.iter().any(|word| word.eq_ignore_ascii_case(first)) {
                return Err(QUERY);
            }
            directives.asserts.push(Assertion { sql: query, at });
        }
        "backup" => {
            directives.backup = match value {
                "on" => Some(true),
                "off" => Some(false),
                _ => return Err("`on` or `off`"),
            }
        }
        _ => directives.renamed_from = Some(text("the old name")?),
    }
    Ok(())
}

/// A condition that holds where both hold.
pub(super) fn both(first: Option<String>, second: String) -> String {
    match first {
        Some(first) => format!("({first}) && ({second})"),
        None => second,
    }
}

/// `500ms`, `5s`, `10min` (or `10m`), `2h`.
fn duration(value: &str) -> Result<Duration, &'static str> {
    let expected = "a duration, for example `500ms`, `5s`, `10min` or `2h`";
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().map_err(|_| expected)?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(expected),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or(expected)
}

/// The key that `word` most likely means.
fn nearest(word: &str) -> Option<&'static str> {
    let normalised = word.to_lowercase().replace('-', "_");
    KEYS.into_iter()
        .map(|key| (strsim::osa_distance(&normalised, key), key))
        .filter(|(distance, _)| *distance <= (normalised.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}
