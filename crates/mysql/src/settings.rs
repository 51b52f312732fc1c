//! Session variables: what statements of the user's may change and what is put back after them. `COM_RESET_CONNECTION` would
//! do it in one step, but it also gives the session's lock away.

use sluice_engine::Limits;
use sluice_sql::Dialect;

use crate::name::literal;

/// Servers that know a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Everywhere,
    Mariadb,
    /// MySQL from a version on, as its version comments write it.
    Mysql(u32),
}

/// How a value is written in `SET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Number,
    Text,
}

struct Variable {
    name: &'static str,
    known: Known,
    written: Written,
}

const fn variable(name: &'static str, known: Known, written: Written) -> Variable {
    Variable { name, known, written }
}

const LOCK_WAIT: &str = "lock_wait_timeout";
const ROW_LOCK_WAIT: &str = "innodb_lock_wait_timeout";
const STATEMENT_TIME: &str = "max_statement_time";
const EXECUTION_TIME: &str = "max_execution_time";

const VARIABLES: &[Variable] = &[
    variable("autocommit", Known::Everywhere, Written::Number),
    variable("sql_mode", Known::Everywhere, Written::Text),
    variable("foreign_key_checks", Known::Everywhere, Written::Number),
    variable("unique_checks", Known::Everywhere, Written::Number),
    variable("check_constraint_checks", Known::Mariadb, Written::Number),
    variable("character_set_client", Known::Everywhere, Written::Text),
    variable("character_set_results", Known::Everywhere, Written::Text),
    variable("collation_connection", Known::Everywhere, Written::Text),
    variable("time_zone", Known::Everywhere, Written::Text),
    variable("default_storage_engine", Known::Everywhere, Written::Text),
    variable("sql_safe_updates", Known::Everywhere, Written::Number),
    variable("sql_notes", Known::Everywhere, Written::Number),
    variable("sql_log_bin", Known::Everywhere, Written::Number),
    variable("sql_select_limit", Known::Everywhere, Written::Number),
    variable("sql_quote_show_create", Known::Everywhere, Written::Number),
    variable("group_concat_max_len", Known::Everywhere, Written::Number),
    variable("completion_type", Known::Everywhere, Written::Text),
    variable("explicit_defaults_for_timestamp", Known::Everywhere, Written::Number),
    variable("innodb_strict_mode", Known::Everywhere, Written::Number),
    variable("auto_increment_increment", Known::Everywhere, Written::Number),
    variable("auto_increment_offset", Known::Everywhere, Written::Number),
    variable("max_sp_recursion_depth", Known::Everywhere, Written::Number),
    variable("tx_isolation", Known::Mariadb, Written::Text),
    variable("tx_read_only", Known::Mariadb, Written::Number),
    variable("alter_algorithm", Known::Mariadb, Written::Text),
    variable("system_versioning_alter_history", Known::Mariadb, Written::Text),
    variable("transaction_isolation", Known::Mysql(80_000), Written::Text),
    variable("transaction_read_only", Known::Mysql(80_000), Written::Number),
    variable("sql_require_primary_key", Known::Mysql(80_013), Written::Number),
    variable("sql_generate_invisible_primary_key", Known::Mysql(80_030), Written::Number),
    variable(LOCK_WAIT, Known::Everywhere, Written::Number),
    variable(ROW_LOCK_WAIT, Known::Everywhere, Written::Number),
    variable(STATEMENT_TIME, Known::Mariadb, Written::Number),
    variable(EXECUTION_TIME, Known::Mysql(80_000), Written::Number),
];

/// Expressions that read all variables, `NULL` for those that the server does not know.
pub(crate) fn select_list() -> String {
    let expressions: Vec<String> = VARIABLES
        .iter()
        .map(|variable| {
            let read = format!("@@session.{}", variable.name);
            match variable.known {
                Known::Everywhere => read,
                Known::Mariadb => format!("COALESCE(NULL /*M! , {read} */)"),
                Known::Mysql(version) => format!("COALESCE(NULL /*!{version} , {read} */)"),
            }
        })
        .collect();
    expressions.join(", ")
}

/// Values of the session variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    values: Vec<Option<String>>,
}

impl Settings {
    /// From the columns of [`select_list`].
    pub fn read(columns: &[Option<String>]) -> Self {
        let mut values = columns.to_vec();
        values.resize(VARIABLES.len(), None);
        Self { values }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let place = VARIABLES.iter().position(|variable| variable.name == name)?;
        self.values.get(place)?.as_deref()
    }

