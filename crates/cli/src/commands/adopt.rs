use std::path::Path;

use sluice_engine::{Admin, ApplyError, Connect, Existing, Look, inspect};
use sluice_project::layout::Layout;
use sluice_project::layout::history::{Adoption, HistoryQuery, adopt, glance, queries};
use sluice_report::Problem;
use sluice_rollout::{Algorithm, Response};

use super::baseline::{Recorded, each, failed, record, runtime};
use crate::context::{Context, silent};
use crate::error::{CliError, Exit};
use crate::sites::{Connection, Site};

/// `sluice baseline --adopt`: takes over the history of the tool that ran the changes before.
///
/// Each database is adopted by itself, all or nothing; what is adopted already is left alone.
///
/// # Errors
/// No history, a history that does not fit the files, a database that does not answer.
pub fn run(context: &Context, sites: &[Site<'_>]) -> Result<Exit, CliError> {
    each(context, sites, |site| {
        let name = &site.target.name;
        let runtime = runtime().map_err(|error| failed(site, &error))?;
        let found = context.connected(site, |connection| runtime.block_on(read(context, &connection)));
        let (query, adoption) = found.map_err(|error| failed(site, &error))?.ok_or_else(|| {
            CliError::new(
                Exit::Usage,
                Problem::error("the database has no history of a tool that sluice knows")
                    .at(name.0.clone())
                    .help(Some(
                        "`sluice baseline --to VERSION` records changes as already there without one"
                            .to_owned(),
                    )),
            )
        })?;
        let problems = problems(context, site, &query, &adoption);
        if problems.iter().any(|problem| problem.severity == "error") {
            return Err(CliError { exit: Exit::Findings, problems });
        }
        let changes = context.project.changes();
        let existing: Vec<Existing<'_>> = adoption
            .revisions
            .iter()
            .filter_map(|adopted| {
                let change = changes.get(adopted.change)?;
                // A checksum that cannot be computed here would never be compared: the file's own is.
                let comparable = adopted.checksum.algorithm() != Algorithm::Foreign
                    && !adoption.mismatched.contains(&adopted.change);
                Some(Existing { change, checksum: comparable.then(|| adopted.checksum.clone()) })
            })
            .collect();
        let origin = format!("adopted from {} ({})", query.table, tool(context, &query));
        let count = record(context, site, &existing, &origin).map_err(|error| failed(site, &error))?;
        Ok(Recorded { count, origin, warnings: problems })
    })
}

/// The history that a database has, and what it says of the project's changes. One that says that something is applied comes
/// before an empty one.
async fn read(
    context: &Context,
    connection: &Connection,
) -> Result<Option<(HistoryQuery, Adoption)>, ApplyError> {
    let dialect = inspect(connection.family, &connection.connect, Look::default()).await?.server.dialect;
    let events = silent();
    let layout = context.project.directory.detection.layout;
    let admin = context.admin(connection.family, &connection.connect, &events);
    let schemas: Vec<String> =
        cells(&admin, glance(dialect)).await?.filter(|schema| !schema.is_empty()).collect();
    let mut candidates = queries(dialect, &schemas);
    // The history of the tool whose files these are comes first.
    candidates.sort_by_key(|query| !query.tools().contains(&layout));
    let mut unused = None;
    for query in candidates {
        let beside = match query.beside {
            Some(file) => match neighbour(&admin, file).await? {
                Some(connect) => Some(connect),
                None => continue,
            },
            None => None,
        };
        let connect = beside.as_ref().unwrap_or(&connection.connect);
        let admin = context.admin(connection.family, connect, &events);
        let exists = cells(&admin, query.exists_sql.clone()).await?.any(|answer| answer == "1");
        if !exists {
            continue;
        }
        let used = admin.read(std::slice::from_ref(&query.used_sql)).await?;
        if used.into_iter().flatten().flatten().next().is_none() {
            unused.get_or_insert((query, Adoption::default()));
            continue;
        }
        let rows = admin.read(std::slice::from_ref(&query.read_sql)).await?.into_iter().flatten().flatten();
        let rows: Vec<_> = rows.collect();
        let adoption = adopt(query.tool, &rows, &context.project.directory);
        return Ok(Some((query, adoption)));
    }
    Ok(unused)
}

/// All that one query answers, NULLs left out.
async fn cells(admin: &Admin<'_>, sql: String) -> Result<impl Iterator<Item = String>, ApplyError> {
    Ok(admin.read(&[sql]).await?.into_iter().flatten().flatten().flatten().flatten())
}

/// How to read the SQLite file `name` in the directory of the database; `None` where there is none.
async fn neighbour(admin: &Admin<'_>, name: &str) -> Result<Option<Connect>, ApplyError> {
    let sql = "select file from pragma_database_list where name = 'main'".to_owned();
    let main = cells(admin, sql).await?.next();
    let path = main.filter(|main| !main.is_empty()).map(|main| Path::new(&main).with_file_name(name));
    let path = path.filter(|path| path.is_file());
    Ok(path.as_deref().and_then(Path::to_str).map(|path| Connect {
        url: format!("sqlite:{}?mode=ro", path.replace('%', "%25").replace('?', "%3F")),
        ..admin.connect.clone()
    }))
}

/// The tool that a history is of: that of the files, where several keep theirs alike.
fn tool(context: &Context, query: &HistoryQuery) -> Layout {
    let layout = context.project.directory.detection.layout;
    if query.tools().contains(&layout) { layout } else { query.tool }
}

/// What keeps a history from being adopted, by the project's policy.
fn problems(context: &Context, site: &Site<'_>, query: &HistoryQuery, adoption: &Adoption) -> Vec<Problem> {
    let at = |problem: Problem| problem.at(site.target.name.0.clone());
    let tool = tool(context, query);
    if let Some(reason) = &adoption.refused {
        let help = format!("bring the history of {tool} in order with that tool, then adopt it");
        return vec![at(Problem::error(format!("{}: {reason}", query.table))).help(Some(help))];
    }
    if adoption.revisions.is_empty() && !adoption.unknown.is_empty() {
        // A ledger without them would let everything run from the start.
        let message = format!("{} has none of the repository's changes", query.table);
        let help =
            "`sluice baseline --to VERSION` records changes as already there without a history".to_owned();
        return vec![at(Problem::error(message)).help(Some(help))];
    }
    let integrity = context.config().policy.integrity;
    let problem = |response, message: String, help: &str| match response {
        Response::Error => Some(at(Problem::error(message)).help(Some(help.to_owned()))),
        Response::Warn => Some(at(Problem::warning(message))),
        Response::Allow => None,
    };
    let help = "bring the file back, or set `removed = \"warn\"` in [policy]";
    let removed = adoption.unknown.iter().filter_map(|version| {
        let message = format!("{} has {version}, and the repository has no such change", query.table);
        problem(integrity.removed, message, help)
    });
    let help = "restore the file as it was applied, or set `edited = \"warn\"` in [policy]";
    let changes = context.project.changes();
    let edited = adoption.mismatched.iter().filter_map(|index| changes.get(*index)).filter_map(|change| {
        let message = format!("{} was edited after {tool} applied it", change.up.file.path());
        problem(integrity.edited, message, help)
    });
    let help = "correct the row with that tool, or set `edited = \"warn\"` in [policy] to take the file's own checksum";
    let unreadable = adoption.unreadable.iter().filter_map(|(index, recorded)| {
        let path = changes.get(*index)?.up.file.path();
        let message = format!("{} has `{recorded}` as the checksum of {path}, which is none", query.table);
        problem(integrity.edited, message, help)
    });
    removed.chain(edited).chain(unreadable).collect()
}
