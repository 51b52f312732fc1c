use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

use crate::rules::data_loss::rebuilt;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table that takes the place of another lacks indexes or triggers that the old one had.
    ///
    /// ## Why
    /// They go with the table that is dropped, and nothing makes them anew: queries become slow, a key is unique no more, what the
    /// trigger kept is no longer kept.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql
    /// CREATE TABLE orders_new (id bigint PRIMARY KEY, note varchar(20));
    /// INSERT INTO orders_new (id, note) SELECT id, note FROM orders;
    /// DROP TABLE orders;
    /// ALTER TABLE orders_new RENAME TO orders;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql sqlite
    /// CREATE TABLE orders_new (id bigint PRIMARY KEY, note varchar(20));
    /// INSERT INTO orders_new (id, note) SELECT id, note FROM orders;
    /// DROP TABLE orders;
    /// ALTER TABLE orders_new RENAME TO orders;
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, ALTER TABLE, Making Other Kinds Of Table Schema Changes, steps 3 and 8.
    RebuildForgets, "correctness/rebuild-forgets", Engines::SQLITE, Warning, Recommended
}

impl Rule for RebuildForgets {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Table {
            return;
        }
        for name in &drop.names {
            let Some((old, new)) = rebuilt(cx, name) else { continue };
            let later = |made: &dyn Fn(&Statement) -> bool| cx.after.iter().any(|it| made(&it.statement));
            let mut lost: Vec<String> = Vec::new();
            for index in &old.indexes {
                let columns = |it: &sluice_schema::Index| {
                    it.keys.iter().map(|key| key.text.clone()).collect::<Vec<_>>()
                };
                let kept =
                    new.indexes.iter().any(|it| columns(it) == columns(index) && it.unique >= index.unique);
                let dropped_anyway =
                    index.keys.iter().any(|key| key.columns.iter().any(|it| new.column(it).is_none()));
                let made = later(&|statement| {
                    statement.index_defs().iter().any(|(_, def)| {
                        def.name.as_ref().is_some_and(|it| it.name.text.eq_ignore_ascii_case(&index.name))
                            || def
                                .keys
                                .iter()
                                .map(|key| cx.slice(key.span).to_lowercase())
                                .collect::<Vec<_>>()
                                == columns(index)
                    })
                });
                if !kept && !dropped_anyway && !made {
                    lost.push(match &index.constraint {
                        Some(_) => format!("the key over {}", columns(index).join(", ")),
                        None => format!("the index `{}`", index.name),
                    });
                }
            }
            for trigger in &old.triggers {
                let made = later(&|statement| match statement {
                    Statement::CreateTrigger(create) => {
                        create.name.name.text.eq_ignore_ascii_case(&trigger.name)
                    }
                    _ => false,
                });
                if !made && new.triggers.iter().all(|it| it.name != trigger.name) {
                    lost.push(format!("the trigger `{}`", trigger.name));
                }
            }
            if !lost.is_empty() {
                let message = format!("`{}` comes back without {}", cx.display(name), lost.join(", "));
                out.report(name.span, message).help("make them anew after the rename");
            }
        }
    }
}
