//! One file read again, while somebody types in it.

use std::path::Path;

use sluice_rollout::{Block, Change, ChangeKind, Directives, Script};
use sluice_text::SourceFile;

use super::convention::Convention;
use super::order::{Order, repeatable_last};
use super::reading::{Draft, Reading, Source, all_of, whole};
use super::{
    Directory, Layout, atlas, bytebase, dbmate, drizzle, flyway, goose, liquibase, native, numbered,
};
use crate::message::Message;

/// The changes of one file by another text of it.
#[derive(Debug, Clone)]
pub struct Reread {
    /// They have the places of those that the file had before; none where the text cannot be read at all.
    pub changes: Vec<Change>,
    /// What is wrong with them.
    pub errors: Vec<Message>,
    /// What should be looked at.
    pub warnings: Vec<Message>,
}

impl Directory {
    /// Reads one file again, as if it had this text. `path` is that of its changes. `None` where that is not enough, because the
    /// file has other changes than before, or because other files have a say: then everything is to be read again.
    pub fn reread(&self, root: &Path, path: &str, text: &str) -> Option<Reread> {
        let before: Vec<&Change> =
            self.changes.iter().filter(|change| change.up.file.path() == path).collect();
        let first = before.first()?;
        let layout = self.detection.layout;
        if others_have_a_say(layout, &root.join(path)) {
            return None;
        }
        let mut reading = Reading::new(root);
        reading.empty_is_error = layout == Layout::Native;
        let Some(source) = reading.decoded(path.to_owned(), text.as_bytes()) else {
            return Some(Reread { changes: Vec::new(), errors: reading.errors, warnings: reading.warnings });
        };
        let mut changes = changes(&mut reading, layout, source, first)?;
        repeatable_last(&mut changes, Order::of(layout));
        let same_places = changes.len() == before.len()
            && changes.iter().zip(&before).all(|(now, then)| {
                now.key == then.key
                    && now.kind == then.kind
                    && now.directives.requires == then.directives.requires
            });
        same_places.then_some(Reread { changes, errors: reading.errors, warnings: reading.warnings })
    }
}

/// Whether what a change is depends on more than its own file.
fn others_have_a_say(layout: Layout, path: &Path) -> bool {
    match layout {
        Layout::Sqitch => true,
        Layout::Flyway => path.with_extension("sql.conf").exists(),
        Layout::Diesel => path.with_file_name("metadata.toml").exists(),
        _ => false,
    }
}

fn changes(reading: &mut Reading, layout: Layout, source: Source, before: &Change) -> Option<Vec<Change>> {
    let convention = match layout {
        Layout::Native => &native::CONVENTION,
        Layout::Flyway => &flyway::CONVENTION,
        Layout::GolangMigrate => &numbered::GOLANG_MIGRATE,
        Layout::Goose => &goose::CONVENTION,
        Layout::Dbmate => &dbmate::CONVENTION,
        Layout::Atlas => &atlas::CONVENTION,
        Layout::Sqlx => &numbered::SQLX,
        Layout::Rails => &numbered::RAILS,
        Layout::Bytebase => &bytebase::CONVENTION,
        Layout::Prisma | Layout::Diesel => {
            let blocks = whole(&source.file, false);
            return Some(vec![of_folder(reading, source, before, blocks)]);
        }
        Layout::Drizzle => {
            let blocks = drizzle::blocks(&source.file);
            return Some(vec![of_folder(reading, source, before, blocks)]);
        }
        Layout::Liquibase => {
            liquibase::header(source.file.text())?;
            let mut changes = Vec::new();
            liquibase::changesets(reading, &source.file, &mut changes);
            return Some(changes);
        }
        Layout::Sqitch => return None,
    };
    Some(vec![of_convention(reading, convention, layout, source, before)])
}

fn of_convention(
    reading: &mut Reading,
    convention: &Convention,
    layout: Layout,
    source: Source,
    before: &Change,
) -> Change {
    let file: SourceFile = source.file.clone();
    let body = (convention.body)(reading, &file);
    // Elsewhere the name of the file says it, which is the same.
    let otherwise = if layout == Layout::Atlas { ChangeKind::Versioned } else { before.kind };
    reading.change(Draft {
        version: before.version.clone(),
        name: before.name.clone(),
        kind: body.kind.unwrap_or(otherwise),
        part: all_of(&file),
        source,
        blocks: body.blocks,
        down: body.down.map(|blocks| Script { file, blocks }).or_else(|| before.down.clone()),
        directives: body.directives,
    })
}

fn of_folder(reading: &mut Reading, source: Source, before: &Change, blocks: Vec<Block>) -> Change {
    reading.change(Draft {
        version: before.version.clone(),
        name: before.name.clone(),
        kind: before.kind,
        part: all_of(&source.file),
        source,
        blocks,
        down: before.down.clone(),
        directives: Directives::default(),
    })
}
