use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `varchar(n)`.
    ///
    /// ## Why
    /// `text` is stored in the same way and is as fast; a limit that is a check can be changed without a lock that keeps
    /// readers out for long.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Character Types, Tip.
    PreferText, "schema/prefer-text", Engines::POSTGRES, Info, All
}

impl Rule for PreferText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "character varying" {
                let (table, written) = (cx.display(table), cx.slice(name.span));
                let defs = cx.parsed.statement.column_defs();
                let is_new = defs.iter().any(|(_, column)| column.name.span == name.span);
                let name = &name.text;
                // A check that is added to rows would have to read them.
                let can_check = matches!(cx.parsed.statement, Statement::CreateTable(_));
                let text = match data_type.number(0) {
                    None => Some("text".to_owned()),
                    Some(length) if can_check => {
                        Some(format!("text CHECK (char_length({written}) <= {length})"))
                    }
                    Some(_) => None,
                };
                let fix = text
                    .filter(|_| is_new && data_type.collation.is_none())
                    .map(|text| Fix::edits("use text", vec![Edit::replace(data_type.span, text)]));
                out.report(data_type.span, format!("`{name}` of `{table}` is varchar"))
                    .help("use text, with a check where its length matters")
                    .fix(fix);
            }
        }
    }
}
