use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::Dialect;
use sluice_sql::model::{Ident, Touch};

rule! {
    /// A name is longer than the server keeps.
    ///
    /// ## Why
    /// PostgreSQL cuts names at 63 bytes without an error, so that two of them may become one. MySQL and MariaDB refuse more than 64 characters.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE a_name_that_is_so_long_that_no_server_keeps_all_of_it_in_its_catalog (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE parcels (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Lexical Structure, Identifiers and Key Words (NAMEDATALEN); MySQL manual, Identifier Length Limits.
    IdentifierTooLong, "correctness/identifier-too-long", Engines::SERVERS, Error, Recommended
}

impl Rule for IdentifierTooLong {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let postgres = cx.dialect() == Dialect::Postgres;
        let mut names: Vec<&Ident> = Vec::new();
        for target in cx.parsed.statement.targets() {
            if target.touch == Touch::Created {
                names.push(&target.name.name);
            }
        }
        names.extend(cx.parsed.statement.column_defs().into_iter().map(|(_, column)| &column.name));
        names.extend(cx.parsed.statement.constraints().into_iter().filter_map(|(_, it)| it.name.as_ref()));
        names.extend(cx.parsed.statement.renames().into_iter().map(|it| it.to));
        for name in names {
            let (length, most) =
                if postgres { (name.text.len(), 63) } else { (name.text.chars().count(), 64) };
            if length > most {
                let what = if postgres { "is cut" } else { "is refused" };
                out.report(
                    name.span,
                    format!("this name {what}: it has {length} characters, {most} are kept"),
                )
                .help("choose a shorter name");
            }
        }
    }
}
