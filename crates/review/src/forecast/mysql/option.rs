use sluice_sql::model::TableOptionKind;

use super::cost::Cost;
use super::table::Table;

/// A table option.
pub(super) fn set(table: &Table<'_>, option: &TableOptionKind) -> Cost {
    match option {
        TableOptionKind::Engine(engine) if engine.is("innodb") && table.is_innodb() => rebuild(table),
        TableOptionKind::Engine(_)
        | TableOptionKind::SystemVersioning
        | TableOptionKind::Union(_)
        | TableOptionKind::Directory(_) => Cost::copy(),
        TableOptionKind::RowFormat(_) | TableOptionKind::KeyBlockSize(_) | TableOptionKind::Tablespace(_) => {
            Cost::REBUILD
        }
        TableOptionKind::Encryption(_) if table.mariadb => Cost::REBUILD,
        TableOptionKind::Encryption(_) => Cost::copy(),
        // MySQL writes the table anew if the charset is another one.
        TableOptionKind::Charset(_) | TableOptionKind::Collation(_) if !table.mariadb => Cost::REBUILD,
        _ => metadata(table),
    }
}

/// Metadata alone: MariaDB calls it `INSTANT`, MySQL `INPLACE`.
pub(super) fn metadata(table: &Table<'_>) -> Cost {
    if table.mariadb { Cost::INSTANT } else { Cost::INPLACE }
}

/// `FORCE`, `OPTIMIZE`: MySQL copies a table with a full-text index.
pub(super) fn rebuild(table: &Table<'_>) -> Cost {
    if !table.mariadb && table.has_fulltext() { Cost::copy() } else { Cost::REBUILD }
}
