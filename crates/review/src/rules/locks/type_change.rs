use sluice_schema::{Column, ColumnType, Relation, UserType};
use sluice_sql::model::{AlterAction, ColumnChange, DataType, Expr, Ident, TableAction};

use super::alteration::Alteration;
use crate::Context;

/// What PostgreSQL does to a table when the type of one of its columns changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Nothing.
    None,
    /// It builds indexes over the column anew.
    Indexes,
    /// It writes table and indexes anew.
    Rewrite,
}

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
}

/// Changes of types that an `ALTER TABLE` makes.
pub(super) fn changes<'a>(cx: &Context<'a>, alteration: &Alteration<'a>) -> Vec<TypeChange<'a>> {
    let actions = alteration.alter.actions.iter().filter_map(|action| {
        let TableAction::AlterColumn { name, change, .. } = &action.kind else { return None };
        let ColumnChange::Type { data_type, using } = &**change else { return None };
        let column = alteration.relation.and_then(|it| it.column(&name.folded(cx.dialect())));
        let old = column.and_then(|column| column.data_type.as_ref());
        let effort = effort(cx, alteration.relation, name, old, data_type, using.as_ref());
        Some(TypeChange { action, name, column, data_type, effort })
    });
    actions.collect()
}

fn effort(
    cx: &Context<'_>,
    relation: Option<&Relation>,
    name: &Ident,
    old: Option<&ColumnType>,
    new: &DataType,
    using: Option<&Expr>,
) -> Effort {
    let Some(old) = old else { return Effort::Rewrite };
    // `USING c` and `USING c::new` say what happens anyhow; anything else is computed for each row.
    if using.is_some_and(|expr| !expr.calls.is_empty() || expr.computes || expr.columns.len() != 1) {
        return Effort::Rewrite;
    }
    let (old, new) = (&counted(old), counted(&ColumnType::of(cx.dialect(), new)));
    if (&old.name, &old.arguments, old.dimensions, &old.schema)
        == (&new.name, &new.arguments, new.dimensions, &new.schema)
    {
        let same = new.collation.is_none() || old.collation == new.collation;
        return if same { Effort::None } else { Effort::Indexes };
    }
    if old.dimensions > 0 || new.dimensions > 0 {
        return Effort::Rewrite;
    }
    let utc = cx.session.time_zone.as_deref().is_some_and(|zone| matches!(zone, "utc" | "gmt" | "etc/utc"));
    match (old.name.as_str(), new.name.as_str()) {
        ("timestamp", "timestamp with time zone") if utc => Effort::Indexes,
        ("timestamp with time zone", "timestamp") if utc => Effort::None,
        // Operators of varchar are those of text; an index over an expression is built anew all the same.
        ("text", "character varying") if new.arguments.is_empty() => {
            let column = name.folded(cx.dialect());
            let is_over = |it: &Relation| it.indexes_of(&column).any(sluice_schema::Index::has_expression);
            if relation.is_some_and(is_over) { Effort::Indexes } else { Effort::None }
        }
        _ if is_free(cx, old, &new) => Effort::None,
        _ => Effort::Rewrite,
    }
}

/// The type that a column has which was written as `serial`.
fn counted(written: &ColumnType) -> ColumnType {
    let name = match written.name.as_str() {
        "smallserial" => "smallint",
        "serial" => "integer",
        "bigserial" => "bigint",
        other => other,
    };
    ColumnType { name: name.to_owned(), ..written.clone() }
}

/// Changes that only touch the catalog, as measured on 14–18.
fn is_free(cx: &Context<'_>, old: &ColumnType, new: &ColumnType) -> bool {
    let wider = || new.arguments.is_empty() || new.number(0).zip(old.number(0)).is_some_and(|(n, o)| n >= o);
    match (old.name.as_str(), new.name.as_str()) {
        ("character varying", "text") | ("cidr", "inet") => true,
        ("character varying", "character varying") | ("bit varying", "bit varying") => wider(),
        ("numeric", "numeric") => {
            let scale = |it: &ColumnType| it.number(1).unwrap_or(0);
            new.arguments.is_empty() || (wider() && scale(old) == scale(new))
        }
        (a, b) if a == b => {
            let has_precision = matches!(
                a,
                "timestamp" | "timestamp with time zone" | "time" | "time with time zone" | "interval"
            );
            // Without a precision it is 6, the greatest one.
            has_precision
                && (new.arguments.is_empty() || new.number(0).unwrap_or(0) >= old.number(0).unwrap_or(6))
        }
        _ => {
            let base = |it: &ColumnType| match cx.schema.type_of_column(it) {
                Some(UserType::Domain(domain)) => Some((domain.base.clone(), domain.constrained())),
                _ => None,
            };
            match (base(old), base(new)) {
                (Some((base, _)), None) => base == *new,
                (None, Some((base, constrained))) => base == *old && !constrained,
                _ => false,
            }
        }
    }
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
