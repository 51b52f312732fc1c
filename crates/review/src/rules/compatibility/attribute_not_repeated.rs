use sluice_schema::Column;
use sluice_sql::model::{ColumnAttributeKind, ColumnDef};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `MODIFY` or `CHANGE` takes away what it does not repeat of a column.
    ///
    /// ## Why
    /// The statement defines the whole column anew: `AUTO_INCREMENT`, `DEFAULT`, `ON UPDATE`, `COMMENT` and `INVISIBLE` that it does
    /// not name are gone. Nobody is told, and inserts fail or write something else.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY AUTO_INCREMENT, active tinyint(1) DEFAULT 1);
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY COLUMN id bigint;
    /// ```
    /// ```sql
    /// ALTER TABLE orders CHANGE COLUMN active is_active tinyint(1);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY AUTO_INCREMENT, active tinyint(1) DEFAULT 1);
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY COLUMN active tinyint(1) DEFAULT 1 COMMENT 'whether anything is open';
    /// ```
    ///
    /// ## Source
    /// MySQL manual, ALTER TABLE Statement, Renaming, Redefining, and Reordering Columns; measured on MariaDB 10.11.
    AttributeNotRepeated, "compatibility/attribute-not-repeated", Engines::MYSQL_FAMILY, Warning, Recommended
}

impl Rule for AttributeNotRepeated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let Some((old, new)) = super::redefined(cx, &alter.name, &action.kind) else { continue };
            let lost = lost(old, new);
            if lost.is_empty() {
                continue;
            }
            let (name, table) = (&new.name.text, cx.display(&alter.name));
            out.report(action.span, format!("`{name}` of `{table}` loses its {}", lost.join(", ")))
                .help("repeat every attribute that the column keeps");
        }
    }
}

/// What the column has and its new definition does not say. A default of a column that must have a value is another rule's.
fn lost(old: &Column, new: &ColumnDef) -> Vec<&'static str> {
    let generated = new.generated().is_some();
    let has = |wanted: fn(&ColumnAttributeKind) -> bool| new.attributes.iter().any(|one| wanted(&one.kind));
    let default = old.default.as_ref().is_some_and(|default| !default.null)
        && new.default().is_none()
        && new.not_null().is_none()
        && !new.auto_increment();
    let parts = [
        ("AUTO_INCREMENT", old.auto_increment && !new.auto_increment() && new.default().is_none()),
        ("DEFAULT", default && !generated),
        ("ON UPDATE", old.on_update && !has(|it| matches!(it, ColumnAttributeKind::OnUpdate(_)))),
        (
            "COMMENT",
            old.comment.as_ref().is_some_and(|it| !it.is_empty())
                && !has(|it| matches!(it, ColumnAttributeKind::Comment(_))),
        ),
        ("INVISIBLE", old.invisible && !has(|it| matches!(it, ColumnAttributeKind::Visible(_)))),
    ];
    parts.into_iter().filter(|(_, gone)| *gone).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql};

    use crate::rules::data_loss::tests::{said, silent};

    const T: &str =
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int DEFAULT 1 COMMENT 'x' INVISIBLE,
        u timestamp NULL ON UPDATE CURRENT_TIMESTAMP, n int NOT NULL DEFAULT 1, d int DEFAULT NULL);";

    #[test]
    fn what_is_not_repeated_is_named() {
        let id = "compatibility/attribute-not-repeated";
        for (sql, lost) in [
            ("MODIFY id bigint", "AUTO_INCREMENT"),
            ("CHANGE a b int", "DEFAULT, COMMENT, INVISIBLE"),
            ("MODIFY u timestamp NULL", "ON UPDATE"),
        ] {
            for dialect in [Mysql, Mariadb] {
                let found = said(id, dialect, T, &format!("ALTER TABLE t {sql};"));
                assert_eq!(found.len(), 1, "{sql}");
                assert!(found[0].message.ends_with(&format!("loses its {lost}")), "{}", found[0].message);
            }
        }
        for sql in [
            "MODIFY id bigint AUTO_INCREMENT",
            "MODIFY a int DEFAULT 2 COMMENT '' VISIBLE",
            "MODIFY d bigint",
            "MODIFY n int NOT NULL",
            "MODIFY a int COMMENT 'x' INVISIBLE DEFAULT NULL",
        ] {
            silent(id, Mysql, T, &format!("ALTER TABLE t {sql};"));
        }
    }
}
