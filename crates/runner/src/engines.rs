use sluice_engine::{Database, DbError, DbErrorKind};

/// Every database family that this binary knows.
fn families() -> [&'static dyn Database; 3] {
    [&sluice_postgres::Postgres, &sluice_mysql::Mysql, &sluice_sqlite::Sqlite]
}

/// The family that a URL names.
///
/// # Errors
/// [`DbErrorKind::Url`] for an unknown scheme. The message never shows the URL.
pub fn family_of(url: &str) -> Result<&'static dyn Database, DbError> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    families().into_iter().find(|family| family.schemes().contains(&scheme)).ok_or_else(|| {
        let known: Vec<&str> =
            families().iter().flat_map(|family| family.schemes().iter().copied()).collect();
        let mut error =
            DbError::new(DbErrorKind::Url, "the database's url does not name a database that sluice knows");
        error.hint = Some(format!("it must begin with one of: {}:", known.join(":, ")));
        error
    })
}
