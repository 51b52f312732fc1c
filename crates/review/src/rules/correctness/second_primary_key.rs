use sluice_schema::ConstraintKind;
use sluice_sql::model::{AlterTable, NameClass, Statement, TableAction, TableConstraintKind};
use sluice_text::Span;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table gets a second primary key.
    ///
    /// ## Why
    /// A table has one primary key: the server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, number bigint NOT NULL);
    /// ```
    /// ```sql postgres mysql mariadb
    /// ALTER TABLE orders ADD PRIMARY KEY (number);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id bigint PRIMARY KEY, number bigint, PRIMARY KEY (number));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE parcels (id bigint PRIMARY KEY, number bigint, UNIQUE (number));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE; MySQL manual, error 1068; SQLite documentation, CREATE TABLE. Measured on PostgreSQL 14 and
    /// 18, MariaDB 10.11.
    SecondPrimaryKey, "correctness/second-primary-key", Engines::ALL, Error, Recommended
}

impl Rule for SecondPrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (name, mut has_one, keys) = match &cx.parsed.statement {
            Statement::CreateTable(create) => {
                let inline = create.columns().filter_map(|it| it.primary_key().map(|key| key.span));
                let of_table = create
                    .constraints()
                    .filter(|it| matches!(it.kind, TableConstraintKind::PrimaryKey(_)))
                    .map(|it| it.span);
                (&create.name, false, inline.chain(of_table).collect())
            }
            Statement::AlterTable(alter) => {
                let Some(key) = cx.relation(&alter.name).and_then(|it| {
                    it.constraints.iter().find(|it| matches!(it.kind, ConstraintKind::PrimaryKey { .. }))
                }) else {
                    return;
                };
                (&alter.name, !drops(cx, alter, &key.name), added(alter))
            }
            _ => return,
        };
        for span in keys {
            if has_one {
                let table = cx.display(name);
                out.report(span, format!("`{table}` would have two primary keys"))
                    .help("make this one UNIQUE, or drop the other one first");
            }
            has_one = true;
        }
    }
}

/// Primary keys that the statement adds.
fn added(alter: &AlterTable) -> Vec<Span> {
    let spans = alter.actions.iter().filter_map(|action| match &action.kind {
        TableAction::AddColumn { column, .. } => column.primary_key().map(|_| action.span),
        TableAction::ModifyColumn { column, .. } | TableAction::ChangeColumn { column, .. } => {
            column.primary_key().map(|key| key.span)
        }
        TableAction::AddConstraint(constraint) => {
            matches!(constraint.kind, TableConstraintKind::PrimaryKey(_)).then_some(constraint.span)
        }
        _ => None,
    });
    spans.collect()
}

/// Whether the statement drops the primary key that is there.
fn drops(cx: &Context<'_>, alter: &AlterTable, key: &str) -> bool {
    alter.actions.iter().any(|action| match &action.kind {
        TableAction::DropPrimaryKey => true,
        TableAction::DropConstraint { name, .. } | TableAction::DropIndex { name, .. } => {
            let name = name.key(cx.dialect(), NameClass::Other);
            name == key || name.eq_ignore_ascii_case("primary")
        }
        // The key goes with its column on PostgreSQL.
        TableAction::DropColumn { name, .. } => cx.relation(&alter.name).is_some_and(|it| {
            it.primary_key().iter().any(|one| *one == *name.key(cx.dialect(), NameClass::Other))
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql, Postgres};

    use crate::rules::data_loss::tests::{fires, said, silent};

    const T: &str = "CREATE TABLE t (id bigint PRIMARY KEY, b bigint NOT NULL);";

    #[test]
    fn a_key_that_takes_the_place_of_another_is_no_second_one() {
        let id = "correctness/second-primary-key";
        fires(id, Postgres, T, "ALTER TABLE t ADD COLUMN s serial PRIMARY KEY;");
        fires(id, Mariadb, T, "ALTER TABLE t ADD COLUMN s int PRIMARY KEY;");
        silent(id, Postgres, T, "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b);");
        silent(id, Postgres, T, "ALTER TABLE t DROP COLUMN id, ADD PRIMARY KEY (b);");
        silent(id, Mysql, T, "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b);");
        silent(id, Postgres, "CREATE TABLE t (b bigint NOT NULL);", "ALTER TABLE t ADD PRIMARY KEY (b);");
    }

    #[test]
    fn nobody_is_told_how_to_build_what_the_server_refuses() {
        let locks = "locks/add-primary-key";
        assert!(said(locks, Postgres, T, "ALTER TABLE t ADD PRIMARY KEY (b);").is_empty());
        assert!(
            said("locks/add-column-serial", Postgres, T, "ALTER TABLE t ADD s serial PRIMARY KEY;")
                .is_empty()
        );
    }
}
