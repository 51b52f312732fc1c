//! What a database has at all. It is the first thing that is asked, beside what every database has, so that the rest is asked of those
//! only that have it: the server plans each question anew, and most databases have tables and little else.

use std::collections::HashSet;

use sluice_engine::DbError;
use tokio_postgres::Row;

use super::answer::text;

/// One row a name: what is somebody's own or an extension's.
pub fn census() -> String {
    // Own objects have numbers from here on.
    let own = |name: &str, catalog: &str, more: &str| {
        format!("SELECT '{name}' WHERE EXISTS (SELECT FROM {catalog} o WHERE o.oid >= 16384{more})")
    };
    [
        "SELECT DISTINCT CASE WHEN o.typtype = 'e' THEN 'enum' WHEN o.typtype = 'd' THEN 'domain' WHEN o.typtype = 'r' THEN 'range' \
         WHEN o.typtype IN ('b', 'p') AND o.typelem = 0 THEN 'base type' ELSE 'other type' END FROM pg_type o WHERE o.oid >= 16384"
            .to_owned(),
        "SELECT DISTINCT CASE WHEN o.relkind = 'c' THEN 'composite' \
         WHEN o.relkind IN ('v', 'm') THEN 'view' WHEN o.relkind = 'I' THEN 'index partition' ELSE 'other relation' END \
         FROM pg_class o WHERE o.oid >= 16384"
            .to_owned(),
        "SELECT DISTINCT CASE WHEN o.prokind = 'a' THEN 'aggregate' ELSE 'routine' END FROM pg_proc o WHERE o.oid >= 16384".to_owned(),
        "SELECT 'extension' WHERE EXISTS (SELECT FROM pg_extension o WHERE o.extname <> 'plpgsql')".to_owned(),
        "SELECT 'inheritance' WHERE EXISTS (SELECT FROM pg_inherits)".to_owned(),
        "SELECT 'default privileges' WHERE EXISTS (SELECT FROM pg_default_acl)".to_owned(),
        "SELECT 'security label' WHERE EXISTS (SELECT FROM pg_seclabel)".to_owned(),
        "SELECT 'subscription' WHERE EXISTS (SELECT FROM pg_stat_subscription s WHERE s.subname IS NOT NULL)".to_owned(),
        own("collation", "pg_collation", ""),
        own("cast", "pg_cast", ""),
        own("operator", "pg_operator", ""),
        own("statistics", "pg_statistic_ext", ""),
        own("trigger", "pg_trigger", " AND NOT o.tgisinternal"),
        own("event trigger", "pg_event_trigger", ""),
        own("rule", "pg_rewrite", " AND o.rulename <> '_RETURN'"),
        own("policy", "pg_policy", ""),
        // Sequences behind identity columns are told with these.
        own(
            "sequence",
            "pg_class",
            " AND o.relkind = 'S' AND o.oid NOT IN (SELECT i.objid FROM pg_depend i WHERE i.classid = 'pg_class'::regclass \
             AND i.refclassid = 'pg_class'::regclass AND i.deptype = 'i')",
        ),
        own("dictionary", "pg_ts_dict", ""),
        own("configuration", "pg_ts_config", ""),
        own("wrapper", "pg_foreign_data_wrapper", ""),
        own("server", "pg_foreign_server", ""),
        own("publication", "pg_publication", ""),
        own("conversion", "pg_conversion", ""),
        own("operator class", "pg_opclass", ""),
        own("operator family", "pg_opfamily", ""),
        own("parser", "pg_ts_parser", ""),
        own("template", "pg_ts_template", ""),
        own("language", "pg_language", ""),
        own("access method", "pg_am", ""),
        own("transform", "pg_transform", ""),
    ]
    .join(" UNION ALL ")
}

/// Default privileges.
pub const DEFAULT_PRIVILEGES: &[&str] = &["default privileges"];

/// What is not modelled.
pub const UNMODELLED: &[&str] = &[
    "base type",
    "conversion",
    "operator class",
    "operator family",
    "parser",
    "template",
    "language",
    "access method",
    "transform",
    "security label",
    "subscription",
];

/// The answer.
#[derive(Default)]
pub struct Census(HashSet<String>);

impl Census {
    /// Takes the answer to [`census`].
    pub fn new(rows: &[Row]) -> Result<Self, DbError> {
        rows.iter().map(|row| Ok(text(row, 0)?.to_owned())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is one of these.
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains(*name))
    }
}
