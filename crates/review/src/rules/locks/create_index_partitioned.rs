use sluice_schema::Relation;
use sluice_sql::model::{CreateIndex, Statement};
use sluice_text::{Edit, Fix, FollowUp, Span};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is built on all partitions of a table at once.
    ///
    /// ## Why
    /// The build takes a `SHARE` lock on the table and on every partition until all of them are done: nobody writes to any
    /// of them. `CONCURRENTLY` is refused here. Instead make the index `ON ONLY` the table, build one concurrently on each
    /// partition, and attach them; with the last one the index of the table becomes valid.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date, kind text) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    /// ```
    /// ```sql postgres
    /// CREATE INDEX events_kind ON events (kind);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE events (id bigint, day date, kind text) PARTITION BY RANGE (day);
    /// CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    /// ```
    /// ```sql postgres
    /// CREATE INDEX events_kind ON ONLY events (kind);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Partitioning; measured on 14–18.
    CreateIndexPartitioned, "locks/create-index-partitioned", Engines::POSTGRES, Error, Recommended
}

impl Rule for CreateIndexPartitioned {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let Some(relation) = cx.relation(&create.table).filter(|it| it.is_partitioned()) else { return };
        if create.only.is_written() || create.concurrently.is_written() || cx.is_new(&create.table) {
            return;
        }
        let partitions = cx.schema.partitions(&relation.name);
        let message = format!(
            "building this index takes a SHARE lock on `{}` and each of its partitions: nobody writes to them until all are built",
            relation.name
        );
        let help = "create it ON ONLY the table, build it CONCURRENTLY on each partition and attach those";
        out.report(create.index.span, message).help(help).fix(fix(cx, create, &partitions));
    }
}

/// One change for the table's own index, one for each partition's, and one that attaches them.
fn fix(cx: &Context<'_>, create: &CreateIndex, partitions: &[&Relation]) -> Option<Fix> {
    let index = create.index.name.as_ref()?.name.folded(cx.dialect()).into_owned();
    let is_plain = |name: &str| {
        name.len() < 63
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let rest = cx.slice(Span::new(create.table.span.end, cx.parsed.span.end));
    let unique = if create.index.unique.is_some() { "UNIQUE " } else { "" };
    let edit = Edit::insert(create.only.span.start, " ONLY");
    let mut fix = Fix::edits("build the index partition by partition", vec![edit]);
    let mut attach = String::new();
    for partition in partitions {
        let name = format!("{index}_{}", partition.name.name);
        if partition.is_partitioned() || !is_plain(&name) || !is_plain(&partition.name.schema) {
            return None;
        }
        let schema = &partition.name.schema;
        let table = format!("{schema}.{}", partition.name.name);
        fix.follow_ups.push(FollowUp {
            name: format!("build_{name}"),
            sql: format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table}{rest};\n"),
        });
        attach.push_str(&format!("ALTER INDEX {schema}.{index} ATTACH PARTITION {schema}.{name};\n"));
    }
    if !attach.is_empty() {
        fix.follow_ups.push(FollowUp { name: format!("attach_{index}"), sql: attach });
    }
    Some(fix)
}