    fn set(&mut self, name: &str, value: String) {
        let place = VARIABLES.iter().position(|variable| variable.name == name);
        if let Some(slot) = place.and_then(|place| self.values.get_mut(place)) {
            *slot = Some(value);
        }
    }

    /// Whether every statement commits by itself.
    pub fn autocommit(&self) -> bool {
        self.get("autocommit") != Some("0")
    }

    /// Makes every statement commit by itself, whatever the server's default is.
    pub fn demand_autocommit(&mut self) {
        self.set("autocommit", "1".to_owned());
    }

    /// Puts limits in, and returns the statement that tells the server.
    pub fn limit(&mut self, limits: &Limits, dialect: Dialect) -> String {
        /// Seconds after which the server ends an idle session, and frees its lock, when the client is gone and nothing says
        /// so (a network that was cut). Longer than any pause between two statements of a run.
        const IDLE: u64 = 120;
        /// A year: the largest value that the server takes for metadata locks.
        const NO_LIMIT: u64 = 31_536_000;
        let wait = limits.lock_timeout.map_or(NO_LIMIT, |limit| {
            // Whole seconds, and zero would mean not to wait at all.
            let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
            seconds.clamp(1, NO_LIMIT)
        });
        self.set(LOCK_WAIT, wait.to_string());
        self.set(ROW_LOCK_WAIT, wait.to_string());
        let (name, time) = match dialect {
            Dialect::Mariadb => {
                let seconds = limits.statement_timeout.unwrap_or_default().as_secs_f64();
                (STATEMENT_TIME, format!("{seconds:.6}"))
            }
            _ => (EXECUTION_TIME, limits.statement_timeout.unwrap_or_default().as_millis().to_string()),
        };
        self.set(name, time.clone());
        let idle = limits.idle.map_or(IDLE, |idle| idle.as_secs().max(1));
        format!(
            "SET SESSION {LOCK_WAIT} = {wait}, SESSION {ROW_LOCK_WAIT} = {wait}, SESSION {name} = {time}, \
             SESSION wait_timeout = {idle}"
        )
    }

    /// The statement that turns `now` into these values; `None` when nothing differs.
    pub fn restore(&self, now: &Self) -> Option<String> {
        let assignments: Vec<String> = VARIABLES
            .iter()
            .zip(self.values.iter().zip(&now.values))
            .filter(|(_, (wanted, found))| wanted != found)
            .map(|(variable, (wanted, _))| {
                let value = match (wanted, variable.written) {
                    (None, _) => "NULL".to_owned(),
                    (Some(number), Written::Number) => number.clone(),
                    (Some(text), Written::Text) => literal(text),
                };
                format!("SESSION {} = {value}", variable.name)
            })
            .collect();
        (!assignments.is_empty()).then(|| format!("SET {}", assignments.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings(autocommit: &str, mode: &str) -> Settings {
        Settings::read(&[Some(autocommit.to_owned()), Some(mode.to_owned())])
    }

    #[test]
    fn only_what_differs_is_put_back() {
        let before = settings("1", "A");
        assert_eq!(before.restore(&before), None);
        assert_eq!(
            before.restore(&settings("0", "")).as_deref(),
            Some("SET SESSION autocommit = 1, SESSION sql_mode = _utf8mb4 0x41")
        );
        assert_eq!(settings("1", "").restore(&before).as_deref(), Some("SET SESSION sql_mode = ''"));
    }

    #[test]
    fn limits_are_whole_seconds_rounded_up_and_never_zero() {
        let limit = |lock: Option<u64>, statement: Option<u64>, dialect| {
            let limits = Limits {
                lock_timeout: lock.map(Duration::from_millis),
                statement_timeout: statement.map(Duration::from_millis),
                ..Limits::default()
            };
            settings("1", "").limit(&limits, dialect)
        };
        assert_eq!(
            limit(Some(200), Some(1500), Dialect::Mariadb),
            "SET SESSION lock_wait_timeout = 1, SESSION innodb_lock_wait_timeout = 1, SESSION max_statement_time = \
             1.500000, SESSION wait_timeout = 120"
        );
        assert_eq!(
            limit(Some(2001), None, Dialect::Mysql),
            "SET SESSION lock_wait_timeout = 3, SESSION innodb_lock_wait_timeout = 3, SESSION max_execution_time = 0, \
             SESSION wait_timeout = 120"
        );
        assert!(limit(None, None, Dialect::Mysql).contains("lock_wait_timeout = 31536000"));
    }
}
