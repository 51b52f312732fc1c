use std::fmt;

/// Something in the ledger that no version of Sluice writes, and the statement that mends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// What, for people.
    pub what: String,
    /// The table, as a statement names it.
    pub table: String,
    /// Condition that finds the row; absent where the table has one row, or none.
    pub row: Option<String>,
    /// The change that the row is about.
    pub version: Option<String>,
    /// The column.
    pub column: Option<&'static str>,
    /// What stands there.
    pub found: Option<String>,
    /// What may stand there, for people.
    pub allowed: Option<String>,
    /// The statement that mends it, where one does without more knowledge.
    pub mend: Option<String>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Damage {
    /// A row that is missing, or a table.
    pub(crate) fn missing(table: String, what: impl Into<String>) -> Self {
        Self { what: what.into(), table, ..Self::default() }
    }

    /// A wrong value. `row` finds it by columns and their values.
    pub(crate) fn value(
        table: String,
        row: &[(&str, &str)],
        column: &'static str,
        found: Option<&str>,
        allowed: impl Into<String>,
    ) -> Self {
        let name = table.rsplit(['.', '_']).next().unwrap_or_default();
        let shown = found.unwrap_or("NULL");
        let what = match row {
            [] => format!("{name}.{column} is `{shown}`"),
            [(_, version)] => format!("{name} {version}: {column} is `{shown}`"),
            [(_, version), (_, ordinal), ..] => {
                format!("{name} {ordinal} of revision {version}: {column} is `{shown}`")
            }
        };
        let conditions: Vec<String> =
            row.iter().map(|(column, value)| format!("{column} = {}", literal(value))).collect();
        Self {
            what,
            table,
            row: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
            version: row.first().map(|(_, version)| (*version).to_owned()),
            column: Some(column),
            found: found.map(str::to_owned),
            allowed: Some(allowed.into()),
            mend: None,
        }
    }

    /// With the expression that belongs there.
    #[must_use]
    pub(crate) fn mended_by(mut self, expression: &str) -> Self {
        self.mend = self.update(expression);
        self
    }

    /// The statement that writes `value` where the wrong one stands.
    pub fn set(&self, value: &str) -> Option<String> {
        self.update(&literal(value))
    }

    fn update(&self, expression: &str) -> Option<String> {
        let condition = self.row.as_ref().map(|row| format!(" WHERE {row}")).unwrap_or_default();
        Some(format!("UPDATE {} SET {} = {expression}{condition}", self.table, self.column?))
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_named_with_the_statement_that_mends_it() {
        let row = [("version", "it's")];
        let damage = Damage::value("sluice.revision".to_owned(), &row, "state", Some("fine"), "`applied`");
        assert_eq!(damage.to_string(), "revision it's: state is `fine`");
        assert_eq!(
            damage.set("applied").as_deref(),
            Some("UPDATE sluice.revision SET state = 'applied' WHERE version = 'it''s'")
        );
        let damage = Damage::value("`db`.sluice_fence".to_owned(), &[], "format", None, "1").mended_by("1");
        assert_eq!(damage.to_string(), "fence.format is `NULL`");
        assert_eq!(damage.mend.as_deref(), Some("UPDATE `db`.sluice_fence SET format = 1"));
    }
}
