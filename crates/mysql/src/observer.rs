//! `SHOW CREATE`, of everything that it knows.

use async_trait::async_trait;
use sluice_engine::observer::Observer;
use sluice_engine::{Connect, DbError, Query, Session};

use crate::name::quote;

/// The statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShowCreate;

#[async_trait]
impl Observer for ShowCreate {
    fn name(&self) -> &'static str {
        "SHOW CREATE"
    }

    async fn observe(
        &self,
        _connect: &Connect,
        session: &mut dyn Session,
    ) -> Result<Option<Vec<String>>, DbError> {
        let listed = "SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END, TABLE_NAME \
                      FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'SEQUENCE' \
                      UNION ALL SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS \
                      WHERE TRIGGER_SCHEMA = DATABASE() \
                      UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES \
                      WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')";
        let names = session.query(&Query::new("SELECT DATABASE()", Vec::new())).await?;
        let database = names.into_iter().flatten().flatten().next().unwrap_or_default();
        let within = format!("{}.", quote(&database));
        let mut lines = Vec::new();
        for row in session.query(&Query::new(listed, Vec::new())).await? {
            let mut cells = row.into_iter().flatten();
            let (Some(kind), Some(name)) = (cells.next(), cells.next()) else { continue };
            let rows = session
                .query(&Query::new(format!("SHOW CREATE {kind} {}", quote(&name)), Vec::new()))
                .await?;
            // The statement stands behind the name, and behind the SQL mode where there is one.
            let at = if matches!(kind.as_str(), "TABLE" | "VIEW") { 1 } else { 2 };
            let text =
                rows.into_iter().next().and_then(|row| row.into_iter().nth(at)).flatten().unwrap_or_default();
            lines.extend(text.lines().map(|line| without_counter(line).replace(&within, "")));
        }
        Ok(Some(lines))
    }
}

/// A line without the next number of `AUTO_INCREMENT`, which moves with the rows.
fn without_counter(line: &str) -> String {
    match line.split_once(" AUTO_INCREMENT=") {
        Some((before, rest)) if line.starts_with(')') => {
            format!("{before}{}", rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_number_is_no_part_of_a_table() {
        assert_eq!(
            without_counter(") ENGINE=InnoDB AUTO_INCREMENT=4 COMMENT='x'"),
            ") ENGINE=InnoDB COMMENT='x'"
        );
        assert_eq!(
            without_counter("  `a` int COMMENT ' AUTO_INCREMENT=4'"),
            "  `a` int COMMENT ' AUTO_INCREMENT=4'"
        );
    }
}
