//! Keeping rows in the transaction that changes them.

use sluice_rollout::{Change, ChangeKind};
use sluice_sql::{Facts, Kind, Mode, classify};

use crate::ledger::Writer;
use crate::script::{Prepared, PreparedStatement, UnitKind};
use crate::{DbError, DbErrorKind, Query, Session};

use super::relation::{Relation, describe};
use super::selection::{Selection, select};
use super::{Policy, Refusal};

/// What goes with one statement.
#[derive(Debug)]
pub(crate) struct Capture {
    /// Run by themselves before the transaction, where making tables ends one.
    pub ahead: Vec<String>,
    /// Before the statement.
    pub before: Vec<(String, Facts)>,
    /// After it.
    pub after: Vec<(String, Facts)>,
    /// The entry in the ledger.
    pub entry: Query,
}

/// Whether rows of this change are kept.
pub(crate) fn is_on(change: &Change, policy: Policy) -> bool {
    change.kind != ChangeKind::Undo && change.directives.backup.unwrap_or(policy.on)
}

/// Refuses a change whose rows cannot all be kept, before anything of it runs. Tables that are not there yet are looked at when
/// their turn comes.
///
/// # Errors
/// Those of the connection; a refusal of the first statement that does not fit.
pub(crate) async fn refuse_unfit(
    session: &mut dyn Session,
    change: &Change,
    prepared: &Prepared,
    policy: Policy,
    is_applied: &(dyn Fn(&PreparedStatement) -> bool + Sync),
) -> Result<Option<Refusal>, DbError> {
    if !is_on(change, policy) {
        return Ok(None);
    }
    let (mut has_settings, mut alters) = (false, false);
    for unit in &prepared.units {
        for statement in prepared.statements_of(unit) {
            has_settings |= statement.facts.mode == Mode::Session || statement.facts.kind == Kind::Set;
            alters |= matches!(statement.facts.kind, Kind::Alter | Kind::Drop { .. });
            if is_applied(statement) {
                continue;
            }
            let refusal = |(message, help): (String, String)| Refusal {
                place: change.up.file.locate(statement.span.start),
                message,
                help,
            };
            let selection = match select(statement) {
                Ok(Some(selection)) => selection,
                Ok(None) => continue,
                Err(reason) => return Ok(Some(refusal(reason))),
            };
            if unit.kind != UnitKind::Transaction {
                return Ok(Some(refusal((
                    "its rows are kept in its own transaction, and it runs in none".to_owned(),
                    "take `transaction=none` away from the change".to_owned(),
                ))));
            }
            if alters {
                return Ok(Some(refusal((
                    "the change alters what is there before it, so that rows cannot be kept as they will be"
                        .to_owned(),
                    "put the statement into a change of its own".to_owned(),
                ))));
            }
            if has_settings && selection.schema.is_none() {
                return Ok(Some(refusal((
                    format!("which {} it means depends on settings of the change", selection.table),
                    "write the table with its schema".to_owned(),
                ))));
            }
            if let Some(query) = session.ledger_dialect().rows.unfit()
                && let Some(reason) = session.query(&query).await?.into_iter().next()
            {
                let reason = reason.into_iter().flatten().collect::<Vec<_>>().join(" is ");
                let message = format!("{reason}, so that others may change which rows it touches");
                return Ok(Some(refusal((message, "REPEATABLE-READ locks them".to_owned()))));
            }
            let described = describe(session, selection.schema.as_deref(), &selection.table).await?;
            let Some(relation) = described else { continue };
            if let Err(reason) = fit(session, &selection, &relation).await? {
                return Ok(Some(refusal(reason)));
            }
            if let Err(reason) = count(session, &selection, policy).await? {
                return Ok(Some(refusal(reason)));
            }
        }
    }
    Ok(None)
}

type Fit = Result<(), (String, String)>;

/// Whether rows of a table can be found again.
async fn fit(session: &mut dyn Session, selection: &Selection, relation: &Relation) -> Result<Fit, DbError> {
    let name = &relation.sql;
    if let Some(reason) = &relation.unfit {
        return Ok(Err((format!("rows of {name} cannot be kept: {reason}"), String::new())));
    }
    let key = relation.key();
    if key.is_empty() {
        return Ok(Err((
            format!("{name} has no primary key, by which its rows could be found again"),
            "give it one, or put `-- sluice: backup=off` at the top of the change".to_owned(),
        )));
    }
    if let Some(column) = key.iter().find(|column| assigns(selection, &column.name)) {
        return Ok(Err((
            format!("it changes {}, by which rows of {name} are found again", column.name),
            "put `-- sluice: backup=off` at the top of the change".to_owned(),
        )));
    }
    let followers = session.ledger_dialect().rows.followers(relation);
    for row in session.query(&followers).await? {
        let cell = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
        let follows = match selection.deletes {
            true => cell(1) == "1",
            false => cell(2) == "1" && assigns(selection, cell(3)),
        };
        if follows {
            let table = cell(0);
            return Ok(Err((
                format!("rows of {table} change with those of {name}, by a foreign key, and are not kept"),
                format!("change the rows of {table} by a statement of their own before it"),
            )));
        }
    }
    Ok(Ok(()))
}

