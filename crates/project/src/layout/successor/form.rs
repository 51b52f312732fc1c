use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sluice_rollout::Change;

use super::{Piece, Wanted};
use crate::layout::Layout;

/// Stands in the way back of a change that has nothing of its own to take back.
const NOTHING_BACK: &str = "-- nothing to take back: the change before it does\n";

/// Files of `wanted` as the change `version`, which comes after `change`. Returns the version as the layout records it.
pub(super) fn files(
    layout: Layout,
    change: &Change,
    version: &str,
    wanted: &Wanted,
    pieces: &mut Vec<Piece>,
) -> String {
    let path = Path::new(change.up.file.path());
    let old = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Wanted { name, separate, .. } = wanted;
    let sql = format!("{}\n", wanted.sql.trim_end());
    let mut push = |path: PathBuf, text: String| pieces.push(Piece::File { path, text });
    match layout {
        Layout::Prisma | Layout::Diesel => {
            let folder = path.parent().unwrap_or(Path::new(""));
            let dashed = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            let number = match layout {
                Layout::Diesel => divided(version, dashed.as_deref().unwrap_or_default()),
                _ => version.to_owned(),
            };
            let tag = format!("{number}_{name}");
            let folder = folder.with_file_name(&tag);
            if layout == Layout::Prisma {
                push(folder.join("migration.sql"), sql);
                return tag;
            }
            push(folder.join("up.sql"), sql);
            if change.down.is_some() {
                push(folder.join("down.sql"), NOTHING_BACK.to_owned());
            }
            if *separate {
                push(folder.join("metadata.toml"), "run_in_transaction = false\n".to_owned());
            }
        }
        Layout::Flyway => {
            let shown = if underscored(&old) { version.replace('.', "_") } else { version.to_owned() };
            push(path.with_file_name(format!("V{shown}__{name}.sql")), sql);
        }
        Layout::Goose => {
            let mark = if *separate { "-- +goose NO TRANSACTION\n" } else { "" };
            // goose divides at every semicolon that ends a line unless it is told not to.
            let body = if sql.contains("$$") {
                format!("-- +goose StatementBegin\n{sql}-- +goose StatementEnd\n")
            } else {
                sql
            };
            let down = if change.down.is_some() {
                format!("\n-- +goose Down\n{NOTHING_BACK}")
            } else {
                String::new()
            };
            let text = format!("{mark}-- +goose Up\n{body}{down}");
            push(path.with_file_name(format!("{version}_{name}.sql")), text);
        }
        Layout::Dbmate => {
            let mark = if *separate { " transaction:false" } else { "" };
            let text = format!("-- migrate:up{mark}\n{sql}\n-- migrate:down\n{NOTHING_BACK}");
            push(path.with_file_name(format!("{version}_{name}.sql")), text);
        }
        Layout::Atlas => {
            let mark = if *separate { "-- atlas:txmode none\n\n" } else { "" };
            push(path.with_file_name(format!("{version}_{name}.sql")), format!("{mark}{sql}"));
        }
        _ => {
            let mark = if *separate && layout == Layout::Sqlx { "-- no-transaction\n" } else { "" };
            let up = if old.ends_with(".up.sql") { ".up" } else { "" };
            let divider = divider(&old, &change.version);
            let file =
                |direction: &str| path.with_file_name(format!("{version}{divider}{name}{direction}.sql"));
            push(file(up), format!("{mark}{sql}"));
            if !up.is_empty() && change.down.is_some() {
                push(file(".down"), NOTHING_BACK.to_owned());
            }
        }
    }
    version.to_owned()
}

/// Files after one that is in no directory of changes.
pub(super) fn lone(path: &Path, wanted: &[Wanted]) -> Vec<Piece> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let version = crate::layout::native::version(&stem).map_or(stem.as_str(), |(version, _)| version);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let listing = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names: Vec<String> = listing.filter_map(|item| item.file_name().into_string().ok()).collect();
    let is_free = |version: &String| !names.iter().any(|name| name.starts_with(&format!("{version}_")));
    let free = (1..).map(|number| format!("{version}.{number}")).filter(is_free);
    let file = |(version, one): (String, &Wanted)| Piece::File {
        path: path.with_file_name(format!("{version}_{}.sql", one.name)),
        text: format!("{}\n", one.sql.trim_end()),
    };
    free.zip(wanted).map(file).collect()
}

/// Changesets behind the one that `change` is.
pub(super) fn changesets(change: &Change, changes: &[Change], wanted: &[Wanted]) -> Vec<Piece> {
    let identity = change.version.rsplit_once("::").map_or(change.version.as_str(), |(_, identity)| identity);
    let (author, id) = identity.split_once(':').unwrap_or((identity, ""));
    let mut taken: BTreeSet<String> = changes.iter().map(|change| change.version.clone()).collect();
    let prefix = change.version.strip_suffix(identity).unwrap_or_default();
    let at = end_of_changeset(change);
    let mut text = String::new();
    for one in wanted {
        let base = format!("{id}-{}", one.name);
        let names = std::iter::once(base.clone()).chain((2..).map(|count| format!("{base}-{count}")));
        let name = names
            .map(|name| (format!("{prefix}{author}:{name}"), name))
            .find_map(|(full, name)| taken.insert(full).then_some(name))
            .unwrap_or(base);
        let separate = if one.separate { " runInTransaction:false" } else { "" };
        // Liquibase divides at every semicolon unless it is told not to.
        let whole = if one.sql.contains("$$") { " splitStatements:false" } else { "" };
        let _ = write!(
            text,
            "\n--changeset {author}:{name}{separate}{whole}\n{}\n--rollback empty\n",
            one.sql.trim_end()
        );
    }
    let ends_a_line = change.up.file.text().get(..at).is_none_or(|before| before.ends_with('\n'));
    if !ends_a_line {
        text.insert(0, '\n');
    }
    vec![Piece::Within { at, text }]
}

/// Where the next changeset of the file begins, or the file ends.
fn end_of_changeset(change: &Change) -> usize {
    let text = change.up.file.text();
    let from = change.up.blocks.last().map_or(0, |block| block.span.start);
    let mut at = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        let comment = line.trim_start().strip_prefix("--").map(|rest| rest.trim_start().to_ascii_lowercase());
        if comment.is_some_and(|rest| rest.starts_with("changeset")) {
            return at;
        }
        at += line.len();
    }
    text.len()
}

/// What stands between version and name.
fn divider(file: &str, version: &str) -> char {
    file.strip_prefix(version)
        .and_then(|rest| rest.chars().next())
        .filter(|c| matches!(c, '-' | '_'))
        .unwrap_or('_')
}

/// Whether a Flyway file has a version whose parts are divided by `_`.
fn underscored(file: &str) -> bool {
    file.split_once("__").is_some_and(|(prefix, _)| prefix.contains('_'))
}

/// The digits of `version`, divided as those of `like` are.
fn divided(version: &str, like: &str) -> String {
    let like = like.split('_').next().unwrap_or_default();
    if like.bytes().filter(u8::is_ascii_digit).count() != version.len() {
        return version.to_owned();
    }
    let mut digits = version.chars();
    like.chars().filter_map(|c| if c.is_ascii_digit() { digits.next() } else { Some(c) }).collect()
}
