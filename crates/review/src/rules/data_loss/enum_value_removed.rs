use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A value is taken out of an enum.
    ///
    /// ## Why
    /// Rows that hold it become the empty string, or the statement fails in strict mode. Programs that still write it fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id int PRIMARY KEY, state enum('new','paid','lost'));
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY COLUMN state enum('new','paid');
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id int PRIMARY KEY, state enum('new','paid'));
    /// ```
    /// ```sql
    /// ALTER TABLE orders MODIFY COLUMN state enum('new','paid','lost');
    /// ```
    ///
    /// ## Source
    /// MySQL manual, The ENUM Type; Vitess, schemadiff, revertible changes.
    EnumValueRemoved, "data-loss/enum-value-removed", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for EnumValueRemoved {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        for action in &alter.actions {
            let Some((name, new)) = action.kind.new_type() else { continue };
            let Some(column) = super::column(cx, &alter.name, name) else { continue };
            let Some(old) = &column.data_type else { continue };
            if !matches!(new.name.as_str(), "enum" | "set") || old.name != new.name {
                continue;
            }
            let lost: Vec<String> = old
                .arguments
                .iter()
                .filter(|value| new.values().all(|one| !one.value.eq_ignore_ascii_case(value)))
                .map(|value| format!("'{value}'"))
                .collect();
            if lost.is_empty() {
                continue;
            }
            let (name, table) = (&name.text, cx.display(&alter.name));
            out.report(new.span, format!("`{name}` of `{table}` loses {}", lost.join(", ")))
                .help("keep the value, or update the rows that hold it first and contract later");
        }
    }
}
