use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Several `ALTER TABLE` of one table could be one.
    ///
    /// ## Why
    /// Each of them may copy the table, waits for its metadata lock and commits by itself. One statement with several actions
    /// does the work once, and all of it or nothing.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN a integer;
    /// ALTER TABLE orders ADD COLUMN b integer;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN a integer, ADD COLUMN b integer;
    /// ```
    CombineAlter, "statement/combine-alter", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for CombineAlter {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let name = cx.schema.relation_name(&alter.name);
        let Some(last) = cx.before.last() else { return };
        let alters = cx.slice(last.span).get(..5).is_some_and(|word| word.eq_ignore_ascii_case("alter"));
        if alters && last.subject.as_ref() == Some(&name) && !cx.is_new(&alter.name) {
            out.report(alter.name.span, format!("the statement before alters `{name}`, too"))
                .help("write both as one ALTER TABLE");
        }
    }
}
