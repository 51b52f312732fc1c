use std::collections::HashSet;

use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::UserType;
use sluice_sql::model::{EnumAction, Statement, Text, TypeBody};

rule! {
    /// An enum gets the same value twice.
    ///
    /// ## Why
    /// The server refuses the statement (MySQL and MariaDB: in strict mode).
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TYPE mood AS ENUM ('sad', 'ok', 'sad');
    /// ```
    /// ```sql mysql
    /// CREATE TABLE people (id int PRIMARY KEY, mood enum('sad', 'ok', 'sad'));
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE people (id int PRIMARY KEY, mood enum('sad', 'ok', 'sad'));
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TYPE mood AS ENUM ('sad', 'ok');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TYPE, ADD VALUE; MySQL manual, The ENUM Type, error 1291.
    DuplicateEnumValue, "correctness/duplicate-enum-value", Engines::SERVERS, Error, Recommended
}

impl Rule for DuplicateEnumValue {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let report = |values: Vec<&Text>, out: &mut Sink<'_>| {
            let mut seen = HashSet::new();
            for value in values {
                if !seen.insert(value.value.as_str()) {
                    out.report(value.span, format!("'{}' is there twice", value.value))
                        .help("take one of the two out");
                }
            }
        };
        match &cx.parsed.statement {
            Statement::CreateType(create) => {
                if let TypeBody::Enum(values) = &create.body {
                    report(values.iter().collect(), out);
                }
            }
            Statement::AlterEnum(alter) => {
                if let EnumAction::AddValue { value, if_not_exists, .. } = &alter.action
                    && !if_not_exists.is_written()
                    && let Some((name, UserType::Enum { values, .. })) = cx.schema.user_type(&alter.name)
                    && values.iter().any(|(one, _)| *one == value.value)
                {
                    out.report(value.span, format!("`{name}` has the value '{}'", value.value))
                        .help("take this out, or write IF NOT EXISTS");
                }
            }
            other => {
                for (_, column) in other.column_defs() {
                    if let Some(data_type) = column.data_type.as_ref().filter(|it| it.name == "enum") {
                        report(data_type.values().collect(), out);
                    }
                }
            }
        }
    }
}
