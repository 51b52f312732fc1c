use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A view reads another view.
    ///
    /// ## Why
    /// Nobody sees what a query costs through several layers, and the view below cannot be changed alone.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE VIEW a AS SELECT id FROM orders;
    /// CREATE VIEW b AS SELECT id FROM a;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE VIEW a AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE VIEW; MySQL manual, View Processing Algorithms.
    NestedView, "schema/nested-view", Engines::ALL, Info, All
}

impl Rule for NestedView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateView(view) = &cx.parsed.statement else { return };
        let used = cx.parsed.statement.targets();
        let below = used.iter().filter_map(|target| cx.relation(target.name)).find(|relation| {
            relation.kind == sluice_schema::RelationKind::View
                && relation.name != cx.schema.relation_name(&view.name)
        });
        if let Some(below) = below {
            let (name, below) = (cx.display(&view.name), &below.name);
            out.report(view.name.span, format!("`{name}` reads the view `{below}`"))
                .help("read the tables below it");
        }
    }
}
