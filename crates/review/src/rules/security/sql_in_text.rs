use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A function runs SQL that it gets as a text.
    ///
    /// ## Why
    /// What is in the text is not reviewed: it can call functions that read files or end sessions, and rules that would say so look
    /// at statements.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, XML Functions, Mapping Tables to XML; Text Search Functions; tablefunc.
    SqlInText, "security/sql-in-text", Engines::POSTGRES, Warning, Recommended
}

impl Rule for SqlInText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        const FUNCTIONS: [&str; 7] = [
            "query_to_xml",
            "query_to_xmlschema",
            "query_to_xml_and_xmlschema",
            "ts_stat",
            "crosstab",
            "connectby",
            "xpath_table",
        ];
        for call in within::calls_of(cx, &FUNCTIONS) {
            let name = call.name.name.text.to_ascii_lowercase();
            out.report(call.span, format!("{name} runs SQL that nobody reviewed"))
                .help("write the query as a statement of its own");
        }
    }
}
