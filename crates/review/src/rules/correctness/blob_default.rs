use sluice_sql::model::{DataType, TypeFamily};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A `BLOB`, `TEXT`, `JSON` or `GEOMETRY` column has a literal default.
    ///
    /// ## Why
    /// MySQL refuses it (error 1101). Since 8.0.13 it takes an expression, which stands in parentheses.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE notes (id bigint PRIMARY KEY, body text DEFAULT 'none');
    /// ```
    /// ```sql
    /// ALTER TABLE notes ADD COLUMN extra json DEFAULT '{}';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE notes (id bigint PRIMARY KEY, body text DEFAULT ('none'), extra json DEFAULT NULL);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Data Type Default Values; error 1101.
    BlobDefault, "correctness/blob-default", Engines::MYSQL, Error, Recommended
}

impl Rule for BlobDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        use TypeFamily as F;
        let takes_none =
            |data_type: &DataType| matches!(data_type.family(cx.dialect()), F::Lob | F::Json | F::Spatial);
        for (_, column) in cx.parsed.statement.column_defs() {
            let Some(default) = column.default().filter(|it| !it.parenthesised && !it.is_null()) else {
                continue;
            };
            let Some(data_type) = column.data_type.as_ref().filter(|it| takes_none(it)) else { continue };
            let message =
                format!("`{}` is {}, which takes no literal default", column.name.text, data_type.name);
            out.report(default.span, message).help("put the default into parentheses, or leave it out");
        }
    }
}
