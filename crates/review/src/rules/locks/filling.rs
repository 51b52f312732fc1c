use sluice_schema::Relation;
use sluice_text::FollowUp;

use super::alteration::{Alteration, word};
use crate::Context;

/// Rows that are written in one transaction.
const BATCH: usize = 1000;

/// Old rows of a table, to be written batch by batch along its primary key.
pub(super) struct Filling {
    table: String,
    key: String,
}

impl Filling {
    /// None where the table has no key of one column, or where writing its rows does more than that: triggers, rules, and
    /// partitions and heirs, whose keys are their own.
    pub fn of(cx: &Context<'_>, alteration: &Alteration<'_>) -> Option<Self> {
        let relation = alteration.relation?;
        let [key] = relation.primary_key() else { return None };
        let quiet = relation.triggers.is_empty()
            && relation.rules.is_empty()
            && !relation.row_security
            && !relation.is_partitioned()
            && relation.partition_of.is_none()
            && relation.inherits.is_empty()
            && cx.schema.heirs(&relation.name).is_empty();
        let key = quoted(key);
        quiet.then(|| Self { table: cx.slice(alteration.alter.name.span).to_owned(), key })
    }

    /// The change that sets `column` to `value` where `filter` holds.
    pub fn change(&self, column: &str, value: &str, filter: &str) -> FollowUp {
        let Self { table, key } = self;
        let sql = format!(
            "\
-- sluice: phase=backfill
-- sluice: transaction=none
DO $$
DECLARE
    batch_begin {table}.{key}%TYPE;
    batch_end {table}.{key}%TYPE;
BEGIN
    SELECT {key} INTO batch_begin FROM {table} ORDER BY {key} LIMIT 1;
    WHILE batch_begin IS NOT NULL LOOP
        SELECT {key} INTO batch_end
        FROM (SELECT {key} FROM {table} WHERE {key} >= batch_begin ORDER BY {key} LIMIT {BATCH}) AS batch
        ORDER BY {key} DESC LIMIT 1;
        UPDATE {table} SET {column} = {value}
        WHERE {key} BETWEEN batch_begin AND batch_end AND {filter};
        COMMIT;
        batch_begin := NULL;
        SELECT {key} INTO batch_begin FROM {table} WHERE {key} > batch_end ORDER BY {key} LIMIT 1;
    END LOOP;
END $$;
"
        );
        FollowUp { name: format!("fill_{}", word(column)), sql }
    }
}

/// A name as text of SQL.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain && !is_reserved(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Words that are no column's name without quotes. Too many rather than too few: quotes do no harm.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "all"
            | "and"
            | "any"
            | "array"
            | "as"
            | "asc"
            | "between"
            | "case"
            | "check"
            | "column"
            | "constraint"
            | "create"
            | "default"
            | "desc"
            | "distinct"
            | "do"
            | "else"
            | "end"
            | "except"
            | "fetch"
            | "for"
            | "foreign"
            | "from"
            | "grant"
            | "group"
            | "having"
            | "in"
            | "index"
            | "into"
            | "is"
            | "limit"
            | "not"
            | "null"
            | "offset"
            | "on"
            | "only"
            | "or"
            | "order"
            | "primary"
            | "references"
            | "select"
            | "table"
            | "then"
            | "to"
            | "union"
            | "unique"
            | "user"
            | "using"
            | "when"
            | "where"
            | "window"
            | "with"
    )
}

/// Whether the column, or the table, is not spoken of by what follows in the change.
pub(super) fn is_last_word(cx: &Context<'_>, relation: Option<&Relation>, name: &str) -> bool {
    let names = [Some(name), relation.map(|it| it.name.name.as_str())];
    !cx.after.iter().any(|later| {
        let text = cx.slice(later.span).to_ascii_lowercase();
        names.iter().flatten().any(|name| text.contains(&name.to_ascii_lowercase()))
    })
}
