use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::Dialect;
use sluice_sql::model::{IndexClass, NameClass, TypeFamily};

rule! {
    /// A `TEXT` or `BLOB` column is in an index without a length.
    ///
    /// ## Why
    /// MySQL refuses it: BLOB/TEXT column used in key specification without a key length.
    ///
    /// ## Bad
    /// ```sql mysql
    /// CREATE TABLE notes (id int PRIMARY KEY, body text, KEY notes_body (body));
    /// ```
    ///
    /// ## Good
    /// ```sql mysql
    /// CREATE TABLE notes (id int PRIMARY KEY, body text, KEY notes_body (body(100)));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Prefix Key Parts; error 1170.
    TextIndexWithoutPrefix, "correctness/text-index-without-prefix", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for TextIndexWithoutPrefix {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        // MariaDB shortens a plain key by itself since 10.4.
        for (table, index) in cx.parsed.statement.index_defs() {
            if index.class != IndexClass::Plain || cx.dialect() == Dialect::Mariadb {
                continue;
            }
            for key in index.keys.iter().filter(|key| key.prefix.is_none()) {
                let Some(name) = key.column() else { continue };
                let defs = cx.parsed.statement.column_defs();
                let defined = defs.iter().find(|(_, it)| it.name.same(name, cx.dialect()));
                let family = match defined {
                    Some((_, column)) => column.data_type.as_ref().map(|it| it.family(cx.dialect())),
                    None => cx
                        .relation(table)
                        .and_then(|it| it.column(&name.key(cx.dialect(), NameClass::Other)))
                        .and_then(|it| it.data_type.as_ref())
                        .map(|it| it.family(cx.dialect())),
                };
                if family == Some(TypeFamily::Lob) {
                    out.report(key.span, format!("`{}` needs a length in an index", name.text))
                        .help("write the number of characters that are indexed, such as (100)");
                }
            }
        }
    }
}
