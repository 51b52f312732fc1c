//! golang-migrate, sqlx, Rails-style SQL: a number, a name, `.up.sql` and `.down.sql`.

use sluice_rollout::{Directives, TransactionMode};
use sluice_text::SourceFile;

use super::convention::{Body, Convention, Role};
use super::native::{leading_digits, stem};
use super::reading::{Reading, whole};
use super::tree::Entry;

pub(super) const GOLANG_MIGRATE: Convention =
    Convention { recursive: false, orphan_is_error: false, role: golang_migrate, body: plain };

pub(super) const SQLX: Convention =
    Convention { recursive: false, orphan_is_error: false, role: sqlx, body: sqlx_body };

pub(super) const RAILS: Convention =
    Convention { recursive: true, orphan_is_error: false, role: rails, body: plain };

/// `^([0-9]+)_(.*)\.(down|up)\.sql$` (its `source/parse.go`).
fn golang_migrate(entry: &Entry) -> Role {
    let name = entry.name();
    let Some(stem) = name.strip_suffix(".sql") else { return Role::Ignored };
    let (stem, down) = match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
        (Some(stem), _) => (stem, false),
        (None, Some(stem)) => (stem, true),
        (None, None) => {
            return Role::Noted(
                "golang-migrate does not run this file: its name ends in neither .up.sql nor .down.sql"
                    .to_owned(),
                "rename it, or move it elsewhere",
            );
        }
    };
    numbered(stem, down).unwrap_or_else(|| {
        Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.up.sql, for example 000001_init.up.sql",
        )
    })
}

/// A number, `_`, a description (sqlx's `migrate/source.rs`); files without `_` or `.sql` are passed over.
fn sqlx(entry: &Entry) -> Role {
    if !entry.name().ends_with(".sql") {
        return Role::Ignored;
    }
    let (stem, down) = stem(entry.name());
    numbered(stem, down).unwrap_or_else(|| {
        Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.sql, for example 20240101120000_init.sql",
        )
    })
}

fn rails(entry: &Entry) -> Role {
    let name = entry.name();
    if name.ends_with(".rb") && leading_digits(name).is_some() {
        return Role::Wrong(
            "Ruby migrations cannot be run".to_owned(),
            "write its SQL to a .sql file of the same version",
        );
    }
    sqlx(entry)
}

fn numbered(stem: &str, down: bool) -> Option<Role> {
    let (version, rest) = leading_digits(stem)?;
    let name = rest.strip_prefix('_')?;
    Some(if down { Role::Down { version: version.to_owned() } } else { Role::versioned(version, name) })
}

fn plain(_: &mut Reading, file: &SourceFile) -> Body {
    Body { blocks: whole(file, false), ..Body::default() }
}

/// sqlx runs a file that starts with `-- no-transaction` outside a transaction.
fn sqlx_body(_: &mut Reading, file: &SourceFile) -> Body {
    let transaction = if file.text().starts_with("-- no-transaction") {
        TransactionMode::None
    } else {
        TransactionMode::Auto
    };
    Body {
        blocks: whole(file, false),
        directives: Directives { transaction, ..Directives::default() },
        ..Body::default()
    }
}
