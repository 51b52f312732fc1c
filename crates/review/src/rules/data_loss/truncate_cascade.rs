use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::Name;
use sluice_sql::model::Statement;

rule! {
    /// `TRUNCATE … CASCADE` empties other tables, too.
    ///
    /// ## Why
    /// It empties every table with a foreign key to the one that is named, and those that point to them in turn, whatever `ON DELETE` says.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
    /// ```
    /// ```sql
    /// TRUNCATE customers CASCADE;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY);
    /// TRUNCATE drafts;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, TRUNCATE.
    TruncateCascade, "data-loss/truncate-cascade", Engines::POSTGRES, Error, Recommended
}

impl Rule for TruncateCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Truncate(truncate) = &cx.parsed.statement else { return };
        let Some(cascade) = truncate.cascade else { return };
        let mut emptied: Vec<Name> =
            truncate.tables.iter().map(|table| cx.schema.relation_name(&table.name)).collect();
        let named = emptied.len();
        let mut next = emptied.clone();
        while let Some(name) = next.pop() {
            for (relation, _) in cx.schema.references_to(&name) {
                if !emptied.contains(&relation.name) {
                    emptied.push(relation.name.clone());
                    next.push(relation.name.clone());
                }
            }
        }
        let others: Vec<String> = emptied.iter().skip(named).map(|name| format!("`{name}`")).collect();
        let known = truncate.tables.iter().all(|table| cx.relation(&table.name).is_some());
        if others.is_empty() && known {
            return;
        }
        let what =
            if others.is_empty() { "every table that refers to it".to_owned() } else { others.join(", ") };
        out.report(cascade, format!("CASCADE empties {what}, too"))
            .help("name every table that is to be emptied and leave CASCADE out");
    }
}
