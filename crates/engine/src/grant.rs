//! What a statement of ours was refused for, as the statement that allows it.

use crate::{DbError, DbErrorKind};

/// The `GRANT` that is missing by what the server says, in its English; `None` where it does not say it.
pub(crate) fn missing(error: &DbError) -> Option<String> {
    if error.kind != DbErrorKind::Permission {
        return None;
    }
    let statement = match error.code.as_deref() {
        Some("42501") => postgres(&error.message)?,
        _ => mysql(&error.message)?,
    };
    Some(format!("the ledger needs it: {statement}; then run the same command again"))
}

fn postgres(message: &str) -> Option<String> {
    const USER: &str = "the user of the database's url";
    let (kind, name) = message.strip_prefix("permission denied for ")?.split_once(' ')?;
    Some(match (kind, name) {
        ("database", name) => format!("GRANT CREATE ON DATABASE {name} TO {USER}"),
        ("schema", "sluice") | ("table", "fence" | "revision" | "statement" | "event") => format!(
            "GRANT USAGE ON SCHEMA sluice TO {USER} and GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \
             sluice TO {USER}"
        ),
        _ => return None,
    })
}

/// `SELECT command denied to user 'app'@'%' for table 'sluice_fence'` (MariaDB names the database too), or `Access denied
/// for user 'app'@'%' to database 'shop'`.
fn mysql(message: &str) -> Option<String> {
    let user = |text: &str| {
        let user = text.split_whitespace().next().unwrap_or_default();
        user.contains('@').then(|| user.to_owned())
    };
    if let Some((privileges, rest)) = message.split_once(" command denied to user ") {
        let (_, object) = rest.split_once(" for table ")?;
        let object = object.trim().trim_matches('\'');
        // Other tables are those of a tool whose history is adopted.
        if !object.contains("sluice_") {
            return None;
        }
        return Some(format!("GRANT {privileges} ON {object} TO {}", user(rest)?));
    }
    let (_, rest) = message.split_once("Access denied for user ")?;
    let (_, database) = rest.split_once(" to database ")?;
    let database = database.trim().trim_matches('\'');
    Some(format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `{database}`.* TO {}", user(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_grant_is_named() {
        let ours = "GRANT USAGE ON SCHEMA sluice TO the user of the database's url and GRANT SELECT, INSERT, UPDATE, DELETE ON \
                    ALL TABLES IN SCHEMA sluice TO the user of the database's url";
        for (code, message, statement) in [
            ("42501", "permission denied for schema sluice", Some(ours)),
            ("42501", "permission denied for table fence", Some(ours)),
            (
                "42501",
                "permission denied for database shop",
                Some("GRANT CREATE ON DATABASE shop TO the user of the database's url"),
            ),
            ("42501", "keine Berechtigung", None),
            ("42501", "permission denied for table _prisma_migrations", None),
            ("1142", "SELECT command denied to user 'app'@'%' for table `shop`.`schema_migrations`", None),
            (
                "1142",
                "SELECT command denied to user 'app'@'localhost' for table `shop`.`sluice_fence`",
                Some("GRANT SELECT ON `shop`.`sluice_fence` TO 'app'@'localhost'"),
            ),
            (
                "1142",
                "CREATE command denied to user 'app'@'%' for table 'sluice_fence'",
                Some("GRANT CREATE ON sluice_fence TO 'app'@'%'"),
            ),
            (
                "1044",
                "Access denied for user 'app'@'%' to database 'shop'",
                Some("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `shop`.* TO 'app'@'%'"),
            ),
        ] {
            let mut error = DbError::new(DbErrorKind::Permission, message);
            error.code = Some(code.to_owned());
            let expected = statement.map(|statement| {
                format!("the ledger needs it: {statement}; then run the same command again")
            });
            assert_eq!(missing(&error), expected, "{message}");
        }
    }
}
