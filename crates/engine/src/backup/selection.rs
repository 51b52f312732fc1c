//! What a statement does to rows, as far as its text says.

use sluice_sql::model::{
    Call, Condition, Ident, InsertSource, NameClass, QueryFacts, Statement, TableRef, Volatility,
};
use sluice_sql::{Dialect, Kind, LexemeKind, lexemes, parse};
use sluice_text::Span;

use crate::script::PreparedStatement;

/// Rows that a statement is about to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Whether they go; else they are updated.
    pub deletes: bool,
    /// Schema or database of the table, where it is written.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The table as it is written, with `ONLY` and its alias.
    pub from: String,
    /// By what name its columns are reached.
    pub row: Ident,
    /// `WHERE …`; empty for all rows.
    pub filter: String,
    /// Columns that are set, as the server compares them.
    pub assigned: Vec<String>,
    /// Tables that the rows are chosen by, as they are written.
    pub reads: Vec<String>,
}

const ALONE: &str = "put it into a change of its own, with `-- sluice: backup=off` at its top, or write it as a plain UPDATE or DELETE";

/// What is to be kept before the statement runs; none where it changes no rows that are there.
///
/// # Errors
/// Why the rows cannot be told beforehand, and what to do.
pub fn select(statement: &PreparedStatement) -> Result<Option<Selection>, (String, String)> {
    let (dialect, sql) = (statement.dialect, statement.sql.as_str());
    let parsed = parse(dialect, sql, Span::new(0, sql.len()));
    let refused = |what: &str| Err((what.to_owned(), ALONE.to_owned()));
    if let Some(what) = parsed.not_analysed.first().filter(|_| statement.facts.kind == Kind::Dml) {
        return refused(&format!("what it does to rows is not understood: {}", what.reason));
    }
    match &parsed.statement {
        Statement::Update(update) => {
            if update.ignore.is_some() {
                return refused("rows that UPDATE IGNORE leaves alone cannot be told beforehand");
            }
            let way = Way {
                tables: &update.tables,
                joined: update.joined,
                limited: update.limit.is_some(),
                filter: update.filter.as_ref(),
                facts: &update.facts,
            };
            let mut selection = way.selection(dialect, sql, false)?;
            selection.assigned = update
                .assignments
                .iter()
                .map(|it| it.column.name.key(dialect, NameClass::Other).into_owned())
                .collect();
            Ok(Some(selection))
        }
        Statement::Delete(delete) => {
            let way = Way {
                tables: &delete.tables,
                joined: delete.joined,
                limited: delete.limit.is_some(),
                filter: delete.filter.as_ref(),
                facts: &delete.facts,
            };
            way.selection(dialect, sql, true).map(Some)
        }
        Statement::Truncate(_) => refused("rows that TRUNCATE removes are not kept"),
        Statement::Merge(_) => refused("rows that MERGE changes cannot be told beforehand"),
        Statement::Do(_) | Statement::Call(_) => refused("what a program does to rows is not known"),
        Statement::Insert(insert) => {
            let overwrites = insert.replace.is_some()
                || insert.upsert.as_ref().is_some_and(|upsert| !upsert.assignments.is_empty());
            let writes = writes(&insert.facts)
                || matches!(&insert.source, InsertSource::Query(query) if writes(&query.facts));
            match overwrites || writes {
                true => refused("rows that an INSERT overwrites cannot be told beforehand"),
                false => Ok(None),
            }
        }
        Statement::Load(load) if load.replace.is_some() => {
            refused("rows that LOAD DATA replaces are not kept")
        }
        Statement::Query(query) if writes(&query.facts) => {
            refused("rows that a WITH changes cannot be told beforehand")
        }
        Statement::Unparsed { .. } if matches!(statement.facts.kind, Kind::Dml | Kind::Call) => {
            refused("what it does to rows is not understood")
        }
        _ => Ok(None),
    }
}

fn writes(facts: &QueryFacts) -> bool {
    facts.ctes.iter().any(|cte| cte.writes.is_some())
}

