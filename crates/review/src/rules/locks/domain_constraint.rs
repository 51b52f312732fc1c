use sluice_schema::Name;
use sluice_sql::model::{AlterDomain, DomainAction, Statement};
use sluice_text::{Edit, Fix, FollowUp};

use crate::rules::locks::alteration::word;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A constraint is added to a domain, which reads every table that uses it.
    ///
    /// ## Why
    /// Each of the tables gets a `SHARE` lock and is read: nobody writes to any of them meanwhile. `NOT VALID` touches no
    /// table and holds for new values at once; validating it later reads the tables under the same lock.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE DOMAIN email AS text;
    /// CREATE TABLE people (id bigint PRIMARY KEY, mail email);
    /// ```
    /// ```sql postgres
    /// ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (VALUE LIKE '%@%');
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE DOMAIN email AS text;
    /// CREATE TABLE people (id bigint PRIMARY KEY, mail email);
    /// ```
    /// ```sql postgres
    /// ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (VALUE LIKE '%@%') NOT VALID;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    DomainConstraint, "locks/domain-constraint", Engines::POSTGRES, Warning, Recommended
}

impl Rule for DomainConstraint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterDomain(alter) = &cx.parsed.statement else { return };
        let can_wait = match &alter.action {
            DomainAction::AddConstraint(constraint) if !constraint.not_valid.is_written() => true,
            DomainAction::NotNull(true) => false,
            _ => return,
        };
        let domain = cx.schema.type_name(&alter.name);
        let uses = |name: &Option<String>, called: &str| {
            called == domain.name && name.as_ref().is_none_or(|schema| *schema == domain.schema)
        };
        let tables: Vec<&Name> = cx
            .schema
            .relations
            .values()
            .filter(|it| it.is_table() && !cx.made_here(it.origin))
            .filter(|it| {
                it.columns
                    .iter()
                    .filter_map(|column| column.data_type.as_ref())
                    .any(|one| uses(&one.schema, &one.name))
            })
            .map(|it| &it.name)
            .collect();
        let is_known = cx.schema.user_type(&alter.name).is_some();
        if tables.is_empty() && is_known {
            return;
        }
        let tables = match tables.as_slice() {
            [] => "every table that uses it".to_owned(),
            tables => tables.iter().map(|table| format!("`{table}`")).collect::<Vec<_>>().join(", "),
        };
        let message = format!("{tables} is read under a SHARE lock: nobody writes to it meanwhile");
        let help = if can_wait {
            "add it as NOT VALID, and validate it when few write"
        } else {
            "use a CHECK (VALUE IS NOT NULL) NOT VALID instead"
        };
        out.report(cx.parsed.span, message).help(help).fix(fix(cx, alter));
    }
}

/// The constraint as `NOT VALID`, and its validation. The server's own name for one without a name is not known for sure.
fn fix(cx: &Context<'_>, alter: &AlterDomain) -> Option<Fix> {
    let DomainAction::AddConstraint(constraint) = &alter.action else { return None };
    let name = cx.slice(constraint.name.as_ref()?.span);
    let edit = Edit::insert(constraint.not_valid.span.start, " NOT VALID");
    let mut fix = Fix::edits("add it as NOT VALID and validate it in a change of its own", vec![edit]);
    fix.follow_ups.push(FollowUp {
        name: format!("validate_{}", word(name)),
        sql: format!("ALTER DOMAIN {} VALIDATE CONSTRAINT {name};\n", cx.slice(alter.name.span)),
    });
    Some(fix)
}
