use sluice_schema::{Column, ColumnType, Index};
use sluice_sql::model::{AlterAction, ColumnChange, DataType, Ident, TableAction};

use super::alteration::Alteration;
use crate::Context;
use crate::forecast::postgres::column_type;
pub(super) use crate::forecast::postgres::column_type::TypeChange as Effort;

/// A change of a column's type.
pub(super) struct TypeChange<'a> {
    /// The action.
    pub action: &'a AlterAction,
    /// The column as written.
    pub name: &'a Ident,
    /// What is known of the column.
    pub column: Option<&'a Column>,
    /// The new type.
    pub data_type: &'a DataType,
    /// What it takes.
    pub effort: Effort,
    /// Indexes that are built anew although the rows stay as they are.
    pub rebuilt: Vec<&'a Index>,
}

impl TypeChange<'_> {
    /// Whether the column has this very type already.
    pub(super) fn is_same(&self, cx: &Context<'_>) -> bool {
        let old = self.column.and_then(|column| column.data_type.as_ref());
        old.is_some_and(|old| *old == ColumnType::of(cx.dialect(), self.data_type))
    }
}

/// Changes of types that an `ALTER TABLE` makes.
pub(super) fn changes<'a>(cx: &Context<'a>, alteration: &Alteration<'a>) -> Vec<TypeChange<'a>> {
    let actions = alteration.alter.actions.iter().filter_map(|action| {
        let TableAction::AlterColumn { name, change, .. } = &action.kind else { return None };
        let ColumnChange::Type { data_type, using } = &**change else { return None };
        let (key, relation) = (name.folded(cx.dialect()), alteration.relation);
        let effort = column_type::of_column(cx.question, relation, &key, data_type, using.as_ref());
        let mut rebuilt = Vec::new();
        if effort != Effort::Rewrite {
            rebuilt.extend(relation.into_iter().flat_map(|it| &it.indexes));
            // The server does not look into expressions and conditions: it builds such an index anew.
            rebuilt.retain(|index: &&Index| {
                let opaque = index.has_expression() || index.filter.is_some();
                index.uses(&key) && (opaque || effort == Effort::Reindex)
            });
        }
        let column = relation.and_then(|it| it.column(&key));
        Some(TypeChange { action, name, column, data_type, effort, rebuilt })
    });
    actions.collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::SourceFile;

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    /// Rules about changes of types that speak of `sql`, after `before`.
    fn said(before: &str, sql: &str) -> Vec<&'static str> {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let read =
            |sql: &str| Script::read(Dialect::Postgres, SourceFile::new("a.sql", sql), ChangeInfo::default());
        let mut reviewer = Reviewer::new(Schema::empty(Dialect::Postgres), &policy, conditions);
        reviewer.replay(&read(before));
        let findings = reviewer.review(&read(sql)).findings;
        findings.iter().map(|it| it.rule).filter(|rule| rule.starts_with("locks/column-type")).collect()
    }

    #[test]
    fn changes_of_types_cost_what_was_measured() {
        let table = [
            ("varchar(10)", "varchar(20)", "free"),
            ("varchar(10)", "varchar(5)", "rewrite"),
            ("varchar(10)", "varchar", "free"),
            ("varchar", "varchar(100)", "rewrite"),
            ("varchar(10)", "text", "free"),
            ("text", "varchar", "free"),
            ("text", "varchar(100)", "rewrite"),
            ("char(10)", "char(20)", "rewrite"),
            ("char(10)", "text", "rewrite"),
            ("integer", "bigint", "rewrite"),
            ("bigserial", "bigint", "free"),
            ("numeric(10,2)", "numeric(12,2)", "free"),
            ("numeric(10,2)", "numeric(8,2)", "rewrite"),
            ("numeric(10,2)", "numeric(12,3)", "rewrite"),
            ("numeric(10,2)", "numeric", "free"),
            ("numeric", "numeric(10,2)", "rewrite"),
            ("timestamp", "timestamptz", "rewrite"),
            ("timestamp(3)", "timestamp(6)", "free"),
            ("timestamp(3)", "timestamp", "free"),
            ("timestamp", "timestamp(3)", "rewrite"),
            ("time(3)", "time(6)", "free"),
            ("cidr", "inet", "free"),
            ("inet", "cidr", "rewrite"),
            ("json", "jsonb", "rewrite"),
            ("varbit(4)", "varbit(8)", "free"),
            ("real", "double precision", "rewrite"),
            ("varchar(10)[]", "varchar(20)[]", "rewrite"),
            ("integer", "plain", "free"),
            ("integer", "positive", "rewrite"),
            ("plain", "integer", "free"),
            ("text", "text COLLATE \"C\"", "indexes"),
        ];
        for (old, new, cost) in table {
            let before = format!(
                "CREATE DOMAIN plain AS integer; CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
                 CREATE TABLE t (c {old}); CREATE INDEX t_c ON t (c);"
            );
            let said = said(&before, &format!("ALTER TABLE t ALTER COLUMN c TYPE {new};"));
            let wanted: &[&str] = match cost {
                "free" => &[],
                "indexes" => &["locks/column-type-reindex"],
                _ => &["locks/column-type-rewrite"],
            };
            assert_eq!(said, wanted, "{old} to {new}");
        }
    }

    #[test]
    fn the_time_zone_says_what_a_timestamp_costs() {
        let before = "CREATE TABLE t (c timestamp); CREATE INDEX t_c ON t (c);";
        let change = "ALTER TABLE t ALTER COLUMN c TYPE timestamptz;";
        assert_eq!(said(before, &format!("SET TimeZone = 'UTC'; {change}")), ["locks/column-type-reindex"]);
        assert_eq!(
            said(before, &format!("SET TimeZone = 'Europe/Oslo'; {change}")),
            ["locks/column-type-rewrite"]
        );
    }
}
