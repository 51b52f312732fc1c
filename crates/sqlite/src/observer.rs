//! The pragmas, which tell of tables and indexes what SQLite has understood, and the texts of views and triggers.

use async_trait::async_trait;
use sluice_engine::observer::Observer;
use sluice_engine::{Connect, DbError, Query, Session};

/// `pragma_table_xinfo` and its like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pragmas;

/// One line for each column, index, part of an index, reference, view and trigger. Names are compared without their case.
const QUESTIONS: [&str; 4] = [
    "SELECT lower(t.name || ' ' || c.name || ' ' || c.type) || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk \
     || ' ' || c.hidden || ' ' || t.wr || ' ' || t.strict FROM pragma_table_list t, pragma_table_xinfo(t.name) c \
     WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
    "SELECT lower(m.name || ' ' || l.origin || ' ' || coalesce(i.name, '?')) || ' ' || l.\"unique\" || ' ' || l.partial || ' ' || i.seqno \
     || ' ' || i.\"desc\" || ' ' || i.coll || CASE l.origin WHEN 'c' THEN ' ' || lower(l.name) ELSE '' END \
     FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_xinfo(l.name) i WHERE m.type = 'table' AND i.key",
    "SELECT lower(m.name || ' ' || f.\"from\" || ' ' || f.\"table\" || ' ' || coalesce(f.\"to\", '')) || ' ' || f.on_update || ' ' \
     || f.on_delete || ' ' || f.match FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT type || ' ' || lower(name) || ' ' || lower(tbl_name) FROM sqlite_schema WHERE type IN ('view', 'trigger')",
];

#[async_trait]
impl Observer for Pragmas {
    fn name(&self) -> &'static str {
        "pragmas"
    }

    async fn observe(
        &self,
        _connect: &Connect,
        session: &mut dyn Session,
    ) -> Result<Option<Vec<String>>, DbError> {
        let mut lines = Vec::new();
        for question in QUESTIONS {
            let rows = session.query(&Query::new(question, Vec::new())).await?;
            lines.extend(rows.into_iter().flatten().flatten());
        }
        Ok(Some(lines))
    }
}