/// What `UPDATE` and `DELETE` have in common.
struct Way<'a> {
    tables: &'a [TableRef],
    joined: bool,
    limited: bool,
    filter: Option<&'a Condition>,
    facts: &'a QueryFacts,
}

impl Way<'_> {
    fn selection(&self, dialect: Dialect, sql: &str, deletes: bool) -> Result<Selection, (String, String)> {
        let refused = |what: String| Err((what, ALONE.to_owned()));
        let ([table], false) = (self.tables, self.joined) else {
            return refused(
                "rows of one table that others choose (FROM, USING, JOIN) cannot be told beforehand"
                    .to_owned(),
            );
        };
        if self.limited {
            return refused("which rows LIMIT takes cannot be told beforehand".to_owned());
        }
        if !self.facts.ctes.is_empty() {
            return refused("rows that a WITH chooses cannot be told beforehand".to_owned());
        }
        if !table.partitions.is_empty() {
            return refused("rows of one PARTITION are not kept".to_owned());
        }
        if !self.facts.parameters.is_empty() {
            return refused(
                "a `?` in it is taken for a parameter (for JSON, jsonb_exists does the same)".to_owned(),
            );
        }
        let filter = match self.filter {
            Some(filter) if filter.current_of => return refused("rows of a cursor are not kept".to_owned()),
            Some(filter) => {
                if let Some(call) =
                    filter.expr.calls.iter().find(|call| call.volatility(dialect) > Volatility::Stable)
                {
                    let name = call.name.display(dialect);
                    return refused(format!("{name}() may choose other rows each time"));
                }
                // It is the same within one statement; the rows are kept by another one.
                let moves = |call: &&Call| {
                    call.volatility(dialect) == Volatility::Stable
                        && (dialect != Dialect::Postgres
                            || call.name.name.folded(dialect).eq_ignore_ascii_case("statement_timestamp"))
                };
                if let Some(call) = filter.expr.calls.iter().find(moves) {
                    let name = call.name.display(dialect);
                    let help = "write the moment as a value: then it is the same for both".to_owned();
                    return Err((format!("{name}() is another moment when the rows are kept"), help));
                }
                let text = filter.span.slice(sql);
                let chooses = |word: &str| {
                    ["limit", "fetch", "tablesample"].contains(&word.to_ascii_lowercase().as_str())
                };
                if lexemes(dialect, text).iter().any(|it| it.kind == LexemeKind::Word && chooses(it.text)) {
                    return refused("a subquery with a limit may choose other rows each time".to_owned());
                }
                if dialect == Dialect::Postgres
                    && lexemes(dialect, text)
                        .iter()
                        .any(|it| it.kind == LexemeKind::Symbol && it.text.contains('?'))
                {
                    return refused(
                        "a `?` in it is taken for a parameter (for JSON, jsonb_exists does the same)"
                            .to_owned(),
                    );
                }
                text.to_owned()
            }
            None => String::new(),
        };
        let mut from = String::new();
        if table.only {
            from.push_str("ONLY ");
        }
        from.push_str(table.name.span.slice(sql));
        if let Some(alias) = &table.alias {
            from.push_str(" AS ");
            from.push_str(alias.span.slice(sql));
        }
        let class = NameClass::Relation;
        let is_target = |read: &&TableRef| read.name.key(dialect, class) != table.name.key(dialect, class);
        let mut reads: Vec<String> = self
            .facts
            .reads
            .iter()
            .filter(is_target)
            .map(|read| read.name.span.slice(sql).to_owned())
            .collect();
        reads.sort();
        reads.dedup();
        Ok(Selection {
            deletes,
            schema: table.name.schema().map(|schema| schema.folded(dialect).into_owned()),
            table: table.name.name.folded(dialect).into_owned(),
            row: table.alias.clone().unwrap_or_else(|| table.name.name.clone()),
            from,
            filter,
            assigned: Vec::new(),
            reads,
        })
    }
}

#[cfg(test)]
mod tests {
    use sluice_rollout::Checksum;
    use sluice_sql::classify;

    use super::*;

