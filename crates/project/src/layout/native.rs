//! Our own layout, and what is common to all whose file names begin with a version.

use sluice_rollout::ChangeKind;
use sluice_text::SourceFile;

use super::convention::{Body, Convention, Role};
use super::reading::{Reading, whole};
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: true, orphan_is_error: true, role, body };

fn role(entry: &Entry) -> Role {
    if !entry.is_sql() {
        return Role::Ignored;
    }
    let (stem, down) = stem(entry.name());
    if let Some(name) = stem.strip_prefix("R__").filter(|name| !name.is_empty()) {
        let version = stem.to_owned();
        return if down {
            Role::Down { version }
        } else {
            Role::Up { version, name: name.to_owned(), kind: ChangeKind::Repeatable }
        };
    }
    match version(stem) {
        Some((version, _)) if down => Role::Down { version: version.to_owned() },
        Some((version, name)) => Role::versioned(version, name),
        None => Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.sql (0001_create_orders.sql), or R__name.sql if it is to run whenever it changes",
        ),
    }
}

fn body(_: &mut Reading, file: &SourceFile) -> Body {
    Body { blocks: whole(file, true), ..Body::default() }
}

/// The name without `.sql`, `.up.sql` or `.down.sql`, and whether it is the way back.
pub(super) fn stem(name: &str) -> (&str, bool) {
    let stem = name.get(..name.len().saturating_sub(4)).unwrap_or(name);
    match (without(stem, ".down"), without(stem, ".up")) {
        (Some(stem), _) => (stem, true),
        (None, Some(stem)) => (stem, false),
        (None, None) => (stem, false),
    }
}

/// `name` without `end`, in whatever case: nothing is to run forward because of a capital letter.
fn without<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let (stem, found) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    found.eq_ignore_ascii_case(end).then_some(stem)
}

/// Version and name of `^[vV]?\d+([._]\d+)*([_-]name)?$`; the version is as long as it can be.
pub(super) fn version(stem: &str) -> Option<(&str, &str)> {
    let bytes = stem.as_bytes();
    let mut at = usize::from(stem.starts_with(['v', 'V']));
    let mut longest = None;
    loop {
        let digits = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            break;
        }
        at += digits;
        match bytes.get(at) {
            None | Some(b'_' | b'-') => longest = Some(at),
            Some(_) => {}
        }
        match bytes.get(at) {
            Some(b'.' | b'_') => at += 1,
            _ => break,
        }
    }
    let (version, name) = stem.split_at_checked(longest?)?;
    Some((version, name.trim_start_matches(['_', '-'])))
}

/// The digits that a name begins with, and what follows them.
pub(super) fn leading_digits(name: &str) -> Option<(&str, &str)> {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    name.split_at_checked(digits).filter(|(digits, _)| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_known_in_any_case() {
        for (name, expected) in [
            ("0002_b.sql", ("0002_b", false)),
            ("0002_b.up.SQL", ("0002_b", false)),
            ("0002_b.Up.sql", ("0002_b", false)),
            ("0002_b.down.sql", ("0002_b", true)),
            ("0002_b.Down.sql", ("0002_b", true)),
            ("0002_b.DOWN.SQL", ("0002_b", true)),
            ("0002_größe.down.sql", ("0002_größe", true)),
            ("0002_down.sql", ("0002_down", false)),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn versions_are_read_from_file_names() {
        for (stem, expected) in [
            ("0001_create_orders", Some(("0001", "create_orders"))),
            ("1", Some(("1", ""))),
            ("v1.2-fix", Some(("v1.2", "fix"))),
            ("V1_2__orders", Some(("V1_2", "orders"))),
            ("20240101_120000_init", Some(("20240101_120000", "init"))),
            ("0001_2fa_tables", Some(("0001", "2fa_tables"))),
            ("1_2", Some(("1_2", ""))),
            ("1 2_x", None),
            ("1.2.x", None),
            ("create_orders", None),
            ("v_1", None),
            ("", None),
            ("0007_größe und mehr", Some(("0007", "größe und mehr"))),
        ] {
            assert_eq!(version(stem), expected, "{stem}");
        }
    }
}
