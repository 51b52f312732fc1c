use sluice_sql::model::{ObjectName, Statement, Touch};
use sluice_sql::{Dialect, ObjectKind};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change writes to the server's own catalog, or makes something in it.
    ///
    /// ## Why
    /// What the catalog says is believed: a wrong row breaks the database, makes a superuser, or has a function of the server do
    /// something else for everybody. No check that statements have looks at such rows.
    ///
    /// ## Bad
    /// ```sql postgres
    /// UPDATE pg_class SET relname = 'orders' WHERE oid = 16384;
    /// ```
    /// ```sql postgres
    /// CREATE OR REPLACE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
    /// ```
    /// ```sql mysql
    /// DELETE FROM mysql.user WHERE User = 'old';
    /// ```
    /// ```sql mariadb
    /// DELETE FROM mysql.global_priv WHERE User = 'old';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT relname FROM pg_class WHERE oid = 16384;
    /// ```
    /// ```sql mysql
    /// SELECT User FROM mysql.user WHERE User = 'old';
    /// ```
    /// ```sql mariadb
    /// SELECT User FROM mysql.global_priv WHERE User = 'old';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, System Catalogs, Overview; MySQL manual, Grant Tables.
    SystemCatalog, "security/system-catalog", Engines::SERVERS, Error, Recommended
}

impl Rule for SystemCatalog {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        // What a dump has most of names a table of its own.
        if let Statement::Insert(insert) = &cx.parsed.statement
            && insert.facts.ctes.is_empty()
            && !of_catalog(cx, &insert.table.name)
        {
            return;
        }
        for one in within::statements(cx) {
            for target in one.statement.targets() {
                let touched = match target.touch {
                    Touch::Written => matches!(target.kind, ObjectKind::Table | ObjectKind::View),
                    Touch::Created | Touch::Altered | Touch::Dropped => {
                        target.kind != ObjectKind::Schema && target.name.schema().is_some()
                    }
                    _ => false,
                };
                if touched && of_catalog(cx, target.name) {
                    let name = target.name.display(cx.dialect());
                    out.report(target.name.span, format!("`{name}` belongs to the server's own catalog"))
                        .help("use the statement that is made for it, or a schema of your own");
                }
            }
        }
    }
}

fn of_catalog(cx: &Context<'_>, name: &ObjectName) -> bool {
    match (cx.dialect(), name.schema()) {
        (Dialect::Postgres, Some(schema)) => schema.is_word("pg_catalog"),
        (Dialect::Postgres, None) => {
            // The catalog comes first in every search path.
            let text = name.name.text.as_bytes();
            text.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(b"pg_"))
                && cx.relation(name).is_none()
                && CATALOGS.iter().any(|one| name.name.is_word(one))
        }
        (_, schema) => schema.is_some_and(|schema| schema.is_word("mysql")),
    }
}

/// Catalogs in which a row makes a difference to rights and definitions.
const CATALOGS: &[&str] = &[
    "pg_aggregate",
    "pg_am",
    "pg_attrdef",
    "pg_attribute",
    "pg_auth_members",
    "pg_authid",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_constraint",
    "pg_conversion",
    "pg_database",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_depend",
    "pg_description",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_init_privs",
    "pg_language",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_partitioned_table",
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_publication_rel",
    "pg_range",
    "pg_rewrite",
    "pg_seclabel",
    "pg_sequence",
    "pg_shdepend",
    "pg_statistic",
    "pg_statistic_ext",
    "pg_subscription",
    "pg_tablespace",
    "pg_transform",
    "pg_trigger",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_type",
    "pg_user_mapping",
];
