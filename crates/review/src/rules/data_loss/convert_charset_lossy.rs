use sluice_sql::model::TableAction;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is converted to a charset that cannot hold all of its text.
    ///
    /// ## Why
    /// Characters that the new charset has no place for become `?` or make the statement fail. `utf8mb3` has no emoji; `latin1` and `ascii` have much less.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE notes (id int PRIMARY KEY, body varchar(100)) DEFAULT CHARSET=utf8mb4;
    /// ```
    /// ```sql
    /// ALTER TABLE notes CONVERT TO CHARACTER SET latin1;
    /// ```
    /// ```sql
    /// ALTER TABLE notes CONVERT TO CHARACTER SET utf8mb3;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE notes (id int PRIMARY KEY, body varchar(100)) DEFAULT CHARSET=latin1;
    /// ```
    /// ```sql
    /// -- sluice: allow(locks/table-copy) reason="a hundred notes"
    /// ALTER TABLE notes CONVERT TO CHARACTER SET utf8mb4;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, ALTER TABLE Statement, Changing the Character Set.
    ConvertCharsetLossy, "data-loss/convert-charset-lossy", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for ConvertCharsetLossy {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let old = cx.relation(&alter.name).and_then(|relation| relation.options.get("charset"));
        let old = old.or(cx.schema.charset.as_ref()).map(|charset| charset.to_ascii_lowercase());
        for action in &alter.actions {
            let TableAction::ConvertCharset { charset, .. } = &action.kind else { continue };
            let new = charset.text.to_ascii_lowercase();
            if new == "default" || room(&new) >= room(old.as_deref().unwrap_or("utf8mb4")) {
                continue;
            }
            let message =
                format!("text of `{}` that {new} has no characters for is lost", cx.display(&alter.name));
            out.report(action.span, message).help("convert to utf8mb4, which holds everything");
        }
    }
}

/// How much a charset holds, roughly.
fn room(charset: &str) -> u8 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" | "binary" => 4,
        "utf8" | "utf8mb3" | "ucs2" => 3,
        "ascii" => 1,
        _ => 2,
    }
}