fn assigns(selection: &Selection, column: &str) -> bool {
    selection
        .assigned
        .iter()
        .any(|assigned| assigned.eq_ignore_ascii_case(column) || assigned == &column.to_lowercase())
}

async fn count(session: &mut dyn Session, selection: &Selection, policy: Policy) -> Result<Fit, DbError> {
    let Selection { from, filter, .. } = selection;
    let most = policy.rows.saturating_add(1);
    let sql = format!("SELECT count(*) FROM (SELECT 1 AS one FROM {from} {filter} LIMIT {most}) AS counted");
    let rows = match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => rows,
        // A column of a change before this one: the statement itself tells what is wrong when it runs.
        Err(error) if error.kind == DbErrorKind::Statement => return Ok(Ok(())),
        Err(error) => return Err(error),
    };
    let count: u64 =
        rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).unwrap_or(0);
    if count <= policy.rows {
        return Ok(Ok(()));
    }
    Ok(Err((
        format!("it touches more than {} rows, which is the most that is kept", policy.rows),
        "`backup_rows` in [policy] says how many; or put `-- sluice: backup=off` at the top of the change"
            .to_owned(),
    )))
}

/// Where a statement stands.
pub(crate) struct Place<'a> {
    /// The change.
    pub change: &'a Change,
    /// Its version as the ledger has it.
    pub version: &'a str,
    /// Its place in the order of application.
    pub sequence: u64,
}

/// What goes with a statement; none where it changes no rows that are there.
///
/// # Errors
/// Those of the connection.
pub(crate) async fn plan(
    session: &mut dyn Session,
    writer: &Writer,
    place: &Place<'_>,
    statement: &PreparedStatement,
) -> Result<Result<Option<Capture>, Refusal>, DbError> {
    let refusal = |(message, help): (String, String)| Refusal {
        place: place.change.up.file.locate(statement.span.start),
        message,
        help,
    };
    let selection = match select(statement) {
        Ok(Some(selection)) => selection,
        Ok(None) => return Ok(Ok(None)),
        Err(reason) => return Ok(Err(refusal(reason))),
    };
    let described = describe(session, selection.schema.as_deref(), &selection.table).await?;
    let Some(relation) = described else {
        return Ok(Err(refusal((
            format!(
                "{} is not there before the transaction, so that its rows cannot be kept",
                selection.table
            ),
            "put the statement into a change of its own".to_owned(),
        ))));
    };
    if let Err(reason) = fit(session, &selection, &relation).await? {
        return Ok(Err(refusal(reason)));
    }
    let dialect = session.ledger_dialect().clone();
    let rows = dialect.rows;
    let name = format!("{}_{}", place.sequence, statement.ordinal);
    let table = format!("{}backup_{name}", dialect.prefix);
    let columns = relation.columns.iter().map(|column| column.sql.as_str()).collect::<Vec<_>>().join(", ");
    let images = |row: &str| {
        let image = |column: &super::Column| rows.image(column, &format!("{row}.{}", column.sql));
        relation.columns.iter().map(image).collect::<Vec<_>>().join(", ")
    };
    let row = rows.quote(&selection.row.folded(statement.dialect));
    let keep = format!(
        "INSERT INTO {table} (sluice_image, {columns}) SELECT 'before', {images} FROM {from} {filter}",
        images = images(&row),
        from = selection.from,
        filter = selection.filter,
    );
    let key = relation.key();
    let on = key.iter().map(|column| {
        format!("t.{c} = {}", rows.value(column, &format!("b.{}", column.sql)), c = column.sql)
    });
    let again = format!(
        "INSERT INTO {table} (sluice_image, {columns}) SELECT 'after', {images} FROM {live} t JOIN {table} b ON {on} \
         WHERE b.sluice_image = 'before'",
        images = images("t"),
        live = relation.sql,
        on = on.collect::<Vec<_>>().join(" AND "),
    );
    let as_step = |sql: String| {
        let facts = classify(statement.dialect, &sql);
        (sql, facts)
    };
    let create = rows.create(&table, &relation);
    let mut before: Vec<String> = rows.locks(&relation, &selection.reads);
    let mut ahead = Vec::new();
    if dialect.create_is_transactional {
        before.push(create);
    } else {
        ahead.push(dialect.create_backup.clone());
        ahead.extend(rows.clear(&table));
        ahead.push(create);
    }
    before.push(keep);
    let names = |columns: &[&super::Column]| -> Vec<String> {
        columns.iter().map(|column| column.name.clone()).collect()
    };
    let assigned = relation.columns.iter().filter(|column| assigns(&selection, &column.name));
    let entry = writer.put_backup(&super::Kept {
        name,
        version: place.version.to_owned(),
        ordinal: statement.ordinal,
        schema: relation.schema.clone(),
        table: relation.name.clone(),
        deletes: selection.deletes,
        columns: relation.columns.iter().map(|column| column.name.clone()).collect(),
        key: names(&key),
        assigned: assigned.map(|column| column.name.clone()).collect(),
        place: place.change.up.file.locate(statement.span.start),
        release: None,
        taken_at: String::new(),
        restored_at: None,
    });
    Ok(Ok(Some(Capture {
        ahead,
        before: before.into_iter().map(as_step).collect(),
        after: if selection.deletes { Vec::new() } else { vec![as_step(again)] },
        entry,
    })))
}