    fn statement(dialect: Dialect, sql: &str) -> PreparedStatement {
        PreparedStatement {
            ordinal: 1,
            span: Span::new(0, sql.len()),
            dialect,
            sql: sql.to_owned(),
            copy_data: None,
            facts: classify(dialect, sql),
            checksum: Checksum::of(sql.as_bytes()),
        }
    }

    #[test]
    fn rows_are_chosen_as_the_statement_chooses_them() {
        for (dialect, sql, from, filter, assigned) in [
            (
                Dialect::Postgres,
                "UPDATE ONLY shop.Goods AS g SET Price = 1, \"Name\" = upper(name) WHERE g.id = 3",
                "ONLY shop.Goods AS g",
                "WHERE g.id = 3",
                &["price", "Name"][..],
            ),
            (Dialect::Postgres, "DELETE FROM goods", "goods", "", &[][..]),
            (Dialect::Mariadb, "UPDATE Goods SET Price = 1", "Goods", "", &["price"][..]),
            (
                Dialect::Sqlite,
                "DELETE FROM goods WHERE id IN (SELECT id FROM old)",
                "goods",
                "WHERE id IN (SELECT id FROM old)",
                &[][..],
            ),
        ] {
            let selection = select(&statement(dialect, sql)).unwrap().unwrap();
            assert_eq!((selection.from.as_str(), selection.filter.as_str()), (from, filter), "{sql}");
            assert_eq!(selection.assigned, assigned, "{sql}");
        }
        let selection =
            select(&statement(Dialect::Postgres, "DELETE FROM a WHERE x IN (SELECT x FROM s.b)")).unwrap();
        assert_eq!(selection.unwrap().reads, ["s.b"]);
    }

    #[test]
    fn what_changes_no_rows_that_are_there_is_let_through() {
        for sql in [
            "INSERT INTO a VALUES (1)",
            "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING",
            "CREATE TABLE a (id int)",
            "SELECT 1",
            "COPY a FROM stdin",
        ] {
            assert_eq!(select(&statement(Dialect::Postgres, sql)), Ok(None), "{sql}");
        }
    }

    #[test]
    fn rows_that_cannot_be_told_beforehand_are_refused() {
        use Dialect::{Mariadb, Postgres, Sqlite};
        for (dialect, sql, why) in [
            (Postgres, "UPDATE a SET x = b.x FROM b WHERE a.id = b.id", "FROM, USING, JOIN"),
            (Postgres, "DELETE FROM a USING b WHERE a.id = b.id", "FROM, USING, JOIN"),
            (Postgres, "WITH c AS (SELECT 1) DELETE FROM a", "WITH"),
            (Postgres, "WITH c AS (DELETE FROM a RETURNING *) SELECT * FROM c", "WITH"),
            (Postgres, "UPDATE a SET x = 1 WHERE x < random()", "random()"),
            (Postgres, "UPDATE a SET x = 1 WHERE mine(x)", "mine()"),
            (Postgres, "DELETE FROM a WHERE x ? 'k'", "parameter"),
            (Postgres, "DELETE FROM a WHERE id IN (SELECT id FROM b FETCH FIRST ROW ONLY)", "limit"),
            (Postgres, "UPDATE a SET x = 1 WHERE CURRENT OF c", "cursor"),
            (Postgres, "TRUNCATE a", "TRUNCATE"),
            (Postgres, "DO $$ BEGIN DELETE FROM a; END $$", "program"),
            (Postgres, "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET x = 1", "overwrites"),
            (Postgres, "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE", "MERGE"),
            (Mariadb, "DELETE FROM a LIMIT 1", "LIMIT"),
            (Mariadb, "UPDATE a JOIN b ON a.id = b.id SET a.x = 1", "JOIN"),
            (Mariadb, "REPLACE INTO a VALUES (1)", "overwrites"),
            (Mariadb, "UPDATE IGNORE a SET x = 1", "IGNORE"),
            (Sqlite, "INSERT OR REPLACE INTO a VALUES (1)", "overwrites"),
        ] {
            let refused = select(&statement(dialect, sql)).expect_err(sql);
            assert!(refused.0.contains(why), "{sql}: {}", refused.0);
        }
    }
}
