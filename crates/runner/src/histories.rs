//! Histories of other tools, as the engine looks for them.

use std::sync::LazyLock;

use sluice_engine::{Histories, HistoryProbe, HistorySearch};
use sluice_project::config::Config;
use sluice_project::layout::history::{HistoryQuery, glance, queries};
use sluice_rollout::{ForeignHistory, Response};
use sluice_sql::Dialect;

/// How histories of other tools are found, where the policy wants to know of them.
pub fn wanted(config: &Config) -> Option<Histories> {
    let search: Histories = search;
    // A declared schema is led to from whatever is there: nothing runs from the start.
    let matters = config.policy.integrity.unadopted != Response::Allow && !config.project.is_declarative();
    matters.then_some(search)
}

fn search(dialect: Dialect) -> &'static HistorySearch {
    static POSTGRES: LazyLock<HistorySearch> = LazyLock::new(|| on(Dialect::Postgres));
    static MYSQL: LazyLock<HistorySearch> = LazyLock::new(|| on(Dialect::Mysql));
    static SQLITE: LazyLock<HistorySearch> = LazyLock::new(|| on(Dialect::Sqlite));
    match dialect {
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql | Dialect::Mariadb => &MYSQL,
        Dialect::Sqlite => &SQLITE,
    }
}

fn on(dialect: Dialect) -> HistorySearch {
    HistorySearch { glance_sql: glance(dialect), probes }
}

fn probes(dialect: Dialect, schemas: &[String]) -> Vec<HistoryProbe> {
    // What a tool keeps in a file of its own is not asked for: that would be another connection to every database.
    let queries = queries(dialect, schemas).into_iter().filter(|query| query.beside.is_none());
    let probe = |query: HistoryQuery| HistoryProbe {
        history: ForeignHistory {
            tools: query.tools().iter().map(|tool| tool.name().to_owned()).collect(),
            table: query.table,
            shared: query.shared,
        },
        exists_sql: query.exists_sql,
        used_sql: query.used_sql,
    };
    queries.map(probe).collect()
}
