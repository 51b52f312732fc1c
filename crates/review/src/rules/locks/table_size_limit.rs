use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A definition of a very large table changes.
    ///
    /// ## Why
    /// Even what takes an instant waits for locks, moves replicas and backups, and is hard to take back where the table is that
    /// large. Such changes want a plan and somebody who watches. Rows and bytes are known where statistics are given.
    ///
    /// ## Bad
    /// ```sql postgres before rows:20000000
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ```
    /// ```sql mysql mariadb before rows:20000000
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres mysql mariadb before rows:2000
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    /// ```sql postgres mysql mariadb
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ```
    ///
    /// ## Source
    /// House rule; GitHub's gh-ost and GitLab's guide to migrations of large tables draw the same line by size.
    TableSizeLimit, "locks/table-size-limit", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "rows",
            kind: OptionKind::Number { default: 10_000_000 },
            about: "Most rows of a table that is changed without ado; 0 for any number.",
        },
        OptionSpec {
            name: "bytes",
            kind: OptionKind::Number { default: 0 },
            about: "Most bytes of such a table with its indexes; 0 for any number.",
        },
    ]
}

impl Rule for TableSizeLimit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let table = match &cx.parsed.statement {
            Statement::AlterTable(alter) => &alter.name,
            Statement::CreateIndex(create) => &create.table,
            _ => return,
        };
        let Some(relation) = cx.relation(table) else { return };
        let name = cx.display(table);
        let over = |option: &str, known: Option<u64>| {
            let max = cx.options.number(option);
            known.filter(|known| max > 0 && *known > max)
        };
        let size = match (over("rows", relation.rows), over("bytes", relation.bytes)) {
            (Some(rows), _) => format!("`{name}` has {rows} rows"),
            (None, Some(bytes)) => format!("`{name}` has {bytes} bytes"),
            (None, None) => return,
        };
        out.report(table.span, format!("{size}, more than a plain change is wanted for"))
            .help("plan it with those who run the database: an online schema change tool, a quiet hour");
    }
}
